"""The paired gap to a known density."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["PairedGap", "paired_gap"]


@dataclasses.dataclass(frozen=True)
class PairedGap:
    """An estimate of the Kullback-Leibler divergence from the truth to a model.

    Attributes:
        mean: in nats an example.
        standard_error: of the mean, in nats.
        rows: how many examples.
    """

    mean: float
    standard_error: float
    rows: int

    def __str__(self) -> str:
        return f"{self.mean:.4f} ± {self.standard_error:.4f} nats"


def paired_gap(true_log_prob: ArrayLike, model_log_prob: ArrayLike) -> PairedGap:
    """mean of [log p*(x_i) − log q(x_i)] over held-out x_i ~ p*: an unbiased estimate of KL(p* ‖ q) ≥ 0.

    Both densities are taken on the same points, so that the data's own scatter cancels; the difference of two separate
    averages may well come out negative.

    Args:
        true_log_prob: [n], nats.
        model_log_prob: [n], nats, on the same examples.

    Raises:
        ValueError: for arrays that are not two vectors of one length, of two entries at least.

    Example:
        >>> print(paired_gap([0.0, 0.0], [-0.1, -0.3]))
        0.2000 ± 0.1000 nats
    """
    truth, model = np.asarray(true_log_prob, np.float64), np.asarray(model_log_prob, np.float64)
    if truth.ndim != 1 or truth.shape != model.shape or len(truth) < 2:
        raise ValueError(
            "`true_log_prob` and `model_log_prob` must be vectors of one length, of 2 at least. "
            f"Received: shapes {truth.shape} and {model.shape}"
        )
    difference = truth - model
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return PairedGap(float(difference.mean()), float(error), len(difference))
