"""Draws of single families against SciPy: continuous ones, counts, and those by inversion."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen.distributions import DiscretisedLogistic
from tfgen.noise import Noise, draw, seed_rows
from tfgen.noise.draw.registry import draw_rows

tfd = tfp.distributions
COUNT = 20_000


def noise_of(count: int, seed: int = 3) -> Noise:
    return Noise(tf.constant(seed_rows(count, seed)))


def compiled(distribution: Any, rows: Any) -> Any:
    """As a graph, where loops are faster."""
    return tf.function(lambda seeds: draw(distribution, Noise(seeds)))(tf.constant(rows)).numpy()


def many(distribution: Any, seed: int = 3) -> Any:
    return compiled(distribution, seed_rows(COUNT, seed)).astype(np.float64)


# By a handler, by TFP's quantile, by bisection, and by a bijector.
CONTINUOUS = {
    "logistic": (tfd.Logistic(-2.0, 3.0), stats.logistic(-2, 3)),
    "student": (tfd.StudentT(3.0, 1.0, 0.5), stats.t(3, 1, 0.5)),
    "student heavy": (tfd.StudentT(0.5, 0.0, 1.0), stats.t(0.5)),
    "student light": (tfd.StudentT(1e6, 0.0, 1.0), stats.norm()),
    "uniform": (tfd.Uniform(-1.0, 4.0), stats.uniform(-1, 5)),
    "exponential": (tfd.Exponential(2.0), stats.expon(scale=0.5)),
    "laplace": (tfd.Laplace(1.0, 2.0), stats.laplace(1, 2)),
    "gumbel": (tfd.Gumbel(1.0, 2.0), stats.gumbel_r(1, 2)),
    "cauchy": (tfd.Cauchy(1.0, 2.0), stats.cauchy(1, 2)),
    "gamma": (tfd.Gamma(2.5, 3.0), stats.gamma(2.5, scale=1 / 3)),
    "beta": (tfd.Beta(0.5, 3.0), stats.beta(0.5, 3)),
    "weibull": (tfd.Weibull(1.5, 2.0), stats.weibull_min(1.5, scale=2)),
    "inverse gaussian": (tfd.InverseGaussian(1.5, 2.0), stats.invgauss(0.75, scale=2)),
    "modified gaussian": (tfd.ExponentiallyModifiedGaussian(1.0, 0.5, 2.0), stats.exponnorm(1, 1, 0.5)),
    "lognormal": (tfd.LogNormal(0.5, 0.25), stats.lognorm(0.25, scale=np.exp(0.5))),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous(name: str) -> None:
    distribution, truth = CONTINUOUS[name]
    x = many(distribution)
    assert x.shape == (COUNT,)
    assert stats.kstest(x, truth.cdf).pvalue > 1e-3


def test_the_polar_method(layout: Any) -> None:
    """Part of the layout: element 2e is the radius's uniform, 2e + 1 the angle's."""
    rows = [[3, 0], [-3, 1], [2**31 - 1, -(2**31)]]
    pairs = np.array([layout.uniform(row, 4) for row in rows]).reshape(3, 2, 2)
    freedom = np.array([0.7, 30.0])
    radius = np.sqrt(freedom * (pairs[..., 0] ** (-2 / freedom) - 1))
    expected = radius * np.cos(2 * np.pi * pairs[..., 1])
    distribution = tfd.Independent(tfd.StudentT(freedom.astype(np.float32), 0.0, 1.0), 1)
    np.testing.assert_allclose(draw(distribution, Noise(tf.constant(rows))), expected, rtol=1e-5)


@pytest.mark.parametrize("distribution", [tfd.Logistic, lambda loc, scale: tfd.StudentT(4.0, loc, scale)])
def test_location_and_scale_have_gradients(distribution: Any) -> None:
    location, scale = tf.Variable([1.0, -2.0, 0.5]), tf.Variable([0.5, 2.0, 3.0])
    with tf.GradientTape() as tape:
        x = draw(distribution(location, scale), noise_of(3))
    by_location, by_scale = tape.gradient(x, [location, scale])
    np.testing.assert_array_equal(by_location, [1, 1, 1])
    np.testing.assert_allclose(by_scale, (x - location) / scale, rtol=1e-4, atol=1e-6)


def assert_counts(distribution: Any, quantile: Any) -> None:
    """Every draw is SciPy's quantile of the same uniform: but for one in ten thousand, next to a boundary."""
    uniform = noise_of(COUNT).uniform((), tf.float64).numpy()
    x, expected = many(distribution), quantile(uniform)
    differ = x != expected
    assert differ.mean() <= 1e-4
    np.testing.assert_allclose(x, expected, rtol=0, atol=1)


