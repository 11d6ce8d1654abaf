"""Distributions of whole numbers and of classes."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.structure import dtype_of
from benchmarks.coverage.values import (
    Values,
    between,
    counts,
    drawn,
    increasing,
    integers,
    orthogonal,
    positive,
    reals,
    simplex,
)

__all__ = ["CASES"]

tfd = tfp.distributions
_FEW = ("log_prob", "sample", "mean")
_UNIT = between(0.1, 0.9)
_BIT = integers(1)


def _one_hot(size: int) -> Values:
    return Values(lambda rng, shape: np.eye(size)[rng.integers(0, size, shape[:-1])], (size,), "int32")


def _ranking(size: int) -> Values:
    return Values(lambda rng, shape: rng.permuted(np.broadcast_to(np.arange(size), shape), axis=-1), (size,), "int32")


def _inflated_poisson(rate: Any, probs: Any) -> Any:
    return tfd.Inflated(tfd.Poisson(rate), inflated_loc_probs=probs)


CASES: list[Case] = [
    *law("tfd.Bernoulli", tfd.Bernoulli, _BIT, logits=reals()),
    *law("tfd.Bernoulli(probs)", lambda probs: tfd.Bernoulli(probs=probs), _BIT, kinds=_FEW, probs=_UNIT),
    *law("tfd.ProbitBernoulli", tfd.ProbitBernoulli, _BIT, probits=reals()),
    *law(
        "tfd.Binomial",
        lambda total_count, logits: tfd.Binomial(total_count, logits=logits),
        counts(4),
        discrete=True,
        total_count=counts(12, low=4),
        logits=reals(),
    ),
    *law(
        "tfd.Binomial(probs)",
        lambda probs: tfd.Binomial(np.asarray(20, dtype_of(probs)), probs=probs),
        counts(20),
        discrete=True,
        kinds=("log_prob", "sample", "cdf", "mean"),
        probs=_UNIT,
    ),
    *law(
        "tfd.BetaBinomial",
        tfd.BetaBinomial,
        counts(4),
        discrete=True,
        total_count=counts(12, low=4),
        concentration1=positive(),
        concentration0=positive(),
    ),
    *law(
        "tfd.NegativeBinomial",
        tfd.NegativeBinomial,
        counts(8),
        discrete=True,
        total_count=counts(8, low=1),
        logits=reals(),
    ),
    *law("tfd.Geometric", lambda probs: tfd.Geometric(probs=probs), counts(6), discrete=True, probs=_UNIT),
    *law("tfd.Geometric(logits)", tfd.Geometric, counts(6), discrete=True, kinds=_FEW, logits=reals()),
    *law("tfd.Poisson", tfd.Poisson, counts(8), discrete=True, rate=between(0.3, 20)),
    *law(
        "tfd.Poisson(log_rate)",
        lambda log_rate: tfd.Poisson(log_rate=log_rate),
        counts(8),
        discrete=True,
        kinds=("log_prob", "sample", "cdf", "mean"),
        log_rate=reals(),
    ),
    *law("tfd.Skellam", tfd.Skellam, counts(6, low=-3), discrete=True, rate1=positive(), rate2=positive()),
    *law("tfd.Zipf", tfd.Zipf, integers(9, low=1), power=between(2.2, 4)),
    *law("tfd.Categorical", tfd.Categorical, integers(4), logits=reals(5)),
    *law(
        "tfd.Categorical(probs)", lambda probs: tfd.Categorical(probs=probs), integers(3), kinds=_FEW, probs=simplex(4)
    ),
    *law("tfd.OneHotCategorical", tfd.OneHotCategorical, _one_hot(4), logits=reals(4)),
    *law("tfd.OrderedLogistic", tfd.OrderedLogistic, integers(3), cutpoints=increasing(3), loc=reals()),
    *law("tfd.StoppingRatioLogistic", tfd.StoppingRatioLogistic, integers(3), cutpoints=increasing(3), loc=reals()),
    *law(
        "tfd.FiniteDiscrete",
        lambda logits: tfd.FiniteDiscrete(np.asarray([0.5, 1.0, 2.5, 4.0], dtype_of(logits)), logits=logits),
        Values(lambda rng, shape: rng.choice([0.5, 1.0, 2.5, 4.0], shape)),
        discrete=False,
        logits=reals(4),
    ),
    *law("tfd.Empirical", tfd.Empirical, counts(4), discrete=True, samples=counts(4, 9)),
    *law(
        "tfd.Multinomial",
        tfd.Multinomial,
        drawn(4),
        discrete=True,
        total_count=counts(9, low=3),
        logits=reals(4),
    ),
    *law(
        "tfd.DirichletMultinomial",
        tfd.DirichletMultinomial,
        drawn(3),
        discrete=True,
        total_count=counts(9, low=3),
        concentration=positive(3),
    ),
    *law("tfd.PlackettLuce", tfd.PlackettLuce, _ranking(5), scores=positive(5)),
    *law(
        "tfd.PoissonLogNormalQuadratureCompound",
        tfd.PoissonLogNormalQuadratureCompound,
        counts(6),
        discrete=True,
        loc=reals(),
        scale=positive(),
    ),
    *law("tfd.Inflated(Poisson)", _inflated_poisson, counts(5), discrete=True, rate=positive(), probs=_UNIT),
    *law(
        "tfd.Inflated(Normal)",
        lambda loc, logits: tfd.Inflated(tfd.Normal(loc, tf.ones([], loc.dtype)), inflated_loc_logits=logits),
        Values(lambda rng, shape: np.where(rng.random(shape) < 0.4, 0, rng.normal(size=shape))),
        kinds=_FEW,
        loc=reals(),
        logits=reals(),
    ),
    *law(
        "tfd.ZeroInflatedNegativeBinomial",
        lambda inflated, total_count, logits: tfd.ZeroInflatedNegativeBinomial(
            inflated_loc_probs=inflated, total_count=total_count, logits=logits
        ),
        counts(6),
        discrete=True,
        inflated=_UNIT,
        total_count=counts(6, low=1),
        logits=reals(),
    ),
    *law(
        "tfd.DeterminantalPointProcess",
        tfd.DeterminantalPointProcess,
        integers(1, 4),
        eigenvalues=positive(4),
        eigenvectors=orthogonal(4),
    ),
]
