"""Draws of every family against that family's own moments, frequencies and distribution function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import linalg, stats  # type: ignore[import-untyped, unused-ignore]
from tensorflow_probability.python.distributions.independent import _Independent
from tensorflow_probability.python.distributions.mixture_same_family import _MixtureSameFamily
from tensorflow_probability.python.distributions.sample import _Sample
from tensorflow_probability.python.distributions.transformed_distribution import _TransformedDistribution
from tensorflow_probability.python.layers.internal.distribution_tensor_coercible import _TensorCoercible

from tfgen import layers
from tfgen.distributions import DiscretisedLogistic
from tfgen.noise import Noise, draw, seed_rows
from tfgen.noise.draw import draw_rows, pick, register_draw

tfd, tfb = tfp.distributions, tfp.bijectors

COUNT = 20_000
TRIANGLE = np.array([[1.0, 0.0], [-1.5, 0.5]], np.float32)
TRIANGLES = np.stack([TRIANGLE, [[0.3, 0.0], [0.2, 2.0]], [[1.0, 0.0], [0.9, 0.1]]]).astype(np.float32)
CENTRES = np.array([[0.0, 0.0], [3.0, -1.0], [-2.0, 2.0]], np.float32)
WEIGHTS = np.array([0.2, 0.5, 0.3], np.float32)


def noise_of(count: int, seed: int = 3) -> Noise:
    return Noise(tf.constant(seed_rows(count, seed)))


def many(distribution: Any, seed: int = 3) -> Any:
    return draw(distribution, noise_of(COUNT, seed)).numpy().astype(np.float64)


def assert_moments(x: Any, mean: Any, variance: Any) -> None:
    """Within 4.5 standard errors: the mean's from the truth, the variance's from the data's fourth moment."""
    mean, variance = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
    assert x.shape[1:] == mean.shape == variance.shape
    np.testing.assert_array_less(np.abs(x.mean(0) - mean), 4.5 * np.sqrt(variance / len(x)) + 1e-6)
    squares = (x - mean) ** 2
    np.testing.assert_array_less(np.abs(squares.mean(0) - variance), 4.5 * squares.std(0) / np.sqrt(len(x)) + 1e-6)


def assert_covariance(x: Any, mean: Any, covariance: Any) -> None:
    centred = x - np.asarray(mean)
    products = centred[:, :, np.newaxis] * centred[:, np.newaxis, :]
    error = 4.5 * products.std(0) / np.sqrt(len(x)) + 1e-6
    np.testing.assert_array_less(np.abs(products.mean(0) - np.asarray(covariance)), error)


def assert_frequencies(x: Any, probabilities: Any) -> None:
    counts = np.bincount(x.astype(int), minlength=len(probabilities))
    assert len(counts) == len(probabilities)
    impossible = np.asarray(probabilities) == 0
    assert counts[impossible].sum() == 0
    expected = np.asarray(probabilities, np.float64)[~impossible]
    assert stats.chisquare(counts[~impossible], len(x) * expected / expected.sum()).pvalue > 1e-3


def mixture(event: str) -> Any:
    if event == "scalar":
        components = tfd.Normal(CENTRES[:, 0], [0.1, 1.0, 0.5])
    elif event == "diagonal":
        components = tfd.Independent(tfd.Normal(CENTRES, [[0.1, 1.0], [2.0, 0.3], [0.5, 0.5]]), 1)
    else:
        components = tfd.MultivariateNormalTriL(CENTRES, TRIANGLES)
    return tfd.MixtureSameFamily(tfd.Categorical(probs=WEIGHTS), components)


def layer_output() -> Any:
    layer = layers.IndependentNormal(event_shape=(2,), bias_initializer="ones")
    return layer(tf.zeros([COUNT, 1]))


