"""Gamma variates."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.normal import box_muller
from tfgen_export.handlers.random.rejection import RESERVED, Streams
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomGamma"]


@tf_op(["StatelessRandomGammaV2", "StatelessRandomGammaV3"])
class StatelessRandomGamma:
    """Gamma variates of rate 1 by rejection, in float64 whatever the type.

    With d = α − 1/3 and c = 1/(3·√d), d·v for v = (1 + c·x)³, of a normal x, where v > 0 and a uniform u has
    log u < x²/2 + d·(1 − v + log v). Below α = 1 a variate of α + 1, times u'^(1/α); for α = 1 an exponential, by
    inversion. Where the condition holds to rounding only, the variate may be the next one. NaN where TensorFlow's
    kernel would not end.

    Reference:
        Marsaglia, Tsang, *A simple method for generating gamma variables*, ACM Transactions on Mathematical
        Software 26, 2000.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        alpha = b("Reshape", draw.arguments[0].cast(np.float64), b.integers(-1))
        streams = Streams(b, draw, b("Size", alpha))
        b.finish(streams.draw(_Attempt(b, streams, alpha), [np.uint64(0), np.nan, np.nan]).cast(draw.dtype))


class _Attempt:
    """One normal and one or two uniforms for each variate.

    TensorFlow draws normals and uniforms in pairs, of 128 bits each, and uses the second of a pair first; the other
    waits as the state, NaN where there is none. Another state is how many pairs were drawn.
    """

    def __init__(self, b: Builder, streams: Streams, alpha: Value) -> None:
        self._b, self._streams = b, streams
        third, zero = b.constant(-1 / 3, np.float64), b.constant(0, np.float64)
        low = alpha < 1
        self._shape = alpha + b.where(low, 1 + third, third)
        self._scale = (1 / 3) / b("Sqrt", self._shape)
        self._power = b.where(low, 1 / alpha, zero)
        self._exponential = alpha.equals(1)

    def __call__(
        self, _: Value, rows: Value, used: Value, normal: Value, uniform: Value
    ) -> tuple[Value, Value, list[Value]]:
        b = self._b
        parameter, number = self._streams.at(rows)
        tables = (self._shape, self._scale, self._power, self._exponential)
        d, c, power, exponential = (b("Gather", table, parameter) for table in tables)
        no_normal, no_uniform = b("IsNaN", normal), b("IsNaN", uniform)
        # The pair for normals, if these are needed, and then that of uniforms: both at once.
        first = number * RESERVED + used
        second = first + no_normal.cast(np.uint64)
        drawn = self._streams.uniforms(b("Concat", first, second, axis=0))
        (angle, next_1), (radius, next_0) = (self._halves(both) for both in drawn)
        sine, cosine = box_muller(b, radius, angle)
        none = b.constant(np.nan, np.float64)
        x, spare_normal = b.where(no_normal, cosine, normal), b.where(no_normal, sine, none)
        u, spare_uniform = b.where(no_uniform, next_1, uniform), b.where(no_uniform, next_0, none)
        v = 1 + c * x
        positive = v > 0
        v = v * v * v
        # Where v ≤ 0, its logarithm makes this false.
        accepted = b("Log", u) < 0.5 * x * x + d * (1 - v + b("Log", v))
        value = d * v * b("Pow", b.where(no_uniform, next_0, next_1), power)
        value = b.where(exponential, -b("Log", 1 - angle), value)
        used = used + no_normal.cast(np.uint64) + (positive & no_uniform).cast(np.uint64)
        return accepted | exponential, value, [used, spare_normal, b.where(positive, spare_uniform, uniform)]

    def _halves(self, both: Value) -> list[Value]:
        # Split would refuse an empty one.
        b = self._b
        rows = b("Reshape", both, b.integers(2, -1))
        return [b("Gather", rows, b.constant(place, np.int64), axis=0) for place in range(2)]
