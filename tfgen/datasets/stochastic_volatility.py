"""Returns whose logarithm of the variance is a hidden autoregression, filtered on a grid."""

from __future__ import annotations

import functools
import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.sequence import KnownSequence

__all__ = ["StochasticVolatility"]

_PERSISTENCE, _DEVIATION, _LEVEL = 0.95, 0.25, -1.0
_REACH, _POINTS = 6.0, 200


class StochasticVolatility(KnownSequence):
    r"""Normal returns with a log-variance h that wanders: a state-space model without a closed form.

    $$h_t = \mu + \varphi (h_{t-1} - \mu) + \sigma \eta_t, \qquad x_t = e^{h_t/2} \varepsilon_t, \qquad
    \varphi = 0.95,\ \sigma = 0.25,\ \mu = -1$$

    h_1 is stationary. One number a step is left to integrate over, and the filter does it by sums over a grid of
    200 points, six standard deviations to each side; more of them change nothing.

    Shapes: ``x`` is [n, T, 1].

    Source: Taylor 1982; Kim, Shephard and Chib 1998, "Stochastic volatility: likelihood inference and comparison with
    ARCH models", equation (1).

    Example:
        >>> truth = StochasticVolatility(length=10)
        >>> truth.log_prob(truth.sample(3, seed=0)["x"]).shape
        (3,)
    """

    name: ClassVar[str] = "stochastic-volatility"

    def __init__(self, *, length: int = 100) -> None:
        super().__init__(length=length)

    @property
    def entropy(self) -> float:
        """The mean of −log p over 1000 sequences of a fixed seed: there is no closed form. Its error is √(T/2)/30."""
        return _mean_surprise(self.length)

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        h = _LEVEL + _stationary_deviation() * rng.standard_normal(n)
        x = np.empty((n, self.length, 1))
        for step in range(self.length):
            x[:, step, 0] = np.exp(h / 2) * rng.standard_normal(n)
            h = _LEVEL + _PERSISTENCE * (h - _LEVEL) + _DEVIATION * rng.standard_normal(n)
        return {"x": x}

    def _log_prob_steps(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return grid_filter(x[:, :, 0], points=_POINTS)


def grid_filter(x: NDArray[np.float64], *, points: int) -> NDArray[np.float64]:
    """log p(x_t | x_1 … x_{t−1}) of each step [n, T], by sums over a grid of the log-variance.

    Args:
        x: [n, T].
        points: of the grid.

    Returns:
        [n, T], in nats.
    """
    grid, prior, transition = _grid(points)
    steps = np.empty(x.shape)
    predicted = np.tile(prior, (len(x), 1))
    for step in range(x.shape[1]):
        log_density = -0.5 * (np.square(x[:, step, None]) * np.exp(-grid) + grid + math.log(2 * math.pi))
        # Relative to the greatest, for which no return is too far out.
        greatest = log_density.max(axis=1)
        joint = predicted * np.exp(log_density - greatest[:, None])
        total = joint.sum(axis=1)
        steps[:, step] = np.log(total) + greatest
        predicted = (joint / total[:, None]) @ transition
    return steps


@functools.cache
def _grid(points: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Points of h, their stationary probabilities, and those of a step from each to each."""
    reach = _REACH * _stationary_deviation()
    grid = np.linspace(_LEVEL - reach, _LEVEL + reach, points)
    mean = _LEVEL + _PERSISTENCE * (grid - _LEVEL)
    return grid, _weights(grid, np.array(_LEVEL), _stationary_deviation()), _weights(grid, mean[:, None], _DEVIATION)


def _weights(grid: NDArray[np.float64], mean: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    density = np.exp(-0.5 * np.square((grid - mean) / deviation))
    weights: NDArray[np.float64] = density / density.sum(axis=-1, keepdims=True)
    return weights


def _stationary_deviation() -> float:
    return _DEVIATION / math.sqrt(1 - _PERSISTENCE**2)


@functools.cache
def _mean_surprise(length: int) -> float:
    truth = StochasticVolatility(length=length)
    return float(-truth.log_prob(truth.sample(1000, seed=0)["x"]).mean())
