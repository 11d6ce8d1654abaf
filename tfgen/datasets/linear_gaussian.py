"""Sequences of a hidden autoregression under noise, which a Kalman filter sees through."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.sequence import KnownSequence

__all__ = ["CommonFactor", "NoisyAutoregression"]


class _HiddenAutoregression(KnownSequence):
    r"""s_t = a s_{t−1} + N(0, q), s_1 stationary, and x_t = s_t·1 + N(0, r I) in `size` dimensions.

    The Kalman filter of s has the predictive mean m and variance P of each step; x_t is then normal with mean m·1 and
    covariance P·11ᵀ + r I, whose inverse and determinant are in closed form.
    """

    coefficient: ClassVar[float]
    innovation: ClassVar[float]
    noise: ClassVar[float]

    @property
    def entropy(self) -> float:
        r"""Σ_t ½ log det(2πe (P_t 11ᵀ + r I)), P_t being the same for all sequences."""
        total = 0.0
        for variance in self._variances():
            log_det = math.log1p(self.size * variance / self.noise) + self.size * math.log(self.noise)
            total += 0.5 * (self.size * math.log(2 * math.pi * math.e) + log_det)
        return total

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        state = math.sqrt(self._stationary) * rng.standard_normal(n)
        states = np.empty((n, self.length))
        for step in range(self.length):
            states[:, step] = state
            state = self.coefficient * state + math.sqrt(self.innovation) * rng.standard_normal(n)
        noise = math.sqrt(self.noise) * rng.standard_normal((n, self.length, self.size))
        return {"x": states[:, :, None] + noise}

    def _log_prob_steps(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = np.zeros(len(x))
        steps = np.empty(x.shape[:2])
        for step, variance in enumerate(self._variances()):
            innovation = x[:, step] - mean[:, None]
            total = innovation.sum(axis=1)
            # Of P·11ᵀ + r I by the formula of Sherman and Morrison.
            gain = variance / (self.noise + self.size * variance)
            square = (np.square(innovation).sum(axis=1) - gain * total**2) / self.noise
            log_det = math.log1p(self.size * variance / self.noise) + self.size * math.log(self.noise)
            steps[:, step] = -0.5 * (square + log_det + self.size * math.log(2 * math.pi))
            mean = self.coefficient * (mean + gain * total)
        return steps

    @property
    def _stationary(self) -> float:
        return self.innovation / (1 - self.coefficient**2)

    def _variances(self) -> list[float]:
        """Var(s_t | x_1 … x_{t−1}) of each step."""
        variance, found = self._stationary, []
        for _ in range(self.length):
            found.append(variance)
            posterior = variance * self.noise / (self.noise + self.size * variance)
            variance = self.coefficient**2 * posterior + self.innovation
        return found


class NoisyAutoregression(_HiddenAutoregression):
    r"""One number a step: a hidden AR(1) with a = 0.9 and q = 0.19, seen under noise of variance 0.25.

    $$s_t = 0.9\, s_{t-1} + N(0, 0.19), \quad s_1 \sim N(0, 1), \qquad x_t = s_t + N(0, 0.25)$$

    The best prediction depends on the whole past; a recurrent network with a Gaussian head can learn it exactly.

    Shapes: ``x`` is [n, T, 1].

    Example:
        >>> round(NoisyAutoregression().entropy, 5)
        56.48896
    """

    name: ClassVar[str] = "noisy-autoregression"
    coefficient: ClassVar[float] = 0.9
    innovation: ClassVar[float] = 0.19
    noise: ClassVar[float] = 0.25

    def __init__(self, *, length: int = 50) -> None:
        super().__init__(length=length)


class CommonFactor(_HiddenAutoregression):
    r"""Frames of eight numbers that share a hidden AR(1): x_t = s_t·1 + ε, with a = 0.8, q = 0.36 and r = 0.1.

    Given the past, the numbers of a frame depend on one another. A recurrent network whose outputs are independent
    given its state cannot say so, however large it is: `independent_gap` is what it must lose. A latent variable in
    each step can, which is the variational recurrent network's point (Chung et al. 2015); so can outputs that are
    autoregressive within a frame (Lai et al. 2019).

    Shapes: ``x`` is [n, T, 8].

    Example:
        >>> truth = CommonFactor()
        >>> round(truth.entropy / truth.length, 4), round(truth.independent_gap / truth.length, 2)
        (3.8732, 4.61)
    """

    name: ClassVar[str] = "common-factor"
    size: ClassVar[int] = 8
    coefficient: ClassVar[float] = 0.8
    innovation: ClassVar[float] = 0.36
    noise: ClassVar[float] = 0.1

    def __init__(self, *, length: int = 20) -> None:
        super().__init__(length=length)

    @property
    def independent_gap(self) -> float:
        """The gap, in nats a sequence, of the best model whose steps are products of normals given the past.

        In each step Σ_d ½ log((P + r)) less ½ log det(P·11ᵀ + r I): the total correlation of a frame given the past.
        """
        return sum(
            0.5 * (self.size * math.log1p(variance / self.noise) - math.log1p(self.size * variance / self.noise))
            for variance in self._variances()
        )
