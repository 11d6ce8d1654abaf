"""Whole numbers, and the numbers between 0 and 1 that stand for them."""

import numpy as np
import tensorflow as tf

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.support import Support

__all__ = ["Levels"]

_MOST = {"float32": 2**16, "float64": 2**32}


class Levels:
    """Cells of width 1/levels for whole numbers 0 … levels − 1, in floating-point numbers of one dtype.

    Args:
        levels: how many there are, two at least.
        dtype: of y, the numbers between 0 and 1.

    Raises:
        ValueError: where there are too few, or too many for numbers of the dtype to tell places within one apart.

    Example:
        >>> levels = Levels(4, "float32")
        >>> y = levels.within(tf.constant([0.0, 3.0]), tf.constant(0.5))
        >>> y.numpy().tolist(), levels.of(y).numpy().tolist()
        ([0.125, 0.875], [0.0, 3.0])
    """

    def __init__(self, levels: int, dtype: str) -> None:
        self.count = checked_count("levels", levels, minimum=2)
        self.dtype = dtype
        if self.count > _MOST[dtype]:
            raise ValueError(
                f"`levels` must be at most {_MOST[dtype]} in {dtype}, which has too few numbers within one of more. "
                f"Received: levels={levels}"
            )

    @property
    def support(self) -> Support:
        """The whole numbers."""
        return Support(low=0, high=self.count - 1, integer=True)

    def within(self, x: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
        """y = (x + u)/levels for u in (0, 1), never 0 and never 1: in single precision 255 + u may be 256."""
        limits = np.finfo(self.dtype)
        return tf.clip_by_value((x + u) / self.count, limits.tiny, 1 - limits.epsneg)

    def of(self, y: tf.Tensor) -> tf.Tensor:
        """The whole numbers of the cells that y is in; what is below or above all cells is the first or the last."""
        return tf.clip_by_value(tf.floor(self.count * y), 0, self.count - 1)

    def centred(self, x: tf.Tensor) -> tf.Tensor:
        """The cells' centres as numbers between −1 and 1, as a network should read them."""
        return (2 * x + 1) / self.count - 1
