"""Flows of whole numbers, by dequantisation."""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.models.bound import BoundModel
from tfgen.models.dequantizer import checked_dequantizer, dequantizer_inputs, draw_within
from tfgen.models.endpoints import Endpoint
from tfgen.models.first_rows import ROWS, STREAMING, first_rows
from tfgen.models.flow import FlowModel
from tfgen.models.levels import Levels
from tfgen.models.noise_streams import POSTERIOR
from tfgen.noise import Noise, draw, seed_rows

__all__ = ["Dequantized"]


@keras.saving.register_keras_serializable(package="tfgen")
class Dequantized(BoundModel):
    """A flow of whole numbers x in 0 … levels − 1: y = (x + u)/levels with u in (0, 1) has the flow's density p(y).

    P(x) is the flow's probability of x's cell, levels·y in [x, x + 1). With a distribution q(u | x) on (0, 1) for each
    of the D numbers of x,

        log P(x) ≥ E_q[log p((x + u)/levels) − D·log levels − log q(u | x)],

    and so with importance weights: K draws of u give log (1/K) Σ_k exp(…), as in `BoundModel`. −D·log levels turns the
    density of y into that of x + u; without it, scores would be in units of y. `fit` reports −log p(x + u), in units
    of x, as `nll`, and log q(u | x) as `dequantization`, which is nought of uniform u; their sum is the loss, and
    divided by D·ln 2 it is `bits_per_dim`.

    A sample is floor(levels·y), clipped to 0 … levels − 1: the cells at the edges reach to ±∞. P(x) of what is
    sampled is then a little more than that of the cells where the flow's density goes beyond them, and the bound is one
    on it all the same. Of a flow with `low=0, high=1` nothing is beyond.

    Args:
        flow: the flow of y, of any event and context shape; it is used as it is, not copied. With
            `low=0, high=1, margin=0.05` it has RealNVP's logit before its layers.
        levels: how many values each number has: at most 65536 in single precision.
        dequantizer: q(u | x). None is the uniform distribution; `"variational"` a small conditional flow; or a
            `FlowModel` with `low=0, high=1`, of the flow's event shape or flat, whose context is x, scaled to (−1, 1),
            in x's shape or flat, with or without the model's own context behind it.
        **kwargs: as in `BoundModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Theis et al., *A note on the evaluation of generative models*, ICLR 2016, section 3.1 (uniform); Ho et al.,
        *Flow++*, ICML 2019, section 3.1 (variational).

    Example:
        >>> from tfgen.models import RealNVP
        >>> flow = RealNVP(event_shape=(2,), couplings=2, hidden=(8,), low=0, high=1)
        >>> model = Dequantized(flow, levels=4)
        >>> model.sample(3, seed=0).numpy().tolist()
        [[3.0, 2.0], [2.0, 2.0], [1.0, 1.0]]
    """

    term_names: tuple[str, ...] = ("nll", "dequantization")

    def __init__(
        self, flow: FlowModel, *, levels: int = 256, dequantizer: str | FlowModel | None = None, **kwargs: Any
    ) -> None:
        if not isinstance(flow, FlowModel):
            raise ValueError(f"`flow` must be a FlowModel. Received: flow={flow!r}")
        kwargs = {"dtype": flow.dtype_policy, "context_shape": flow.context_shape, **kwargs}
        super().__init__(event_shape=flow.event_shape, **kwargs)
        if flow.density_dtype != self.density_dtype:
            raise ValueError(
                f"`flow` must have the model's dtype, {self.density_dtype}. Received: {flow.density_dtype}"
            )
        if flow.inputs_spec.support.low > 0 or flow.inputs_spec.support.high < 1:
            raise ValueError(
                "`flow` must be one of numbers between 0 and 1 at least: what it has to fit is (x + u)/levels. "
                f"Received: a flow of {flow.inputs_spec.support.words}"
            )
        self._cells = Levels(levels, self.density_dtype)
        self.levels = self._cells.count
        self.flow = flow
        self._variational = isinstance(dequantizer, str)
        self.dequantizer = checked_dequantizer(dequantizer, flow)
        self.inputs_spec.support = self._cells.support
        self.build()

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """The context of q(u | x)."""
        del training
        if self.dequantizer is None:
            return inputs["x"]
        return dequantizer_inputs(self.dequantizer, self._cells.centred(inputs["x"]), inputs.get("context"))

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """`nll`, −log p(x + u), and `dequantization`, log q(u | x), of one u for each row; each [batch], in nats."""
        u, log_q = self._within(inferred, noise, training)
        distribution = self.flow.build_distribution(inputs.get("context"), training=training)
        nll = self._log_units - distribution.log_prob(self._cells.within(inputs["x"], u))
        return {"nll": nll, "dequantization": log_q + tf.zeros_like(nll)}

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x + u) − log q(u | x)."""
        return -tf.add_n(list(self.elbo(inputs, inferred, noise, training).values()))

    def prepare(self, data: Any) -> None:
        """Lets layers that take their scale from data do so, of data with uniform noise that is always the same."""
        flows = [self.flow] if self.dequantizer is None else [self.flow, self.dequantizer]
        waiting = [flow for flow in flows if not flow.is_adapted]
        if not self.trainable or not waiting:
            return
        rows = first_rows(data, self.inputs_spec.unpack)
        if rows:
            self._adapt(waiting, rows)
        else:
            warnings.warn(STREAMING.format(type(data).__name__), stacklevel=3)

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """Lets layers that take their scale from data do so; `fit` does it with its own data where nobody has.

        At most 8192 rows are used, from all over the data. The dequantiser's begin where u is uniform.

        Args:
            x: [rows, *event_shape], two rows at least.
            context: [rows, *context_shape], for conditional models.
            sample_weight: [rows], how often each row counts; None is once.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        flows = [self.flow] if self.dequantizer is None else [self.flow, self.dequantizer]
        self._adapt(flows, {"x": x, "context": context, "sample_weight": sample_weight})

    def _adapt(self, flows: Sequence[FlowModel], rows: Mapping[str, Any]) -> None:
        given = {name: value for name, value in rows.items() if value is not None}
        few = {name: np.asarray(value)[:: max(1, -(-len(value) // ROWS))] for name, value in given.items()}
        weight = few.pop("sample_weight", None)
        specs = self.inputs_spec.specs(self.density_dtype, "x", "context")
        inputs = self.inputs_spec.values(specs, few)
        seeds = tf.constant(seed_rows(len(inputs["x"]), 0))
        u = Noise(seeds).child(POSTERIOR).uniform(self.event_shape, self.density_dtype)
        for flow in flows:
            if flow is self.flow:
                flow.adapt(self._cells.within(inputs["x"], u), inputs.get("context"), sample_weight=weight)
            else:
                flow.adapt(tf.reshape(u, [-1, *flow.event_shape]), self.infer(inputs), sample_weight=weight)

    def encode(self, x: Any, context: Any = None) -> tf.Tensor:
        """z = f⁻¹((x + ½)/levels), of the cells' centres.

        `run("encode", x=x)` gives log |det ∂z/∂x| too, in units of x, as `log_det_jacobian`.

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
        """The whole numbers of the cells that f(z) is in.

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
        context = specs(self.density_dtype, "context")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        latent = next(endpoint.inputs[0] for endpoint in self.flow.endpoints() if endpoint.name == "decode")
        return (
            *super().endpoints(),
            Endpoint("sample", self._sample, (seed, *context), ("x",)),
            Endpoint("encode", self._encode, specs(self.density_dtype, "x", "context")),
            Endpoint("decode", self._decode, (latent, *context), ("x",)),
        )

    def _sample(self, seed: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"x": self._cells.of(draw(self.flow.build_distribution(context), Noise(seed)))}

    def _encode(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        centre = self._cells.within(x, tf.constant(0.5, x.dtype))
        z, log_det = self.flow.build_bijector(context).inverse_and_log_det(centre)
        return {"z": z, "log_det_jacobian": log_det - self._log_units}

    def _decode(self, z: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"x": self._cells.of(self.flow.build_bijector(context).forward_and_log_det(z)[0])}

    @property
    def _log_units(self) -> float:
        """log |det ∂(x + u)/∂y|."""
        return math.prod(self.event_shape) * math.log(self.levels)

    def _within(self, inferred: tf.Tensor, noise: Noise, training: bool | None) -> tuple[tf.Tensor, tf.Tensor]:
        """u and log q(u | x)."""
        noise = noise.child(POSTERIOR)
        if self.dequantizer is None:
            return noise.uniform(self.event_shape, self.density_dtype), tf.zeros([], self.density_dtype)
        u, log_q = draw_within(self.dequantizer, inferred, noise, training)
        return tf.reshape(u, [-1, *self.event_shape]), log_q

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        dequantizer = None if self.dequantizer is None else keras.saving.serialize_keras_object(self.dequantizer)
        return {
            **{name: value for name, value in config.items() if name not in ("event_shape", "context_shape")},
            "flow": keras.saving.serialize_keras_object(self.flow),
            "levels": self.levels,
            "dequantizer": "variational" if self._variational else dequantizer,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Dequantized":
        """A model of that configuration, its flows of its dtype."""
        parts = {}
        for name in ("flow", "dequantizer"):
            part = config.get(name)
            if isinstance(part, dict):
                same = {**part, "config": {**part["config"], "dtype": config["dtype"]}}
                parts[name] = keras.saving.deserialize_keras_object(same, custom_objects=custom_objects)
        return cls(**{**config, **parts})
