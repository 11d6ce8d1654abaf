"""Keras layers that return TFP objects, and the networks between them."""

import tfgen._training  # noqa: F401
from tfgen.layers.bijectors import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    BijectorLayer,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Scale,
    SplineCoupling,
    Standardization,
)
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
from tfgen.layers.networks import MADE, MLP

__all__ = [
    "MADE",
    "MLP",
    "ActNorm",
    "AdditiveCoupling",
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
    "LULinear",
    "MaskedAutoregressive",
    "MixtureNormal",
    "MultivariateNormalTriL",
    "Permutation",
    "Scale",
    "SplineCoupling",
    "Standardization",
    "TFPDistribution",
]
