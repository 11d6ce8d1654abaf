"""Distributions of one number, or a few, in ONNX Runtime, their parameters inputs: against SciPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

tfd = tfp.distributions


def spec(name: str, *sizes: int | None, dtype: Any = tf.float64) -> tf.TensorSpec:
    return tf.TensorSpec([None, *sizes], dtype, name=name)


def positive(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.gamma(2.0, size=batch) + 0.1


def number(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.normal(size=batch)


def fraction(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.uniform(0.02, 0.98, batch)


def count(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.integers(0, 12, batch).astype(float)


def trials(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.integers(12, 40, batch).astype(float)


def simplex(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.dirichlet([1, 2, 3], batch)


def concentration(rng: np.random.Generator, batch: int) -> np.ndarray:
    return rng.gamma(2.0, size=(batch, 3)) + 0.1


Draw = Callable[[np.random.Generator, int], np.ndarray]
Oracle = Callable[..., np.ndarray]
# By name: TFP's distribution, what draws x and each parameter, and SciPy's log-density.
SCALARS: dict[str, tuple[Callable[..., Any], tuple[Draw, ...], Oracle]] = {
    "beta": (tfd.Beta, (fraction, positive, positive), stats.beta.logpdf),
    "binomial": (
        lambda n, logits: tfd.Binomial(n, logits=logits),
        (count, trials, number),
        lambda x, n, logits: stats.binom.logpmf(x, n, special.expit(logits)),
    ),
    "binomial by probabilities": (
        lambda n, probs: tfd.Binomial(n, probs=probs),
        (count, trials, fraction),
        stats.binom.logpmf,
    ),
    "cauchy": (tfd.Cauchy, (number, number, positive), stats.cauchy.logpdf),
    "dirichlet": (
        tfd.Dirichlet,
        (simplex, concentration),
        lambda x, a: special.xlogy(a - 1, x).sum(-1) + special.gammaln(a.sum(-1)) - special.gammaln(a).sum(-1),
    ),
    "exponential": (tfd.Exponential, (positive, positive), lambda x, rate: stats.expon.logpdf(x, scale=1 / rate)),
    "gamma": (tfd.Gamma, (positive, positive, positive), lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b)),
    "geometric": (
        lambda logits: tfd.Geometric(logits=logits),
        (count, number),
        lambda x, logits: stats.geom.logpmf(x + 1, special.expit(logits)),
    ),
    "geometric by probabilities": (
        lambda probs: tfd.Geometric(probs=probs),
        (count, fraction),
        lambda x, probs: stats.geom.logpmf(x + 1, probs),
    ),
    "gumbel": (tfd.Gumbel, (number, number, positive), stats.gumbel_r.logpdf),
    "laplace": (tfd.Laplace, (number, number, positive), stats.laplace.logpdf),
    "logistic": (tfd.Logistic, (number, number, positive), stats.logistic.logpdf),
    "log-normal": (
        tfd.LogNormal,
        (positive, number, positive),
        lambda x, loc, scale: stats.lognorm.logpdf(x, scale, scale=np.exp(loc)),
    ),
    "negative binomial": (
        lambda n, logits: tfd.NegativeBinomial(n, logits=logits),
        (count, positive, number),
        lambda x, n, logits: stats.nbinom.logpmf(x, n, special.expit(-logits)),
    ),
    "poisson": (tfd.Poisson, (count, positive), stats.poisson.logpmf),
    "poisson by log-rates": (
        lambda log_rate: tfd.Poisson(log_rate=log_rate),
        (count, number),
        lambda x, log_rate: stats.poisson.logpmf(x, np.exp(log_rate)),
    ),
    "student": (tfd.StudentT, (number, positive, number, positive), lambda x, *args: stats.t.logpdf(x, *args)),
    "weibull": (
        tfd.Weibull,
        (positive, positive, positive),
        lambda x, k, scale: stats.weibull_min.logpdf(x, k, scale=scale),
    ),
}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-6), ("float64", 1e-13)])
@pytest.mark.parametrize("name", SCALARS)
def test_a_distribution_s_log_density_by_its_parameters(
    name: str, dtype: str, tolerance: float, converted: Any
) -> None:
    distribution, draws, oracle = SCALARS[name]

    def inputs(batch: int) -> list[np.ndarray]:
        rng = np.random.default_rng(batch)
        return [draw(rng, batch).astype(dtype) for draw in draws]

    arrays = inputs(300)
    signature = [spec(f"input_{index}", *array.shape[1:], dtype=dtype) for index, array in enumerate(arrays)]
    model = converted(lambda x, *parameters: distribution(*parameters).log_prob(x), signature, inputs=inputs)
    found = model(*arrays)["output"]
    expected = oracle(*(array.astype(np.float64) for array in arrays))
    assert (found.dtype, found.shape) == (dtype, (300,))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_a_poisson_s_probabilities_sum_to_one(converted: Any) -> None:
    model = converted(
        lambda x, rate: tfd.Poisson(rate).log_prob(x),
        [spec("x"), spec("rate")],
        inputs=lambda batch: [np.arange(batch), np.ones(batch)],
    )
    for rate in (1e-3, 1.0, 30.0, 1000.0):
        x = np.arange(3000.0)
        assert np.exp(model(x, np.full(3000, rate))["output"]).sum() == pytest.approx(1, abs=2e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-6), ("float64", 1e-14)])
def test_log_one_minus_exp(dtype: str, rtol: float, converted: Any) -> None:
    """log(1 − e^−|x|) needs Expm1 near 0 and Log1p far from it."""
    model = converted(tfp.math.log1mexp, [spec("x", dtype=dtype)])
    x = (10.0 ** np.random.default_rng(0).uniform(-20, 1.5, 2000)).astype(dtype)
    wide = x.astype(np.longdouble)
    expected = np.where(wide < 0.7, np.log(-np.expm1(-wide)), np.log1p(-np.exp(-np.maximum(wide, 0.1))))
    np.testing.assert_allclose(model(x)["output"].astype(np.longdouble), expected, rtol=rtol)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-6), ("float64", 1e-14)])
def test_logistic_quantiles_by_a_loop_are_those_of_the_formula(dtype: str, rtol: float, converted: Any) -> None:
    """Newton's method on the log-odds: a loop over floating-point numbers that reads tensors from outside."""

    def both(u: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        odds = tf.math.log(u) - tf.math.log1p(-u)
        start = (tf.constant(0), loc)
        _, found = tf.while_loop(
            lambda i, _: i < 3, lambda i, x: (i + 1, x - ((x - loc) / scale - odds) * scale), start
        )
        return found, tfd.Logistic(loc, scale).quantile(u)

    def inputs(batch: int) -> list[np.ndarray]:
        rng = np.random.default_rng(batch)
        return [draw(rng, batch).astype(dtype) for draw in (fraction, number, positive)]

    model = converted(both, [spec(name, dtype=dtype) for name in ("u", "loc", "scale")], inputs=inputs)
    u, loc, scale = arrays = inputs(100)
    expected = loc.astype(float) + scale * special.logit(u.astype(float))
    for found in model(*arrays).values():
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=20 * rtol)
