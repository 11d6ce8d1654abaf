"""Distributions of one positive number, or of one between 0 and 1."""

from typing import Any

import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, positive, reals

__all__ = ["CASES"]

tfd = tfp.distributions
_UNIT = between(0.05, 0.95)
_LOC_SCALE: dict[str, Any] = {"loc": reals(), "scale": positive()}

CASES: list[Case] = [
    *law("tfd.LogNormal", tfd.LogNormal, positive(), **_LOC_SCALE),
    *law("tfd.LogLogistic", tfd.LogLogistic, positive(), **_LOC_SCALE),
    *law("tfd.HalfNormal", tfd.HalfNormal, positive(), scale=positive()),
    *law("tfd.HalfCauchy", tfd.HalfCauchy, between(1, 4), loc=between(-1, 0.9), scale=positive()),
    *law(
        "tfd.HalfStudentT", tfd.HalfStudentT, between(1, 4), df=between(2.5, 6), loc=between(-1, 0.9), scale=positive()
    ),
    *law("tfd.Exponential", tfd.Exponential, positive(), rate=positive()),
    *law("tfd.Gamma", tfd.Gamma, positive(), concentration=positive(), rate=positive()),
    *law(
        "tfd.Gamma(log_rate)",
        lambda concentration, log_rate: tfd.Gamma(concentration, log_rate=log_rate),
        positive(),
        kinds=("log_prob", "sample", "cdf"),
        concentration=between(0.1, 12),
        log_rate=reals(),
    ),
    *law("tfd.InverseGamma", tfd.InverseGamma, positive(), concentration=between(2.2, 5), scale=positive()),
    *law("tfd.ExpGamma", tfd.ExpGamma, reals(), concentration=positive(), rate=positive()),
    *law("tfd.ExpInverseGamma", tfd.ExpInverseGamma, reals(), concentration=positive(), scale=positive()),
    *law(
        "tfd.GammaGamma",
        tfd.GammaGamma,
        positive(),
        concentration=positive(),
        mixing_concentration=between(2.2, 5),
        mixing_rate=positive(),
    ),
    *law("tfd.Chi", tfd.Chi, positive(), df=between(1, 8)),
    *law("tfd.Chi2", tfd.Chi2, positive(), df=between(1, 8)),
    *law("tfd.NoncentralChi2", tfd.NoncentralChi2, positive(), df=between(1, 8), noncentrality=positive()),
    *law("tfd.Weibull", tfd.Weibull, positive(), concentration=positive(), scale=positive()),
    *law("tfd.Pareto", tfd.Pareto, between(2, 5), concentration=between(2.2, 4), scale=between(0.5, 1.9)),
    *law(
        "tfd.GeneralizedPareto",
        tfd.GeneralizedPareto,
        between(1, 3),
        loc=between(-1, 0.9),
        scale=positive(),
        concentration=between(0.05, 0.4),
    ),
    *law("tfd.InverseGaussian", tfd.InverseGaussian, positive(), loc=positive(), concentration=positive()),
    *law("tfd.Beta", tfd.Beta, _UNIT, concentration1=between(1.1, 4), concentration0=between(1.1, 4)),
    *law(
        "tfd.BetaQuotient",
        tfd.BetaQuotient,
        between(0.2, 3),
        concentration1_numerator=between(1.1, 4),
        concentration0_numerator=between(1.1, 4),
        concentration1_denominator=between(2.1, 4),
        concentration0_denominator=between(1.1, 4),
    ),
    *law("tfd.Kumaraswamy", tfd.Kumaraswamy, _UNIT, concentration1=between(1.1, 4), concentration0=between(1.1, 4)),
    *law("tfd.SigmoidBeta", tfd.SigmoidBeta, reals(), concentration1=positive(), concentration0=positive()),
    *law("tfd.LogitNormal", tfd.LogitNormal, _UNIT, **_LOC_SCALE),
    *law("tfd.ContinuousBernoulli", tfd.ContinuousBernoulli, _UNIT, logits=reals()),
    *law(
        "tfd.ContinuousBernoulli(probs)",
        lambda probs: tfd.ContinuousBernoulli(probs=probs),
        _UNIT,
        kinds=("log_prob", "sample", "mean"),
        probs=_UNIT,
    ),
    *law(
        "tfd.RelaxedBernoulli",
        tfd.RelaxedBernoulli,
        _UNIT,
        temperature=between(0.5, 1.5),
        logits=reals(),
    ),
]
