"""Modified Bessel functions of the second kind.

The errors stated are the largest relative ones where neither x nor the result is subnormal, measured in ONNX Runtime
on x86-64: in float32 against SciPy's float64 on every 1999th of all bit patterns, in float64 against Arb on fifteen
thousand points.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational
from tfgen_export.handlers.value import Value

__all__ = ["BesselK0", "BesselK1"]

# Interpolations at Chebyshev nodes in 50 digits. For x ≤ 1, of x² and to 7·10⁻¹⁸: I₀(x) and K₀(x) + log(x)·I₀(x);
# I₁(x)/x and (x·K₁(x) − 1)/x² − log(x)·I₁(x)/x.
_NEAR = (
    (
        (
            1.0,
            0.25000000000000006,
            0.015624999999999221,
            0.00043402777778401143,
            6.781684003298254e-06,
            6.781689246632508e-08,
            4.708886739799705e-10,
            2.4406278948541674e-12,
        ),
        (
            0.11593151565841245,
            0.2789828789146032,
            0.025248929932160484,
            0.0008460350907258961,
            1.4914719229859212e-05,
            1.6271070900264265e-07,
            1.2082515207624246e-09,
            6.615903551644314e-12,
        ),
    ),
    (
        (
            0.5,
            0.0625,
            0.0026041666666666236,
            5.425347222256812e-05,
            6.781684014193744e-07,
            5.6514062526881675e-09,
            3.363588648332749e-11,
            1.522750603604819e-13,
        ),
        (
            -0.3079657578292062,
            -0.08537071972865079,
            -0.004642182766471435,
            -0.00011253607036730547,
            -1.5592887662774348e-06,
            -1.403017207152258e-08,
            -8.870907975584019e-11,
            -4.2224747994537033e-13,
        ),
    ),
)
# For x ≥ 1, √x·eˣ·K₀(x) and √x·eˣ·K₁(x) of 1/x, rational, to 3·10⁻¹⁷ of them.
_FAR = (
    (
        (
            1.2533141373155001,
            23.707593761091317,
            174.5133864332348,
            648.3034723221456,
            1320.362233319261,
            1502.2578262861275,
            934.293904042123,
            298.17231643111654,
            43.030535840646344,
            2.1555177862513557,
            0.017287636930648036,
        ),
        (
            1.0,
            19.04092303576108,
            141.5513395679753,
            533.6996760130614,
            1111.5387183353878,
            1308.504065262776,
            857.8325251580183,
            297.66206988794073,
            49.39505091221372,
            3.2090040961494894,
            0.05025538179708416,
        ),
    ),
    (
        (
            1.2533141373155003,
            23.452595476510425,
            171.842975695219,
            642.2756923469484,
            1339.3086952875,
            1603.957738214257,
            1095.6449446925278,
            409.70914569737556,
            76.65166764198771,
            5.962082121081809,
            0.12274259803774341,
        ),
        (
            1.0,
            18.337463841462814,
            130.35149574908456,
            465.6264302784156,
            907.5432738657274,
            983.0104696475412,
            578.5597326251832,
            173.45094933963543,
            23.255519422801616,
            1.0569534037009252,
            0.006869176587715078,
        ),
    ),
)


@tf_op(["BesselK0", "BesselK0e"])
class BesselK0:
    """K₀(x), and eˣ·K₀(x), computed in float64 whatever the type, and rounded once; +∞ where x ≤ 0.

    Largest relative error: 6.0·10⁻⁸ in float32, 9.1·10⁻¹⁶ in float64 (TensorFlow's own: 1.1·10⁻⁶ and 1.5·10⁻¹⁵).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, x, order=0, scaled=node.type.endswith("e"))))


@tf_op(["BesselK1", "BesselK1e"])
class BesselK1:
    """K₁(x), and eˣ·K₁(x), computed in float64 whatever the type, and rounded once; +∞ where x ≤ 0.

    Largest relative error: 6.0·10⁻⁸ in float32, 7.1·10⁻¹⁶ in float64 (TensorFlow's own: 7.0·10⁻⁷ and 1.1·10⁻¹⁵).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, x, order=1, scaled=node.type.endswith("e"))))


def _bessel(b: Builder, x: Value, *, order: int, scaled: bool) -> Value:
    below, beyond = b("Clip", x, 0, 1), b("Max", x, 1)
    square, logarithm = below * below, b("Log", below)
    first, second = (b.polynomial(square, coefficients) for coefficients in _NEAR[order])
    near = (1 + square * (logarithm * first + second)) / below if order else second - logarithm * first
    far = rational(b, b("Reciprocal", beyond), *_FAR[order]) / b("Sqrt", beyond)
    if scaled:
        near = near * b("Exp", below)
    else:
        far = far * b("Exp", -beyond)
    # TensorFlow's convention.
    return b.where(x <= 0, np.inf, b.where(x < 1, near, far))
