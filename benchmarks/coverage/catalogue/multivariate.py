"""Distributions of vectors."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, counts, drawn, positive, positive_definite, reals, simplex, sphere, tril

__all__ = ["CASES"]

tfd = tfp.distributions
_FEW = ("log_prob", "sample", "mean", "entropy")


def _operator(matrix: Any) -> Any:
    return tf.linalg.LinearOperatorLowerTriangular(matrix)


CASES: list[Case] = [
    *law(
        "tfd.MultivariateNormalDiag",
        tfd.MultivariateNormalDiag,
        reals(3),
        loc=reals(3),
        scale_diag=positive(3),
    ),
    *law("tfd.MultivariateNormalTriL", tfd.MultivariateNormalTriL, reals(3), loc=reals(3), scale_tril=tril(3)),
    *law(
        "tfd.MultivariateNormalFullCovariance",
        tfd.MultivariateNormalFullCovariance,
        reals(2),
        loc=reals(2),
        covariance_matrix=positive_definite(2),
    ),
    *law(
        "tfd.MultivariateNormalLinearOperator",
        lambda loc, scale: tfd.MultivariateNormalLinearOperator(loc, _operator(scale)),
        reals(4),
        loc=reals(4),
        scale=tril(4),
    ),
    *law(
        "tfd.MultivariateNormalDiagPlusLowRank",
        tfd.MultivariateNormalDiagPlusLowRank,
        reals(4),
        loc=reals(4),
        scale_diag=positive(4),
        scale_perturb_factor=reals(4, 2),
    ),
    *law(
        "tfd.MultivariateNormalDiagPlusLowRankCovariance",
        tfd.MultivariateNormalDiagPlusLowRankCovariance,
        reals(4),
        loc=reals(4),
        cov_diag_factor=positive(4),
        cov_perturb_factor=reals(4, 2),
    ),
    *law(
        "tfd.MultivariateStudentTLinearOperator",
        lambda df, loc, scale: tfd.MultivariateStudentTLinearOperator(df, loc, _operator(scale)),
        reals(3),
        df=between(2.5, 8),
        loc=reals(3),
        scale=tril(3),
    ),
    *law("tfd.Dirichlet", tfd.Dirichlet, simplex(3), concentration=between(1.1, 4, 3)),
    *law(
        "tfd.FlatDirichlet",
        lambda: tfd.FlatDirichlet([4]),
        simplex(4),
        rows=3,
        kinds=_FEW,
        reals=("float32",),
    ),
    *law(
        "tfd.SphericalUniform",
        lambda: tfd.SphericalUniform(3),
        sphere(3),
        kinds=_FEW,
        reals=("float32",),
    ),
    *law(
        "tfd.VonMisesFisher",
        tfd.VonMisesFisher,
        sphere(3),
        mean_direction=sphere(3),
        concentration=positive(),
    ),
    *law(
        "tfd.VonMisesFisher(5 dimensions)",
        tfd.VonMisesFisher,
        sphere(5),
        kinds=_FEW,
        mean_direction=sphere(5),
        concentration=positive(),
    ),
    *law(
        "tfd.PowerSpherical",
        tfd.PowerSpherical,
        sphere(4),
        mean_direction=sphere(4),
        concentration=positive(),
    ),
    *law("tfd.VectorDeterministic", tfd.VectorDeterministic, counts(1, 2), kinds=(*_FEW, "mode"), loc=counts(1, 2)),
    *law(
        "tfd.RelaxedOneHotCategorical",
        tfd.RelaxedOneHotCategorical,
        simplex(3),
        kinds=_FEW,
        temperature=between(0.5, 1.5),
        logits=reals(3),
    ),
    *law(
        "tfd.ExpRelaxedOneHotCategorical",
        tfd.ExpRelaxedOneHotCategorical,
        drawn(3),
        kinds=_FEW,
        temperature=between(0.5, 1.5),
        logits=reals(3),
    ),
]
