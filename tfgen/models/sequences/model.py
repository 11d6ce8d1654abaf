"""What all models of sequences share: steps along axis 1, masks, sampling in a loop, and streaming."""

import abc
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfgen.layers.distributions.support import Support
from tfgen.layers.recurrent import scan, swapped
from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.inputs import ModelInputs
from tfgen.models.sequences.inputs import SequenceInputs, blanked, full_mask, is_prefix, where_masked
from tfgen.noise import Noise

__all__ = ["Generate", "SequenceModel", "State", "checked_steps", "kept_where", "masked_sum"]

State = tuple[tf.Tensor, ...]
"""What a model remembers of the steps so far: tensors, batch first."""

Generate = Callable[[State, Noise], tuple[State, dict[str, tf.Tensor]]]
"""From a state and the noise of a step to the state after that step, and what it drew: `x`, of latent models `z`."""


class SequenceModel(GenerativeModel):
    """p(x_1 … x_T | context) of sequences of any length, x of shape [batch, time, *event_shape].

    With a `mask`, bool [batch, time], a row's sequence is the steps for which it is true, which come first: a masked
    step contributes nothing, and what stands there, NaN included, changes nothing.

    A subclass follows `GenerativeModel`'s recipe, and gives what is abstract here.

    Args:
        event_shape: the shape of one step.
        context_shape: the shape of one context, of rank one, or None.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    inputs_class: ClassVar[type[ModelInputs]] = SequenceInputs
    data_names: ClassVar[tuple[str, ...]] = ("x", "mask", "context")

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if self.context_shape is not None and len(self.context_shape) != 1:
            raise ValueError(f"`context_shape` must have rank 1. Received: context_shape={context_shape!r}")

    @property
    @abc.abstractmethod
    def support(self) -> Support:
        """The values that a step may hold."""

    @property
    @abc.abstractmethod
    def drawn_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of what one step of `sample` draws, by name."""

    @abc.abstractmethod
    def begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """The state before the first step.

        Args:
            rows: how many, an int32 scalar.
            context: [rows, *context_shape], or None.
            training: whether this is a training step.
        """

    @abc.abstractmethod
    def generator(self, context: tf.Tensor | None) -> Generate:
        """The function that draws one step; its weights are made ready once."""

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
        return self.drawn(n, context, seed, steps=checked_steps(steps))

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

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`sample`; a subclass puts `score` before it."""
        context = self.inputs_spec.specs(self.density_dtype, "context")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        steps = tf.TensorSpec([None], tf.int32, name="steps")
        return (Endpoint("sample", self._sample, (seed, steps, *context), ("x",) if self.support.integer else ()),)

    def _sample(self, seed: tf.Tensor, steps: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return self.rolled_out(self.begin(tf.shape(seed)[0], context), self.generator(context), Noise(seed), steps)

    def rolled_out(self, state: State, generate: Generate, noise: Noise, steps: tf.Tensor) -> dict[str, tf.Tensor]:
        """Sequences that a generator draws.

        Args:
            state: before the first step.
            generate: what draws a step.
            noise: of the rows.
            steps: int32 [batch], how long each row is.

        Returns:
            What is drawn, by name, [batch, time, ...], nought after a row's own steps; and `mask`, [batch, time].
        """
        most, names = tf.maximum(tf.reduce_max(steps), 0), list(self.drawn_shapes)

        def body(time: tf.Tensor, state: State, _: list[tf.Tensor]) -> tuple[State, list[tf.Tensor]]:
            state, drawn = generate(state, noise.at_step(time))
            return state, [tf.cast(drawn[name], self.density_dtype) for name in names]

        outputs = [tf.TensorSpec([None, *shape], self.density_dtype) for shape in self.drawn_shapes.values()]
        _, drawn = scan(body, state, [], outputs, steps=most)
        mask = tf.range(most) < steps[:, tf.newaxis]
        nought = tf.constant(0, self.density_dtype)
        found = {name: where_masked(mask, swapped(value), nought) for name, value in zip(names, drawn, strict=True)}
        return {**found, "mask": mask}

    def checked_score(self, score: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """A score, with NaN for rows whose mask has holes: a graph cannot raise everywhere."""
        return tf.where(is_prefix(mask), score, tf.constant(np.nan, score.dtype))


def masked_sum(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The sum over the steps that count: of [batch, time] [batch]."""
    return tf.reduce_sum(where_masked(mask, values, tf.zeros([], values.dtype)), axis=1)


def kept_where(mask: tf.Tensor, new: Sequence[tf.Tensor], old: Sequence[tf.Tensor]) -> State:
    """A state after a step: the new one where the step counts, bool [batch], else the old one."""
    return tuple(
        tf.where(tf.reshape(mask, [-1, *[1] * (len(value.shape) - 1)]), value, before)
        for value, before in zip(new, old, strict=True)
    )


def checked_steps(steps: Any) -> int:
    """A number of steps, or an error that names the argument."""
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 1 <= steps < 2**31:
        raise ValueError(f"`steps` must be a positive integer. Received: steps={steps!r}")
    return int(steps)
