"""Flows of numbers in an interval: the layer before all others, the support, and samples that stay inside."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.layers import Bounded, Standardization

FLOWS: dict[str, Any] = {
    "iaf": lambda **arguments: tfgen.IAF(transforms=2, **arguments),
    "maf": lambda **arguments: tfgen.MAF(transforms=2, **arguments),
    "nice": lambda **arguments: tfgen.NICE(couplings=4, **arguments),
    "real-nvp": lambda **arguments: tfgen.RealNVP(couplings=4, **arguments),
    "spline": lambda **arguments: tfgen.SplineFlow(transforms=2, bins=5, **arguments),
    "spline-ar": lambda **arguments: tfgen.SplineFlow(transforms=2, bins=5, kind="autoregressive", **arguments),
}
ENDS = [{"low": -1, "high": 3}, {"low": 2}, {"high": -2}, {"low": 0, "high": 1, "margin": 0.05}]
BOX = np.random.default_rng(0).uniform(0.01, 0.99, size=(300, 3)) ** [1, 3, 0.3]


def make(name: str, **arguments: Any) -> tfgen.FlowModel:
    """A small flow, its weights moved."""
    keras.utils.set_random_seed(0)
    flow = FLOWS[name](**{"event_shape": (3,), "hidden": (6,), "activation": "tanh", **arguments})
    rng = np.random.default_rng(1)
    for weight in flow.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape))
    return flow


def inside(ends: dict[str, float]) -> Any:
    """Data in an interval."""
    low, high = ends.get("low"), ends.get("high")
    if low is not None and high is not None:
        return low + (high - low) * BOX
    return low + np.exp(3 * BOX) if low is not None else high - np.exp(3 * BOX)


@pytest.mark.parametrize(("name", "ends"), [*((name, ENDS[0]) for name in FLOWS), *(("maf", end) for end in ENDS[1:])])
def test_the_density_is_that_of_the_jacobian(name: str, ends: dict[str, float]) -> None:
    flow, data = make(name, dtype="float64", **ends), inside(ends)
    flow.adapt(data)
    kinds = [type(layer) for layer in flow.bijector_layers[:2]]
    assert kinds == [Bounded, Standardization]
    value = tf.constant(data[:5])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        z = flow.build_bijector().inverse_and_log_det(value)[0]
        parts = tf.unstack(z, axis=1)
    jacobian = np.stack([tape.gradient(part, value).numpy() for part in parts], axis=1)
    expected = -0.5 * (z.numpy() ** 2 + np.log(2 * np.pi)).sum(1) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_prob(data[:5]), expected, rtol=1e-9)
    np.testing.assert_allclose(flow.decode(flow.encode(data[:5])), data[:5], rtol=1e-8)


def test_a_new_flow_is_the_logit_normal() -> None:
    """The closed form: standardised by the logits' moments."""
    flow = FLOWS["real-nvp"](event_shape=(3,), hidden=(6,), low=0, high=1, dtype="float64")
    flow.adapt(BOX)
    logit = np.log(BOX) - np.log(1 - BOX)
    z = (logit - logit.mean(0)) / logit.std(0)
    expected = (-0.5 * (z**2 + np.log(2 * np.pi)) - np.log(logit.std(0)) - np.log(BOX) - np.log(1 - BOX)).sum(1)
    np.testing.assert_allclose(flow.log_prob(BOX), expected, rtol=1e-9)


@pytest.mark.parametrize(("name", "ends"), [("spline-ar", ENDS[0]), *(("real-nvp", end) for end in ENDS)])
def test_samples_are_events_and_are_scored(name: str, ends: dict[str, float]) -> None:
    flow = make(name, **ends)
    flow.adapt(inside(ends).astype(np.float32))
    x = flow.sample(20_000, seed=0).numpy()
    assert flow.inputs_spec.support.first_outside(x) is None
    assert np.isfinite(flow.score(x)).all()


@pytest.mark.parametrize("ends", ENDS)
def test_far_out_latents_are_events_too(ends: dict[str, float]) -> None:
    flow = make("real-nvp", **ends)
    z = np.float32([[1e3, -1e3, 0], [-1e3, 1e3, 1e3], [40, -40, 90]])
    x = flow.decode(z).numpy()
    assert flow.inputs_spec.support.first_outside(x) is None
    assert np.isfinite(flow.score(x)).all()


