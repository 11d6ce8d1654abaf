"""Densities that are chains of normals: a sine curve, and Neal's funnel."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity

__all__ = ["Funnel", "SineCurve"]

_NORMAL = 0.5 * math.log(2 * math.pi * math.e)  # the entropy of a standard normal


class SineCurve(KnownDensity):
    r"""$x_1 \sim N(0, 1)$, $x_2 = \sin 5x_1 + e^{-1}\varepsilon$ with $\varepsilon \sim N(0, 1)$: entropy ln 2πe − 1.

    Shapes: ``x`` is [n, 2]; there is no context.

    Example:
        >>> round(SineCurve().entropy, 5)
        1.83788
    """

    name: ClassVar[str] = "sine-curve"
    event_shape: ClassVar[tuple[int, ...]] = (2,)
    entropy: ClassVar[float] = 2 * _NORMAL - 1

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        first, noise = rng.standard_normal((2, n))
        return {"x": np.stack([first, np.sin(5 * first) + math.exp(-1) * noise], axis=1)}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = (x[:, 1] - np.sin(5 * x[:, 0])) * math.e
        return 1 - 0.5 * (x[:, 0] ** 2 + noise**2) - math.log(2 * math.pi)


class Funnel(KnownDensity):
    r"""Neal's funnel in ten dimensions: $v \sim N(0, 3^2)$, and nine $x_i \sim N(0, e^v)$: the variance is $e^v$.

    Its neck is as narrow as its mouth is wide: scales from e⁻⁴ to e⁴. The first entry of ``x`` is v.

    Shapes: ``x`` is [n, 10]; there is no context.

    Source: Neal 2003, "Slice sampling", section 8.

    Example:
        >>> round(Funnel().entropy, 5)
        15.288
    """

    name: ClassVar[str] = "funnel"
    event_shape: ClassVar[tuple[int, ...]] = (10,)
    entropy: ClassVar[float] = 10 * _NORMAL + math.log(3)

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        v = 3 * rng.standard_normal((n, 1))
        return {"x": np.concatenate([v, np.exp(v / 2) * rng.standard_normal((n, 9))], axis=1)}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        v, others = x[:, 0], x[:, 1:]
        # Far below the neck the exponent overflows: such a point is as good as impossible.
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.where(others == 0, 0.0, others**2 * np.exp(-v)[:, None]).sum(axis=1)
        return -0.5 * ((v / 3) ** 2 + squares + 9 * v) - math.log(3) - 5 * math.log(2 * math.pi)
