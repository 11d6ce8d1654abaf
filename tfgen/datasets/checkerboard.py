"""The dark squares of a checkerboard."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity

__all__ = ["Checkerboard"]

_SIDE = 2.0
_CORNERS = np.array([(row, column) for row in range(4) for column in range(4) if (row + column) % 2 == 0]) * _SIDE - 4
_STEPS = 2**20


class Checkerboard(KnownDensity):
    r"""Uniform on the eight dark squares, of side 2, of a board on [−4, 4]².

    $$p(x) = \tfrac1{32} \text{ where } \lfloor x_1/2 \rfloor + \lfloor x_2/2 \rfloor \text{ is even, else } 0$$

    Smooth flows never reach the edges; splines come near. Samples lie in the middles of 2⁴⁰ cells of each square, which
    float32 holds exactly: none is rounded into a light one.

    Shapes: ``x`` is [n, 2]; there is no context.

    Source: the checkerboard of Grathwohl et al. 2019, "FFJORD".

    Example:
        >>> truth = Checkerboard()
        >>> bool(np.allclose(-truth.log_prob(truth.sample(100, seed=0)["x"]), truth.entropy))
        True
    """

    name: ClassVar[str] = "checkerboard"
    event_shape: ClassVar[tuple[int, ...]] = (2,)
    entropy: ClassVar[float] = math.log(32)

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        within = (rng.integers(_STEPS, size=(n, 2)) + 0.5) * (_SIDE / _STEPS)
        return {"x": _CORNERS[rng.integers(len(_CORNERS), size=n)] + within}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        dark = np.floor(x / _SIDE).sum(axis=1) % 2 == 0
        inside = (np.abs(x) < 4).all(axis=1)
        return np.where(dark & inside, -self.entropy, -np.inf)
