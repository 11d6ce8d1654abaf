"""Bijector layers: a context in (or nothing), a bijector out."""

from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.coupling import AdditiveCoupling, AffineCoupling, Coupling, SplineCoupling
from tfgen.layers.bijectors.linear import LULinear, Permutation
from tfgen.layers.bijectors.masked_autoregressive import MaskedAutoregressive
from tfgen.layers.bijectors.scaling import ActNorm, DataDependentLayer, Scale, Standardization

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "BijectorLayer",
    "Coupling",
    "DataDependentLayer",
    "LULinear",
    "MaskedAutoregressive",
    "Permutation",
    "Scale",
    "SplineCoupling",
    "Standardization",
]
