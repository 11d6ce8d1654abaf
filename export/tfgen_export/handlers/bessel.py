"""Modified Bessel functions of the first kind, the normalisers of distributions on circles and spheres.

The errors stated are the largest relative ones where neither x nor the result is subnormal, measured in ONNX Runtime
on x86-64: in float32 against SciPy's float64 on every 1999th of all bit patterns, in float64 against Arb on fifteen
thousand points.
"""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational, sign
from tfgen_export.handlers.value import Value

__all__ = ["BesselI0", "BesselI1"]

# Rational interpolations at Chebyshev nodes in 50 digits: I₀(x) and I₁(x)/x up to 16, to 6·10⁻¹⁸ of them, and
# √x·e⁻ˣ·I₀(x) and √x·e⁻ˣ·I₁(x) beyond, to 10⁻¹⁷. Nothing cancels in a numerator of x² over a denominator of 16² − x²,
# nor in either of 1/16 − 1/x.
_SEAM = 16.0
_NEAR = (
    (
        (
            6.1718515899725865,
            1.4994758691893237,
            0.0857142982808308,
            0.0020366487205308293,
            2.5253917160832816e-05,
            1.8394779888176618e-07,
            8.415306526166894e-10,
            2.5045019470857878e-12,
            4.892312593157029e-15,
            6.1337559800408395e-18,
            4.561474902409824e-21,
            1.571185069568264e-24,
        ),
        (
            1.0,
            0.007142132366850559,
            2.5484168942503306e-05,
            6.020434339518936e-08,
            1.0506048494052619e-10,
            1.4276993512182867e-13,
            1.5468758672917593e-16,
            1.3379745774280466e-19,
            9.008815969740263e-23,
            4.381834340132123e-26,
            1.2256344534704358e-29,
        ),
    ),
    (
        (
            2.817863194862703,
            0.33339095954558673,
            0.01238306799665386,
            0.00021523299389235724,
            2.0837845864130455e-06,
            1.2351784651634757e-08,
            4.73205651842278e-11,
            1.204274383725852e-13,
            2.0436042652556556e-16,
            2.25284661231522e-19,
            1.4865279853056978e-22,
            4.570898356935366e-26,
        ),
        (
            1.0,
            0.0067960979185843024,
            2.3023648461810564e-05,
            5.151516908549276e-08,
            8.490724852294872e-11,
            1.0863123871082974e-13,
            1.1039619174101877e-16,
            8.915320627364665e-20,
            5.571748006077298e-23,
            2.4948534073660162e-26,
            6.335367032693575e-30,
        ),
    ),
)
_FAR = (
    (
        (
            0.4021765094450081,
            12.6794427601631,
            101.57095665285514,
            257.38841660387374,
            184.60612028701215,
            18.966464341119615,
        ),
        (
            1.0,
            31.660754153625852,
            256.6993463717706,
            671.6763012216234,
            529.9109505558822,
            82.01918756449645,
        ),
    ),
    (
        (
            0.38939845902587233,
            11.678409742402165,
            90.01434614396302,
            228.12953295495333,
            188.66107813879594,
            40.02747767125519,
        ),
        (
            1.0,
            29.59029816434079,
            219.45280516849007,
            502.04492062186836,
            310.63211569375846,
            24.19891246359665,
        ),
    ),
)


@tf_op(["BesselI0", "BesselI0e"])
class BesselI0:
    """I₀(x), and e^(−|x|)·I₀(x), computed in float64 whatever the type, and rounded once.

    Largest relative error: 6.0·10⁻⁸ in float32, 1.1·10⁻¹⁵ in float64 (TensorFlow's own: 5.1·10⁻⁷ and 9.9·10⁻¹⁶, but ∞
    from 709.8 on, float32 88.73, where I₀ itself is finite). I₀(±∞) is NaN, as TensorFlow's own is.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, abs(x), order=0, scaled=node.type.endswith("e"))))


@tf_op(["BesselI1", "BesselI1e"])
class BesselI1:
    """I₁(x), and e^(−|x|)·I₁(x), computed in float64 whatever the type, and rounded once.

    Largest relative error: 6.0·10⁻⁸ in float32, 1.1·10⁻¹⁵ in float64 (TensorFlow's own: 1.3·10⁻⁶ and 1.7·10⁻¹⁵, but ∞
    from 709.8 on, float32 88.73, where I₁ itself is finite). I₁(±∞) is NaN, as TensorFlow's own is.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _bessel(b, abs(x), order=1, scaled=node.type.endswith("e")) * sign(b, x)))


def _bessel(b: Builder, x: Value, *, order: int, scaled: bool) -> Value:
    """For x ≥ 0."""
    bounded = b("Min", x, _SEAM)
    numerator, denominator = _NEAR[order]
    square = bounded * bounded
    near = b.polynomial(square, numerator) / b.polynomial(_SEAM**2 - square, denominator)
    if order:
        near = near * bounded
    beyond = b("Max", x, _SEAM)
    far = rational(b, 1 / _SEAM - b("Reciprocal", beyond), *_FAR[order]) / b("Sqrt", beyond)
    if scaled:
        near = near * b("Exp", -bounded)
    else:
        # eˣ overflows before the result does.
        half = b("Exp", beyond * 0.5)
        far = half * far * half
    return b.where(x < _SEAM, near, far)
