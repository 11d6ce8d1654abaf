"""Dequantised flows: bounds against cells' probabilities, units, terms, and the ways through."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen
from tfgen.noise import Noise

LEVELS = 6
DATA = np.random.default_rng(0).binomial(LEVELS - 1, [0.3, 0.7], size=(400, 2))


def flow(**arguments: Any) -> tfgen.FlowModel:
    return tfgen.RealNVP(**{"event_shape": (2,), "couplings": 2, "hidden": (6,), "activation": "tanh", **arguments})


def dequantizer(context_size: int = 2, **arguments: Any) -> tfgen.FlowModel:
    """A smaller one than `variational`, of the same kind."""
    return flow(context_shape=(context_size,), low=0, high=1, name="dequantizer", **arguments)


def moved(model: tfgen.GenerativeModel, scale: float = 0.3) -> Any:
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(weight.numpy() + scale * rng.normal(size=weight.shape))
    return model


def test_a_gaussian_s_cells_in_closed_form() -> None:
    """A flow that is a Gaussian of x + u, mean m and deviation s: P(x) = ∏ [Φ(x + 1) − Φ(x)], tails at the edges."""
    model = tfgen.Dequantized(flow(event_shape=(1,), dtype="float64"), levels=LEVELS, num_samples=4096)
    mean, deviation = 2.2, 1.7
    standardization = model.flow.bijector_layers[0]
    standardization.shift.assign([mean / LEVELS])
    standardization.log_scale.assign([np.log(deviation / LEVELS)])
    edges = (np.arange(LEVELS + 1) - mean) / deviation
    within = np.diff(stats.norm.cdf(edges))
    sampled = np.diff(np.concatenate([[0], stats.norm.cdf(edges[1:-1]), [1]]))
    x = np.arange(LEVELS, dtype=float)[:, None]
    # Of 4096 draws the bound is within half their variance of what it tends to, here about 1e-5.
    np.testing.assert_allclose(model.bound(x, seed=0), np.log(within), atol=5e-3)
    assert (np.log(sampled) >= np.log(within)).all()
    assert np.log(sampled)[0] > np.log(within)[0] + 0.05
    counts = np.bincount(model.sample(20_000, seed=0).numpy().astype(int)[:, 0], minlength=LEVELS)
    assert stats.chisquare(counts, 20_000 * sampled).pvalue > 1e-3
    assert stats.chisquare(counts, 20_000 * within / within.sum()).pvalue < 1e-6
    one = model.bound(np.repeat(x, 2000, axis=0), num_samples=1, seed=1).numpy().reshape(LEVELS, -1)
    points = np.random.default_rng(0).uniform(size=(200_000, 1)) + x.T
    np.testing.assert_allclose(one.mean(axis=1), stats.norm.logpdf(points, mean, deviation).mean(axis=0), atol=0.03)


@pytest.mark.parametrize("variational", [False, True])
def test_the_terms_are_densities_of_x_plus_u(variational: bool) -> None:
    """Worked out from the flows' own densities at the u that the noise gives."""
    own = dequantizer(dtype="float64") if variational else None
    model = moved(tfgen.Dequantized(flow(dtype="float64"), levels=LEVELS, dequantizer=own))
    x = tf.constant(DATA[:7], tf.float64)
    seeds = tf.constant([[3, row] for row in range(7)])
    terms = model({"x": x}, seeds=seeds)
    if model.dequantizer is None:
        u, log_q = Noise(seeds).child(0).uniform((2,), tf.float64), np.zeros(7)
    else:
        context = (2 * x + 1) / LEVELS - 1
        u = model.dequantizer.decode(Noise(seeds).child(0).normal((2,), tf.float64), context)
        log_q = model.dequantizer.log_prob(u, context).numpy()
    expected = model.flow.log_prob((x + u) / LEVELS).numpy() - 2 * np.log(LEVELS)
    np.testing.assert_allclose(terms["nll"], -expected, rtol=1e-9)
    np.testing.assert_allclose(terms["dequantization"], log_q, rtol=1e-8, atol=1e-12)
    assert list(terms) == ["nll", "dequantization"]


