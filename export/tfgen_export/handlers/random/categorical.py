"""Random categories."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import shape_and_size
from tfgen_export.handlers.random.philox import scramble
from tfgen_export.handlers.random.stream import numbers
from tfgen_export.handlers.random.uniform import uniform_64
from tfgen_export.handlers.value import Value

__all__ = ["StatelessMultinomial"]

_FEW = 32


@tf_op("StatelessMultinomial")
class StatelessMultinomial:
    """Categories by inversion, in float64: how many of the sums e^(l₁−m) + … + e^(l_k−m) are at most u times the last.

    m is the largest finite logit of the row; logits that are not finite count for nothing. Entry j of row i takes
    the uniform i·samples + j of the seed's stream, as TensorFlow's CPU kernel does on one thread. On several threads
    that kernel splits a batch of rows where the work is worth it (not of 64 rows of 16 numbers, but of 1000 rows of 1;
    one row never), and starts each part elsewhere in the stream: which numbers it then gives depends on the machine.
    Where u times the last sum is within rounding of a sum, the category may be the neighbouring one.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        logits, samples, seed = b.inputs
        logits = logits.cast(np.float64)
        samples = b("Reshape", samples.cast(np.int64), b.integers(1))
        shape, size = shape_and_size(b, b("Concat", b("Shape", logits, start=0, end=1), samples, axis=0))
        key, counter = scramble(b, seed)
        uniforms = numbers(b, key, counter, size, lambda even, odd: [uniform_64(even, odd)], per_group=2)
        uniforms = b("Reshape", uniforms, shape, allowzero=1)
        sums = _cumulative_weights(b, logits)
        last = b("Slice", sums, b.integers(-1), b.integers(np.iinfo(np.int64).max), b.integers(1))
        b.finish(_count_up_to(b, sums, uniforms * last).cast(b.dtype_of(node.output[0])))


def _cumulative_weights(b: Builder, logits: Value) -> Value:
    """[rows, classes] to [rows, classes], from left to right."""
    finite = abs(logits) < np.inf
    lowest = b.constant(np.finfo(np.float64).min, np.float64)
    largest = b("ReduceMax", b.where(finite, logits, lowest), b.integers(1), keepdims=1)
    weights = b.where(finite, b("Exp", logits - largest), b.constant(0, np.float64))
    return b("CumSum", weights, b.constant(1, np.int64))


def _count_up_to(b: Builder, sums: Value, limits: Value) -> Value:
    """How many sums of a row, [rows, classes] and never falling, are at most each limit, [rows, samples]."""
    classes = sums.shape[1] if sums.shape else -1
    if 0 < classes <= _FEW:
        below = b("Unsqueeze", sums, b.integers(1)) <= b("Unsqueeze", limits, b.integers(2))
        return b("ReduceSum", below.cast(np.int32), b.integers(2), keepdims=0)
    width = b("Squeeze", b("Shape", sums, start=1, end=2), b.integers(0))
    # A power of two, and no smaller than half the number of classes.
    bits = b("Ceil", b("Log", width.cast(np.float64)) * (1 / np.log(2)))
    step = b("Pow", b.constant(2, np.float64), bits).cast(np.int64)

    def search(_: Value, found: Value, step: Value) -> tuple[Value, list[Value]]:
        farther = found + step
        sum_there = b("GatherElements", sums, b("Min", farther, width) - 1, axis=1)
        taken = (farther <= width) & (sum_there <= limits)
        step = step / 2
        return step > 0, [b.where(taken, farther, found), step]

    nothing = b("Expand", b.constant(0, np.int64), b("Shape", limits))
    return b.loop(search, [nothing, step])[0]
