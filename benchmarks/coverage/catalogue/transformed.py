"""Transformed and quantised distributions."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.structure import as_list, dtype_of
from benchmarks.coverage.values import between, counts, positive, reals, simplex, tril

__all__ = ["CASES"]

tfd, tfb = tfp.distributions, tfp.bijectors
_UNIVARIATE = ("log_prob", "sample", "cdf", "mean")
_LOC_SCALE: dict[str, Any] = {"loc": reals(), "scale": positive()}
_VECTOR: dict[str, Any] = {"loc": reals(3), "scale": positive(3)}


_KINDS = ("log_prob", "sample")


def _logit_normal(loc: Any, scale: Any) -> Any:
    return tfd.TransformedDistribution(tfd.Normal(loc, scale), tfb.Sigmoid())


def _normal_scores(loc: Any, scale: Any) -> Any:
    """A standard uniform number through the quantile function of the normal."""
    zero = np.asarray(0, dtype_of(loc))
    chain = tfb.Chain([tfb.Shift(loc), tfb.Scale(scale), tfb.Invert(tfb.NormalCDF())])
    return tfd.TransformedDistribution(tfd.Uniform(zero, zero + 1), chain)


def _cholesky(loc: Any, scale: Any) -> Any:
    """A random Cholesky factor, of a vector of normals."""
    return tfd.TransformedDistribution(tfd.MultivariateNormalDiag(loc, scale), tfb.FillScaleTriL(tfb.Exp(), None))


def _joint(loc: Any, scale: Any) -> Any:
    return tfd.TransformedDistribution(
        tfd.JointDistributionSequential([tfd.Normal(loc, scale), tfd.Gamma(scale, scale)]),
        tfb.JointMap([tfb.Exp(), tfb.Log()]),
    )


CASES: list[Case] = [
    *law(
        "tfd.TransformedDistribution(Normal, Exp)",
        lambda loc, scale: tfd.TransformedDistribution(tfd.Normal(loc, scale), tfb.Exp()),
        positive(),
        kinds=("log_prob", "sample", "cdf", "quantile"),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.TransformedDistribution(Sample(Normal), Chain)",
        lambda loc, scale: tfd.TransformedDistribution(
            tfd.Sample(tfd.Normal(np.asarray(0, dtype_of(loc)), np.asarray(1, dtype_of(loc))), [3]),
            tfb.Chain([tfb.Softplus(), tfb.Shift(loc), tfb.ScaleMatvecTriL(scale)]),
        ),
        positive(3),
        kinds=("log_prob", "sample"),
        loc=reals(3),
        scale=tril(3),
    ),
    *law(
        "tfd.TransformedDistribution(MultivariateNormalDiag, SoftmaxCentered)",
        lambda loc, scale: tfd.TransformedDistribution(tfd.MultivariateNormalDiag(loc, scale), tfb.SoftmaxCentered()),
        simplex(4),
        kinds=("log_prob", "sample"),
        **_VECTOR,
    ),
    *law(
        "tfd.TransformedDistribution(Beta, Invert(Sigmoid))",
        lambda a, b: tfd.TransformedDistribution(tfd.Beta(a, b), tfb.Invert(tfb.Sigmoid())),
        reals(),
        kinds=("log_prob", "sample", "cdf"),
        a=positive(),
        b=positive(),
    ),
    *law(
        "tfd.TransformedDistribution(Normal, Sigmoid)",
        _logit_normal,
        between(0.05, 0.95),
        kinds=("log_prob", "sample", "cdf", "quantile"),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.TransformedDistribution(Uniform, Chain(Shift, Scale, Invert(NormalCDF)))",
        _normal_scores,
        reals(),
        kinds=("log_prob", "sample", "cdf"),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.TransformedDistribution(MultivariateNormalDiag, FillScaleTriL)",
        _cholesky,
        tril(2),
        kinds=_KINDS,
        **_VECTOR,
    ),
    *law(
        "tfd.TransformedDistribution(JointDistributionSequential, JointMap)",
        _joint,
        {"x": positive(), "z": reals()},
        kinds=_KINDS,
        pack=as_list,
        **_LOC_SCALE,
    ),
    *law(
        "tfd.QuantizedDistribution(Normal)",
        lambda loc, scale: tfd.QuantizedDistribution(tfd.Normal(loc, scale), low=-3, high=3),
        counts(3, low=-3),
        kinds=_UNIVARIATE,
        discrete=True,
        **_LOC_SCALE,
    ),
    *law(
        "tfd.QuantizedDistribution(TransformedDistribution(Logistic, Shift))",
        lambda loc, scale: tfd.QuantizedDistribution(
            tfd.TransformedDistribution(tfd.Logistic(loc, scale), tfb.Shift(tf.constant(-0.5, loc.dtype)))
        ),
        counts(3, low=-3),
        kinds=("log_prob", "sample", "cdf"),
        discrete=True,
        **_LOC_SCALE,
    ),
    *law(
        "tfd.QuantizedDistribution(MixtureSameFamily(Logistic))",
        lambda logits, loc, scale: tfd.QuantizedDistribution(
            tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Logistic(loc, scale)), low=0, high=255
        ),
        counts(255),
        kinds=("log_prob", "sample"),
        discrete=True,
        reals=("float32",),
        logits=reals(3),
        loc=between(0, 255, 3),
        scale=between(5, 30, 3),
    ),
    *law(
        "tfd.QuantizedDistribution(Gamma)",
        lambda concentration, rate: tfd.QuantizedDistribution(tfd.Gamma(concentration, rate), high=9),
        counts(9),
        kinds=("log_prob", "sample", "cdf"),
        discrete=True,
        concentration=positive(),
        rate=positive(),
    ),
    *law(
        "tfd.Independent(QuantizedDistribution(Logistic))",
        lambda loc, scale: tfd.Independent(tfd.QuantizedDistribution(tfd.Logistic(loc, scale), low=0, high=15), 1),
        counts(15, 3),
        kinds=_KINDS,
        discrete=True,
        loc=between(0, 15, 3),
        scale=positive(3),
    ),
]
