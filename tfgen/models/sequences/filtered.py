"""Recurrent models with a latent variable in each step, by particle filters: their bounds, and their streams."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgen.layers.arguments import checked_choice
from tfgen.models.importance import Inferred
from tfgen.models.noise_streams import CHOICE
from tfgen.models.sequences.filtering import ParticleFilter
from tfgen.models.sequences.model import State
from tfgen.models.sequences.stochastic import StochasticModel
from tfgen.noise import Noise, pick

__all__ = ["FilteredModel"]

_BOUNDS = ("iwae", "fivo")


class FilteredModel(StochasticModel):
    """A `StochasticModel` whose bounds of several samples, and whose streams, are a particle filter's.

    With K samples the bound is the importance-weighted one of whole trajectories (`bound_kind="iwae"`), whose weights
    become unequal as sequences grow long; or the particle filter's (`"fivo"`), which draws its K particles anew where
    that happens. A stream holds K = `num_samples` particles, and the sum of its scores is `score`.

    Args:
        event_shape: the shape of one step.
        bound_kind: `"iwae"` or `"fivo"`, of bounds with several samples.
        resampling_threshold: of `"fivo"`: the share of the K particles that must count, by their effective sample size,
            if they are not to be drawn anew.
        **kwargs: as in `StochasticModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Maddison et al., *Filtering variational objectives*, NeurIPS 2017.
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        bound_kind: str = "iwae",
        resampling_threshold: float = 0.5,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.bound_kind = checked_choice("bound_kind", bound_kind, _BOUNDS)
        if not isinstance(resampling_threshold, float | int | np.number) or not 0 < resampling_threshold <= 1:
            raise ValueError(
                "`resampling_threshold` must be a share, above 0 and at most 1. "
                f"Received: resampling_threshold={resampling_threshold!r}"
            )
        self.resampling_threshold = float(resampling_threshold)

    def training_bound(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, seeds: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """See `BoundModel.training_bound`."""
        if self.bound_kind == "iwae":
            return super().training_bound(inputs, inferred, seeds, training)
        return self._filtered(inputs, inferred, seeds, self.training_samples, training)

    def bounded(self, inputs: dict[str, tf.Tensor], seeds: tf.Tensor, num_samples: int) -> tf.Tensor:
        """See `BoundModel.bounded`; of `bound_kind`."""
        return self._bounded(inputs, seeds, num_samples, self.bound_kind)

    def bound(
        self,
        x: Any,
        context: Any = None,
        *,
        mask: Any = None,
        num_samples: int | None = None,
        seed: int | None = None,
        kind: str | None = None,
    ) -> tf.Tensor:
        """A lower bound of log p(x), in expectation over its noise.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.
            num_samples: K; the model's own where it is None. One gives the ELBO.
            seed: a 32-bit integer, example i then having the noise of (seed, i); None takes one from Keras's global
                generator.
            kind: `"iwae"` or `"fivo"`; the model's `bound_kind` where it is None.

        Returns:
            [batch], in nats a sequence.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        kind = self.bound_kind if kind is None else checked_choice("kind", kind, _BOUNDS)

        def bound(inputs: dict[str, tf.Tensor], seeds: tf.Tensor, count: int) -> dict[str, tf.Tensor]:
            return {"bound": self._bounded(inputs, seeds, count, kind)}

        given = {"x": x, "mask": mask, "context": context}
        return self.run_seeded(f"bound_{kind}", bound, given, num_samples, seed)["bound"]

    @property
    def stream_shapes(self) -> list[tuple[int, ...]]:
        """See `CausalModel.stream_shapes`."""
        return [
            *((width,) for width in self.observer_widths),
            *self.particle_filter(self.num_samples, self.bound_kind).shapes,
        ]

    def stream_begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """See `CausalModel.stream_begin`."""
        begin = self.particle_filter(self.num_samples, self.bound_kind).begin(self.begin(rows, context))
        return (*self.observer_begin(rows, context), *begin)

    def stream_step(
        self, state: State, x: tf.Tensor, context: tf.Tensor | None, noise: Noise
    ) -> tuple[State, tf.Tensor]:
        """See `CausalModel.stream_step`; the noise is that of `score`, so that the sum over steps is the score."""
        size = len(self.observer_widths)
        inputs = {"x": x[:, tf.newaxis], "mask": tf.fill([tf.shape(x)[0], 1], True)}
        if context is not None:
            inputs["context"] = context
        observer = tuple(tf.cast(value, self.compute_dtype) for value in state[:size])
        known, observer = self.observe(inputs, observer, False)
        *particles, weights = state[size:]
        given = (*(tf.cast(value, self.compute_dtype) for value in particles), weights)
        step = self.particle_filter(self.num_samples, self.bound_kind).stepper()
        following, score = step(given, x, [value[0] for value in known], noise)
        return (*observer, *following), score

    def stream_draw(self, state: State, context: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        """See `CausalModel.stream_draw`; a particle is picked by the weights, and goes on by itself.

        The particles know more of what comes from them than of other data: scores of a stream's own draws are too high
        to be a bound.
        """
        *particles, weights = state[len(self.observer_widths) :]
        chosen = pick(weights, noise.child(CHOICE), ())
        one = tuple(tf.cast(tf.gather(value, chosen, axis=1, batch_dims=1), self.compute_dtype) for value in particles)
        _, drawn = self.generator(context)(one, noise)
        return tf.cast(drawn["x"], self.density_dtype)

    def _bounded(self, inputs: dict[str, tf.Tensor], seeds: tf.Tensor, num_samples: int, kind: str) -> tf.Tensor:
        if kind == "iwae" or num_samples == 1:
            return super().bounded(inputs, seeds, num_samples)
        inputs = self.ready(inputs)
        return self._filtered(inputs, self.infer(inputs, False), seeds, num_samples, False)

    def _filtered(
        self,
        inputs: dict[str, tf.Tensor],
        inferred: Inferred,
        seeds: tf.Tensor,
        num_samples: int,
        training: bool | None,
    ) -> tf.Tensor:
        scores = self.particle_filter(num_samples, "fivo").run(inputs, inferred, Noise(seeds), training)
        return tf.reduce_sum(scores, axis=1)

    def particle_filter(self, count: int, kind: str) -> ParticleFilter:
        """The filter behind a bound of K samples, which resamples where `kind` is `"fivo"`."""
        return ParticleFilter(self, count=count, threshold=self.resampling_threshold if kind == "fivo" else 0.0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"bound_kind": self.bound_kind, "resampling_threshold": self.resampling_threshold}
        return {**super().get_config(), **own}
