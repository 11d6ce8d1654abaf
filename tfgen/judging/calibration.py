"""Whether predictive distributions are calibrated: the probability integral transform of sequences, and its tests."""

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.steps import checked_mask

__all__ = ["PITUniformity", "checked_transforms", "pit_from_cdf", "pit_from_draws", "pit_uniformity"]

# A cdf in single precision may be nought or one, whose normal scores are infinite: within these bounds, they are ±6.4.
_LEAST = 1e-10
_FEWEST_PAIRS = 3


@dataclasses.dataclass(frozen=True)
class PITUniformity:
    """Whether transforms are uniform, and independent from one step to the next: where they are, p-values are uniform.

    Attributes:
        statistic: Kolmogorov and Smirnov's: the largest distance between the transforms' distribution function and a
            uniform's.
        p_value: how probable so large a distance, or a larger one, is of independent uniform transforms.
        correlation: of the normal scores of two steps that follow one another: what of the past's level a model missed.
        correlation_p_value: how probable one as far from nought is of independent scores.
        square_correlation: of their squares: what of the past's scale a model missed.
        square_correlation_p_value: likewise.
        count: how many transforms.
    """

    statistic: float
    p_value: float
    correlation: float
    correlation_p_value: float
    square_correlation: float
    square_correlation_p_value: float
    count: int

    def __str__(self) -> str:
        return (
            f"distance from uniform {self.statistic:.4f}, p = {self.p_value:.3g}; from step to step correlation "
            f"{self.correlation:.3f}, p = {self.correlation_p_value:.3g}, of squares {self.square_correlation:.3f}, "
            f"p = {self.square_correlation_p_value:.3g}"
        )


def pit_from_draws(draws: ArrayLike, x: ArrayLike, *, seed: int = 0) -> NDArray[np.float64]:
    r"""The probability integral transform u = F(x | past) of models that can be sampled, by randomised ranks.

    $$u = \frac{\#\{s : d_s < x\} + V (1 + \#\{s : d_s = x\})}{S + 1}, \qquad V \sim U(0, 1)$$

    Where x is a draw like the S others, u is exactly uniform on (0, 1), whatever S and the distribution, discrete ones
    included. As S grows, u becomes F(x) of continuous distributions, and the randomised F(x⁻) + V P(x) of discrete
    ones.

    To be independent over time as well, the draws of a step must be given the observed past, p(x_t | x_1 … x_{t−1});
    draws of whole sequences have uniform transforms which follow one another as the data do.

    Args:
        draws: [samples, ...], for each entry of x of its own predictive distribution.
        x: [...], observed, such as [batch, time] or [batch, time, size]; entries of a vector are ranked each by itself.
        seed: of V.

    Returns:
        The shape of x.

    Raises:
        ValueError: where shapes do not fit, there is no draw, or a number is NaN.

    Reference:
        Diebold, Gunther and Tay, *Evaluating density forecasts with applications to financial risk management*,
        International Economic Review 39, 1998; Czado, Gneiting and Held, *Predictive model assessment for count data*,
        Biometrics 65, 2009, for discrete data.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> draws, x = rng.normal(size=(999, 4)), np.array([-9.0, 0.0, 1.2816, 9.0])
        >>> pit_from_draws(draws, x).round(1).tolist()
        [0.0, 0.5, 0.9, 1.0]
    """
    values, observed = _reals("draws", draws), _reals("x", x)
    if values.ndim == 0 or values.shape[1:] != observed.shape or not values.size:
        sizes = ", ".join(["samples", *map(str, observed.shape)])
        raise ValueError(
            f"`draws` must have shape [{sizes}], draws for each entry of `x`. Received: shape={values.shape}"
        )
    for name, array in (("draws", values), ("x", observed)):
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise ValueError(f"`{name}` must not hold NaN. Received: {int(np.isnan(array).sum())} of {array.size}")
    if values.dtype.kind == observed.dtype.kind == "f":
        # In the narrower type: a level such as 0.1 differs from itself in another, and ties would be lost.
        narrow = min(values.dtype, observed.dtype, key=lambda dtype: dtype.itemsize)
        values, observed = values.astype(narrow, copy=False), observed.astype(narrow, copy=False)
    below, equal = (values < observed).sum(axis=0), (values == observed).sum(axis=0)
    position = np.random.default_rng(seed).uniform(size=observed.shape)
    result: NDArray[np.float64] = (below + position * (1 + equal)) / (len(values) + 1)
    return result


