"""Bijector layers: a context in (or nothing), a bijector out."""

from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.bounded import Bounded, Positive
from tfgen.layers.bijectors.chain import Chain
from tfgen.layers.bijectors.coupling import AdditiveCoupling, AffineCoupling, Coupling, SplineCoupling
from tfgen.layers.bijectors.linear import LULinear, Permutation
from tfgen.layers.bijectors.masked_autoregressive import MaskedAutoregressive
from tfgen.layers.bijectors.multi_scale import MultiScale
from tfgen.layers.bijectors.scaling import ActNorm, DataDependentLayer, Scale, Standardization
from tfgen.layers.bijectors.squeeze import Squeeze

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "BijectorLayer",
    "Bounded",
    "Chain",
    "Coupling",
    "DataDependentLayer",
    "LULinear",
    "MaskedAutoregressive",
    "MultiScale",
    "Permutation",
    "Positive",
    "Scale",
    "SplineCoupling",
    "Squeeze",
    "Standardization",
]
