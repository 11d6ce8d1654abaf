"""One lit column in a noisy binary image, small enough to enumerate every image."""

from __future__ import annotations

import functools
import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.arguments import probability
from tfgen.datasets.base import KnownDensity

__all__ = ["Bars"]

_SIDE = 4
_PIXELS = _SIDE * _SIDE


class Bars(KnownDensity):
    r"""A 4×4 binary image: one of four columns is lit, then every pixel is flipped with probability p.

    $$P(x) = \frac14 \sum_{c=1}^{4} p^{\,d_c(x)} (1 - p)^{16 - d_c(x)}$$

    d_c(x) is the number of pixels in which x differs from the clean image of column c. `log_prob` is the
    logarithm of a probability (−∞ for an image that cannot occur), and the entropy is a sum over all
    65,536 images. At p = 0 it is ln 4. Whoever models the pixels as independent needs far more nats,
    `independent_cross_entropy`: a model that has learned nothing of the columns cannot look like a good one.

    Shapes: ``x`` is [n, 4, 4, 1], of 0 and 1; there is no context.

    Args:
        flip: p, from 0 to 1.

    Raises:
        TypeError: If `flip` is no real number.
        ValueError: If `flip` is outside [0, 1].

    Source: one half of the bars problem of Földiák 1990, "Forming sparse representations by local
    anti-Hebbian learning", with a single bar an image and with noise.

    Example:
        >>> truth = Bars(flip=0.1)
        >>> round(truth.entropy, 5), round(truth.independent_cross_entropy, 3)
        (6.57176, 9.774)
    """

    name: ClassVar[str] = "bars"
    event_shape: ClassVar[tuple[int, ...]] = (_SIDE, _SIDE, 1)
    x_values: ClassVar[tuple[float, ...] | None] = (0.0, 1.0)

    def __init__(self, *, flip: float = 0.05) -> None:
        self.flip = probability(flip, name="flip")
        # [17]: the log-probability of the flips that take a clean image to one at each distance.
        self._log_flips = np.array(
            [_times(d, self.flip) + _times(_PIXELS - d, 1 - self.flip) for d in range(_PIXELS + 1)]
        )

    @functools.cached_property
    def entropy(self) -> float:
        """The entropy of ``x`` in nats, summed over every image."""
        log_prob = self.log_prob(_every_image())
        possible = log_prob[log_prob > -math.inf]
        return float(-(np.exp(possible) * possible).sum())

    @property
    def independent_cross_entropy(self) -> float:
        r"""What the best model of independent pixels needs, in nats: $16\,H(\pi)$.

        $\pi = \tfrac14 (1 - p) + \tfrac34 p$ is the probability that a pixel is lit. Less `entropy`, it is the
        smallest gap that any such model can have.
        """
        lit = 0.25 * (1 - self.flip) + 0.75 * self.flip
        return -_PIXELS * (lit * math.log(lit) + (1 - lit) * math.log(1 - lit))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(flip={self.flip!r})"

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        clean = _clean_images()[rng.integers(_SIDE, size=n)]
        flipped = rng.random((n, _PIXELS)) < self.flip
        return {"x": np.abs(clean - flipped).reshape(n, *self.event_shape)}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        pixels = x.reshape(len(x), 1, _PIXELS)
        distances = np.abs(pixels - _clean_images()).sum(axis=2).astype(np.int64)
        # logaddexp and not log_sum_exp: where every term is −∞, so is the sum.
        return np.logaddexp.reduce(self._log_flips[distances], axis=1) - math.log(_SIDE)


def _times(count: int, chance: float) -> float:
    """Returns count · log(chance), with 0 · −∞ = 0."""
    if count == 0:
        return 0.0
    return count * math.log(chance) if chance > 0 else -math.inf


def _clean_images() -> NDArray[np.float64]:
    """Returns the image of each column before any flip, [4, 16], row by row."""
    return np.tile(np.eye(_SIDE), (1, _SIDE))


def _every_image() -> NDArray[np.float64]:
    bits = np.arange(2**_PIXELS)[:, None] >> np.arange(_PIXELS) & 1
    return bits.reshape(-1, _SIDE, _SIDE, 1).astype(np.float64)
