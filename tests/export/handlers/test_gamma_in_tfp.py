"""TFP's functions and distributions that are made of gamma functions, against SciPy's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

tfd = tfp.distributions
X, A = np.random.default_rng(0).uniform(0.2, 20, (2, 200))
P = np.random.default_rng(1).uniform(0.01, 0.99, 200)
COUNTS = np.floor(X)

CASES: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...], Any]] = {
    "gamma": (lambda a, x: tfd.Gamma(a, 1 / a).cdf(x), (A, X), stats.gamma.cdf(X, A, scale=A)),
    "survival": (lambda a, x: tfd.Gamma(a, 1 / a).survival_function(x), (A, X), stats.gamma.sf(X, A, scale=A)),
    "chi2": (lambda a, x: tfd.Chi2(a).cdf(x), (A, X), stats.chi2.cdf(X, A)),
    "poisson": (lambda a, x: tfd.Poisson(a).cdf(x), (A, COUNTS), stats.poisson.cdf(COUNTS, A)),
    "inverse gamma": (lambda a, x: tfd.InverseGamma(a, a).cdf(x), (A, X), stats.invgamma.cdf(X, A, scale=A)),
    "quantile": (lambda a, p: tfd.Gamma(a, tf.ones_like(a)).quantile(p), (A, P), stats.gamma.ppf(P, A)),
    "lbeta": (tfp.math.lbeta, (A, X), special.betaln(A, X)),
    "difference": (
        tfp.math.log_gamma_difference,
        (A, 20 + X),
        special.gammaln(20 + X) - special.gammaln(A + 20 + X),
    ),
    "zipf": (lambda a, x: tfd.Zipf(1 + a).log_prob(x), (A, 1 + COUNTS), stats.zipf.logpmf(1 + COUNTS, 1 + A)),
}


SLOW = {"quantile"}  # six incomplete gamma functions


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in CASES])
def test_functions_of_two_arguments_are_scipy_s(name: str, converted: Any) -> None:
    function, arguments, expected = CASES[name]
    signature = [tf.TensorSpec([None], "float64", name=name) for name in ("first", "second")]
    model = converted(function, signature, inputs=lambda batch: [values[:batch] for values in arguments])
    np.testing.assert_allclose(model(*arguments)["output"], expected, rtol=1e-11, atol=1e-13)


def test_the_entropy_of_a_dirichlet_and_a_gamma_s_divergence(converted: Any) -> None:
    def both(x: tf.Tensor, y: tf.Tensor) -> dict[str, tf.Tensor]:
        gammas = tfd.Gamma(x, y), tfd.Gamma(y, x)
        concentration = tf.stack([x, y, x + y], -1)
        entropy = tfd.Dirichlet(concentration).entropy()
        return {"divergence": tfd.kl_divergence(*gammas), "entropy": entropy}

    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.5, 9, (2, 100))
    signature = [tf.TensorSpec([None], "float64", name=name) for name in "xy"]
    model = converted(both, signature, inputs=lambda batch: [np.linspace(1, 2, batch), np.linspace(3, 2, batch)])
    found = model(x, y)
    # E[log x − log y] under the first: log Γ's of the normalisers, and ψ(x) − log(rate) for E[log].
    log_mean = special.digamma(x) - np.log(y)
    first = x * np.log(y) - special.gammaln(x) + (x - 1) * log_mean - x
    second = y * np.log(x) - special.gammaln(y) + (y - 1) * log_mean - x * x / y
    np.testing.assert_allclose(found["divergence"], first - second, rtol=1e-11, atol=1e-12)
    expected = [stats.dirichlet([a, c, a + c]).entropy() for a, c in zip(x, y, strict=True)]
    np.testing.assert_allclose(found["entropy"], expected, rtol=1e-10)
