"""One transformer after another."""

from collections.abc import Sequence

import tensorflow as tf

from tfgen.bijectors.transformers.base import Transformer

__all__ = ["Composed"]


class Composed(Transformer):
    """T = T_1 ∘ T_2 ∘ … ∘ T_n: forward applies the last one first. Parameters of the first come first.

    An `Affine` before a `RationalQuadraticSpline` lets location and scale of an entry, and so the spline's box, follow
    the conditioner: the spline then has only the shape to make.

    Args:
        transformers: T_1 to T_n, at least one.

    Raises:
        ValueError: where there is none.

    Example:
        >>> from tfgen.bijectors import Additive, Affine
        >>> both = Composed([Affine(), Additive()])
        >>> x, _ = both.forward(tf.constant([2.0]), tf.constant([1.0, 0.0, 3.0]))  # (2 + 3)·e⁰ + 1
        >>> x.numpy().tolist()
        [6.0]
    """

    def __init__(self, transformers: Sequence[Transformer]) -> None:
        if not transformers:
            raise ValueError("`transformers` must hold at least one transformer. Received: an empty sequence")
        self.transformers = tuple(transformers)
        self.size = sum(transformer.size for transformer in self.transformers)

    def forward(self, z: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        value, total = z, None
        for transformer, own in reversed(self._split(parameters)):
            value, log_slope = transformer.forward(value, own)
            total = log_slope if total is None else total + log_slope
        return value, total

    def inverse(self, x: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        value, total = x, None
        for transformer, own in self._split(parameters):
            value, log_slope = transformer.inverse(value, own)
            total = log_slope if total is None else total + log_slope
        return value, total

    def _split(self, parameters: tf.Tensor) -> list[tuple[Transformer, tf.Tensor]]:
        entries = parameters.shape[-1] // self.size
        sizes = [transformer.size * entries for transformer in self.transformers]
        return list(zip(self.transformers, tf.split(parameters, sizes, axis=-1), strict=True))
