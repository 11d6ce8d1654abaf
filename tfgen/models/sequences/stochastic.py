"""Recurrent models with a latent variable in each step."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import tensorflow as tf

from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.products import Products
from tfgen.layers.recurrent import over_time, scan, swapped
from tfgen.models.importance import Inferred
from tfgen.models.latent import LATENT
from tfgen.models.sequences.bound import SequenceBoundModel
from tfgen.models.sequences.causal import CausalModel
from tfgen.models.sequences.filtering import ParticleFilter
from tfgen.models.sequences.model import State, kept_where, masked_sum
from tfgen.models.sequences.recurrent import RecurrentModel
from tfgen.noise import Noise, pick

__all__ = ["Move", "Record", "StochasticModel", "Weigh"]

Record = Sequence[tf.Tensor]
"""What of a step decides its densities, [rows, ...] each."""

Move = Callable[[State, Sequence[tf.Tensor], tf.Tensor], tuple[State, Record]]
"""From a state, what is observed of the step and a standard normal to the state after it and the step's record."""

Weigh = Callable[[Record, tf.Tensor], dict[str, tf.Tensor]]
"""From a record and x to `log_likelihood`, `kl` and `log_weight`, [rows] each, in nats."""

_BOUNDS = ("iwae", "fivo")
_NEXT = 3  # the stream of the noise that picks a particle to go on from


