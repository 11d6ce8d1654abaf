"""Random order."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.stream import numbers
from tfgen_export.handlers.value import Value

__all__ = ["StatelessShuffle"]


@tf_op("StatelessShuffle")
class StatelessShuffle:
    """The entries along the first axis in random order: those of TensorFlow's CPU kernel.

    Fisher's and Yates' way, one entry after the other: entry i changes places with entry i + (word i modulo n − i).
    In ONNX each is a step of a loop over all entries, so that the time grows with n².
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        values, key, counter, _ = b.inputs
        count = b("Squeeze", b("Shape", values, start=0, end=1), b.integers(0))
        words = numbers(b, key, counter, count, lambda even, odd: [even, odd], per_group=4)
        first = b("Range", b.constant(0, np.int64), count, b.constant(1, np.int64))
        second = first + b("Mod", words.cast(np.int64), count - first)

        def swap(step: Value, order: Value) -> tuple[None, list[Value]]:
            here = b("Unsqueeze", step, b.integers(0))
            there = b("Gather", second, here, axis=0)
            places = b("Concat", here, there, axis=0)
            swapped = b("Gather", order, b("Concat", there, here, axis=0), axis=0)
            return None, [b("ScatterElements", order, places, swapped, axis=0)]

        (order,) = b.loop(swap, [first], count=count - 1)
        b.finish(b("Gather", values, order, axis=0))
