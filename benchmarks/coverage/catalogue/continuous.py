"""Distributions of one real number whose parameters say where and how wide."""

from typing import Any

import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, counts, positive, reals

__all__ = ["CASES"]

tfd = tfp.distributions
_LOC_SCALE: dict[str, Any] = {"loc": reals(), "scale": positive()}

CASES: list[Case] = [
    *law("tfd.Normal", tfd.Normal, reals(), **_LOC_SCALE),
    *law("tfd.Laplace", tfd.Laplace, reals(), **_LOC_SCALE),
    *law("tfd.Cauchy", tfd.Cauchy, reals(scale=3), **_LOC_SCALE),
    *law("tfd.Logistic", tfd.Logistic, reals(), **_LOC_SCALE),
    *law("tfd.Gumbel", tfd.Gumbel, reals(), **_LOC_SCALE),
    *law("tfd.Moyal", tfd.Moyal, reals(), **_LOC_SCALE),
    *law("tfd.DoublesidedMaxwell", tfd.DoublesidedMaxwell, reals(), **_LOC_SCALE),
    *law("tfd.StudentT", tfd.StudentT, reals(scale=2), df=between(2.5, 8), **_LOC_SCALE),
    *law("tfd.GeneralizedNormal", tfd.GeneralizedNormal, reals(), power=between(1, 4), **_LOC_SCALE),
    *law(
        "tfd.GeneralizedExtremeValue",
        tfd.GeneralizedExtremeValue,
        reals(scale=0.3),
        loc=reals(scale=0.3),
        scale=between(1, 3),
        concentration=between(0.1, 0.4),
    ),
    *law("tfd.JohnsonSU", tfd.JohnsonSU, reals(), skewness=reals(), tailweight=positive(), **_LOC_SCALE),
    *law("tfd.SinhArcsinh", tfd.SinhArcsinh, reals(), skewness=reals(), tailweight=positive(), **_LOC_SCALE),
    *law(
        "tfd.NormalInverseGaussian",
        tfd.NormalInverseGaussian,
        reals(),
        tailweight=between(1, 3),
        skewness=between(-0.8, 0.8),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.ExponentiallyModifiedGaussian",
        tfd.ExponentiallyModifiedGaussian,
        reals(),
        rate=positive(),
        **_LOC_SCALE,
    ),
    *law("tfd.LambertWNormal", tfd.LambertWNormal, reals(), tailweight=between(0.05, 0.3), **_LOC_SCALE),
    *law(
        "tfd.LambertWDistribution(Logistic)",
        lambda loc, scale, tailweight: tfd.LambertWDistribution(
            tfd.Logistic(loc, scale), shift=loc, scale=scale, tailweight=tailweight
        ),
        reals(),
        tailweight=between(0.05, 0.3),
        **_LOC_SCALE,
    ),
    *law("tfd.TwoPieceNormal", tfd.TwoPieceNormal, reals(), skewness=positive(), **_LOC_SCALE),
    *law("tfd.TwoPieceStudentT", tfd.TwoPieceStudentT, reals(), df=between(3, 8), skewness=positive(), **_LOC_SCALE),
    *law("tfd.VonMises", tfd.VonMises, between(-3, 3), loc=between(-2, 2), concentration=positive()),
    *law("tfd.Horseshoe", tfd.Horseshoe, reals(), scale=positive()),
    *law(
        "tfd.TruncatedNormal",
        tfd.TruncatedNormal,
        between(-1.4, 1.4),
        low=between(-2.5, -1.5),
        high=between(1.5, 2.5),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.TruncatedCauchy",
        tfd.TruncatedCauchy,
        between(-1.4, 1.4),
        low=between(-2.5, -1.5),
        high=between(1.5, 2.5),
        **_LOC_SCALE,
    ),
    *law("tfd.Uniform", tfd.Uniform, between(-1.5, 1.5), low=between(-2, -1), high=between(1, 2)),
    *law(
        "tfd.Triangular",
        tfd.Triangular,
        between(-0.9, 0.9),
        low=between(-2, -1),
        high=between(1, 2),
        peak=between(-0.9, 0.9),
    ),
    *law(
        "tfd.PERT",
        tfd.PERT,
        between(-0.9, 0.9),
        low=between(-2, -1),
        peak=between(-0.9, 0.9),
        high=between(1, 2),
    ),
    *law(
        "tfd.Bates",
        lambda low, high: tfd.Bates(3, low, high),
        between(-0.9, 0.9),
        low=between(-2, -1),
        high=between(1, 2),
    ),
    *law("tfd.Deterministic", tfd.Deterministic, counts(1), loc=counts(1)),
]
