"""Four concentric rings."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity

__all__ = ["Rings"]

_RADII = np.array([0.5, 1.0, 1.5, 2.0])
_SD = 0.08


class Rings(KnownDensity):
    r"""Rings of radii 0.5, 1, 1.5 and 2, equally likely, with *radial* noise of standard deviation 0.08.

    $$p(x) = \frac1{2\pi r} \cdot \frac14 \sum_j \big[N(r; R_j, 0.08^2) + N(-r; R_j, 0.08^2)\big],
    \qquad r = \|x\|$$

    The second term is of noise that reaches beyond the centre, for which the angle turns round. The entropy is the
    density's integral over the radius, by quadrature. (Isotropic noise of that size would give 2.21252.)

    Shapes: ``x`` is [n, 2]; there is no context.

    Example:
        >>> truth = Rings()
        >>> x = truth.sample(1000, seed=0)["x"]
        >>> bool(abs(-truth.log_prob(x).mean() - truth.entropy) < 0.1)
        True
    """

    name: ClassVar[str] = "rings"
    event_shape: ClassVar[tuple[int, ...]] = (2,)
    entropy: ClassVar[float] = 2.21022

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        radius = _RADII[rng.integers(len(_RADII), size=n)] + _SD * rng.standard_normal(n)
        angle = rng.uniform(0, 2 * math.pi, size=n)
        return {"x": np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        radius = np.hypot(x[:, 0], x[:, 1])
        distances = np.concatenate([radius[:, None] - _RADII, radius[:, None] + _RADII], axis=1) / _SD
        of_radius = np.logaddexp.reduce(-0.5 * distances**2, axis=1) - math.log(4 * _SD * math.sqrt(2 * math.pi))
        return of_radius - np.log(2 * math.pi * np.maximum(radius, np.finfo(np.float64).tiny))
