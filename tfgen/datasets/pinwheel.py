"""Five arms that a rotation by the radius has bent."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity

__all__ = ["Pinwheel"]

_ARMS = 5
_SD = np.array([0.3, 0.1])


class Pinwheel(KnownDensity):
    r"""$x = 2\,R(2\pi k/5 + \tfrac14 e^{\|u\|})\,u$ with $u \sim N((1, 0), \mathrm{diag}(0.3^2, 0.1^2))$, k uniform.

    R(φ) turns by φ. A rotation by an angle that depends on the radius alone preserves areas, so that the density is
    exact: with $u_k$ for $x/2$ turned back as arm k wants it,

    $$p(x) = \tfrac1{20} \sum_k N(u_k;\; (1, 0), \mathrm{diag}(0.3^2, 0.1^2))$$

    The entropy is its integral by quadrature.

    Shapes: ``x`` is [n, 2]; there is no context.

    Source: the pinwheel of Johnson et al. 2016, "Composing graphical models with neural networks".

    Example:
        >>> truth = Pinwheel()
        >>> x = truth.sample(1000, seed=0)["x"]
        >>> bool(abs(-truth.log_prob(x).mean() - truth.entropy) < 0.1)
        True
    """

    name: ClassVar[str] = "pinwheel"
    event_shape: ClassVar[tuple[int, ...]] = (2,)
    entropy: ClassVar[float] = 2.32059

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        u = np.array([1.0, 0.0]) + _SD * rng.standard_normal((n, 2))
        return {"x": 2 * _turned(u, _angles(rng.integers(_ARMS, size=n), u))}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        arms = []
        for arm in range(_ARMS):
            u = _turned(x / 2, -_angles(np.array(arm), x / 2))
            arms.append(-0.5 * (((u - [1.0, 0.0]) / _SD) ** 2).sum(axis=1))
        return np.logaddexp.reduce(arms) - math.log(4 * _ARMS * 2 * math.pi * _SD.prod())


def _angles(arm: NDArray[np.int64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    # Beyond a radius of 30 the angle means nothing any more, and the density is nought.
    radius = np.minimum(np.hypot(u[:, 0], u[:, 1]), 30.0)
    return 2 * math.pi * arm / _ARMS + 0.25 * np.exp(radius)


def _turned(u: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([cosine * u[:, 0] - sine * u[:, 1], sine * u[:, 0] + cosine * u[:, 1]], axis=1)
