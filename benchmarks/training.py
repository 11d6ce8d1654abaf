"""Steps a second of `fit`, beside flowjax's loop on the same flow: 8 couplings, 64-64, batch 512, two dimensions.

flowjax is measured where it is installed (`pip install flowjax`); it is no dependency of tfgen.
"""

import importlib.util
from collections.abc import Callable

import keras
import numpy as np

import tfgen
from benchmarks.racing import race
from tfgen import datasets

ROUNDS, STEPS, BATCH = 5, 500, 512


def main() -> None:
    x = datasets.TwoMoons().sample(STEPS * BATCH, seed=1)["x"]
    runs: dict[str, Callable[[], None]] = {
        "tfgen": _tfgen(x),
        "tfgen, jit_compile": _tfgen(x, jit_compile=True),
    }
    if importlib.util.find_spec("flowjax"):
        runs["flowjax"] = _flowjax(x)
    race(runs, peer="flowjax", steps=STEPS, rounds=ROUNDS)


def _tfgen(x: np.ndarray, **compiled: object) -> Callable[[], None]:
    flow = tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False)
    flow.compile(keras.optimizers.Adam(1e-3), steps_per_execution=50, **compiled)
    return lambda: flow.fit(x, batch_size=BATCH, epochs=1, verbose=0)


def _flowjax(x: np.ndarray) -> Callable[[], None]:
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
    from flowjax.distributions import Normal
    from flowjax.flows import coupling_flow
    from flowjax.train.losses import MaximumLikelihoodLoss
    from flowjax.train.train_utils import step

    flow = coupling_flow(jax.random.key(0), base_dist=Normal(jnp.zeros(2)), flow_layers=8, nn_width=64, nn_depth=2)
    params, static = eqx.partition(flow, eqx.is_inexact_array)
    optimizer, loss = optax.adam(1e-3), MaximumLikelihoodLoss()
    state = {"params": params, "optimizer": optimizer.init(params)}
    batches = [jnp.asarray(batch) for batch in np.split(x, STEPS)]

    def run() -> None:
        key = jax.random.key(0)
        for batch in batches:
            state["params"], state["optimizer"], value = step(
                state["params"], static, batch, optimizer=optimizer, opt_state=state["optimizer"], loss_fn=loss, key=key
            )
        jax.block_until_ready(value)

    return run


if __name__ == "__main__":
    main()
