"""Recurrent networks whose outputs are distributions."""

from typing import Any, ClassVar

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.recurrent import over_time, swapped
from tfgen.models.endpoints import Endpoint
from tfgen.models.flow_distribution import FlowDistribution
from tfgen.models.sequences.causal import CausalModel
from tfgen.models.sequences.emitting import EmittingModel
from tfgen.models.sequences.model import State, masked_sum
from tfgen.noise import Noise

__all__ = ["RNNDensity"]


@keras.saving.register_keras_serializable(package="tfgen")
class RNNDensity(EmittingModel, CausalModel):
    """p(x_1 … x_T) = Π_t p(x_t | h_t), h_t a recurrent network's summary of x_1 … x_{t−1}: exact log-densities.

    With `likelihood="gaussian"` it is the literature's RNN-Gauss, with `"mixture"` RNN-GMM, Graves's handwriting
    network without its attention. Their outputs are independent given the past, or given a component too; with
    `"autoregressive"`, or a `FlowDistribution`, each number of a step is given those before it.

    Args:
        event_shape: the shape of one step.
        **kwargs: as in `RecurrentModel` and `CausalModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013, equations 15 to 17; Lai et
        al., *Re-examination of the role of latent variables in sequence modeling*, NeurIPS 2019 (outputs that are
        autoregressive within a step).

    Example:
        >>> rnn = RNNDensity(event_shape=(2,), units=16, likelihood="mixture", components=3)
        >>> rnn.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0))
        >>> x = rnn.sample(4, steps=10, seed=0)
        >>> rnn.log_prob(x).shape.as_list(), rnn.log_prob_steps(x).shape.as_list()
        ([4], [4, 10])
    """

    score_kind: ClassVar[str] = "exact"

    def __init__(self, *, event_shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        self.recurrence.build_for(self.build_features(), context=self.context_width)
        self.build_head(self.recurrence.output_width)
        super().build(input_shape)

    def log_prob(self, x: Any, context: Any = None, *, mask: Any = None) -> tf.Tensor:
        """Exact log p(x | context) of whole sequences.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.

        Returns:
            [batch], in nats a sequence.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.score(x, context, mask=mask)

    def log_prob_steps(self, x: Any, context: Any = None, *, mask: Any = None) -> tf.Tensor:
        """Exact log p(x_t | x_1 … x_{t−1}, context) of each step.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.

        Returns:
            [batch, time], in nats; nought where the mask is false. The sum over time is `log_prob`.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        specs = self.inputs_spec.specs(self.density_dtype, *self.data_names)
        endpoint = Endpoint("log_prob_steps", self._log_prob_steps, specs)
        return self.run_endpoint(endpoint, x=x, mask=mask, context=context)["log_prob_steps"]

    def predictive_distribution(self, x: Any, context: Any = None, *, mask: Any = None) -> tfd.Distribution:
        """p(x_t | x_1 … x_{t−1}, context) of each step, as TFP's object: for its mean, quantiles or cdf.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.

        Returns:
            A distribution of batch shape [batch, time] and event shape `event_shape`.

        Raises:
            ValueError: for bad input, naming the argument; and of a likelihood by a flow, as `"autoregressive"`, whose
                distributions have one batch dimension: its `log_prob_steps` is there.
        """
        if isinstance(self.likelihood, FlowDistribution):
            raise ValueError(
                "`likelihood` must be no flow: its distributions are of one batch dimension, not of batch and time. "
                f"Call `log_prob_steps`. Received: {self.likelihood.name}"
            )
        specs = self.inputs_spec.specs(self.density_dtype, *self.data_names)
        inputs = self.inputs_spec.values(specs, {"x": x, "mask": mask, "context": context})
        inputs = self.ready(inputs)
        context = inputs.get("context")
        summary, _ = self.summarised(inputs, self.begin(tf.shape(inputs["x"])[0], context), context, False)
        return self.likelihood(over_time(self.network, swapped(summary))).tensor_distribution

    def call(
        self, inputs: dict[str, tf.Tensor], training: bool | None = None, seeds: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """`nll`, −log p(x | context), [batch], in nats a sequence."""
        del seeds
        inputs = self.ready(inputs)
        state = self.begin(tf.shape(inputs["x"])[0], inputs.get("context"), training)
        return self.chunk(inputs, state, None, 0, training)[0]

    def chunk(
        self,
        inputs: dict[str, tf.Tensor],
        state: State,
        seeds: tf.Tensor | None,
        first: tf.Tensor | int,
        training: bool | None,
    ) -> tuple[dict[str, tf.Tensor], State]:
        """See `CausalModel.chunk`."""
        del seeds, first
        steps, state = self.scored(inputs, state, inputs.get("context"), training)
        return {"nll": -masked_sum(steps, inputs["mask"])}, state

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `start` and `step`."""
        specs = self.inputs_spec.specs(self.density_dtype, *self.data_names)
        return (Endpoint("score", self._score, specs), *super().endpoints())

    @property
    def stream_shapes(self) -> list[tuple[int, ...]]:
        """See `CausalModel.stream_shapes`."""
        return [(width,) for width in self.recurrence.state_widths]

    def stream_begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """See `CausalModel.stream_begin`."""
        return self.begin(rows, context)

    def stream_step(
        self, state: State, x: tf.Tensor, context: tf.Tensor | None, noise: Noise
    ) -> tuple[State, tf.Tensor]:
        """See `CausalModel.stream_step`."""
        del noise
        state = tuple(tf.cast(value, self.compute_dtype) for value in state)
        score = self.emission(state).log_prob(x)
        return self.recurrence.stepper()(self.one(x, context), None, state), score

    def stream_draw(self, state: State, context: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        """See `CausalModel.stream_draw`."""
        del context
        return self.emitted(tuple(tf.cast(value, self.compute_dtype) for value in state), noise)

    def _score(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"score": self.checked_score(-self.call(inputs, training=False)["nll"], inputs["mask"])}

    def _log_prob_steps(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        inputs = self.ready(inputs)
        state = self.begin(tf.shape(inputs["x"])[0], inputs.get("context"))
        steps, _ = self.scored(inputs, state, inputs.get("context"), False)
        return {"log_prob_steps": tf.where(inputs["mask"], steps, tf.zeros_like(steps))}