@pytest.mark.parametrize("ends", ENDS[2:])
def test_fit_and_the_file(ends: dict[str, float], tmp_path: Path) -> None:
    flow, data = make("maf", **ends), inside(ends).astype(np.float32)
    flow.compile(keras.optimizers.Adam(1e-2))
    history = flow.fit(data, epochs=5, batch_size=50, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    flow.save(tmp_path / "flow.keras")
    loaded = tfgen.load_model(tmp_path / "flow.keras")
    np.testing.assert_array_equal(loaded.log_prob(data), flow.log_prob(data))
    assert loaded.get_config() == flow.get_config()
    assert loaded.inputs_spec.support == flow.inputs_spec.support
    assert {name: loaded.get_config()[name] for name in ends} == ends


@pytest.mark.parametrize("name", FLOWS)
def test_configurations_know_their_layers_behind_the_first(name: str) -> None:
    for ends in ({}, {"low": 0, "high": 1}, {"low": 0, "standardize": False}):
        flow = make(name, **ends)
        assert type(flow).from_config(flow.get_config()).get_config() == flow.get_config()


@pytest.mark.parametrize(
    ("ends", "bad", "said"),
    [
        ({"low": 0, "high": 1}, -0.5, "numbers between 0 and 1, the ends excluded"),
        ({"low": 0, "high": 1}, 0.0, "numbers between 0 and 1, the ends excluded"),
        ({"low": 0, "high": 1}, 1.0, "numbers between 0 and 1, the ends excluded"),
        ({"low": 0}, 0.0, "numbers greater than 0"),
        ({"high": 1}, 1.0, "numbers less than 1"),
        ({"low": 0, "high": 1, "margin": 0.05}, 1.2, "numbers between -0.0555556 and 1.05556"),
    ],
)
def test_data_outside_or_on_an_end_are_refused_everywhere(ends: dict[str, float], bad: float, said: str) -> None:
    flow = make("real-nvp", **ends)
    flow.compile()
    x = BOX.astype(np.float32)
    x[7, 1] = bad
    for call in (flow.fit, flow.evaluate, flow.predict):
        with pytest.raises(ValueError, match=f"`x` must hold {said}.*Received: .* in row 7"):
            call(x, verbose=0)
    for own in (flow.score, flow.encode, flow.adapt):
        with pytest.raises(ValueError, match=f"`x` must hold {said}"):
            own(x)
    before = flow.get_weights()
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`x` must hold {said}"):
        flow.fit(tf.data.Dataset.from_tensor_slices(x).batch(50), verbose=0)
    for one, other in zip(before, flow.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_rounds_to_an_end_is_refused_with_the_reason() -> None:
    flow = make("real-nvp", low=0, high=1)
    flow.compile()
    x = BOX.copy()
    x[3, 0] = 1 - 1e-12
    with pytest.raises(ValueError, match=r"Received: 0\.999999999999, which is 1\.0 in float32, in row 3"):
        flow.fit(x, verbose=0)
    exact = make("real-nvp", low=0, high=1, dtype="float64")
    assert np.isfinite(exact.score(x)).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"low": 1, "high": 0}, "`low` and `high` must be"),
        ({"low": float("nan")}, "`low` must be a finite number or None"),
        ({"margin": 0.1}, "`low` or `high` must be a number"),
        ({"low": 0, "margin": 0.1}, "`margin` must be 0 without both"),
    ],
)
def test_bad_ends_are_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make("real-nvp", **arguments)


def test_images_have_ends_too() -> None:
    flow = tfgen.RealNVP(event_shape=(4, 4, 1), couplings=3, hidden=(4,), low=0, high=1, margin=0.05)
    x = np.float32(np.random.default_rng(0).integers(0, 2, size=(20, 4, 4, 1)))
    flow.adapt(x)
    assert np.isfinite(flow.score(x)).all()
    assert flow.inputs_spec.support.first_outside(flow.sample(50, seed=0).numpy()) is None
