"""Where a perceptron's first units begin to differ."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["SpreadBias"]


class SpreadBias(keras.initializers.Initializer):
    """b_j = −w_j·c_j with c_j ~ N(0, I): each unit's activation begins centred at a point of its own.

    With biases of nought all units of a first layer change where their input is nought. Of a wide input they do so
    along different planes; of a single number, as what a coupling keeps in two dimensions, all kinks are one, and
    what the network can bend there takes long to learn. c_j is drawn as the input is distributed that a flow's
    standardisation leaves: mean 0, variance 1.

    Args:
        kernel_initializer: the kernel's: one of Keras's random ones, which gives the same kernel again.
        shape: the kernel's, [inputs, units].
        mask: what the kernel is multiplied with, or None.
    """

    def __init__(self, kernel_initializer: Any, shape: tuple[int, int], *, mask: Any = None) -> None:
        self.kernel_initializer, self.shape, self.mask = kernel_initializer, shape, mask

    def __call__(self, shape: Any, dtype: Any = None) -> tf.Tensor:
        """[units]."""
        del shape
        kernel = self.kernel_initializer(self.shape, dtype=dtype)
        if self.mask is not None:
            kernel *= tf.cast(self.mask, kernel.dtype)
        points = keras.random.normal(self.shape, dtype=dtype, seed=self.kernel_initializer.seed + 1)
        return -tf.reduce_sum(kernel * points, axis=0)