# An example of every family that has a handler.
EXAMPLES: dict[type, Callable[[], Any]] = {
    tfd.Normal: lambda: tfd.Normal(-2.0, 3.0),
    tfd.Bernoulli: lambda: tfd.Bernoulli(probs=0.3, dtype=tf.float32),
    tfd.Categorical: lambda: tfd.Categorical(probs=[0.2, 0.5, 0.3]),
    tfd.Logistic: lambda: tfd.Logistic(-2.0, 3.0),
    tfd.StudentT: lambda: tfd.StudentT(8.0, 1.0, 0.5),
    tfd.Dirichlet: lambda: tfd.Dirichlet([0.5, 2.0, 7.0]),
    DiscretisedLogistic: lambda: DiscretisedLogistic([13.0], 2.0, 0, 15)[0],
    tfd.Poisson: lambda: tfd.Poisson(3.5),
    tfd.NegativeBinomial: lambda: tfd.NegativeBinomial(1.5, logits=0.5),
    tfd.Binomial: lambda: tfd.Binomial(12.0, probs=0.3),
    _Sample: lambda: tfd.Sample(tfd.MultivariateNormalTriL([1.0, -1.0], TRIANGLE), [3]),
    _Independent: lambda: tfd.Independent(tfd.Normal([[0.0, 1.0], [2.0, -3.0]], [[1.0], [0.1]]), 2),
    tfd.MultivariateNormalLinearOperator: lambda: tfd.MultivariateNormalTriL([1.0, -1.0], TRIANGLE),
    _MixtureSameFamily: lambda: mixture("diagonal"),
    _TransformedDistribution: lambda: tfd.LogNormal(0.5, 0.25),
    _TensorCoercible: layer_output,
}


def test_every_family_has_an_example() -> None:
    registered = {
        family for family in draw_rows.registry if family.__module__.startswith(("tensorflow_probability", "tfgen"))
    }
    assert registered == set(EXAMPLES)


@pytest.mark.parametrize("family", EXAMPLES, ids=lambda family: family.__name__)
def test_moments(family: type) -> None:
    distribution: Any = EXAMPLES[family]()
    assert issubclass(type(distribution), family)
    x = draw(distribution, noise_of(COUNT))
    assert x.dtype == distribution.dtype
    assert x.shape == (COUNT, *distribution.event_shape)
    values = x.numpy().astype(np.float64)
    if family is tfd.Categorical:
        assert_frequencies(values, [0.2, 0.5, 0.3])
    elif distribution.batch_shape.rank:
        assert_moments(values, distribution.mean()[0], distribution.variance()[0])
    else:
        assert_moments(values, distribution.mean(), distribution.variance())


