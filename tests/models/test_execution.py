"""Several steps in one XLA program are the same steps."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen

ROWS = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)


def trained(data: Any, *, steps_per_execution: int, jit_compile: bool, **arguments: Any) -> tuple[keras.Model, Any]:
    keras.utils.set_random_seed(0)
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), activation="tanh")
    flow.compile(keras.optimizers.SGD(0.05), jit_compile=jit_compile, steps_per_execution=steps_per_execution)
    history = flow.fit(data, shuffle=False, verbose=0, **arguments)
    return flow, history


def check_alike(first: tuple[keras.Model, Any], second: tuple[keras.Model, Any]) -> None:
    for one, other in zip(first[0].get_weights(), second[0].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert first[0].optimizer.iterations == second[0].optimizer.iterations
    assert first[1].history.keys() == second[1].history.keys()
    for name, values in first[1].history.items():
        assert values == pytest.approx(second[1].history[name], rel=1e-4)


@pytest.mark.parametrize("rows", [96, 100, 90, 5])  # 3 programs of 4; a short batch; a short program; less than one
def test_the_steps_are_those_of_one_at_a_time(rows: int) -> None:
    arguments = {"batch_size": 8, "epochs": 2, "validation_data": (ROWS[:10],)}
    together = trained(ROWS[:rows], steps_per_execution=4, jit_compile=True, **arguments)
    assert together[0].optimizer.iterations == 2 * -(-rows // 8)
    check_alike(together, trained(ROWS[:rows], steps_per_execution=1, jit_compile=False, **arguments))


@pytest.mark.parametrize("drop_remainder", [True, False])
def test_data_sets_go_the_same_way(drop_remainder: bool) -> None:
    data = tf.data.Dataset.from_tensor_slices({"x": ROWS}).batch(8, drop_remainder=drop_remainder)
    together = trained(data, steps_per_execution=4, jit_compile=True, epochs=2)
    check_alike(together, trained(data, steps_per_execution=1, jit_compile=False, epochs=2))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_is_traced_once(jit_compile: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []
    step = tfgen.RealNVP.train_step

    def noted(flow: Any, data: Any) -> Any:
        traced.append(data)
        return step(flow, data)

    monkeypatch.setattr(tfgen.RealNVP, "train_step", noted)
    trained(ROWS, steps_per_execution=1, jit_compile=jit_compile, batch_size=10)
    assert len(traced) == 1


def test_a_data_set_that_repeats_ends_where_it_is_told() -> None:
    data = tf.data.Dataset.from_tensor_slices(ROWS).batch(10).repeat()
    flow, _ = trained(data, steps_per_execution=4, jit_compile=True, epochs=2, steps_per_epoch=8)
    assert flow.optimizer.iterations == 16


def test_noise_is_numbered_by_the_step() -> None:
    """A bound's draws follow the optimizer's counter: inside the program too."""
    weights = []
    for together in (1, 5):
        keras.utils.set_random_seed(0)
        vae = tfgen.VAE(event_shape=(2,), latent_dim=1, likelihood="gaussian", hidden=(4,))
        vae.compile(keras.optimizers.SGD(0.02), jit_compile=together > 1, steps_per_execution=together)
        vae.fit(ROWS, batch_size=10, shuffle=False, verbose=0)
        weights.append(vae.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_generator_goes_step_by_step() -> None:
    def batches() -> Any:
        while True:
            yield ({"x": ROWS[:8]},)

    keras.utils.set_random_seed(0)
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), standardize=False)
    flow.compile("sgd", jit_compile=True, steps_per_execution=2)
    flow.fit(batches(), steps_per_epoch=4, shuffle=False, verbose=0)
    assert flow.optimizer.iterations == 4


def test_a_program_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither epochs nor further calls of `fit` trace again."""
    flow, _ = trained(ROWS[:96], steps_per_execution=4, jit_compile=True, batch_size=8, epochs=1)

    def traced_again(*_: Any) -> None:
        raise AssertionError("a step was traced again")

    monkeypatch.setattr(flow, "train_step", traced_again)
    flow.fit(ROWS[:96], batch_size=8, epochs=3, shuffle=False, verbose=0)
    assert flow.optimizer.iterations == 48
