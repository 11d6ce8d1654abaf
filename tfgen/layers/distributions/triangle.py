"""From unconstrained numbers to triangular matrices."""

import tensorflow as tf

__all__ = ["lower_triangle"]


def lower_triangle(diagonal: tf.Tensor, below: tf.Tensor, size: int) -> tf.Tensor:
    """[..., size] and [..., size·(size − 1)/2] to lower triangular [..., size, size].

    By one gather from (0, diagonal, below): it differentiates, compiles under XLA and converts to ONNX as it is,
    which a scatter does not.
    """
    if size == 1:
        return diagonal[..., tf.newaxis]
    source = [[0] * size for _ in range(size)]
    position = 1 + size
    for row in range(size):
        for column in range(row):
            source[row][column] = position
            position += 1
        source[row][row] = 1 + row
    entries = tf.concat([tf.zeros_like(diagonal[..., :1]), diagonal, below], axis=-1)
    return tf.gather(entries, tf.constant(source), axis=-1)
