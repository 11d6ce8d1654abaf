"""Real numbers for those of an interval: sums and test statistics are then made on the line, whatever the support."""

import numpy as np

from tfgen.layers.distributions.support import Support


def from_line(support: Support, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real numbers as events of an interval's support, and log |det ∂x/∂t|; of the line's they are t and nought."""
    if np.isfinite(support.low) and np.isfinite(support.high):
        width = support.high - support.low
        x, log_slope = (
            support.low + width / (1 + np.exp(-t)),
            np.log(width) - np.abs(t) - 2 * np.log1p(np.exp(-np.abs(t))),
        )
    elif np.isfinite(support.low):
        x, log_slope = support.low + np.exp(t), t
    else:
        x, log_slope = t, np.zeros_like(t)
    return x, log_slope.reshape(len(t), -1).sum(axis=1)


def to_line(support: Support, x: np.ndarray) -> np.ndarray:
    """The reverse of `from_line`."""
    x = x.astype(np.float64)
    if np.isfinite(support.low) and np.isfinite(support.high):
        return np.log(x - support.low) - np.log(support.high - x)
    return np.log(x - support.low) if np.isfinite(support.low) else x