@pytest.mark.parametrize("rate", [1e-6, 0.01, 1.0, 41.0, 43.0, 300.0, 1e4])
def test_poisson_is_the_quantile(rate: float) -> None:
    assert_counts(tfd.Poisson(tf.constant(rate, tf.float64)), stats.poisson(rate).ppf)


@pytest.mark.parametrize(("total", "logits"), [(1e-3, 0.0), (0.2, 4.0), (1.0, 1.0), (5.0, -3.0), (300.0, -1.0)])
def test_negative_binomial_is_the_quantile(total: float, logits: float) -> None:
    truth = stats.nbinom(total, 1 / (1 + np.exp(logits)))
    distribution = tfd.NegativeBinomial(tf.constant(total, tf.float64), tf.constant(logits, tf.float64))
    assert_counts(distribution, truth.ppf)


@pytest.mark.parametrize(("total", "probability"), [(1.0, 0.3), (12.0, 0.999), (500.0, 0.5), (1e4, 1e-3)])
def test_binomial_is_the_quantile(total: float, probability: float) -> None:
    distribution = tfd.Binomial(tf.constant(total, tf.float64), probs=tf.constant(probability, tf.float64))
    assert_counts(distribution, stats.binom(int(total), probability).ppf)


WIDE = {
    "poisson": (tfd.Poisson(1e5), stats.poisson(1e5)),
    "poisson of millions": (tfd.Poisson(log_rate=16.0), stats.poisson(np.exp(16))),
    "negative binomial": (tfd.NegativeBinomial(0.5, logits=10.0), stats.nbinom(0.5, 1 / (1 + np.exp(10)))),
    "negative binomial, few": (tfd.NegativeBinomial(0.01, logits=16.0), stats.nbinom(0.01, 1 / (1 + np.exp(16)))),
    "negative binomial, many": (tfd.NegativeBinomial(1e4, logits=6.0), stats.nbinom(1e4, 1 / (1 + np.exp(6)))),
    "binomial": (tfd.Binomial(1e6, probs=0.4), stats.binom(1_000_000, 0.4)),
}


@pytest.mark.parametrize("name", WIDE)
def test_wide_counts(name: str) -> None:
    """Where masses are added by blocks, the distribution function at each draw is still near its uniform."""
    distribution, truth = WIDE[name]
    uniform = noise_of(200).uniform((), tf.float64).numpy()
    double = {
        key: tf.constant(value, tf.float64) if isinstance(value, float) else value
        for key, value in distribution.parameters.items()
    }
    x = compiled(type(distribution)(**double), seed_rows(200, 3))
    assert (x == np.floor(x)).all()
    assert (truth.cdf(x) > uniform - 2e-5).all()
    assert (truth.cdf(x - 1) < uniform + 2e-5).all()


