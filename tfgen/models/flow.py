"""Normalising flows: what all of them share."""

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow, OnePassChain, join_couplings
from tfgen.layers.arguments import check_event_and_context
from tfgen.layers.bijectors import BijectorLayer, Bounded, Standardization
from tfgen.layers.bijectors.adaptation import Rows, adapt_in_order
from tfgen.layers.bijectors.chain import check_chain
from tfgen.models.endpoints import Endpoint
from tfgen.models.exact import ExactModel
from tfgen.models.first_rows import STREAMING, continuity_complaints, first_rows, refuse_integers

__all__ = ["FlowModel", "alternating_mask"]


class FlowModel(ExactModel):
    """x = f(z), z ~ N(0, I), f = f_1 ∘ … ∘ f_n, with f_1 nearest to the data.

    log p(x | context) = log N(f⁻¹(x); 0, I) + log |det ∂f⁻¹/∂x|. A subclass gives its layers to `set_layers` at the end
    of its constructor.

    Args:
        event_shape: the shape of one event, of a rank in `event_ranks`.
        context_shape: the shape of one context, of rank one, or None; beside images, it may be an image of their height
            and width.
        standardize: whether `fit` first shifts and scales each entry, or each channel of images, to mean 0 and variance
            1 by the data that it is given; kept with the model, and part of the density.
        low: the end below all data, x being in (low, high) or (low, ∞); None where there is none. The density is then
            one on the interval, and samples are inside: see `Bounded`, which stands before all other layers.
        high: the end above all data, or None.
        margin: α, by which the ends are moved out so that data may lie on them, with RealNVP's logit of
            α + (1 − 2α)·(x − low)/(high − low). The density and the samples are then of the wider interval.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    event_ranks: ClassVar[tuple[int, ...]] = (1,)
    """The ranks that an event may have: 1 for vectors, 3 for images."""

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        standardize: bool = True,
        low: float | None = None,
        high: float | None = None,
        margin: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        check_event_and_context(self.event_shape, self.context_shape, ranks=self.event_ranks)
        self.standardize = standardize
        self.low, self.high, self.margin = low, high, margin

    def set_layers(self, layers: Sequence[BijectorLayer], *, reach: float | None = None) -> None:
        """Takes the layers of f, from the data on, and makes all weights.

        Args:
            layers: the family's own.
            reach: how far standardised data are to reach; see `Standardization`.
        """
        first: list[BijectorLayer] = []
        if self.low is not None or self.high is not None or self.margin != 0:
            arguments = self.layer_arguments("bounded")
            bounded = Bounded(low=self.low, high=self.high, margin=self.margin, **arguments)
            self.inputs_spec.support = bounded.support
            first.append(bounded)
        if self.standardize:
            first.append(Standardization(reach=reach, **self.layer_arguments("standardization")))
        if check_chain([*first, *layers], self.event_shape, self.context_shape) != self.event_shape:
            raise ValueError("`layers` must end in latents of x's shape. Received: one that leaves another")
        self.bijector_layers = [*first, *layers]
        self._own = len(first)
        self.build()

    @property
    def own_layers(self) -> list[BijectorLayer]:
        """The layers of the family, without those that fit the data to them."""
        return self.bijector_layers[self._own :]

    def layer_arguments(self, name: str) -> dict[str, Any]:
        """What every layer is told."""
        return {
            "event_shape": self.event_shape,
            "context_shape": self.context_shape,
            "dtype": self.dtype_policy,
            "name": name,
        }

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        for layer in self.bijector_layers:
            layer.build()
        super().build(input_shape)

    def build_bijector(self, context: tf.Tensor | None = None) -> OnePassChain:
        """f, from z to x."""
        arguments = () if context is None else (context,)
        return OnePassChain(join_couplings([layer(*arguments) for layer in self.bijector_layers]))

    def build_distribution(self, context: tf.Tensor | None = None, training: bool | None = None) -> Flow:
        """See `ExactModel.build_distribution`."""
        del training
        location = tf.zeros(self.event_shape, self.density_dtype)
        ndims = len(self.event_shape)
        if context is not None and ndims == 1:
            location = tf.zeros_like(context[:, :1]) + location
        elif context is not None:
            location = tf.zeros([tf.shape(context)[0], *self.event_shape], self.density_dtype)
        base = tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=ndims)
        return Flow(distribution=base, bijector=self.build_bijector(context), name=self.name)

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """Lets layers that take their scale from data do so; `fit` does it with its own data where nobody has.

        Args:
            x: [rows, *event_shape], two rows at least.
            context: [rows, *context_shape], for conditional models.
            sample_weight: [rows], how often each row counts; None is once.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        inputs = self.inputs_spec.values(
            self.inputs_spec.specs(self.density_dtype, "x", "context"), {"x": x, "context": context}
        )
        adapt_in_order(self.bijector_layers, Rows(inputs["x"], inputs.get("context"), sample_weight))

    @property
    def is_adapted(self) -> bool:
        """Whether all layers that take their scale from data have one."""
        return all(layer.is_adapted for layer in self.bijector_layers)

    def prepare(self, data: Any) -> None:
        """See `CheckedCalls.prepare`: of a `tf.data.Dataset`, the first 8192 rows set the scale.

        Warns of entries that never vary, and of whole numbers: neither have a density.

        Raises:
            ValueError: for integers.
        """
        refuse_integers(data, self.inputs_spec.unpack)
        waits = self.trainable and not self.is_adapted
        rows = first_rows(data, self.inputs_spec.unpack) if waits or isinstance(data, dict) else {}
        for complaint in continuity_complaints(rows["x"]) if rows else ():
            warnings.warn(complaint, stacklevel=3)
        if not waits:
            return
        if rows:
            self.adapt(rows["x"], rows.get("context"), sample_weight=rows.get("sample_weight"))
        else:
            warnings.warn(STREAMING.format(type(data).__name__), stacklevel=3)

    def encode(self, x: Any, context: Any = None) -> tf.Tensor:
        """z = f⁻¹(x), which is standard normal where the model is right.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            z, [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("encode", x=x, context=context)["z"]

    def decode(self, z: Any, context: Any = None) -> tf.Tensor:
        """x = f(z), the reverse of `encode`.

        Args:
            z: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            x, [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("decode", z=z, context=context)["x"]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode` and `decode`."""
        specs = self.inputs_spec.specs
        latent = tf.TensorSpec([None, *self.event_shape], self.density_dtype, name="z")
        context = specs(self.density_dtype, "context")
        return (
            *super().endpoints(),
            Endpoint("encode", self._encode, specs(self.density_dtype, "x", "context")),
            Endpoint("decode", self._decode, (latent, *context)),
        )

    def _encode(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        z, log_det = self.build_bijector(context).inverse_and_log_det(x)
        return {"z": z, "log_det_jacobian": log_det}

    def _decode(self, z: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"x": self.build_bijector(context).forward_and_log_det(z)[0]}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {name: getattr(self, name) for name in ("standardize", "low", "high", "margin")}
        return {**super().get_config(), **own}


def alternating_mask(index: int, size: int) -> tuple[bool, ...]:
    """The entries that coupling `index` keeps: pairs that change each other's, by turns even and odd, and halves."""
    if size == 1:
        return (False,)
    flip = index % 2 == 1
    if (index // 2) % 2 == 0:
        return tuple((entry % 2 == 0) != flip for entry in range(size))
    return tuple((entry < size // 2) != flip for entry in range(size))
