"""Bishop's inverse problem with a smooth density."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.base import KnownDensity
from tfgen.datasets.mixture import log_sum_exp

__all__ = ["SmoothBishopInverse"]

_X_MEAN = 0.5
_X_SD = 0.25
_NOISE_SD = 0.05

# Trapezoidal rule for p(context): it converges geometrically for a smooth integrand that vanishes at both
# ends. The narrowest posterior peak within the context limit has a standard deviation of two steps, which is
# enough.
_STEP = 1 / 128
_HALF_WIDTH = 1.0
_CONTEXT_LIMIT = 20.0


class SmoothBishopInverse(KnownDensity):
    r"""Bishop's inverse problem: which x made the observed context? Up to three answers fit.

    $$x \sim N(0.5, 0.25^2), \qquad \varepsilon \sim N(0, 0.05^2), \qquad
    c = x + 0.3\,\sin(2\pi x) + \varepsilon$$

    $$\log p(x \mid c) = \log p(x) + \log p(c \mid x) - \log \int p(x')\,p(c \mid x')\,dx'$$

    The integral is a trapezoidal sum in a window around the posterior's mass, exact to 1e-11 nats for any
    context within 20 of 0.5 (about a hundred of its standard deviations), and refused beyond. The
    entropy is that of x given c, $H(x) + H(\varepsilon) - H(c)$, with H(c) by the rectangle rule.

    Shapes: ``x`` is [n, 1], ``context`` is [n, 1].

    Source: Bishop 1994, "Mixture Density Networks", whose x is uniform on [0, 1] and whose noise is uniform
    on [−0.1, 0.1]: hard edges that no mixture of Gaussians can fit. Here both are Gaussian. Bishop's own
    letters are t for what is ``x`` here, and x for what is ``context``.

    Example:
        >>> truth = SmoothBishopInverse()
        >>> data = truth.sample(1000, seed=0)
        >>> bool(abs(-truth.log_prob(data["x"], data["context"]).mean() - truth.entropy) < 0.15)
        True
    """

    name: ClassVar[str] = "bishop-inverse-smooth"
    event_shape: ClassVar[tuple[int, ...]] = (1,)
    context_shape: ClassVar[tuple[int, ...] | None] = (1,)
    entropy: ClassVar[float] = -1.02510235

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        x = _X_MEAN + _X_SD * rng.standard_normal((n, 1))
        return {"x": x, "context": _curve(x) + _NOISE_SD * rng.standard_normal((n, 1))}

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        if (np.abs(context - _X_MEAN) > _CONTEXT_LIMIT).any():
            raise ValueError(
                f"`context` must lie within {_CONTEXT_LIMIT:g} of {_X_MEAN:g}, where its density is exact. "
                f"Received: values from {context.min():g} to {context.max():g}"
            )
        return _log_joint(x[:, 0], context[:, 0]) - _log_evidence(context)


def _curve(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x + 0.3 * np.sin(2 * math.pi * x)


def _log_normal(values: NDArray[np.float64], mean: float | NDArray[np.float64], sd: float) -> NDArray[np.float64]:
    return -0.5 * np.square((values - mean) / sd) - math.log(sd) - 0.5 * math.log(2 * math.pi)


def _log_joint(x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
    return _log_normal(x, _X_MEAN, _X_SD) + _log_normal(context, _curve(x), _NOISE_SD)


def _log_evidence(context: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns log p(context) in nats, [n], for contexts [n, 1]."""
    # Were the sine absent, x given the context would be normal with this mean and standard deviation 0.049;
    # the sine shifts it by up to 0.3 and, for a far context, picks a phase of its period: hence the width.
    precision, noise_precision = _X_SD**-2, _NOISE_SD**-2
    centre = (precision * _X_MEAN + noise_precision * context) / (precision + noise_precision)
    nodes = centre + np.arange(-_HALF_WIDTH, _HALF_WIDTH + _STEP, _STEP)
    return log_sum_exp(_log_joint(nodes, context)) + math.log(_STEP)
