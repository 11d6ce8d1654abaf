"""Models of sequences whose score goes step by step: streams, and truncated back-propagation."""

import abc
import math
from typing import Any

import tensorflow as tf

from tfgen.layers.arguments import checked_count
from tfgen.models.endpoints import Endpoint
from tfgen.models.sequences.model import SequenceModel, State
from tfgen.models.sequences.truncated import truncated_step
from tfgen.noise import Noise

__all__ = ["CausalModel"]


class CausalModel(SequenceModel):
    """A `SequenceModel` whose score of a step needs nothing of what comes after it.

    Beside `score` and `sample` there are two endpoints for streams, `start` and `step`, which hand the state out and
    in: a server that remembers nothing can score a stream as it comes (see `tfgen_serving.Stream`).

    Args:
        event_shape: the shape of one step.
        truncation: None, or how many steps errors are propagated back through time. `fit` then cuts each batch's
            sequences into chunks of so many steps, and takes an optimiser's step after each, the state being carried
            on: memory, and the time of a step, do not grow with the sequences' length.
        **kwargs: as in `SequenceModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    state_from_context: bool = True
    """Whether a context is told to each step too, and not to the first alone."""

    def __init__(self, *, event_shape: tuple[int, ...], truncation: int | None = None, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.truncation = None if truncation is None else checked_count("truncation", truncation)

    @abc.abstractmethod
    def chunk(
        self,
        inputs: dict[str, tf.Tensor],
        state: State,
        seeds: tf.Tensor | None,
        first: tf.Tensor | int,
        training: bool | None,
    ) -> tuple[dict[str, tf.Tensor], State]:
        """The terms of the loss of some steps in succession.

        Args:
            inputs: the named inputs of these steps, `ready`.
            state: what `begin` gave, or this function of the steps before.
            seeds: int32 [batch, 2], of models with noise.
            first: the number of the first of these steps.
            training: whether this is a training step.

        Returns:
            The terms by name, each [batch], in nats; and the state after these steps.
        """

    def chunk_begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """The state before the first chunk."""
        return self.begin(rows, context, training)

    @property
    @abc.abstractmethod
    def stream_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of a stream's state, batch left out."""

    @abc.abstractmethod
    def stream_begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """A stream's state before its first step."""

    @abc.abstractmethod
    def stream_step(
        self, state: State, x: tf.Tensor, context: tf.Tensor | None, noise: Noise
    ) -> tuple[State, tf.Tensor]:
        """A stream's state after x, [batch, *event_shape], and the score of x given what came before, [batch]."""

    @abc.abstractmethod
    def stream_draw(self, state: State, context: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        """A draw of the next step given all before it, [batch, *event_shape]."""

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update; of truncated back-propagation one for each chunk of the batch's sequences."""
        return super().train_step(data) if self.truncation is None else truncated_step(self, data)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`sample`, `start` and `step`; a subclass puts `score` before them."""
        specs = self.inputs_spec.specs
        context = specs(self.density_dtype, "context")
        each = context if self.state_from_context else ()
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        x = tf.TensorSpec([None, *self.event_shape], self.density_dtype, name="x")
        state = tf.TensorSpec([None, self._stream_width], self.density_dtype, name="state")
        time = tf.TensorSpec([None], tf.int32, name="time")
        discrete = self.support.integer
        return (
            *super().endpoints(),
            Endpoint("start", self._start, (seed, *context), ("next_x",) if discrete else ()),
            Endpoint("step", self._step, (x, state, time, seed, *each), ("next_x",) if discrete else ()),
        )

    def _start(self, seed: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        rows = tf.shape(seed)[0]
        state = self.stream_begin(rows, context)
        return self._handed_out(state, tf.zeros_like(seed[:, 0]), seed, context)

    def _step(
        self,
        x: tf.Tensor,
        state: tf.Tensor,
        time: tf.Tensor,
        seed: tf.Tensor,
        context: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        noise = Noise(seed, step=time[:, tf.newaxis])
        following, score = self.stream_step(self._unpacked(state), x, context, noise)
        return {"score": score, **self._handed_out(following, time + 1, seed, context)}

    def _handed_out(
        self, state: State, time: tf.Tensor, seed: tf.Tensor, context: tf.Tensor | None
    ) -> dict[str, tf.Tensor]:
        drawn = self.stream_draw(state, context, Noise(seed, step=time[:, tf.newaxis]))
        flat = [
            tf.cast(tf.reshape(value, [-1, math.prod(shape)]), self.density_dtype)
            for value, shape in zip(state, self.stream_shapes, strict=True)
        ]
        return {"next_x": tf.cast(drawn, self.density_dtype), "next_state": tf.concat(flat, axis=-1), "next_time": time}

    def _unpacked(self, state: tf.Tensor) -> State:
        shapes = self.stream_shapes
        parts = tf.split(state, [math.prod(shape) for shape in shapes], axis=-1)
        return tuple(tf.reshape(part, [-1, *shape]) for part, shape in zip(parts, shapes, strict=True))

    @property
    def _stream_width(self) -> int:
        return sum(math.prod(shape) for shape in self.stream_shapes)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "truncation": self.truncation}
