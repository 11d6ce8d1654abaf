"""Logarithms of factorials, by Stirling's formula and its correction."""

import math

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["log_factorial", "stirling_correction"]

_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2
_EXACT = 10


def log_factorial(b: Builder, k: Value) -> Value:
    """log k! of whole numbers in float64, to about 10⁻¹¹."""
    return _HALF_LOG_TWO_PI + (k + 0.5) * b("Log", k + 1) - (k + 1) + stirling_correction(b, k)


def stirling_correction(b: Builder, k: Value) -> Value:
    """log k! − (log(2π)/2 + (k + 1/2)·log(k + 1) − (k + 1)), of whole numbers in float64.

    Up to 9 from a table, from 10 on 1/12/(k + 1) − 1/360/(k + 1)³ + 1/1260/(k + 1)⁵, as TensorFlow's kernels do.

    Reference:
        Hörmann, *The generation of binomial random variates*, Journal of Statistical Computation and Simulation 46,
        1993.
    """
    table = [math.lgamma(i + 1) - _HALF_LOG_TWO_PI - (i + 0.5) * math.log(i + 1) + i + 1 for i in range(_EXACT)]
    # NaN and what is too large for an integer become one of either sign.
    place = b("Clip", k.cast(np.int64), 0, _EXACT - 1)
    exact = b("Gather", b.constant(table, np.float64), place)
    square = (k + 1) * (k + 1)
    series = (1 / 12 - (1 / 360 - (1 / 1260) / square) / square) / (k + 1)
    return b.where(k < _EXACT, exact, series)
