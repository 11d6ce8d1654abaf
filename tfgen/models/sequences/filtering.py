"""Particle filters of models whose steps have a latent variable: bounds of log p(x), step by step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from tfgen.layers.recurrent import scan, swapped
from tfgen.models.importance import repeat_rows
from tfgen.models.noise_streams import POSTERIOR, RESAMPLING
from tfgen.models.sequences.model import State, kept_where
from tfgen.models.sequences.particles import effective_share, gathered, normalised, systematic
from tfgen.noise import Noise

if TYPE_CHECKING:
    from tfgen.models.sequences.stochastic import Move, StochasticModel, Weigh

__all__ = ["ParticleFilter"]

Step = Callable[[State, tf.Tensor, Sequence[tf.Tensor], Noise], tuple[State, tf.Tensor]]


class ParticleFilter:
    """K particles for each sequence, each the state of a generative recurrence, and their normalised log-weights.

    One step draws z_t for every particle from the model's posterior, weighs it by α_t = p(x_t, z_t | past) /
    q(z_t | …), and gives log Σ_k w_k α_k, whose sum over the steps is the bound. Where weights have become unequal,
    K particles are drawn anew by them: with no such resampling the bound is IWAE's, with it FIVO's. One particle has
    the KL in closed form.

    The state is a tuple: the model's tensors as [batch, K, ...], and the log-weights [batch, K], last.

    Args:
        model: the model.
        count: K.
        threshold: the share of K below which an effective sample size has them drawn anew; nought for never.

    Reference:
        Maddison et al., *Filtering variational objectives*, NeurIPS 2017, algorithm 1, whose weights here stay
        normalised from step to step.
    """

    def __init__(self, model: StochasticModel, *, count: int, threshold: float) -> None:
        self.model = model
        self.count = count
        self.threshold = threshold

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the state, batch left out."""
        return [*((self.count, width) for width in self.model.state_widths), (self.count,)]

    def begin(self, state: State) -> State:
        """All particles alike.

        Args:
            state: what the model's `begin` gives, [batch, ...].
        """
        many = [tf.tile(value[:, tf.newaxis], [1, self.count, 1]) for value in state]
        weights = tf.zeros([tf.shape(state[0])[0], self.count], self.model.density_dtype)
        return (*many, weights - tf.math.log(tf.cast(self.count, weights.dtype)))

    def stepper(self, training: bool | None = None) -> Step:
        """The function that takes one step of the filter; its weights are made ready once.

        It takes the filter's state, x [batch, *event_shape], what the model observes of the step, [batch, ...] each,
        and the noise of the rows at this step. It gives the state after it, and log p̂(x_t | x_1 … x_{t−1}), [batch], in
        nats.

        Args:
            training: whether this is a training step.
        """
        return functools.partial(self._step, self.model.mover(training), self.model.weigher(training))

    def _step(
        self,
        move: Move,
        weigh: Weigh,
        state: State,
        x: tf.Tensor,
        known: Sequence[tf.Tensor],
        noise: Noise,
    ) -> tuple[State, tf.Tensor]:
        model, count = self.model, self.count
        *particles, weights = state
        rows = tuple(tf.reshape(value, [-1, value.shape[-1]]) for value in particles)
        index = tf.tile(tf.range(count), [tf.shape(x)[0]])[:, tf.newaxis]
        step = noise.step
        if isinstance(step, tf.Tensor) and step.shape.rank == 2:
            step = repeat_rows(step, count)
        each = Noise(repeat_rows(noise.seeds, count), index=index, step=step)
        seen = [repeat_rows(value, count) for value in known]
        moved, record = move(rows, seen, model.standard_normal(each.child(POSTERIOR)))
        found = weigh(record, repeat_rows(x, count))
        change = found["log_likelihood"] - found["kl"] if count == 1 else found["log_weight"]
        change = tf.reshape(change, [-1, count])
        moved = tuple(
            tf.reshape(value, [-1, count, old.shape[-1]]) for value, old in zip(moved, particles, strict=True)
        )
        following, score = normalised(weights + change)
        if self.threshold and count > 1:
            moved, following = self._drawn_anew(moved, following, noise)
        return (*moved, following), score

    def run(
        self,
        inputs: dict[str, tf.Tensor],
        known: Sequence[tf.Tensor],
        noise: Noise,
        training: bool | None = None,
    ) -> tf.Tensor:
        """log p̂(x_t | x_1 … x_{t−1}) of all steps, [batch, time].

        Args:
            inputs: the model's named inputs, `ready`.
            known: what the model observes of all steps, [time, batch, ...] each.
            noise: of the rows.
            training: whether this is a training step.
        """
        x, step = inputs["x"], self.stepper(training)

        def body(time: tf.Tensor, state: State, given: list[tf.Tensor]) -> tuple[State, list[tf.Tensor]]:
            x, valid, *known = given
            following, score = step(state, x, known, noise.at_step(time))
            return kept_where(valid, following, state), [tf.where(valid, score, tf.zeros_like(score))]

        state = self.begin(self.model.begin(tf.shape(x)[0], inputs.get("context"), training))
        outputs = [tf.TensorSpec([None], self.model.density_dtype)]
        given = [swapped(x), swapped(inputs["mask"]), *known]
        _, (scores,) = scan(body, state, given, outputs, steps=tf.shape(x)[1])
        return swapped(scores)

    def _drawn_anew(self, particles: State, weights: tf.Tensor, noise: Noise) -> tuple[State, tf.Tensor]:
        """Particles by their weights, of the rows in which too few of them count."""
        few = effective_share(weights) < self.threshold
        uniform = noise.child(RESAMPLING).uniform((1,), tf.float64)[:, 0]
        # The choice itself has no gradient: what its score function adds is mostly noise (Maddison et al., section 4).
        ancestors = systematic(tf.stop_gradient(weights), uniform)
        kept = tf.range(self.count)[tf.newaxis] * tf.ones_like(ancestors)
        ancestors = tf.where(few[:, tf.newaxis], ancestors, kept)
        equal = tf.zeros_like(weights) - tf.math.log(tf.cast(self.count, weights.dtype))
        chosen = tuple(gathered(value, ancestors) for value in particles)
        return chosen, tf.where(few[:, tf.newaxis], equal, weights)
