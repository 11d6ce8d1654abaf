"""The error function, the normal distribution function's inverse, and their kin.

The errors stated are the largest relative ones where neither x nor the result is subnormal, measured in ONNX Runtime
on x86-64: in float32 against SciPy's float64 on every 1999th of all bit patterns, in float64 against Arb on fifty
thousand points or more.
"""

from functools import partial
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import exp_of_minus_square, rational, sign
from tfgen_export.handlers.value import Value

__all__ = ["Erf", "Erfc", "Erfinv", "Ndtri"]

# All are rational interpolations at Chebyshev nodes in 50 digits.
# erf(x)/x − 1 of x², for x ≤ 7/10, to 2·10⁻¹⁷.
_NEAR = (
    (
        0.12837916709551256,
        -0.3177214060662686,
        -0.04704491090324141,
        -0.007339243806891568,
        -0.0003057990108405097,
    ),
    (1.0, 0.4549412828181922, 0.08749546028028553, 0.008581234871775268, 0.00037059747300943134),
)
# e^(x²)·erfc(x) of x, for 7/10 ≤ x ≤ 28, to 2·10⁻¹⁸ of it; nodes by 1/(x + 5/2).
_FAR = (
    (
        0.9999999997608614,
        2.3036562064377066,
        2.616285072963096,
        1.889686252678031,
        0.949341502887633,
        0.3432721148804209,
        0.08952890097347567,
        0.01634988192645721,
        0.0019222560672075217,
        0.00011417521343423304,
    ),
    (
        1.0,
        3.43203537033753,
        5.488922305938483,
        5.403489157667751,
        3.6393621746077365,
        1.7603033555874188,
        0.6228225030149442,
        0.16038940036149144,
        0.029080596331216162,
        0.003407110168742475,
        0.00020237029672950168,
    ),
)
# Φ⁻¹(1/2 + q)/q of 1/4 − q², for q ≤ 3/8, to 2·10⁻¹⁸ of it; in q² itself the terms would cancel.
_MIDDLE = (
    (
        1.6015086039967534e-05,
        0.003401885652154854,
        0.14476300013981983,
        1.9337717319464247,
        9.207924578148509,
        15.232229779846792,
        7.119008684314153,
        0.434902290616558,
    ),
    (
        2.565329273395412e-06,
        0.0007079293520701219,
        0.0373658944375372,
        0.6210669991870875,
        3.79007903292169,
        8.569398051773291,
        6.321298506018773,
        1.0,
    ),
)
# r + Φ⁻¹(p) of r = √(−2·log p), for p from 2⁻¹⁰⁷⁴ to 1/8, to 2·10⁻¹⁷ of Φ⁻¹; nodes by 1/(r + 6).
_TAIL = (
    (
        3.63346537209573,
        33.62852776405817,
        64.6833518183767,
        46.040721445534395,
        18.00541703476963,
        4.066481397054646,
        0.47949670854516974,
        0.026944922501699883,
        0.0006618597972169791,
        6.15565158890075e-06,
        1.545640206869554e-08,
        1.4718122875728025e-12,
    ),
    (
        1.0,
        14.249225531454474,
        41.6976694342304,
        44.512139424684705,
        23.763729361777365,
        7.532925342195801,
        1.3783606779685031,
        0.1324332842963139,
        0.006148581259688682,
        0.00012578714965489008,
        9.665089208513206e-07,
        1.9033270252861976e-09,
    ),
)


@tf_op("Erf")
class Erf:
    """erf x = 2/√π·∫₀ˣ e^(−t²) dt: ONNX's own in float32, and what ONNX Runtime lacks, in float64.

    There x plus a rational correction up to 7/10, and one minus `Erfc` beyond.

    Largest relative error: 8.2·10⁻⁸ in float32, 3.1·10⁻¹⁶ in float64 (TensorFlow's own: 3.3·10⁻⁷ and 3.9·10⁻¹⁶, but NaN
    of float64's infinities).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_erf(b, b.inputs[0]) if b.dtype == np.float64 else b("Erf", b.inputs[0]))


@tf_op("Erfc")
class Erfc:
    """erfc x = 1 − erf x, with all its digits far out too, computed in float64 whatever the type, and rounded once.

    Up to |x| = 7/10 that, and beyond it e^(−x²) times a rational function of |x|, or 2 minus it.

    Largest relative error: 6.0·10⁻⁸ in float32, 1.1·10⁻¹⁵ in float64 (TensorFlow's own: 3.9·10⁻⁶ and 5.7·10⁻¹⁴).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(partial(_erfc, b, precise=b.dtype == np.float64)))


@tf_op("Ndtri")
class Ndtri:
    """Φ⁻¹(p), the quantile of the standard normal: ∓∞ at 0 and 1, computed in float64 whatever the type.

    For p from 1/8 to 7/8 the distance from 1/2 times a rational function of its square, and else, with
    r = √(−2·log p), or that of 1 − p, a rational function of r that corrects r.

    Largest relative error: 6.0·10⁻⁸ in float32, 8.3·10⁻¹⁶ in float64 (TensorFlow's own: 5.5·10⁻⁷ and 7.8·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda p: _ndtri(b, p - 0.5, b("Min", p, 1 - p))))


@tf_op("Erfinv")
class Erfinv:
    """erf⁻¹(x) = Φ⁻¹((1 + x)/2)/√2, with all the digits of x near 0 and of the distance to ±1; ±∞ there.

    Largest relative error: 6.0·10⁻⁸ in float32, 8.5·10⁻¹⁶ in float64. TensorFlow's own adds 1 to x first: it keeps no
    digit of a small x, and gives ∞ for the largest numbers below 1; between 1/2 and 1 − 10⁻¹⁵ its error is 7.2·10⁻¹⁶.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda x: _ndtri(b, x * 0.5, (1 - abs(x)) * 0.5) * np.sqrt(0.5)))


def _erf(b: Builder, x: Value) -> Value:
    y = b("Min", abs(x), 6)  # from there on 1 to the last digit
    near = y + y * rational(b, y * y, *_NEAR)
    far = 1 - b("Exp", -(y * y)) * rational(b, y, *_FAR)
    return b.where(y < 0.7, near, far) * sign(b, x)


def _erfc(b: Builder, x: Value, *, precise: bool) -> Value:
    y = b("Min", abs(x), 28)  # from there on 0
    near = (1 - x) - x * rational(b, y * y, *_NEAR)
    exponential = exp_of_minus_square(b, y) if precise else b("Exp", -(y * y))
    far = exponential * rational(b, y, *_FAR)
    return b.where(y < 0.7, near, b.where(x < 0, 2 - far, far))


def _ndtri(b: Builder, q: Value, tail: Value) -> Value:
    """Φ⁻¹(1/2 + q), where `tail` is 1/2 − |q|, each with all its digits."""
    distance = abs(q)
    middle = distance * rational(b, 0.25 - q * q, *_MIDDLE)
    r = b("Sqrt", b("Log", tail) * -2.0)
    # At p = 0 the correction stays finite.
    far = r - rational(b, b("Min", r, 40), *_TAIL)
    return b.where(distance <= 0.375, middle, far) * sign(b, q)
