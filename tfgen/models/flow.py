"""Normalising flows: what all of them share."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow, OnePassChain
from tfgen.layers.bijectors import BijectorLayer, DataDependentLayer, Standardization
from tfgen.models.endpoints import Endpoint
from tfgen.models.exact import ExactModel

__all__ = ["FlowModel", "alternating_mask"]

_ROWS = 8192
"""How many rows of a data set that streams set the scale; of arrays all do."""


class FlowModel(ExactModel):
    """x = f(z), z ~ N(0, I), f = f_1 ∘ … ∘ f_n, with f_1 nearest to the data.

    log p(x | context) = log N(f⁻¹(x); 0, I) + log |det ∂f⁻¹/∂x|. A subclass gives its layers to `set_layers` at the end
    of its constructor.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None.
        standardize: whether `fit` first shifts and scales each entry to mean 0 and variance 1 by the data that it is
            given; kept with the model, and part of the density.
        **kwargs: as in `GenerativeModel`.
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        standardize: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if len(self.event_shape) != 1:
            raise ValueError(f"`event_shape` must have rank 1. Received: event_shape={self.event_shape}")
        self.standardize = standardize

    def set_layers(self, layers: Sequence[BijectorLayer]) -> None:
        """Takes the layers of f, from the data on, and makes all weights."""
        first = [Standardization(**self.layer_arguments("standardization"))] if self.standardize else []
        self.bijector_layers = [*first, *layers]
        self.build()

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
        return OnePassChain([layer(*arguments) for layer in self.bijector_layers])

    def build_distribution(self, context: tf.Tensor | None = None, training: bool | None = None) -> Flow:
        """See `ExactModel.build_distribution`."""
        del training
        location = tf.zeros(self.event_shape, self.density_dtype)
        if context is not None:
            location = tf.zeros_like(context[:, :1]) + location
        base = tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=1)
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
        value = inputs["x"]
        arguments = (inputs["context"],) if "context" in inputs else ()
        passed: list[BijectorLayer] = []
        for layer in self.bijector_layers:
            if isinstance(layer, DataDependentLayer):
                # Data pass the layers before it now, and none after the last: that may be the whole flow.
                for before in passed:
                    value = before(*arguments).inverse_and_log_det(value)[0]
                layer.adapt(value, sample_weight)
                passed = []
            passed.append(layer)

    def prepare(self, data: Any) -> None:
        """See `TrainingSteps.prepare`: of a `tf.data.Dataset`, the first 8192 rows set the scale."""
        waiting = [layer for layer in self.bijector_layers if isinstance(layer, DataDependentLayer)]
        if not self.trainable or all(layer.is_adapted for layer in waiting):
            return
        rows = data if isinstance(data, dict) else self._first_rows(data)
        if rows:
            self.adapt(rows["x"], rows.get("context"), sample_weight=rows.get("sample_weight"))
        else:
            warnings.warn(
                "`fit` cannot look at data that stream before it trains on them: call `adapt` first, or set "
                f"`standardize=False`. Received: {type(data).__name__}",
                stacklevel=3,
            )

    def _first_rows(self, data: Any) -> dict[str, np.ndarray]:
        """Named arrays of what the first batches of a data set hold; none of what can be read only once."""
        parts: list[dict[str, np.ndarray]] = []
        for batch in data if isinstance(data, tf.data.Dataset) else ():
            named, weight = self.inputs_spec.unpack(batch, caller="fit")
            whole = named if weight is None else {**named, "sample_weight": weight}
            parts.append({name: np.asarray(value) for name, value in whole.items()})
            if sum(len(part["x"]) for part in parts) >= _ROWS:
                break
        return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}

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
        return {**super().get_config(), "standardize": self.standardize}


def alternating_mask(index: int, size: int) -> tuple[bool, ...]:
    """The entries that coupling `index` keeps: pairs that change each other's, by turns even and odd, and halves."""
    if size == 1:
        return (False,)
    flip = index % 2 == 1
    if (index // 2) % 2 == 0:
        return tuple((entry % 2 == 0) != flip for entry in range(size))
    return tuple((entry < size // 2) != flip for entry in range(size))
