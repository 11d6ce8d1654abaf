"""What every generator with a known density owes."""

import numpy as np
import pytest
from scipy import stats

from tfgen.datasets import Bars, EightGaussians, KnownDensity, ProbabilisticPCA, SmoothBishopInverse, TwoMoons

DENSITIES = [EightGaussians(), TwoMoons(), SmoothBishopInverse(), ProbabilisticPCA(), Bars()]
CONTINUOUS = [density for density in DENSITIES if density.x_values is None]
PLANAR = [density for density in CONTINUOUS if density.event_shape == (2,)]
UNCONDITIONAL = [density for density in DENSITIES if density.context_shape is None]


@pytest.fixture(params=DENSITIES, ids=lambda density: density.name)
def density(request):
    return request.param


def test_samples_have_the_documented_keys_shapes_and_dtype(density):
    data = density.sample(7, seed=0)
    shapes = {"x": (7, *density.event_shape)}
    if density.context_shape is not None:
        shapes["context"] = (7, *density.context_shape)
    assert {key: values.shape for key, values in data.items()} == shapes
    assert {values.dtype for values in data.values()} == {np.dtype(np.float32)}
    log_prob = density.log_prob(**data)
    assert log_prob.shape == (7,)
    assert log_prob.dtype == np.float64


def test_the_seed_decides_the_sample(density):
    first, again, other = (density.sample(50, seed=seed) for seed in (3, 3, 4))
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])
        if density.x_values is None:
            assert not np.isin(first[key], other[key]).any()
        else:
            assert (first[key] != other[key]).any()


def test_mean_negative_log_prob_of_samples_is_the_entropy(density):
    surprise = -density.log_prob(**density.sample(20_000, seed=11))
    standard_error = surprise.std(ddof=1) / np.sqrt(len(surprise))
    assert abs(surprise.mean() - density.entropy) < 4 * standard_error


def test_chunks_do_not_show(density, monkeypatch):
    data = density.sample(25, seed=5)
    whole = density.log_prob(**data)
    monkeypatch.setattr("tfgen.datasets.base._CHUNK_ROWS", 10)
    np.testing.assert_array_equal(density.log_prob(**data), whole)


@pytest.mark.parametrize("density", PLANAR, ids=lambda density: density.name)
def test_samples_fill_a_grid_as_the_density_says(density):
    # Cell probabilities by a Gauss-Legendre product rule; a chi-squared test catches what one mean cannot.
    edges = np.linspace(-3.0, 3.0, 25)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = (edges[1] - edges[0]) / 2
    axis = ((edges[:-1] + half)[:, None] + half * nodes).ravel()
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    values = np.exp(density.log_prob(points)).reshape(24, 8, 24, 8)
    expected = 20_000 * half**2 * np.einsum("aibj,i,j->ab", values, weights, weights).ravel()
    x = density.sample(20_000, seed=2)["x"]
    observed = np.histogram2d(x[:, 0], x[:, 1], bins=(edges, edges))[0].ravel()
    common = expected > 5
    expected = np.append(expected[common], 20_000 - expected[common].sum())
    observed = np.append(observed[common], 20_000 - observed[common].sum())
    assert len(expected) > 50
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize("density", CONTINUOUS, ids=lambda density: density.name)
def test_far_points_have_finite_log_prob(density):
    context = {} if density.context_shape is None else {"context": np.full((2, 1), 0.5)}
    x = np.stack([np.full(density.event_shape, 1e3), np.full(density.event_shape, -3e38)])
    log_prob = density.log_prob(x, **context)
    assert np.isfinite(log_prob).all()
    assert log_prob[1] < log_prob[0] < -1e6


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0, "seed": 0}, ValueError, r"`n` must be an integer, at least 1\. Received: 0"),
        ({"n": 2.0, "seed": 0}, TypeError, r"`n` must be an integer, at least 1\. Received: 2\.0"),
        ({"n": True, "seed": 0}, TypeError, r"`n` must be an integer.*Received: True"),
        ({"n": 1, "seed": -1}, ValueError, r"`seed` must be an integer, at least 0\. Received: -1"),
        ({"n": 1, "seed": None}, TypeError, r"`seed` must be an integer.*Received: None"),
    ],
)
def test_sample_refuses_bad_arguments(density, arguments, error, message):
    with pytest.raises(error, match=message):
        density.sample(**arguments)


def test_numpy_integers_are_integers(density):
    x = density.sample(np.int32(3), seed=np.uint8(9))["x"]
    np.testing.assert_array_equal(x, density.sample(3, seed=9)["x"])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros(2), r"`x` must have shape \[n, 2\] with at least one row\. Received: shape \(2,\)"),
        (np.zeros((4, 3)), r"`x` must have shape \[n, 2\].*Received: shape \(4, 3\)"),
        (np.zeros((0, 2)), r"`x` must have shape \[n, 2\].*Received: shape \(0, 2\)"),
        (1.0, r"`x` must have shape \[n, 2\].*Received: shape \(\)"),
        ([["a", "b"]], r"`x` must be a numeric array of shape \[n, 2\]\. Received: list"),
        ([[0.0, 1.0], [np.nan, 0.0]], r"`x` must be finite.*Received: nan in row 1"),
        ([[0.0, np.inf]], r"`x` must be finite.*Received: inf in row 0"),
    ],
)
@pytest.mark.parametrize("density", PLANAR, ids=lambda density: density.name)
def test_log_prob_refuses_bad_x(density, x, message):
    with pytest.raises(ValueError, match=message):
        density.log_prob(x)


@pytest.mark.parametrize("density", UNCONDITIONAL, ids=lambda density: density.name)
def test_log_prob_refuses_an_unexpected_context(density):
    with pytest.raises(ValueError, match=r"`context` must be None: '.*' is unconditional\. Received: list"):
        density.log_prob(np.zeros((1, *density.event_shape)), context=[[0.0]])


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (
            None,
            r"`context` must have shape \[n, 1\]: 'bishop-inverse-smooth' is conditional\. Received: None",
        ),
        ([0.0, 0.0], r"`context` must have shape \[n, 1\].*Received: shape \(2,\)"),
        ([[0.0]], r"`context` must have as many rows as `x`, 2\. Received: 1 rows"),
        ([[0.0], [np.nan]], r"`context` must be finite.*Received: nan in row 1"),
        ([[0.0], [21.0]], r"`context` must lie within 20 of 0\.5.*Received: values from 0 to 21"),
    ],
)
def test_log_prob_refuses_a_bad_context(context, message):
    with pytest.raises(ValueError, match=message):
        SmoothBishopInverse().log_prob([[0.0], [1.0]], context)


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        KnownDensity()


def test_repr_is_the_call_that_builds_it():
    assert repr(EightGaussians()) == "EightGaussians()"
