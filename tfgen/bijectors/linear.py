"""Linear maps of an event's last axis."""

from collections.abc import Sequence

import tensorflow as tf

from tfgen.bijectors.entries import checked_order, inverse_order, refuse_other_size, take
from tfgen.bijectors.one_pass import OnePassBijector

__all__ = ["LinearBijector", "PermutationBijector"]


class LinearBijector(OnePassBijector):
    """z = W·x along the last axis, W = P·L·U: cheap where the density is, and its determinant is a product.

    log |det ∂z/∂x| = n·Σ log |u_ii|, n being how many vectors an event has: one, or an image's pixels. Forward uses
    W⁻¹, which is computed once for all rows (and once for all when a model is exported).

    Args:
        order: P, where each row of W comes from in L·U.
        lower: what L has below its diagonal of ones, [size, size]; the rest is not read.
        upper: what U has above its diagonal, likewise.
        log_diagonal: log |u_ii|, [size].
        signs: of u_ii, [size].
        event_ndims: 1 for vectors, 3 for images.
        name: TFP's.

    Raises:
        ValueError: where the order is none of 0 … n − 1.

    Reference:
        Kingma and Dhariwal, *Glow: generative flow with invertible 1×1 convolutions*, NeurIPS 2018, equations 10, 11.
    """

    def __init__(
        self,
        *,
        order: Sequence[int],
        lower: tf.Tensor,
        upper: tf.Tensor,
        log_diagonal: tf.Tensor,
        signs: tf.Tensor,
        event_ndims: int = 1,
        name: str = "linear",
    ) -> None:
        self.order = checked_order(order)
        self.log_diagonal = log_diagonal
        self._lower = tf.linalg.set_diag(tf.linalg.band_part(lower, -1, 0), tf.ones_like(log_diagonal))
        self._upper = tf.linalg.set_diag(tf.linalg.band_part(upper, 0, -1), signs * tf.exp(log_diagonal))
        parameters = {
            "order": order,
            "lower": lower,
            "upper": upper,
            "log_diagonal": log_diagonal,
            "signs": signs,
            "event_ndims": event_ndims,
            "name": name,
        }
        super().__init__(dtype=log_diagonal.dtype, event_ndims=event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        eye = tf.eye(len(self.order), dtype=self.dtype)
        unordered = tf.linalg.triangular_solve(self._lower, tf.gather(eye, inverse_order(self.order)), lower=True)
        inverse = tf.linalg.triangular_solve(self._upper, unordered, lower=False)
        return _apply(inverse, z), -self._log_det(z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        matrix = tf.gather(self._lower @ self._upper, self.order)
        return _apply(matrix, x), self._log_det(x)

    def _log_det(self, value: tf.Tensor) -> tf.Tensor:
        total = tf.reduce_sum(self.log_diagonal)
        if self.event_ndims > 1:
            pixels = value.shape[-self.event_ndims : -1].num_elements()
            if pixels is None:  # only running tells
                pixels = tf.cast(tf.reduce_prod(tf.shape(value)[-self.event_ndims : -1]), total.dtype)
            total *= pixels
        return self.for_each_row(total, value)


class PermutationBijector(OnePassBijector):
    """x_i = z_{order(i)} along the last axis: log |det ∂x/∂z| = 0.

    Args:
        order: where each entry of x comes from.
        event_ndims: 1 for vectors, 3 for images.
        dtype: of the values.
        name: TFP's.

    Raises:
        ValueError: where the order is none of 0 … n − 1.
    """

    def __init__(
        self, order: Sequence[int], *, event_ndims: int = 1, dtype: str = "float32", name: str = "permutation"
    ) -> None:
        self.order = checked_order(order)
        parameters = {"order": order, "event_ndims": event_ndims, "dtype": dtype, "name": name}
        super().__init__(dtype=tf.as_dtype(dtype), event_ndims=event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        refuse_other_size(z, [len(self.order)])
        return take(z, self.order), self.for_each_row(tf.zeros([], z.dtype), z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        refuse_other_size(x, [len(self.order)])
        return take(x, inverse_order(self.order)), self.for_each_row(tf.zeros([], x.dtype), x)


def _apply(matrix: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """Each vector along the last axis times the matrix."""
    if value.shape.rank == 2:
        return tf.matmul(value, matrix, transpose_b=True)
    if value.shape.rank == 4 and value.shape[1:].is_fully_defined():  # a batch of images: no shape is computed
        flat = tf.matmul(tf.reshape(value, [-1, value.shape[-1]]), matrix, transpose_b=True)
        return tf.reshape(flat, [-1, *value.shape[1:]])
    return tf.tensordot(value, matrix, [[-1], [1]])
