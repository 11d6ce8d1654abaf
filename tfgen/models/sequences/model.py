"""What all models of sequences share: steps along axis 1, masks, sampling in a loop, and streaming."""

import abc
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.support import Support
from tfgen.layers.recurrent import scan, swapped
from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.inputs import ModelInputs
from tfgen.models.sequences.inputs import SequenceInputs, blanked, full_mask, is_prefix
from tfgen.models.sequences.truncated import truncated_step
from tfgen.noise import Noise

__all__ = ["Generate", "SequenceModel", "State", "kept_where", "masked_sum"]

State = tuple[tf.Tensor, ...]
"""What a model remembers of the steps so far: tensors, batch first."""

Generate = Callable[[State, Noise], tuple[State, dict[str, tf.Tensor]]]
"""From a state and the noise of a step to the state after that step, and what it drew: `x`, of latent models `z`."""


class SequenceModel(GenerativeModel):
    """p(x_1 … x_T | context) of sequences of any length, x of shape [batch, time, *event_shape].

    With a `mask`, bool [batch, time], a row's sequence is the steps for which it is true, which come first: a masked
    step contributes nothing, and what stands there, NaN included, changes nothing.

    Beside `score` and `sample` there are two endpoints for streams, `start` and `step`, which hand the state out and
    in: a server that remembers nothing can score a stream as it comes (see `tfgen_serving.Stream`).

    A subclass follows `GenerativeModel`'s recipe, and gives what is abstract here.

    Args:
        event_shape: the shape of one step.
        context_shape: the shape of one context, of rank one, or None.
        truncation: None, or how many steps errors are propagated back through time. `fit` then cuts each batch's
            sequences into chunks of so many steps, and takes an optimiser's step after each, the state being carried
            on: memory, and the time of a step, do not grow with the sequences' length.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    inputs_class: ClassVar[type[ModelInputs]] = SequenceInputs
    data_names: ClassVar[tuple[str, ...]] = ("x", "mask", "context")
    state_from_context: bool = True
    """Whether a context is told to each step too, and not to the first alone."""

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        truncation: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if self.context_shape is not None and len(self.context_shape) != 1:
            raise ValueError(f"`context_shape` must have rank 1. Received: context_shape={context_shape!r}")
        self.truncation = None if truncation is None else checked_count("truncation", truncation)

    @property
    @abc.abstractmethod
    def support(self) -> Support:
        """The values that a step may hold."""

    @property
    @abc.abstractmethod
    def drawn_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of what one step of `sample` draws, by name."""

    @abc.abstractmethod
    def begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """The state before the first step.

        Args:
            rows: how many, an int32 scalar.
            context: [rows, *context_shape], or None.
        """

    @abc.abstractmethod
    def generator(self, context: tf.Tensor | None) -> Generate:
        """The function that draws one step; its weights are made ready once."""

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

    def chunk_begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """The state before the first chunk."""
        return self.begin(rows, context)

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

    def score(self, x: Any, context: Any = None, *, mask: Any = None) -> tf.Tensor:
        """log p(x | context) of whole sequences, or its lower bound: `score_kind` tells which.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], true for a row's first steps and false for what is no step; None: all are steps.

        Returns:
            [batch], in nats a sequence.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("score", x=x, mask=mask, context=context)["score"]

    def sample(self, n: int, context: Any = None, *, steps: int, seed: int | None = None) -> tf.Tensor:  # type: ignore[override]
        """Sequences from the model.

        Draw i has the seed row (seed, i); with a context of b rows, draw i for row j has (seed, i·b + j). A longer
        sequence begins with the shorter one, and every runtime draws the same.

        Args:
            n: how many, for each context where there is one.
            context: [batch, *context_shape], for conditional models.
            steps: how long they are. (`run("sample", seed=…, steps=…)` takes a length for each row.)
            seed: a 32-bit integer; None takes one from Keras's global generator.

        Returns:
            [n, steps, *event_shape], or with a context [n, batch, steps, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.drawn(n, context, seed, steps=_checked_steps(steps))

    def ready(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """See `GenerativeModel.ready`; with a mask, and x blank where that is false."""
        inputs = dict(inputs)
        mask = inputs.pop("mask", None)
        named = super().ready(inputs)
        if mask is None:
            return {**named, "mask": full_mask(named["x"])}
        mask = tf.cast(mask, tf.bool)
        return {**named, "x": blanked(named["x"], mask, self.support), "mask": mask}

    @property
    def rate_names(self) -> tuple[str, ...]:
        """See `TrainingSteps.rate_names`; sequences are of unequal lengths, and so have nats a step too."""
        return ("nats_per_step", *super().rate_names)

    def rate_units(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """See `TrainingSteps.rate_units`."""
        mask = inputs.get("mask")
        mask = full_mask(inputs["x"]) if mask is None else mask
        steps = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        return {"nats_per_step": steps, "bits_per_dim": steps * (math.prod(self.event_shape) * math.log(2.0))}

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update; of truncated back-propagation one for each chunk of the batch's sequences."""
        return super().train_step(data) if self.truncation is None else truncated_step(self, data)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`sample`, `start` and `step`; a subclass puts `score` before them."""
        specs = self.inputs_spec.specs
        context = specs(self.density_dtype, "context")
        each = context if self.state_from_context else ()
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        steps = tf.TensorSpec([None], tf.int32, name="steps")
        x = tf.TensorSpec([None, *self.event_shape], self.density_dtype, name="x")
        state = tf.TensorSpec([None, self._stream_width], self.density_dtype, name="state")
        time = tf.TensorSpec([None], tf.int32, name="time")
        discrete = self.support.integer
        return (
            Endpoint("sample", self._sample, (seed, steps, *context), ("x",) if discrete else ()),
            Endpoint("start", self._start, (seed, *context), ("next_x",) if discrete else ()),
            Endpoint("step", self._step, (x, state, time, seed, *each), ("next_x",) if discrete else ()),
        )

    def _sample(self, seed: tf.Tensor, steps: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        noise, most = Noise(seed), tf.maximum(tf.reduce_max(steps), 0)
        draw_step = self.generator(context)
        names = list(self.drawn_shapes)

        def body(time: tf.Tensor, state: State, _: list[tf.Tensor]) -> tuple[State, list[tf.Tensor]]:
            state, drawn = draw_step(state, noise.at_step(time))
            return state, [tf.cast(drawn[name], self.density_dtype) for name in names]

        outputs = [tf.TensorSpec([None, *shape], self.density_dtype) for shape in self.drawn_shapes.values()]
        _, drawn = scan(body, self.begin(tf.shape(seed)[0], context), [], outputs, steps=most)
        drawn = [swapped(value) for value in drawn]
        mask = tf.range(most) < steps[:, tf.newaxis]
        zeroed = [
            tf.where(tf.reshape(mask, [*tf.unstack(tf.shape(mask)), *[1] * (len(value.shape) - 2)]), value, 0.0)
            for value in drawn
        ]
        return {**dict(zip(names, zeroed, strict=True)), "mask": mask}

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

    def checked_score(self, score: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """A score, with NaN for rows whose mask has holes: a graph cannot raise everywhere."""
        return tf.where(is_prefix(mask), score, tf.constant(np.nan, score.dtype))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "truncation": self.truncation}


def masked_sum(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The sum over the steps that count: of [batch, time] [batch]."""
    return tf.reduce_sum(tf.where(mask, values, tf.zeros_like(values)), axis=1)


def kept_where(mask: tf.Tensor, new: Sequence[tf.Tensor], old: Sequence[tf.Tensor]) -> State:
    """A state after a step: the new one where the step counts, bool [batch], else the old one."""
    return tuple(
        tf.where(tf.reshape(mask, [-1, *[1] * (len(value.shape) - 1)]), value, before)
        for value, before in zip(new, old, strict=True)
    )


def _checked_steps(steps: Any) -> int:
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 1 <= steps < 2**31:
        raise ValueError(f"`steps` must be a positive integer. Received: steps={steps!r}")
    return int(steps)
