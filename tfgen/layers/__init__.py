"""Keras layers that return TFP objects, and the networks between them."""

import tfgen._training  # noqa: F401
from tfgen.layers.bijectors import AffineCoupling, BijectorLayer
from tfgen.layers.distributions import (
    DistributionLayer,
    IndependentBernoulli,
    IndependentCategorical,
    IndependentDiscretisedLogistic,
    IndependentLogistic,
    IndependentNegativeBinomial,
    IndependentNormal,
    IndependentPoisson,
    IndependentStudentT,
    MixtureNormal,
    MultivariateNormalTriL,
    TFPDistribution,
)
from tfgen.layers.networks import MLP

__all__ = [
    "MLP",
    "AffineCoupling",
    "BijectorLayer",
    "DistributionLayer",
    "IndependentBernoulli",
    "IndependentCategorical",
    "IndependentDiscretisedLogistic",
    "IndependentLogistic",
    "IndependentNegativeBinomial",
    "IndependentNormal",
    "IndependentPoisson",
    "IndependentStudentT",
    "MixtureNormal",
    "MultivariateNormalTriL",
    "TFPDistribution",
]
