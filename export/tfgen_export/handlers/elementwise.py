"""Elementwise functions, in forms that keep their accuracy near the awkward points.

The errors stated are the largest relative ones where the result is a normal number, measured in ONNX Runtime
on x86-64: in float32 against float64 on every 61st of all bit patterns, in float64 against extended precision
on twenty million points. TensorFlow's kernels flush subnormal numbers to 0; these keep them.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["Expm1", "Log", "Log1p", "MulNoNan", "SelectV2", "Softplus", "Xdivy", "Xlog1py", "Xlogy", "log1p"]


def log1p(b: Builder, x: Value) -> Value:
    """log(1 + x) by Kahan's correction: with u = 1 + x as rounded, x·(log(u) / (u − 1)), and x where u = 1.

    log(1 + x) as it stands keeps no digit of an x below 10⁻⁷. Rounding in u cancels between log(u) and u − 1.

    Reference:
        Goldberg, *What every computer scientist should know about floating-point arithmetic*, ACM Computing
        Surveys 23, 1991, theorem 4.
    """
    u = 1 + x
    # At infinity the divisor stays finite, so that the result is infinite and not NaN.
    divisor = b("Min", u, np.finfo(x.dtype).max) - 1
    factor = b.where(u.equals(1), u, b("Log", u) / divisor)
    # ONNX Runtime's Where makes 0 of −0: the product keeps the sign of x.
    return x * factor


@tf_op("Log")
class Log:
    """log x, of float64 too, which tf2onnx would cast to float32.

    Largest relative error: 2.4·10⁻⁷ in float32, 2.5·10⁻¹⁶ in float64 (TensorFlow's own: the same two, but
    −∞ where x is subnormal).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b("Log", b.inputs[0]))


@tf_op("Log1p")
class Log1p:
    """log(1 + x), with the sign of x where that is ±0.

    Largest relative error: 3.2·10⁻⁷ in float32, 5.0·10⁻¹⁶ in float64 (TensorFlow's own: the same two).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(log1p(b, b.inputs[0]))


@tf_op("Expm1")
class Expm1:
    """eˣ − 1, with the sign of x where that is ±0, by Kahan's correction: x·((u − 1) / log u) with u = eˣ as rounded.

    eˣ − 1 as it stands keeps no digit of an x below 10⁻⁷. Rounding in u cancels between u − 1 and log u.

    Largest relative error: 3.3·10⁻⁷ in float32, 5.5·10⁻¹⁶ in float64 (TensorFlow's own: 3.4·10⁻⁷ and 5.0·10⁻¹⁶).

    Reference:
        Higham, *Accuracy and stability of numerical algorithms*, 2nd ed., SIAM 2002, section 1.14.1.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        # From −64 down u is lost beside 1 and the result is −1; −∞ would give −∞·0.
        x = b("Max", b.inputs[0], -64)
        u = b("Exp", x)
        divisor = b("Log", b("Min", u, np.finfo(b.dtype).max))
        factor = b.where(u.equals(1), u, (u - 1) / divisor)
        # As in log1p, the product keeps the sign of x; no rounding may bring it below −1.
        b.finish(b("Max", x * factor, -1))


@tf_op("Softplus")
class Softplus:
    """log(1 + eˣ) as max(x, 0) + log1p(e^−|x|).

    ONNX's own Softplus is as good in ONNX Runtime for float32, but takes the logarithm of a rounded 1 + eˣ for
    float64, and so gives 0 for the scale of a narrow component. Largest relative error: 3.1·10⁻⁷ in float32,
    4.1·10⁻¹⁶ in float64 (TensorFlow's own: 4.6·10⁻⁷ and 9.0·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        b.finish(b("Relu", x) + log1p(b, b("Exp", -abs(x))))


@tf_op("MulNoNan")
class MulNoNan:
    """x·y, and 0 where y is ±0, whatever x: the product correctly rounded.

    A subnormal y is a number like others. TensorFlow's own takes it for 0.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        b.finish(_times(b, y, x))


@tf_op(["Xdivy", "DivNoNan"])
class Xdivy:
    """x/y, and 0 where x is ±0 (Xdivy) or y is ±0 (DivNoNan), whatever the other: rounded once."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        zero = x if node.type == "Xdivy" else y
        b.finish(b.where(zero.equals(0), b.constant(0), x / y))


@tf_op("Xlogy")
class Xlogy:
    """x·log y, and 0 where x is ±0, whatever y.

    Largest relative error on ten million pairs: 2.9·10⁻⁷ in float32, 3.4·10⁻¹⁶ in float64 (TensorFlow's own:
    the same two, but 0 where x is subnormal).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_times(b, b.inputs[0], b("Log", b.inputs[1])))


@tf_op("Xlog1py")
class Xlog1py:
    """x·log(1 + y), and 0 where x is ±0, whatever y.

    Largest relative error on ten million pairs: 3.4·10⁻⁷ in float32, 5.2·10⁻¹⁶ in float64 (TensorFlow's own:
    the same two, but 0 where x is subnormal).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_times(b, b.inputs[0], log1p(b, b.inputs[1])))


@tf_op("SelectV2")
class SelectV2:
    """`tf.where`: one of two values, exact but that −0 may become 0.

    tf2onnx adds the two values multiplied by 1 and by 0, which makes NaN of an infinity that was not chosen:
    `tf.reduce_logsumexp` of −∞ alone, the score of a point too far away, would be NaN.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.where(*b.inputs))


def _times(b: Builder, x: Value, y: Value) -> Value:
    """x·y, and 0 where x is ±0."""
    return b.where(x.equals(0), b.constant(0), x * y)
