"""Elementwise monotone maps whose parameters a conditioner gives: the other half of couplings and autoregressions."""

from tfgen.bijectors.transformers.affine import Additive, Affine
from tfgen.bijectors.transformers.base import Transformer
from tfgen.bijectors.transformers.rational_quadratic_spline import RationalQuadraticSpline

__all__ = ["Additive", "Affine", "RationalQuadraticSpline", "Transformer"]
