"""Flows of images of several scales, as one layer."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import Affine, MultiScaleBijector, SqueezeBijector
from tfgen.bijectors.multi_scale import Prior
from tfgen.layers.bijectors.adaptation import Rows
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.chain import Chain
from tfgen.layers.bijectors.conditioner import Conditioner
from tfgen.layers.bijectors.scales import ScaleShapes, scale_shapes

__all__ = ["MultiScale"]


@keras.saving.register_keras_serializable(package="tfgen")
class MultiScale(BijectorLayer):
    """At each scale an image is squeezed, passes some layers, and half of its channels go to z.

    What goes is standardised by a learned prior given what stays, h, and the context: e = (out − μ(h))·e^(−s(h)), with
    s = m·tanh(r/m) for m = `max_log_scale`. The priors are convolutions that begin at zero, so that it goes as it is.
    z has x's shape, with the scales one after another in memory: see `MultiScaleBijector`. A context that is an image
    is squeezed along with the event.

    Args:
        event_shape: [height, width, channels], the former two divisible by two for each scale.
        scales: for each scale its layers, from the data on; their shapes are `MultiScale.shapes`.
        context_shape: the shape of one context, or None.
        learn_priors: whether the priors are learned; else what goes, goes as it is.
        prior_hidden: the filters of a `ConvNet` in each prior, before its last convolution.
        max_log_scale: m, in nats an entry.
        kernel_regularizer: on the priors' kernels.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that does not fit.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 3.6; Kingma and Dhariwal, *Glow*, NeurIPS
        2018, section 3 and figure 2.

    Example:
        >>> from tfgen.layers import LULinear
        >>> shapes = MultiScale.shapes((4, 4, 1), scales=2)
        >>> [shape.event for shape in shapes]
        [(2, 2, 4), (1, 1, 8)]
        >>> layer = MultiScale(event_shape=(4, 4, 1), scales=[[LULinear(event_shape=shape.event)] for shape in shapes])
        >>> layer().inverse(tf.zeros([5, 4, 4, 1])).shape.as_list()
        [5, 4, 4, 1]
    """

    event_ranks = (3,)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        scales: Sequence[Sequence[BijectorLayer]],
        context_shape: tuple[int, ...] | None = None,
        learn_priors: bool = True,
        prior_hidden: tuple[int, ...] = (),
        max_log_scale: float = 3.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        self.learn_priors, self.prior_hidden = learn_priors, tuple(prior_hidden)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.transformer = Affine(max_log_scale=max_log_scale)
        shapes = self.shapes(self.event_shape, self.context_shape, scales=len(scales))
        # One list of layers, which Keras saves; of a list of lists it would save nothing.
        self.scales = [
            Chain(layers=layers, dtype=self.dtype_policy, name=f"scale_{index}") for index, layers in enumerate(scales)
        ]
        for chain, shape in zip(self.scales, shapes, strict=True):
            shape.check(chain)
        self.priors = [self._make_prior(index, shape) for index, shape in enumerate(shapes[:-1]) if learn_priors]

    @staticmethod
    def shapes(
        event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None = None, *, scales: int
    ) -> list[ScaleShapes]:
        """What the layers of each scale take: see `scale_shapes`."""
        return scale_shapes(event_shape, context_shape, scales=scales)

    def _make_prior(self, index: int, shape: ScaleShapes) -> Conditioner:
        half = shape.event[-1] // 2
        return Conditioner(
            inputs=half,
            context_shape=shape.context,
            outputs=2 * half,
            pixels=shape.event[:-1],
            hidden=self.prior_hidden,
            kernel_regularizer=self.kernel_regularizer,
            projection_dtype=self.density_dtype,
            dtype=self.dtype_policy,
            name=f"prior_{index}",
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights of the layers and the priors."""
        del input_shape
        parts: list[keras.layers.Layer] = [*self.scales, *self.priors]
        for part in parts:
            if not part.built:
                part.build()

    def make_bijector(self, context: tf.Tensor | None) -> MultiScaleBijector:
        """See `BijectorLayer.make_bijector`."""
        height, width, channels = self.event_shape
        contexts = []
        for _ in self.scales:
            context = self._squeezed_context(context)
            contexts.append(context)
        return MultiScaleBijector(
            scales=[
                chain(*(() if given is None else (given,))) for chain, given in zip(self.scales, contexts, strict=True)
            ],
            priors=[self._prior(index, given) for index, given in enumerate(contexts[:-1])],
            event_shape=(height, width, channels),
            name=self.name,
        )

    def _prior(self, index: int, context: tf.Tensor | None) -> Prior | None:
        if not self.learn_priors:
            return None
        return lambda h: self.transformer.shift_and_log_scale(self.priors[index].call(h, context=context))

    def _squeezed(self, image: Any) -> tf.Tensor:
        image = tf.convert_to_tensor(image, self.density_dtype)
        return SqueezeBijector(dtype=self.density_dtype).inverse_and_log_det(image)[0]

    def _squeezed_context(self, context: Any) -> Any:
        return context if context is None or len(context.shape) == 2 else self._squeezed(context)

    @property
    def is_data_dependent(self) -> bool:
        """Whether one of the layers is."""
        return any(chain.is_data_dependent for chain in self.scales)

    @property
    def is_adapted(self) -> bool:
        """Whether all of the layers are."""
        return all(chain.is_adapted for chain in self.scales)

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """See `BijectorLayer.adapt`: scale by scale, of at most 2048 rows, and none after the last that needs them."""
        waiting = [index for index, chain in enumerate(self.scales) if chain.is_data_dependent]
        rows = Rows(x, context, sample_weight).thinned()
        for index, chain in enumerate(self.scales[: waiting[-1] + 1] if waiting else ()):
            rows = Rows(self._squeezed(rows.x), self._squeezed_context(rows.context), rows.sample_weight)
            chain.adapt(**rows.named())
            if index < waiting[-1]:
                rows = rows.through(chain)
                rows = Rows(rows.x[..., : rows.x.shape[-1] // 2], rows.context, rows.sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        layers = [
            [keras.saving.serialize_keras_object(each) for each in chain.bijector_layers] for chain in self.scales
        ]
        return {
            **super().get_config(),
            "scales": layers,
            "learn_priors": self.learn_priors,
            "prior_hidden": self.prior_hidden,
            "max_log_scale": self.transformer.max_log_scale,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "MultiScale":
        """A layer of a configuration."""
        scales = [[keras.saving.deserialize_keras_object(each) for each in layers] for layers in config["scales"]]
        return cls(**{**config, "scales": scales})
