"""Probabilistic principal component analysis: a latent-variable model with every integral in closed form."""

from __future__ import annotations

import functools
import math
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.base import KnownDensity, checked_rows

__all__ = ["ProbabilisticPCA"]

_SIZE = 10
_LATENT_SIZE = 3
_VARIANCE = 0.25
_WEIGHTS = np.random.default_rng(1).normal(size=(_SIZE, _LATENT_SIZE))
_WEIGHTS.setflags(write=False)


class ProbabilisticPCA(KnownDensity):
    r"""Ten observations of three latent Gaussians: what a linear variational autoencoder can match exactly.

    $$z \sim N(0, I_3), \qquad x = W z + \varepsilon, \qquad \varepsilon \sim N(0, \sigma^2 I_{10})$$

    $$p(x) = N(x;\; 0,\, C), \qquad C = W W^\top + \sigma^2 I, \qquad H(x) = \tfrac12 \log\det(2\pi e\,C)$$

    The weights are fixed, ``numpy.random.default_rng(1).normal(size=(10, 3))``, and σ² is 0.25. The posterior
    of z is Gaussian too (`posterior`), so that a model's posterior can be judged as well as its likelihood.

    Shapes: ``x`` is [n, 10]; there is no context.

    Source: Tipping and Bishop 1999, "Probabilistic Principal Component Analysis", with a mean of zero.

    Attributes:
        weights: W, float64[10, 3], read-only.
        variance: σ².

    Example:
        >>> truth = ProbabilisticPCA()
        >>> x = truth.sample(1000, seed=0)["x"]
        >>> bool(abs(-truth.log_prob(x).mean() - truth.entropy) < 0.3)
        True
    """

    name: ClassVar[str] = "probabilistic-pca"
    event_shape: ClassVar[tuple[int, ...]] = (_SIZE,)
    entropy: ClassVar[float] = 11.565473532244
    weights: ClassVar[NDArray[np.float64]] = _WEIGHTS
    variance: ClassVar[float] = _VARIANCE

    def posterior(self, x: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Returns the mean of z given each x, and the covariance, which is the same for every x.

        $$p(z \mid x) = N(z;\; M^{-1} W^\top x,\; \sigma^2 M^{-1}), \qquad M = W^\top W + \sigma^2 I$$

        Args:
            x: ``[n, 10]``, n at least 1.

        Returns:
            The means, float64[n, 3], and the covariance, float64[3, 3].

        Raises:
            ValueError: If the shape is wrong or a value is not finite.

        Source: Tipping and Bishop 1999, equations (7) and (8).

        Example:
            >>> mean, covariance = ProbabilisticPCA().posterior([[0.0] * 10])
            >>> mean.shape, covariance.shape
            ((1, 3), (3, 3))
        """
        rows = checked_rows(x, self.event_shape, name="x")
        inverse = np.linalg.inv(self.weights.T @ self.weights + self.variance * np.eye(_LATENT_SIZE))
        mean: NDArray[np.float64] = rows @ self.weights @ inverse  # the inverse is symmetric
        return mean, np.asarray(self.variance * inverse, np.float64)

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        latent = rng.standard_normal((n, _LATENT_SIZE))
        noise = math.sqrt(_VARIANCE) * rng.standard_normal((n, _SIZE))
        return {"x": latent @ _WEIGHTS.T + noise}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        whitening, log_scale = _whitening()
        # Not a matrix product: its rounding may depend on how many rows there are.
        whitened = np.einsum("ij,nj->ni", whitening, x)
        return -0.5 * np.square(whitened).sum(axis=1) - log_scale


@functools.cache
def _whitening() -> tuple[NDArray[np.float64], float]:
    """Returns the inverse of C's Cholesky factor, and the logarithm of the density's normaliser."""
    factor = np.linalg.cholesky(_WEIGHTS @ _WEIGHTS.T + _VARIANCE * np.eye(_SIZE))
    log_scale = float(np.log(np.diag(factor)).sum()) + 0.5 * _SIZE * math.log(2 * math.pi)
    return np.linalg.inv(factor), log_scale
