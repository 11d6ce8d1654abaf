"""Modified Bessel functions of the first kind, the normalisers of distributions on circles and spheres.

The errors stated were measured in ONNX Runtime on x86-64, where neither x nor the result is subnormal.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational, sign
from tfgen_export.handlers.value import Value

__all__ = ["BesselI0", "BesselI1"]

# Rational interpolations at Chebyshev nodes in 50 digits: I₀(x) and I₁(x)/x of x² up to 16², to 6·10⁻¹⁸ of them, and
# √x·e⁻ˣ·I₀(x) and √x·e⁻ˣ·I₁(x) of 1/x beyond, to 10⁻¹⁷.
_SEAM = 16.0
_NEAR = (
    (
        (
            1.0,
            0.24295397375165725,
            0.013887938980919584,
            0.0003299899051104493,
            4.091789439957189e-06,
            2.9804313373417205e-08,
            1.363497874744631e-10,
            4.0579425972504827e-13,
            7.926815027609501e-16,
            9.938275233329264e-19,
            7.390772179001933e-22,
            2.5457272370595725e-25,
        ),
        (
            1.0,
            -0.007046026248342773,
            2.4445543005291038e-05,
            -5.509828829859498e-08,
            8.948952890824278e-11,
            -1.0957142308720808e-13,
            1.0249310527314254e-16,
            -7.232087897206388e-20,
            3.6810841993892336e-23,
            -1.2183472708957083e-26,
            1.9858456341719645e-30,
        ),
    ),
    (
        (
            0.5,
            0.059156697201162525,
            0.0021972443550896392,
            3.819081676583029e-05,
            3.697455203311556e-07,
            2.1916934566151964e-09,
            8.396533456716204e-12,
            2.1368574349552994e-14,
            3.626159476055096e-17,
            3.997437874951532e-20,
            2.6376865775737685e-23,
            8.110575355944626e-27,
        ),
        (
            1.0,
            -0.006686605597674946,
            2.1981076555313475e-05,
            -4.6874660974481745e-08,
            7.193611181550591e-11,
            -8.313072466509966e-14,
            7.333119009399971e-17,
            -4.8774255812473267e-20,
            2.3401182220340028e-23,
            -7.304661516642848e-27,
            1.1241438271814783e-30,
        ),
    ),
)
_FAR = (
    (
        (
            0.3989422804014327,
            -6.879161064119315,
            37.124773079797116,
            -73.25578389304586,
            45.870963424466105,
            -4.566187227511352,
        ),
        (
            1.0,
            -17.368499629062153,
            95.15875584470955,
            -194.3718832239005,
            133.74704402500308,
            -19.746166704139306,
        ),
    ),
    (
        (
            0.3989422804014327,
            -6.726951902386822,
            35.813615610500776,
            -72.21205000923119,
            52.47041509588779,
            -10.440233966590645,
        ),
        (
            1.0,
            -16.48696784060561,
            83.70599606582385,
            -151.44854527967746,
            82.99355542382419,
            -6.311721910931816,
        ),
    ),
)


@tf_op(["BesselI0", "BesselI0e"])
class BesselI0:
    """I₀(x), and e^(−|x|)·I₀(x), computed in float64 whatever the type, and rounded once."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, abs(x), order=0, scaled=node.type.endswith("e"))))


@tf_op(["BesselI1", "BesselI1e"])
class BesselI1:
    """I₁(x), and e^(−|x|)·I₁(x), computed in float64 whatever the type, and rounded once."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, abs(x), order=1, scaled=node.type.endswith("e")) * sign(b, x)))


def _bessel(b: Builder, x: Value, *, order: int, scaled: bool) -> Value:
    """For x ≥ 0."""
    bounded = b("Min", x, _SEAM)
    near = rational(b, bounded * bounded, *_NEAR[order])
    if order:
        near = near * bounded
    beyond = b("Max", x, _SEAM)
    far = rational(b, b("Reciprocal", beyond), *_FAR[order]) / b("Sqrt", beyond)
    if scaled:
        near = near * b("Exp", -bounded)
    else:
        # eˣ overflows before the result does.
        half = b("Exp", beyond * 0.5)
        far = half * far * half
    return b.where(x < _SEAM, near, far)
