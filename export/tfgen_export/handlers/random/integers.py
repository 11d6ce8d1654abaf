"""Random integers."""

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
        parts = _words(draw)
        b.finish(draw.fill(*(part.cast(draw.dtype) for part in parts), per_group=2 * len(parts)))


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
        low, high = (value.cast(_unsigned(draw)) for value in draw.arguments)
        span = b("Max", high - low, 1)
        parts = [(low + b("Mod", part, span)).cast(draw.dtype) for part in _words(draw)]
        b.finish(draw.fill(*parts, per_group=2 * len(parts)))


def _words(draw: Draw) -> list[Value]:
    """Unsigned words of the output's width, in parts as `Draw.fill` wants them."""
    if draw.dtype.itemsize == 4:
        return [words.cast(np.uint32) for words in draw.bits(4)]
    lower, upper = draw.bits(2)
    return [lower | (upper << 32)]


def _unsigned(draw: Draw) -> Any:
    return np.uint32 if draw.dtype.itemsize == 4 else np.uint64
