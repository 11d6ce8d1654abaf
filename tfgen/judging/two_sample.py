"""Whether two samples may be of one distribution."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.energy import pooled_energy
from tfgen.judging.mmd import pooled_mmd
from tfgen.judging.samples import checked_samples
from tfgen.judging.sliced_wasserstein import pooled_sliced_wasserstein

__all__ = ["TwoSampleTest", "two_sample_test"]

_STATISTICS: dict[str, Callable[..., Callable[[NDArray[np.bool_]], NDArray[np.float64]]]] = {
    "energy": pooled_energy,
    "mmd": pooled_mmd,
    "sliced_wasserstein": pooled_sliced_wasserstein,
}


@dataclasses.dataclass(frozen=True)
class TwoSampleTest:
    """A statistic of two samples beside its distribution where they are of one.

    Attributes:
        statistic: of the samples as they are; large where they differ.
        null: [permutations], of the pooled rows dealt out at random.
        p_value: how probable a statistic of at least this size is where both are of one distribution.
    """

    statistic: float
    null: NDArray[np.float64]
    p_value: float

    def threshold(self, level: float = 0.01) -> float:
        """What the statistic exceeds with probability `level`, or less, where both samples are of one distribution."""
        return float(np.quantile(self.null, 1 - level, method="higher"))

    def __str__(self) -> str:
        return f"{self.statistic:.4g} (null median {np.median(self.null):.4g}), p = {self.p_value:.3g}"


def two_sample_test(
    x: ArrayLike, y: ArrayLike, *, statistic: str = "energy", permutations: int = 500, seed: int = 0, **arguments: Any
) -> TwoSampleTest:
    """A permutation test of the hypothesis that x and y are samples of one distribution.

    The pooled rows are dealt out anew, into samples of the same sizes, `permutations` times. Where the hypothesis is
    right, the statistic of x and y is one like any of theirs, whatever the distribution and the dimension:
    p = (1 + number of those at least as large)/(1 + permutations) is then at most α with probability α at most.
    Distances and projections are computed once for all; memory is quadratic in the number of rows but for
    `sliced_wasserstein`.

    Args:
        x: [n, ...], such as a model's samples.
        y: [m, ...], such as held-out data.
        statistic: `energy`, `mmd` or `sliced_wasserstein`.
        permutations: how many; no p-value is below 1/(1 + permutations).
        seed: of the permutations.
        **arguments: of the statistic: `bandwidth` of `mmd`, `projections` of `sliced_wasserstein`.

    Raises:
        ValueError: for samples of other shapes than each other's, of fewer than two rows, or not finite; and naming the
            argument that is out of range.

    Reference:
        Gretton et al., *A kernel two-sample test*, JMLR 13, 2012, section 8.2, for permutations; Phipson and Smyth,
        *Permutation p-values should never be zero*, 2010, for the ones.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, same, other = (rng.normal(size=(200, 2)) + shift for shift in (0, 0, 1))
        >>> two_sample_test(one, same).p_value > 0.01, two_sample_test(one, other).p_value < 0.01
        (True, True)
    """
    if statistic not in _STATISTICS:
        raise ValueError(f"`statistic` must be one of {tuple(_STATISTICS)}. Received: statistic={statistic!r}")
    if permutations < 1:
        raise ValueError(f"`permutations` must be at least 1. Received: permutations={permutations}")
    first, second = checked_samples(x, y)
    of_labels = _STATISTICS[statistic](np.concatenate([first, second]), **arguments)
    labels = np.arange(len(first) + len(second)) < len(first)
    rng = np.random.default_rng(seed)
    dealt = np.stack([labels, *(rng.permutation(labels) for _ in range(permutations))])
    found, *null = of_labels(dealt)
    # Sums in another order may differ in the last digit: what is equal but for that counts as at least as large.
    at_least = np.asarray(null) >= found - 1e-12 * abs(found)
    return TwoSampleTest(float(found), np.asarray(null), float((1 + at_least.sum()) / (1 + permutations)))