def test_impossible_and_certain_counts() -> None:
    assert (many(tfd.Poisson(0.0)) == 0).all()
    assert (many(tfd.Binomial(7.0, probs=[0.0, 1.0] * (COUNT // 2))).reshape(-1, 2) == [0, 7]).all()
    assert np.isnan(many(tfd.Poisson(np.nan))).all()


def test_rows_of_counts_do_not_wait_for_each_other() -> None:
    rates = np.array([1e-6, 0.5, 4e4, 2e5, 1e6], np.float32).repeat(4)
    rows = seed_rows(20, 2)
    together = compiled(tfd.Poisson(rates), rows)
    for rate in np.unique(rates):
        of_rate = rates == rate
        alone = compiled(tfd.Poisson(rates[of_rate]), rows[of_rate])
        np.testing.assert_array_equal(together[of_rate], alone)


def test_discretised_logistic_is_the_quantile() -> None:
    distribution = DiscretisedLogistic(tf.constant(200.0, tf.float64), tf.constant(30.0, tf.float64), 0, 255)
    uniform = noise_of(COUNT).uniform((), tf.float64).numpy()
    expected = np.clip(np.round(stats.logistic.ppf(uniform, 200, 30)), 0, 255)
    np.testing.assert_array_equal(many(distribution), expected)


WHOLE = {
    "geometric": (tfd.Geometric(probs=0.3), stats.geom(0.3, loc=-1)),
    "zipf": (tfd.Zipf(4.0), stats.zipf(4)),
    "inflated": (
        tfd.ZeroInflatedNegativeBinomial(inflated_loc_probs=0.0, total_count=3.0, probs=0.4),
        stats.nbinom(3, 0.6),
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_bisection_over_whole_numbers(name: str) -> None:
    distribution, truth = WHOLE[name]
    x = many(distribution)
    assert_frequencies = np.bincount(x.astype(int), minlength=30)[:30]
    expected = truth.pmf(np.arange(30))
    enough = expected * COUNT > 10
    observed = [*assert_frequencies[enough], COUNT - assert_frequencies[enough].sum()]
    wanted = [*expected[enough], 1 - expected[enough].sum()]
    assert stats.chisquare(observed, COUNT * np.array(wanted)).pvalue > 1e-3


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_bisection_is_exact(dtype: tf.DType) -> None:
    """Down to neighbouring numbers: the distribution function of each draw is its uniform."""
    distribution = tfd.ExponentiallyModifiedGaussian(*(tf.constant(each, dtype) for each in (1.0, 0.5, 2.0)))
    x = draw(distribution, noise_of(500))
    assert x.dtype == dtype
    tolerance = 3e-7 if dtype == tf.float32 else 1e-12
    np.testing.assert_allclose(distribution.cdf(x), noise_of(500).uniform((), dtype), rtol=0, atol=tolerance)


def test_samples_of_several() -> None:
    member = tfd.Normal(tf.range(4.0) * 100, 1.0)
    x = draw(tfd.Sample(member, [2, 3]), noise_of(4)).numpy()
    np.testing.assert_allclose(x, 100 * np.arange(4)[:, None, None] + noise_of(4).normal((2, 3)), rtol=1e-5)


XLA = {
    "logistic": lambda: tfd.Logistic(-2.0, 3.0),
    "student": lambda: tfd.StudentT(3.0, 1.0, 0.5),
    "discretised": lambda: DiscretisedLogistic(13.0, 2.0, 0, 15),
    "poisson": lambda: tfd.Poisson([0.1, 20.0] * 500),
    "negative binomial": lambda: tfd.NegativeBinomial(0.5, logits=3.0),
    "binomial": lambda: tfd.Binomial(12.0, probs=0.3),
    "bisection": lambda: tfd.ExponentiallyModifiedGaussian(1.0, 0.5, 2.0),
    "whole": lambda: tfd.Geometric(probs=0.3),
}


@pytest.mark.parametrize("name", XLA)
def test_xla_draws_the_same(name: str) -> None:
    def of(seeds: tf.Tensor) -> tf.Tensor:
        return draw(XLA[name](), Noise(seeds))

    seeds = tf.constant(seed_rows(1_000, -17))
    np.testing.assert_allclose(tf.function(of, jit_compile=True)(seeds), of(seeds), rtol=1e-4, atol=1e-5)


class _Given:
    """Uniforms of one's choice, in the place of noise."""

    def __init__(self, *values):
        self.values = values

    def uniform(self, shape, dtype=tf.float32):
        return tf.constant(self.values, dtype)


QUANTILES = (2.0**-24, 0.5, 0.999, 1 - 1e-6, 1 - 2.0**-24)
COUNTS = {
    **{
        f"negative binomial {total:g} {mean:g}": (
            tfd.NegativeBinomial(np.float64(total), logits=np.log(mean / total)),
            stats.nbinom(total, total / (total + mean)),
        )
        for total in (0.5, 1.0, 2.0)
        for mean in (1e3, 1e6)
    },
    "poisson": (tfd.Poisson(np.float64(2e5)), stats.poisson(2e5)),
    "binomial": (tfd.Binomial(np.float64(1e6), probs=np.float64(0.3)), stats.binom(10**6, 0.3)),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_tails_of_wide_counts_are_the_quantiles(name):
    """Where blocks of counts are added, up to the last uniform below one."""
    distribution, oracle = COUNTS[name]
    draw_all = tf.function(lambda: draw_rows(distribution, _Given(*QUANTILES), (len(QUANTILES),)))
    np.testing.assert_allclose(draw_all(), oracle.ppf(QUANTILES), rtol=1e-3, atol=1)
