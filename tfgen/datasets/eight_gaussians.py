"""Eight Gaussians on a ring."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity
from tfgen.datasets.mixture import isotropic_mixture_log_prob

__all__ = ["EightGaussians"]

_RADIUS = 2.0
_SD = 0.2
_ANGLES = 2 * math.pi * np.arange(8) / 8
_CENTRES = _RADIUS * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


class EightGaussians(KnownDensity):
    r"""A uniform mixture of eight Gaussians on a ring of radius 2, standard deviation 0.2.

    $$p(x) = \frac18 \sum_{k=0}^{7} N\big(x;\; 2\,(\cos\tfrac{2\pi k}8, \sin\tfrac{2\pi k}8),\; 0.2^2 I\big)$$

    The density is closed form; the entropy is its integral by the rectangle rule on a grid. Separated modes
    are what affine coupling flows find hard: they must leave bridges of mass between the eight.

    Shapes: ``x`` is [n, 2]; there is no context.

    Source: the ring of Metz et al. 2017, "Unrolled Generative Adversarial Networks", with wider components.

    Example:
        >>> truth = EightGaussians()
        >>> x = truth.sample(1000, seed=0)["x"]
        >>> bool(abs(-truth.log_prob(x).mean() - truth.entropy) < 0.1)
        True
    """

    name: ClassVar[str] = "eight-gaussians"
    event_shape: ClassVar[tuple[int, ...]] = (2,)
    entropy: ClassVar[float] = 1.69806120

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        component = rng.integers(len(_CENTRES), size=n)
        return {"x": _CENTRES[component] + _SD * rng.standard_normal((n, 2))}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        weights = np.full(len(_CENTRES), 1 / len(_CENTRES))
        return isotropic_mixture_log_prob(x, centres=_CENTRES, weights=weights, sd=_SD)
