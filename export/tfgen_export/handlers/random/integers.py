"""Random integers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomUniformFullInt", "StatelessRandomUniformInt"]


@tf_op(["StatelessRandomUniformFullInt", "StatelessRandomUniformFullIntV2"])
class StatelessRandomUniformFullInt:
    """Integers from the whole of a type of 32 or 64 bits: equal bit for bit.

    `tf.random.split` and `tf.random.fold_in` are made of it.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        b.finish(_fill(draw, lambda word: word))


@tf_op(["StatelessRandomUniformInt", "StatelessRandomUniformIntV2"])
class StatelessRandomUniformInt:
    """Integers from `minval` to `maxval` − 1: `minval` plus the remainder of a word; equal bit for bit.

    Where `minval` < `maxval` does not hold, TensorFlow raises; here the numbers mean nothing.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        # Arithmetic modulo 2³² or 2⁶⁴, where no difference overflows; a division by 0 would end the process.
        low, high = (value.cast(f"uint{8 * draw.dtype.itemsize}") for value in draw.arguments)
        span = b("Max", high - low, 1)
        b.finish(_fill(draw, lambda word: low + b("Mod", word, span)))


def _fill(draw: Draw, function: Callable[[Value], Value]) -> Value:
    """The output from a function of unsigned words as wide as it is."""
    if draw.dtype.itemsize == 4:
        return draw.fill(
            lambda *words: [function(part.cast(np.uint32)).cast(draw.dtype) for part in words], per_group=4
        )
    return draw.fill(lambda lower, upper: [function(lower | (upper << 32)).cast(draw.dtype)], per_group=2)
