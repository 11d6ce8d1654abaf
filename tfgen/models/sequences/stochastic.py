"""Recurrent models with a latent variable in each step."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import tensorflow as tf

from tfgen.layers.arguments import checked_count
from tfgen.layers.products import Products
from tfgen.layers.recurrent import over_time, scan, swapped
from tfgen.models.importance import Inferred
from tfgen.models.noise_streams import POSTERIOR
from tfgen.models.sequences.bound import SequenceBoundModel
from tfgen.models.sequences.causal import CausalModel
from tfgen.models.sequences.model import State, kept_where, masked_sum
from tfgen.models.sequences.recurrent import RecurrentModel
from tfgen.noise import Noise

__all__ = ["Move", "Record", "StochasticModel", "Weigh"]

Record = Sequence[tf.Tensor]
"""What of a step decides its densities, [rows, ...] each."""

Move = Callable[[State, Sequence[tf.Tensor], tf.Tensor], tuple[State, Record]]
"""From a state, what is observed of the step and a standard normal to the state after it and the step's record."""

Weigh = Callable[[Record, tf.Tensor], dict[str, tf.Tensor]]
"""From a record and x to `log_likelihood`, `kl` and `log_weight`, [rows] each, in nats."""


class StochasticModel(RecurrentModel, CausalModel, SequenceBoundModel):
    """p(x_{1:T}) = ∫ Π_t p(x_t | z_t, past) p(z_t | past) dz_{1:T}, with q(z_t | …) of a diagonal Gaussian each.

    The bounds are sums over time: with one sample the ELBO, each step's KL in closed form, with more the
    importance-weighted bound of whole trajectories. `fit` reports `reconstruction` and `kl`, in nats a sequence.

    One step serves all: `mover`'s function goes from state to state, `weigher`'s tells the densities, in the loop of a
    filter or stream, and for training for all steps at once after it; `generator`'s draws.

    Args:
        event_shape: the shape of one step.
        latent_dim: the size of each z_t.
        **kwargs: as in `RecurrentModel`, `CausalModel` and `BoundModel`: `truncation`, `num_samples`,
            `training_samples`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    inferred_axis: ClassVar[int] = 1
    stochastic: ClassVar[bool] = True
    score_kind: ClassVar[str] = "bound"
    term_names: tuple[str, ...] = ("reconstruction", "kl")

    def __init__(self, *, event_shape: tuple[int, ...], latent_dim: int, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.latent_dim = checked_count("latent_dim", latent_dim)
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
        return noise.normal((self.latent_dim,), tf.as_dtype(self.density_dtype))

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
        normal = tf.reshape(self.standard_normal(each.child(POSTERIOR)), [steps, rows, self.latent_dim])
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
        return {**super().get_config(), "latent_dim": self.latent_dim}
