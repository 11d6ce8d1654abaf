"""Binomial variates."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.elementwise import log1p
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.factorial import stirling_correction
from tfgen_export.handlers.random.rejection import RESERVED, Streams
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomBinomial"]

_LOW = 10.0
_RESERVED_LOW = 42


@tf_op("StatelessRandomBinomial")
class StatelessRandomBinomial:
    """Binomial variates, in float64 whatever the type, of the probability p or, above 1/2, n less those of 1 − p.

    Where n·p < 10, how many geometric variates add up to at most n. Else Hörmann's transformed rejection, BTRS, as
    TensorFlow's kernel varies it. Where a comparison is decided by rounding, the variate may be another one. 0 where
    n ≤ 0 or p ≤ 0, n where p ≥ 1, NaN where p is NaN; also where n is, for which TensorFlow's kernel would not end.

    Reference:
        Hörmann, *The generation of binomial random variates*, Journal of Statistical Computation and Simulation 46,
        1993.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        counts, probabilities = (value.cast(np.float64) for value in draw.arguments)
        counts, probabilities = (
            b("Reshape", b("Expand", value, b("Shape", other)), b.integers(-1))
            for value, other in ((counts, probabilities), (probabilities, counts))
        )
        streams = Streams(b, draw, b("Size", counts))
        b.finish(streams.draw(_Attempt(b, streams, counts, probabilities), [0.0, 0.0]).cast(draw.dtype))


class _Attempt:
    """Two uniforms for each variate; the states are the sum of geometric variates so far, and how many they are."""

    def __init__(self, b: Builder, streams: Streams, counts: Value, probabilities: Value) -> None:
        self._b, self._streams = b, streams
        self._counts, self._probabilities = counts, probabilities

    def __call__(self, step: Value, rows: Value, total: Value, terms: Value) -> tuple[Value, Value, list[Value]]:
        b = self._b
        parameter, number = self._streams.at(rows)
        n, p = (b("Gather", table, parameter) for table in (self._counts, self._probabilities))
        flipped = p > 0.5
        q = b.where(flipped, 1 - p, p)
        low = n * q < _LOW
        reserved = b.where(low, b.constant(_RESERVED_LOW, np.int64), b.constant(RESERVED, np.int64))
        u, v = self._streams.uniforms(number * reserved.cast(np.uint64) + step.cast(np.uint64))
        scale = log1p(b, -q)
        first = total + b("Ceil", b("Log", u) / scale)
        second = first + b("Ceil", b("Log", v) / scale)
        count = terms + b.where(first > n, b.constant(0, np.float64), b.constant(1, np.float64))
        accepted, k = self._transformed(n, q, u, v)
        accepted = (low & (second > n)) | (~low & accepted)
        value = b.where(low, count, k)
        value = b.where(flipped, n - value, value)
        # What is certain; the sum is NaN where one of the two is.
        nothing, everything, undefined = (n <= 0) | (p <= 0), p >= 1, b("IsNaN", n + p)
        certain = b.where(nothing, b.constant(0, np.float64), b.where(everything, n, n + p))
        settled = nothing | everything | undefined
        return accepted | settled, b.where(settled, certain, value), [second, terms + 2]

    def _transformed(self, n: Value, p: Value, u: Value, v: Value) -> tuple[Value, Value]:
        """Whether the pair is accepted, and the variate; the names are Hörmann's."""
        b = self._b
        u = u - 0.5
        deviation = b("Sqrt", n * p * (1 - p))
        width = 1.15 + 2.53 * deviation
        a = -0.0873 + 0.0248 * width + 0.01 * p
        r = p / (1 - p)
        alpha = (2.83 + 5.1 / width) * deviation
        m = b("Floor", (n + 1) * p)
        us = 0.5 - abs(u)
        k = b("Floor", (2 * a / us + width) * u + (n * p + 0.5))
        inside = (us >= 0.07) & (v <= 0.92 - 4.2 / width)
        outside = (k < 0) | (k > n)
        bound = (
            (m + 0.5) * b("Log", (m + 1) / (r * (n - m + 1)))
            + (n + 1) * b("Log", (n - m + 1) / (n - k + 1))
            + (k + 0.5) * b("Log", r * (n - k + 1) / (k + 1))
            + stirling_correction(b, m)
            + stirling_correction(b, n - m)
            - stirling_correction(b, k)
            - stirling_correction(b, n - k)
        )
        below = b("Log", v * alpha / (a / (us * us) + width)) <= bound
        return inside | (~outside & below), k
