"""Uniforms on [0, 1)."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomUniform", "uniform_32", "uniform_64"]


@tf_op(["StatelessRandomUniform", "StatelessRandomUniformV2"])
class StatelessRandomUniform:
    """Multiples of 2⁻²³ in [0, 1) for float32, of 2⁻⁵² for float64, of 2⁻¹⁰ for float16: equal bit for bit.

    The lower bits of a word, or of two, are the mantissa of a number in [1, 2), of which 1 is then taken off.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        if draw.dtype == np.float64:
            b.finish(draw.fill(lambda even, odd: [uniform_64(even, odd)], per_group=2))
        else:
            b.finish(draw.fill(lambda *words: [uniform_32(part, draw.dtype) for part in words], per_group=4))


def uniform_32(words: Value, dtype: Any = np.float32) -> Value:
    """What TensorFlow makes of a word: float32 from 23 bits, or float16 from 10."""
    digits = np.finfo(dtype).nmant
    return (words & (2**digits - 1)).cast(dtype) * 2.0**-digits


def uniform_64(first: Value, second: Value) -> Value:
    """What TensorFlow makes of two words: float64 from 20 bits of the first and 32 of the second."""
    return (((first & 0xFFFFF) << 32) | second).cast(np.float64) * 2.0**-52