class StochasticModel(RecurrentModel, CausalModel, SequenceBoundModel):
    """p(x_{1:T}) = ∫ Π_t p(x_t | z_t, past) p(z_t | past) dz_{1:T}, with q(z_t | …) of a diagonal Gaussian each.

    The bounds are sums over time. With one sample it is the ELBO, each step's KL in closed form; with K samples the
    importance-weighted bound of whole trajectories (`bound_kind="iwae"`), whose weights become unequal as sequences
    grow long; or the particle filter's (`"fivo"`), which draws its K particles anew where that happens.
    `fit` reports `reconstruction` and `kl`, in nats a sequence.

    One step serves all: `mover`'s function goes from state to state, `weigher`'s tells the densities, in the loop of a
    filter or stream, and for training for all steps at once after it; `generator`'s draws.

    Args:
        event_shape: the shape of one step.
        latent_dim: the size of each z_t.
        bound_kind: `"iwae"` or `"fivo"`, of bounds with several samples.
        resampling_threshold: of `"fivo"`: the share of the K particles that must count, by their effective sample size,
            if they are not to be drawn anew.
        **kwargs: as in `RecurrentModel`, `CausalModel` and `BoundModel`: `truncation`, `num_samples`,
            `training_samples`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    inferred_axis: ClassVar[int] = 1
    stochastic: ClassVar[bool] = True
    score_kind: ClassVar[str] = "bound"
    term_names: tuple[str, ...] = ("reconstruction", "kl")

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        bound_kind: str = "iwae",
        resampling_threshold: float = 0.5,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.latent_dim = checked_count("latent_dim", latent_dim)
        self.bound_kind = checked_choice("bound_kind", bound_kind, _BOUNDS)
        if not isinstance(resampling_threshold, float | int) or not 0 < resampling_threshold <= 1:
            raise ValueError(
                "`resampling_threshold` must be a share, above 0 and at most 1. "
                f"Received: resampling_threshold={resampling_threshold!r}"
            )
        self.resampling_threshold = float(resampling_threshold)
        if self.truncation is not None and self.training_samples > 1:
            raise ValueError(
                "`truncation` must be None with several training samples, whose weights are of whole sequences. "
                f"Received: truncation={self.truncation}, training_samples={self.training_samples}"
            )

    @property
    @abc.abstractmethod
    def state_widths(self) -> list[int]:
        """The widths of the tensors of `begin`'s state."""

    @property
    @abc.abstractmethod
    def record_specs(self) -> list[tf.TensorSpec]:
        """Of a step's record, the dtypes and shapes [None, ...]."""

    @property
    def observer_widths(self) -> list[int]:
        """The widths of what the posterior itself remembers of x; nothing, unless a subclass says what."""
        return []

    def observer_begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """What that is before the first step."""
        del rows, context, training
        return ()

    @abc.abstractmethod
    def observe(
        self, inputs: dict[str, tf.Tensor], observer: State, training: bool | None
    ) -> tuple[list[tf.Tensor], State]:
        """What of x the steps need, computed for all of them at once: it does not depend on z.

        Args:
            inputs: the named inputs, `ready`.
            observer: what the posterior remembers of the steps before these.
            training: whether this is a training step.

        Returns:
            Tensors [time, batch, ...], and what it remembers after these.
        """

    @abc.abstractmethod
    def mover(self, training: bool | None = None, products: Products | None = None) -> Move:
        """The function that goes one step on, z_t drawn from the posterior; its weights are made ready once.

        Args:
            training: whether this is a training step.
            products: gets the affine maps, for a loop that wants to know them.
        """

    @abc.abstractmethod
    def weigher(self, training: bool | None = None) -> Weigh:
        """The function that tells a step's densities."""

    def standard_normal(self, noise: Noise) -> tf.Tensor:
        """ε of z = μ + σε, [rows, latent_dim]."""
        return noise.child(LATENT).normal((self.latent_dim,), tf.as_dtype(self.density_dtype))

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> Inferred:
        """See `BoundModel.infer`."""
        rows = tf.shape(inputs["x"])[0]
        return self.observe(inputs, self.observer_begin(rows, inputs.get("context"), training), training)[0]

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """See `BoundModel.elbo`."""
        state = self.begin(tf.shape(inputs["x"])[0], inputs.get("context"), training)
        found, _ = self._trajectory(inputs, inferred, state, noise, 0, training)
        return self._terms(found, inputs["mask"])

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """See `BoundModel.log_weights`; of one trajectory."""
        state = self.begin(tf.shape(inputs["x"])[0], inputs.get("context"), training)
        found, _ = self._trajectory(inputs, inferred, state, noise, 0, training)
        return masked_sum(found["log_weight"], inputs["mask"])

    def chunk(
        self,
        inputs: dict[str, tf.Tensor],
        state: State,
        seeds: tf.Tensor | None,
        first: tf.Tensor | int,
        training: bool | None,
    ) -> tuple[dict[str, tf.Tensor], State]:
        """See `CausalModel.chunk`; its state is the observer's and the generative one."""
        size = len(self.observer_widths)
        inferred, observer = self.observe(inputs, state[:size], training)
        found, following = self._trajectory(inputs, inferred, state[size:], Noise(seeds), first, training)
        return self._terms(found, inputs["mask"]), (*observer, *following)

    def chunk_begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """See `CausalModel.chunk_begin`."""
        return (*self.observer_begin(rows, context, training), *self.begin(rows, context, training))

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

    def kl_steps(self, x: Any, context: Any = None, *, mask: Any = None, seed: int = 0) -> tf.Tensor:
        """KL(q(z_t | …) ‖ p(z_t | past)) of each step, of one trajectory.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.
            seed: as in `bound`.

        Returns:
            [batch, time], in nats; nought where the mask is false.

        Raises:
            ValueError: for bad input, naming the argument.
        """

        def kl(inputs: dict[str, tf.Tensor], seeds: tf.Tensor, count: int) -> dict[str, tf.Tensor]:
            del count
            inputs = self.ready(inputs)
            state = self.begin(tf.shape(inputs["x"])[0], inputs.get("context"))
            found, _ = self._trajectory(inputs, self.infer(inputs, False), state, Noise(seeds), 0, False)
            return {"kl": tf.where(inputs["mask"], found["kl"], tf.zeros_like(found["kl"]))}

        return self.run_seeded("kl_steps", kl, {"x": x, "mask": mask, "context": context}, 1, seed)["kl"]

    @property
    def stream_shapes(self) -> list[tuple[int, ...]]:
        """See `CausalModel.stream_shapes`."""
        return [*((width,) for width in self.observer_widths), *self._filter(self.num_samples, self.bound_kind).shapes]

    def stream_begin(self, rows: tf.Tensor, context: tf.Tensor | None) -> State:
        """See `CausalModel.stream_begin`."""
        begin = self._filter(self.num_samples, self.bound_kind).begin(self.begin(rows, context))
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
        filter_ = self._filter(self.num_samples, self.bound_kind)
        following, score = filter_.step(given, x, [value[0] for value in known], noise)
        return (*observer, *following), score

    def stream_draw(self, state: State, context: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        """See `CausalModel.stream_draw`; a particle is picked by the weights, and goes on by itself."""
        *particles, weights = state[len(self.observer_widths) :]
        chosen = pick(weights, noise.child(_NEXT), ())
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
        scores = self._filter(num_samples, "fivo").run(inputs, inferred, Noise(seeds), training)
        return tf.reduce_sum(scores, axis=1)

    def _filter(self, count: int, kind: str) -> ParticleFilter:
        return ParticleFilter(self, count=count, threshold=self.resampling_threshold if kind == "fivo" else 0.0)

    def _trajectory(
        self,
        inputs: dict[str, tf.Tensor],
        known: Sequence[tf.Tensor],
        state: State,
        noise: Noise,
        first: tf.Tensor | int,
        training: bool | None,
    ) -> tuple[dict[str, tf.Tensor], State]:
        """One trajectory of z: its densities, [batch, time] each, and the state after it.

        Noise and densities are computed for all steps at once; only what goes from state to state is in the loop.
        """
        rows, steps = tf.unstack(tf.shape(inputs["x"])[:2])
        index: Any = noise.index
        if isinstance(index, tf.Tensor) and index.shape.rank == 2:
            index = tf.tile(index, [steps, 1])
        times = tf.repeat(first + tf.range(steps), rows)[:, tf.newaxis]
        each = Noise(tf.tile(noise.seeds, [steps, 1]), index=index, step=times)
        normal = tf.reshape(self.standard_normal(each), [steps, rows, self.latent_dim])
        products = Products() if training else None
        move = self.mover(training, products)

        def body(_: tf.Tensor, state: State, given: list[tf.Tensor]) -> tuple[State, Record]:
            valid, normal, *known = given
            following, record = move(state, known, normal)
            return kept_where(valid, following, state), record

        given = [swapped(inputs["mask"]), normal, *known]
        state, record = scan(body, state, given, self.record_specs, steps=steps, products=products)
        weigh = self.weigher(training)
        found = over_time(lambda *values: weigh(values[:-1], values[-1]), *record, swapped(inputs["x"]))
        return {name: swapped(value) for name, value in found.items()}, state

    def _terms(self, found: dict[str, tf.Tensor], mask: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "reconstruction": -masked_sum(found["log_likelihood"], mask),
            "kl": masked_sum(found["kl"], mask),
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {name: getattr(self, name) for name in ("latent_dim", "bound_kind", "resampling_threshold")}
        return {**super().get_config(), **own}
