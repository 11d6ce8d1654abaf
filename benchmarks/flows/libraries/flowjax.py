"""flowjax: `coupling_flow`, trained by its own `step`, or by the same step inside `jax.lax.scan`."""

import itertools
from pathlib import Path
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal, Transformed
from flowjax.flows import coupling_flow
from flowjax.train import step
from flowjax.train.losses import MaximumLikelihoodLoss

from benchmarks.flows.libraries.base import Trainable
from benchmarks.flows.spec import BATCH, CHUNK, Schedule, Spec, Training

__all__ = ["Library"]

_KNOTS, _INTERVAL = 16, 4.0


class Library(Trainable):
    """Affine: 8 couplings. Spline: 4 couplings of 16 knots, the identity beyond ±4. Permutations are its own.

    `step` is what flowjax's `fit_to_data` calls for each batch. `scan` is no part of flowjax, but what a user of JAX
    writes for speed: 50 steps in one compiled loop.
    """

    variants = ("scan", "step")
    training: ClassVar = {
        "affine": Training(3e-3, warmup=0.05, standardize=True),
        "spline": Training(5e-3, warmup=0.05),
    }
    packages = ("flowjax", "jax", "jaxlib", "equinox", "optax")

    def __init__(self, spec: Spec, folder: Path) -> None:
        super().__init__(spec, folder)
        self.loss = MaximumLikelihoodLoss()
        self._begin()

    def _begin(self) -> None:
        self.trained, self.static = eqx.partition(
            self._make(), eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable)
        )
        self._compiled: dict[Any, Any] = {}

    def _make(self) -> Transformed:
        spline = RationalQuadraticSpline(knots=_KNOTS, interval=_INTERVAL)
        choice = {"flow_layers": 8} if self.spec.kind == "affine" else {"flow_layers": 4, "transformer": spline}
        base = Normal(jnp.zeros(self.spec.size))
        return coupling_flow(jax.random.key(self.spec.seed), base_dist=base, nn_width=64, nn_depth=2, **choice)

    @property
    def parameters(self) -> int:
        return sum(leaf.size for leaf in jax.tree.leaves(self.trained))

    def native(self, array: np.ndarray) -> jax.Array:
        return jnp.asarray(array, jnp.float32)

    def array(self, value: jax.Array) -> np.ndarray:
        return np.asarray(value)

    def score(self, x: jax.Array) -> jax.Array:
        if "score" not in self._compiled:
            # The weights are constants of the program: the fewest arguments to hand over in each call.
            flow = eqx.combine(self.trained, self.static)
            self._compiled["score"] = jax.jit(lambda x: flow.log_prob(x))
        return self._compiled["score"](x).block_until_ready()

    def sample(self, rows: int, seed: int) -> jax.Array:
        if rows not in self._compiled:
            flow = eqx.combine(self.trained, self.static)
            self._compiled[rows] = jax.jit(lambda key: flow.sample(key, (rows,)))
        return self._compiled[rows](jax.random.key(seed)).block_until_ready()

    def batches(self, x: np.ndarray) -> list[jax.Array]:
        count = BATCH * (1 if self.spec.variant == "step" else CHUNK)
        shape = (BATCH,) if self.spec.variant == "step" else (CHUNK, BATCH)
        parts = np.split(x[: len(x) // count * count], len(x) // count)
        return [jnp.asarray(part.reshape(*shape, -1)) for part in parts]

    def start(self, schedule: Schedule, batches: list[jax.Array]) -> None:
        self._begin()
        rate: Any = schedule.rate
        if schedule.steps is not None:
            rate = optax.warmup_cosine_decay_schedule(
                0.0 if schedule.warmup_steps else rate, rate, schedule.warmup_steps, schedule.steps
            )
        self.optimizer = optax.adam(rate)
        self.state = self.optimizer.init(self.trained)
        optimizer, loss = self.optimizer, self.loss

        @eqx.filter_jit
        def scan(trained: Any, static: Any, state: Any, rows: jax.Array) -> Any:
            def body(carry: Any, batch: jax.Array) -> Any:
                value, gradients = eqx.filter_value_and_grad(loss)(carry[0], static, batch)
                updates, after = optimizer.update(gradients, carry[1], params=carry[0])
                return (eqx.apply_updates(carry[0], updates), after), value

            (trained, state), values = jax.lax.scan(body, (trained, state), rows)
            return trained, state, values[-1]

        self._scan = scan
        jax.block_until_ready(self._step(batches[0]))  # compiles; what it returns is let go

    def _step(self, batch: jax.Array) -> Any:
        if self.spec.variant == "scan":
            return self._scan(self.trained, self.static, self.state, batch)
        return step(self.trained, self.static, batch, optimizer=self.optimizer, opt_state=self.state, loss_fn=self.loss)

    def train(self, batches: list[jax.Array], steps: int) -> None:
        calls = steps if self.spec.variant == "step" else steps // CHUNK
        value = None
        for batch in itertools.islice(itertools.cycle(batches), calls):
            self.trained, self.state, value = self._step(batch)
        jax.block_until_ready(value)
        self._compiled = {}