def pit_from_cdf(below: ArrayLike, cdf: ArrayLike, *, seed: int = 0) -> NDArray[np.float64]:
    r"""The randomised transform of discrete data under models with a cdf: u = F(x⁻) + V (F(x) − F(x⁻)), V ~ U(0, 1).

    Of continuous data, F(x) is the transform already.

    Args:
        below: [...], F(x⁻) = P(X < x | past): of counts, the cdf at x − 1.
        cdf: [...], F(x) = P(X ≤ x | past), the same shape.
        seed: of V.

    Returns:
        The same shape, uniform where the model is calibrated.

    Raises:
        ValueError: where shapes differ, or not 0 ≤ below ≤ cdf ≤ 1.

    Reference:
        Czado, Gneiting and Held, *Predictive model assessment for count data*, Biometrics 65, 2009.

    Example:
        >>> u = pit_from_cdf([0.0, 0.7], [0.7, 1.0])  # a coin: tails and heads
        >>> bool(0 < u[0] < 0.7 < u[1] < 1)
        True
    """
    low, high = _reals("below", below).astype(np.float64), _reals("cdf", cdf).astype(np.float64)
    if low.shape != high.shape:
        raise ValueError(f"`below` must have the shape of `cdf`, {high.shape}. Received: shape={low.shape}")
    wrong = ~((low >= 0) & (low <= high) & (high <= 1))
    if wrong.any():
        raise ValueError(
            "`below` and `cdf` must be probabilities, 0 ≤ below ≤ cdf ≤ 1. "
            f"Received: below={low[wrong][0]:g}, cdf={high[wrong][0]:g}"
        )
    result: NDArray[np.float64] = low + np.random.default_rng(seed).uniform(size=low.shape) * (high - low)
    return result


def pit_uniformity(pit: ArrayLike, mask: ArrayLike | None = None) -> PITUniformity:
    r"""Tests whether transforms are those of a calibrated model: uniform, and independent over time.

    Kolmogorov and Smirnov's test is of all valid steps of all sequences against the uniform distribution. Its p-value
    holds for independent transforms: where a correlation is far from nought, it may be much too small. With
    the normal scores z = Φ⁻¹(u), correlations are Pearson's, r, of the pairs (z_t, z_{t+1}) of all sequences, and of
    (z_t², z_{t+1}²), with p = 2 Φ(−|r| √pairs), which is good from a hundred pairs or so. The first is far from nought
    where a model misjudges how levels carry over from step to step, the second where it ignores that calm and turbulent
    times cluster.

    Args:
        pit: [time], [batch, time] or [batch, time, 1], within [0, 1]. Of vectors, a dimension at a time, `pit[..., d]`:
            the transforms of one vector's entries depend on one another.
        mask: bool [batch, time], True at valid steps; what padding holds is not looked at.

    Returns:
        The statistics; correlations are NaN where fewer than three steps follow another, or all transforms are equal.

    Raises:
        ValueError: where an argument does not fit, or a transform is not within [0, 1].

    Reference:
        Diebold, Gunther and Tay, *Evaluating density forecasts with applications to financial risk management*,
        International Economic Review 39, 1998, for uniformity and the correlations of powers; Berkowitz, *Testing
        density forecasts, with applications to risk management*, Journal of Business & Economic Statistics 19, 2001,
        for normal scores.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> good, narrow = rng.uniform(size=(50, 20)), rng.beta(0.5, 0.5, size=(50, 20))
        >>> pit_uniformity(good).p_value > 0.01 > pit_uniformity(narrow).p_value
        True
    """
    from scipy import stats  # type: ignore[import-untyped]  # imported here: it comes with the training extra

    values, valid = checked_transforms(pit, mask)
    found = values[valid]
    test = stats.kstest(found, "uniform")
    scores = np.zeros(values.shape)
    scores[valid] = stats.norm.ppf(np.clip(found, _LEAST, 1 - _LEAST))
    pairs = valid[..., 1:]  # what comes before a valid step is one
    correlations = [_correlation(powers[..., :-1][pairs], powers[..., 1:][pairs]) for powers in (scores, scores**2)]
    return PITUniformity(float(test.statistic), float(test.pvalue), *correlations[0], *correlations[1], len(found))


def checked_transforms(
    pit: ArrayLike, mask: ArrayLike | None, *, name: str = "pit"
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Transforms as [time] or [batch, time] and which of them are valid, or an error that names the argument."""
    values = _reals(name, pit).astype(np.float64)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim not in (1, 2) or not values.size:
        raise ValueError(
            f"`{name}` must have shape [time], [batch, time] or [batch, time, 1], of vectors a dimension at a time, "
            f"pit[..., d]. Received: shape={values.shape}"
        )
    valid = checked_mask(mask, values.shape)
    wrong = valid & ~((values >= 0) & (values <= 1))
    if wrong.any():
        raise ValueError(f"`{name}` must be within [0, 1]. Received: {values[wrong][0]:g}")
    return values, valid


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Pearson's, and its p-value where there is none."""
    if len(first) < _FEWEST_PAIRS or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan, math.nan
    correlation = float(np.corrcoef(first, second)[0, 1])
    return correlation, math.erfc(abs(correlation) * math.sqrt(len(first) / 2))


def _reals(name: str, value: ArrayLike) -> NDArray[Any]:
    """An array of real numbers, or an error that names the argument."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of unequal lengths
        raise ValueError(f"`{name}` must be an array of real numbers. Received: {error}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"`{name}` must be an array of real numbers. Received: dtype={array.dtype.name}")
    return array