@pytest.mark.parametrize("family", EXAMPLES, ids=lambda family: family.__name__)
def test_a_row_depends_on_its_seed_row_only(family: type) -> None:
    distribution: Any = EXAMPLES[family]()
    if distribution.batch_shape.rank:
        distribution = distribution.tensor_distribution[:1]
    rows = seed_rows(400, 9)
    whole = draw(distribution, Noise(tf.constant(rows))).numpy()
    chosen = np.random.default_rng(0).permutation(400)[:133]
    some = draw(distribution, Noise(tf.constant(rows[chosen]))).numpy()
    np.testing.assert_allclose(some, whole[chosen], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("family", EXAMPLES, ids=lambda family: family.__name__)
def test_other_seeds_draw_otherwise(family: type) -> None:
    distribution: Any = EXAMPLES[family]()
    first, second = many(distribution, 3), many(distribution, 4)
    count = len(first)
    correlation = np.corrcoef(first.reshape(count, -1)[:, 0], second.reshape(count, -1)[:, 0])[0, 1]
    assert abs(correlation) < 4.5 / np.sqrt(count)


def test_normal_is_location_and_scale() -> None:
    x = draw(tfd.Normal(tf.constant([1.0, 2.0, 3.0]), tf.constant([0.5, 4.0, 9.0])), noise_of(3))
    np.testing.assert_allclose(x, [1, 2, 3] + noise_of(3).normal(()) * [0.5, 4, 9], rtol=1e-6)
    assert stats.kstest(many(tfd.Normal(-2.0, 3.0)), stats.norm(-2, 3).cdf).pvalue > 1e-3


def test_certain_outcomes() -> None:
    assert (many(tfd.Bernoulli(probs=[0.0, 1.0] * (COUNT // 2))).reshape(-1, 2) == [0, 1]).all()
    assert_frequencies(many(tfd.Categorical(probs=[0.0, 0.4, 0.0, 0.6])), [0.0, 0.4, 0.0, 0.6])
    assert (many(tfd.Categorical(logits=[-np.inf, 0.0, -np.inf])) == 1).all()


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_pick_is_the_inverse_distribution_function(dtype: tf.DType) -> None:
    logits = tf.constant(np.log([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]]), dtype)
    noise = noise_of(COUNT // 10)
    for row, probabilities in enumerate(np.exp(logits.numpy())):
        picked = pick(logits[row], noise, ()).numpy()
        uniform = noise.uniform((), tf.float64).numpy()
        np.testing.assert_array_equal(picked, np.searchsorted(np.cumsum(probabilities)[:-1], uniform))
    # Unnormalised, and with a row's own shape.
    picked = pick(logits + 5, noise, (2,))
    assert (picked.shape, picked.dtype) == (tf.TensorShape([COUNT // 10, 2]), tf.int32)
    assert_frequencies(picked.numpy()[:, 0], [0.1, 0.2, 0.3, 0.4])
    assert_frequencies(picked.numpy()[:, 1], [0.7, 0.1, 0.1, 0.1])


def test_independent_numbers_are_uncorrelated() -> None:
    probs = np.array([[0.1, 0.5], [0.9, 0.3]], np.float32)
    x = many(tfd.Independent(tfd.Bernoulli(probs=probs), 2)).reshape(COUNT, 4)
    assert_covariance(x, probs.ravel(), np.diag((probs * (1 - probs)).ravel()))
    classes = many(tfd.Independent(tfd.Categorical(probs=[[0.2, 0.8], [0.6, 0.4]]), 1))
    assert_covariance(classes, [0.8, 0.4], np.diag([0.16, 0.24]))


def test_multivariate_normals() -> None:
    covariance = TRIANGLE @ TRIANGLE.T
    x = many(tfd.MultivariateNormalTriL([1.0, -1.0], TRIANGLE))
    assert_covariance(x, [1, -1], covariance)
    # Mahalanobis distances are chi-square.
    whitened = linalg.solve_triangular(TRIANGLE.astype(np.float64), (x - [1, -1]).T, lower=True)
    assert stats.kstest((whitened**2).sum(0), stats.chi2(2).cdf).pvalue > 1e-3
    diagonal = tfd.MultivariateNormalDiag([5.0, 6.0], [0.1, 2.0])
    assert_covariance(many(diagonal), [5, 6], np.diag([0.01, 4]))
    without_location = tfd.MultivariateNormalTriL(scale_tril=TRIANGLE)
    assert_covariance(many(without_location), [0, 0], covariance)


def test_mixture_follows_its_distribution_function() -> None:
    weights = WEIGHTS.astype(np.float64)
    x = many(mixture("scalar"))

    def cdf(value: Any) -> Any:
        return stats.norm.cdf(np.asarray(value)[:, None], CENTRES[:, 0], [0.1, 1.0, 0.5]) @ weights

    assert stats.kstest(x, cdf).pvalue > 1e-3
    # A full covariance, by its projections: mixtures of scalar normals.
    x = many(mixture("full"))
    covariances = TRIANGLES @ np.swapaxes(TRIANGLES, 1, 2)
    mean = weights @ CENTRES
    spread = CENTRES - mean
    within_and_between = covariances + spread[:, :, None] * spread[:, None, :]
    assert_covariance(x, mean, np.einsum("k,kij->ij", weights, within_and_between))
    for direction in np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, -0.6]]):
        scales = np.sqrt(np.einsum("i,kij,j->k", direction, covariances, direction))

        def projected(value: Any, direction: Any = direction, scales: Any = scales) -> Any:
            return stats.norm.cdf(np.asarray(value)[:, None], CENTRES @ direction, scales) @ weights

        assert stats.kstest(x @ direction, projected).pvalue > 1e-3


def test_a_mixtures_component_is_no_function_of_its_location() -> None:
    # With the component known by its far location, what is left must be the standard normal it should be.
    distant = tfd.MixtureSameFamily(tfd.Categorical(probs=[0.3, 0.7]), tfd.Normal([-1000.0, 1000.0], 1.0))
    x = many(distant)
    for side, probability in ((-1, 0.3), (1, 0.7)):
        rest = x[np.sign(x) == side] - 1000 * side
        assert abs(len(rest) / COUNT - probability) < 4.5 * np.sqrt(0.21 / COUNT)
        assert stats.kstest(rest, "norm").pvalue > 1e-4


def test_the_streams_of_a_mixture(layout: Any) -> None:
    """Part of the layout: the component from child 0, the draws of all components from child 1."""
    distribution = mixture("diagonal")
    rows = [[3, 0], [-3, 1], [2**31 - 1, -(2**31)], [0, 7]]
    expected = []
    for row in rows:
        component = int((layout.uniform(row, 1, stream=1) > np.cumsum(WEIGHTS)[:2]).sum())
        normal = layout.normal(row, 6, stream=2).reshape(3, 2)
        scale = np.array([[0.1, 1.0], [2.0, 0.3], [0.5, 0.5]])
        expected.append((CENTRES + scale * normal)[component])
    np.testing.assert_allclose(draw(distribution, Noise(tf.constant(rows))), expected, rtol=0, atol=1e-5)


def test_a_mixture_of_mixtures() -> None:
    inner = tfd.MixtureSameFamily(
        tfd.Categorical(probs=[[0.5, 0.5], [0.1, 0.9]]), tfd.Normal([[0.0, 10.0], [20.0, 30.0]], 0.01)
    )
    x = many(tfd.MixtureSameFamily(tfd.Categorical(probs=[0.4, 0.6]), inner))
    assert_frequencies(np.round(x / 10), [0.2, 0.2, 0.06, 0.54])


def test_a_mixture_for_each_number_of_an_event() -> None:
    means = np.array([[0.0, 10.0], [20.0, 30.0], [40.0, 50.0]], np.float32)
    probs = np.array([[0.5, 0.5], [0.1, 0.9], [0.8, 0.2]], np.float32)
    each = tfd.MixtureSameFamily(tfd.Categorical(probs=probs), tfd.Normal(means, 1.0))
    distribution = tfd.Independent(each, 1)
    x = many(distribution)
    assert_covariance(x, (probs * means).sum(1), np.diag(1 + 100 * probs[:, 0] * probs[:, 1]))


def test_transformed_distributions() -> None:
    assert stats.kstest(many(tfd.LogNormal(0.5, 0.25)), stats.lognorm(0.25, scale=np.exp(0.5)).cdf).pvalue > 1e-3
    # A bijector that changes the event's shape: three numbers into a lower triangle, from the last one on.
    base = tfd.MultivariateNormalDiag([1.0, 2.0, 3.0], [0.3, 0.2, 0.1])
    x = many(tfd.TransformedDistribution(base, tfb.FillTriangular()))
    assert x.shape == (COUNT, 2, 2)
    assert_moments(x.reshape(COUNT, 4), [3, 0, 2, 1], [0.01, 0, 0.04, 0.09])


MEMBERS: dict[str, Callable[[Any], Any]] = {
    "normal": lambda i: tfd.Normal(100.0 * i, 1.0),
    "multivariate": lambda i: tfd.MultivariateNormalTriL(
        tf.stack([100.0 * i, -100.0 * i], -1), tf.broadcast_to(TRIANGLE, tf.concat([tf.shape(i), [2, 2]], 0))
    ),
    "mixture": lambda i: tfd.MixtureSameFamily(
        tfd.Categorical(logits=tf.stack([i, 1 - i, 0 * i], -1)),
        tfd.Independent(tfd.Normal(100.0 * i[..., None, None] + CENTRES, 1.0), 1),
    ),
    "transformed": lambda i: tfd.LogNormal(0.1 * i, 0.2),
    "categorical": lambda i: tfd.Categorical(logits=tf.stack([i, 1 - i, 0 * i], -1)),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_row_i_draws_from_member_i(name: str) -> None:
    members = tf.range(5, dtype=tf.float32)
    rows = seed_rows(5, 2)
    x = draw(MEMBERS[name](members), Noise(tf.constant(rows))).numpy()
    for i in range(5):
        alone = draw(MEMBERS[name](members[i]), Noise(tf.constant(rows[i : i + 1]))).numpy()
        np.testing.assert_allclose(x[i], alone[0], rtol=1e-6, atol=1e-5)


def test_normal_is_differentiable() -> None:
    location, scale = tf.Variable([1.0, -2.0, 0.5]), tf.Variable([0.5, 2.0, 3.0])
    with tf.GradientTape() as tape:
        x = draw(tfd.Normal(location, scale), noise_of(3))
    by_location, by_scale = tape.gradient(x, [location, scale])
    np.testing.assert_array_equal(by_location, [1, 1, 1])
    np.testing.assert_allclose(by_scale, (x - location) / scale, rtol=1e-5)


def test_multivariate_normal_is_differentiable() -> None:
    location, triangle = tf.Variable([1.0, -1.0]), tf.Variable(TRIANGLE)
    with tf.GradientTape(persistent=True) as tape:
        x = draw(tfd.MultivariateNormalTriL(location, triangle), noise_of(1))[0]
        parts = tf.unstack(x)
    normal = linalg.solve_triangular(TRIANGLE, x.numpy() - [1, -1], lower=True)
    for entry, part in enumerate(parts):
        np.testing.assert_array_equal(tape.gradient(part, location), np.eye(2)[entry])
        expected = np.zeros((2, 2))
        expected[entry, : entry + 1] = normal[: entry + 1]
        np.testing.assert_allclose(tape.gradient(part, triangle), expected, rtol=1e-4, atol=1e-6)


def test_a_mixture_is_differentiable_in_the_component_kept() -> None:
    locations = tf.Variable([-1000.0, 1000.0])
    with tf.GradientTape() as tape:
        x = draw(tfd.MixtureSameFamily(tfd.Categorical(probs=[0.3, 0.7]), tfd.Normal(locations, 1.0)), noise_of(50))
    np.testing.assert_array_equal(tape.gradient(x, locations), [(x.numpy() < 0).sum(), (x.numpy() > 0).sum()])


def test_an_unused_component_spreads_no_nan() -> None:
    with_nan = tfd.MixtureSameFamily(tfd.Categorical(logits=[0.0, -np.inf]), tfd.Normal([1.0, np.nan], 1.0))
    assert np.isfinite(many(with_nan)).all()


def test_double_precision() -> None:
    distribution = tfd.MixtureSameFamily(
        tfd.Categorical(probs=WEIGHTS.astype(np.float64)),
        tfd.MultivariateNormalTriL(CENTRES.astype(np.float64), TRIANGLES.astype(np.float64)),
    )
    x = draw(distribution, noise_of(500))
    assert x.dtype == tf.float64
    np.testing.assert_allclose(x, draw(mixture("full"), noise_of(500)), rtol=0, atol=1e-4)


def test_a_family_without_a_handler_is_named() -> None:
    with pytest.raises(TypeError, match=r"tfgen cannot sample tfd.Skellam from noise. Register a handler"):
        draw(tfd.Skellam(2.0, 1.0), noise_of(3))
    with pytest.raises(TypeError, match=r"tfd.Skellam"):
        draw(tfd.Independent(tfd.Skellam([2.0, 3.0], 1.0), 1), noise_of(3))
    with pytest.raises(TypeError, match=r"tfd.VonMisesFisher"):
        draw(tfd.VonMisesFisher([0.0, 1.0], 1.0), noise_of(3))


def test_a_handler_can_be_registered() -> None:
    class Constant(tfd.Deterministic):  # type: ignore[misc, name-defined, unused-ignore]
        pass

    @register_draw(Constant)
    def _constant(distribution: Any, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
        return distribution.loc + 0 * noise.uniform(shape)

    assert draw(tfd.Independent(Constant([4.0, 5.0]), 1), noise_of(2)).numpy().tolist() == [[4, 5], [4, 5]]


def test_a_batch_of_higher_rank_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`distribution` must have batch shape .*batch_shape=\(2, 3\)"):
        draw(tfd.Normal(tf.zeros([2, 3]), 1.0), noise_of(2))


def test_xla_draws_the_same() -> None:
    def both(seeds: tf.Tensor) -> tf.Tensor:
        return draw(mixture("full"), Noise(seeds))

    seeds = tf.constant(seed_rows(2_000, -17))
    np.testing.assert_allclose(tf.function(both, jit_compile=True)(seeds), both(seeds), rtol=1e-5, atol=1e-5)


def test_an_impossible_last_category_is_never_drawn() -> None:
    """Seven probabilities whose float32 sum falls short of one, then an impossible category."""
    logits = tf.constant([*np.log(np.full(7, 1 / 7)), -np.inf], tf.float32)
    cumulative = tf.cumsum(tf.nn.softmax(logits)).numpy()
    noise = Noise(tf.constant([[0, 0]]))
    noise.uniform = lambda shape, dtype: tf.ones([1, *shape], dtype) * (1 - 2.0**-24)  # type: ignore[method-assign]
    assert int(pick(logits, noise, ())[0]) == 6, cumulative
