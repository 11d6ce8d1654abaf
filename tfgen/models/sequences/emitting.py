"""Recurrent models whose steps depend on the recurrence alone."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.recurrent import over_time, swapped
from tfgen.models.noise_streams import EVENT
from tfgen.models.sequences.model import Generate, State
from tfgen.models.sequences.recurrent import RecurrentModel
from tfgen.noise import Noise, draw

__all__ = ["EmittingModel"]


class EmittingModel(RecurrentModel):
    """A `RecurrentModel` with p(x_t | h_t), h_t being what the recurrence makes of x_1 … x_{t−1}, and of nothing else.

    Args:
        **kwargs: as in `RecurrentModel`.
    """

    @property
    def drawn_shapes(self) -> dict[str, tuple[int, ...]]:
        """See `SequenceModel.drawn_shapes`."""
        return {"x": self.event_shape}

    def emission(self, state: State) -> tfd.Distribution:
        """p(x_t | h_t), batch shape [batch]."""
        return self.likelihood(self.network(self.recurrence.output(state))).tensor_distribution

    def emitted(self, state: State, noise: Noise) -> tf.Tensor:
        """A draw from it, [batch, *event_shape]."""
        return tf.cast(draw(self.emission(state), noise.child(EVENT)), self.density_dtype)

    def generator(self, context: tf.Tensor | None) -> Generate:
        """See `SequenceModel.generator`."""
        move = self.recurrence.stepper()

        def generate(state: State, noise: Noise) -> tuple[State, dict[str, tf.Tensor]]:
            x = self.emitted(state, noise)
            return move(self.one(x, context), None, state), {"x": x}

        return generate

    def summarised(
        self, inputs: dict[str, tf.Tensor], state: State, context: tf.Tensor | None, training: bool | None
    ) -> tuple[tf.Tensor, State]:
        """h_1 … h_T, [time, batch, width], and the state after all steps.

        Args:
            inputs: the named inputs, `ready`.
            state: before the first step.
            context: as the recurrence takes it.
            training: whether this is a training step.
        """
        features = over_time(self.features, swapped(inputs["x"]))
        return self.followed(self.recurrence, features, inputs["mask"], state, context, training, after=False)

    def scored(
        self, inputs: dict[str, tf.Tensor], state: State, context: tf.Tensor | None, training: bool | None
    ) -> tuple[tf.Tensor, State]:
        """log p(x_t | x_1 … x_{t−1}), [batch, time] in nats, and the state after all steps.

        Args:
            inputs: the named inputs, `ready`.
            state: before the first step.
            context: as the recurrence takes it.
            training: whether this is a training step.
        """
        summary, state = self.summarised(inputs, state, context, training)

        def log_prob(summary: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
            return self.likelihood(self.network(summary)).log_prob(x)

        return swapped(over_time(log_prob, summary, swapped(inputs["x"]))), state
