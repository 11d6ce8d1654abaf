"""Mixtures, of different distributions and of one family."""

from typing import Any

import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, counts, positive, reals, simplex, tril

__all__ = ["CASES"]

tfd, tfb = tfp.distributions, tfp.bijectors
_KINDS = ("log_prob", "sample", "mean")
_UNIVARIATE = ("log_prob", "sample", "cdf", "mean")
_LOC_SCALE: dict[str, Any] = {"loc": reals(), "scale": positive()}
_VECTOR: dict[str, Any] = {"loc": reals(3), "scale": positive(3)}


def _mixture(logits: Any, loc: Any, scale: Any) -> Any:
    return tfd.Mixture(tfd.Categorical(logits=logits), [tfd.Normal(loc, scale), tfd.Laplace(-loc, scale)])


def _mixture_of_vectors(probs: Any, loc: Any, scale: Any) -> Any:
    return tfd.Mixture(
        tfd.Categorical(probs=probs),
        [tfd.MultivariateNormalDiag(loc, scale), tfd.MultivariateNormalDiag(-loc, 2 * scale)],
    )


def _same_family(logits: Any, loc: Any, scale: Any) -> Any:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Normal(loc, scale))


def _same_family_of_vectors(logits: Any, loc: Any, scale: Any) -> Any:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.MultivariateNormalTriL(loc, scale))


def _same_family_of_counts(probs: Any, rate: Any) -> Any:
    return tfd.MixtureSameFamily(tfd.Categorical(probs=probs), tfd.Poisson(rate))


def _of_beta(logits: Any, a: Any, b: Any) -> Any:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Beta(a, b))


def _of_independent(logits: Any, loc: Any, scale: Any) -> Any:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Independent(tfd.Logistic(loc, scale), 1))


def _of_counts(logits: Any, rate: Any, probs: Any) -> Any:
    return tfd.Mixture(tfd.Categorical(logits=logits), [tfd.Poisson(rate), tfd.Geometric(probs=probs)])


def _of_positive(probs: Any, concentration: Any, scale: Any) -> Any:
    return tfd.Mixture(
        tfd.Categorical(probs=probs),
        [tfd.Gamma(concentration, scale), tfd.LogNormal(concentration, scale), tfd.Weibull(concentration, scale)],
    )


CASES: list[Case] = [
    *law("tfd.Mixture(Normal, Laplace)", _mixture, reals(), kinds=_UNIVARIATE, logits=reals(2), **_LOC_SCALE),
    *law(
        "tfd.Mixture(MultivariateNormalDiag)",
        _mixture_of_vectors,
        reals(3),
        kinds=_KINDS,
        probs=simplex(2),
        **_VECTOR,
    ),
    *law(
        "tfd.MixtureSameFamily(Normal)",
        _same_family,
        reals(),
        kinds=(*_UNIVARIATE, "stddev"),
        logits=reals(3),
        **_VECTOR,
    ),
    *law(
        "tfd.MixtureSameFamily(MultivariateNormalTriL)",
        _same_family_of_vectors,
        reals(2),
        kinds=_KINDS,
        logits=reals(4),
        loc=reals(4, 2),
        scale=tril(2, 4),
    ),
    *law(
        "tfd.MixtureSameFamily(Poisson)",
        _same_family_of_counts,
        counts(6),
        kinds=_UNIVARIATE,
        discrete=True,
        probs=simplex(3),
        rate=between(0.5, 9, 3),
    ),
    *law(
        "tfd.Mixture(Gamma, LogNormal, Weibull)",
        _of_positive,
        positive(),
        kinds=("log_prob", "sample"),
        probs=simplex(3),
        concentration=positive(),
        scale=positive(),
    ),
    *law(
        "tfd.Mixture(Poisson, Geometric)",
        _of_counts,
        counts(6),
        kinds=("log_prob", "sample"),
        discrete=True,
        logits=reals(2),
        rate=positive(),
        probs=between(0.2, 0.8),
    ),
    *law(
        "tfd.MixtureSameFamily(Beta)",
        _of_beta,
        between(0.05, 0.95),
        kinds=_UNIVARIATE,
        logits=reals(3),
        a=positive(3),
        b=positive(3),
    ),
    *law(
        "tfd.MixtureSameFamily(Independent(Logistic))",
        _of_independent,
        reals(2),
        kinds=_KINDS,
        logits=reals(3),
        loc=reals(3, 2),
        scale=positive(3, 2),
    ),
]
