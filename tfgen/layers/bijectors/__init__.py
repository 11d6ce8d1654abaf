"""Bijector layers: a context in (or nothing), a bijector out."""

from tfgen.layers.bijectors.affine_coupling import AffineCoupling
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["AffineCoupling", "BijectorLayer"]