@pytest.mark.parametrize("own", [None, dequantizer()])
def test_of_several_training_samples_the_terms_sum_to_their_bound(own: tfgen.FlowModel | None) -> None:
    model = tfgen.Dequantized(flow(), levels=LEVELS, dequantizer=own, training_samples=5)
    moved(model)
    model.compile(keras.optimizers.Adam(1e-2))
    before = model.evaluate(DATA, verbose=0, return_dict=True)
    bound = model.bound(DATA, num_samples=5, seed=0).numpy()
    assert before["loss"] == pytest.approx(-bound.mean(), rel=1e-5)
    assert before["nll"] + before["dequantization"] == pytest.approx(before["loss"], rel=1e-5)
    assert before["bits_per_dim"] == pytest.approx(before["loss"] / (2 * np.log(2)), rel=1e-5)
    history = model.fit(DATA, epochs=4, verbose=0).history
    assert history["loss"][-1] < before["loss"]


def test_a_score_does_not_depend_on_the_units_of_y() -> None:
    """The flow of y and the same of 2y, scored in x: the constant in the bound is the levels' only."""
    scores = []
    for levels in (LEVELS, 2 * LEVELS):  # of which only the lower half is used
        model = tfgen.Dequantized(flow(dtype="float64"), levels=levels, num_samples=1)
        model.flow.bijector_layers[0].shift.assign([2.0 / levels] * 2)
        model.flow.bijector_layers[0].log_scale.assign(np.log([1.5 / levels] * 2))
        scores.append(model.score(DATA[:9]).numpy())
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-9)


def test_encode_is_of_centres_and_decode_gives_them_back() -> None:
    model = moved(tfgen.Dequantized(flow(low=0, high=1, margin=0.05), levels=256))
    x = np.random.default_rng(0).integers(256, size=(500, 2))
    x[:2] = [[0, 255], [255, 0]]
    out = model.run("encode", x=x)
    np.testing.assert_allclose(out["z"], model.flow.encode((x + 0.5) / 256), rtol=1e-5, atol=1e-5)
    base = stats.norm.logpdf(out["z"]).sum(axis=1)
    centre = model.flow.log_prob((x + 0.5) / 256).numpy() - 2 * np.log(256)
    np.testing.assert_allclose(base + out["log_det_jacobian"], centre, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(model.decode(model.encode(x)), x)
    assert {endpoint.name: endpoint.discrete for endpoint in model.endpoints()} == {
        "score": (),
        "sample": ("x",),
        "encode": (),
        "decode": ("x",),
    }


def test_samples_are_the_flow_s_in_cells() -> None:
    model = moved(tfgen.Dequantized(flow(), levels=LEVELS))
    y = model.flow.sample(500, seed=4).numpy()
    x = model.sample(500, seed=4).numpy()
    np.testing.assert_array_equal(x, np.clip(np.floor(LEVELS * y), 0, LEVELS - 1))
    assert y.min() < 0 or y.max() > 1
    assert model.inputs_spec.support.first_outside(x) is None


@pytest.mark.parametrize("own", [None, dequantizer(5)])
def test_a_context_passes_through(own: tfgen.FlowModel | None) -> None:
    model = tfgen.Dequantized(flow(context_shape=(3,)), levels=LEVELS, dequantizer=own, num_samples=8)
    model.compile("adam")
    context = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    model.fit({"x": DATA, "context": context}, verbose=0)
    moved(model)
    assert np.abs(model.score(DATA, context) - model.score(DATA, context + 1)).min() > 1e-5
    assert model.sample(4, context[:5], seed=0).shape == (4, 5, 2)
    np.testing.assert_array_equal(model.decode(model.encode(DATA, context), context), DATA)
    with pytest.raises(ValueError, match=r"`context` must have shape \[batch, 3\]"):
        model.score(DATA, context[:, :2])


def test_single_precision_of_many_levels() -> None:
    """The bound of 65536 levels against the same in double precision."""
    x = np.random.default_rng(0).integers(65536, size=(200, 2))
    x[:3] = [[0, 65535], [65535, 65535], [0, 0]]
    single, double = (
        tfgen.Dequantized(flow(low=0, high=1, dtype=dtype), levels=65536, num_samples=16)
        for dtype in ("float32", "float64")
    )
    single.adapt(x)
    moved(single, 0.1)
    double.set_weights(single.get_weights())
    np.testing.assert_allclose(single.score(x), double.score(x), rtol=1e-4, atol=1e-3)
