"""Poisson variates."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.factorial import log_factorial
from tfgen_export.handlers.random.rejection import RESERVED, Streams
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomPoisson"]

_LOW = 10.0


@tf_op("StatelessRandomPoisson")
class StatelessRandomPoisson:
    """Poisson variates, in float64 whatever the type.

    Below a rate of 10 Knuth's way: how many uniforms can be multiplied until the product is at most e^(−rate). From
    10 on Hörmann's transformed rejection, PTRS. Where a comparison is decided by rounding, the variate may be another
    one. An infinite rate gives ∞ (0 as an integer); NaN where TensorFlow's kernel would not end.

    Reference:
        Hörmann, *The transformed rejection method for generating Poisson random variables*, Insurance: Mathematics
        and Economics 12, 1993.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        rate = b("Reshape", draw.arguments[0].cast(np.float64), b.integers(-1))
        streams = Streams(b, draw, b("Size", rate))
        b.finish(streams.draw(_Attempt(b, streams, rate, draw.dtype), [1.0, 0.0]).cast(draw.dtype))


class _Attempt:
    """Two uniforms for each variate; the states are the product so far, and how many factors it has."""

    def __init__(self, b: Builder, streams: Streams, rate: Value, dtype: np.dtype) -> None:
        self._b, self._streams, self._rate, self._dtype = b, streams, rate, dtype

    def __call__(self, step: Value, rows: Value, product: Value, factors: Value) -> tuple[Value, Value, list[Value]]:
        b = self._b
        parameter, number = self._streams.at(rows)
        rate = b("Gather", self._rate, parameter)
        u, v = self._streams.uniforms(number * RESERVED + step.cast(np.uint64))
        low, infinite = rate < _LOW, rate.equals(np.inf)
        bound, first = b("Exp", -rate), product * u
        second = first * v
        count = factors + b.where(first <= bound, b.constant(0, np.float64), b.constant(1, np.float64))
        accepted, k = self._transformed(rate, u, v)
        accepted = (low & (second <= bound)) | (~low & accepted) | infinite
        largest = np.inf if np.issubdtype(self._dtype, np.floating) else 0.0
        value = b.where(infinite, b.constant(largest, np.float64), b.where(low, count, k))
        return accepted, value, [second, factors + 2]

    def _transformed(self, rate: Value, u: Value, v: Value) -> tuple[Value, Value]:
        """Whether the pair is accepted, and the variate; the names are Hörmann's."""
        b = self._b
        u = u - 0.5
        width = 0.931 + 2.53 * b("Sqrt", rate)
        a = -0.059 + 0.02483 * width
        inverse_alpha = 1.1239 + 1.1328 / (width - 3.4)
        us = 0.5 - abs(u)
        k = b("Floor", (2 * a / us + width) * u + rate + 0.43)
        inside = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (width - 2))
        outside = (k < 0) | ((us < 0.013) & (v > us))
        below = b("Log", v * inverse_alpha / (a / (us * us) + width)) <= k * b("Log", rate) - rate - log_factorial(b, k)
        fits = k <= float(np.finfo(self._dtype).max if self._dtype.kind == "f" else np.iinfo(self._dtype).max)
        return fits & (inside | (~outside & below)), k
