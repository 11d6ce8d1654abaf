"""Class labels: integers from 0 to classes − 1, and −1 where one is missing."""

from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["MISSING", "check_labels", "labels_fit", "of_classes", "one_hot"]

MISSING = -1
"""The label of what has none."""


def check_labels(label: np.ndarray, classes: int) -> None:
    """Refuses what is no label.

    Args:
        label: [batch], of integers, or of whole numbers in floats.
        classes: how many there are.

    Raises:
        ValueError: naming the first that is none, and its row.
    """
    wrong = (label != np.rint(label)) | (label < MISSING) | (label >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"`label` must hold class numbers from 0 to {classes - 1}, or {MISSING} where one is missing. "
            f"Received: {label[row]} in row {row}"
        )


def labels_fit(label: tf.Tensor, classes: int) -> tf.Tensor:
    """Whether `check_labels` would let them pass, as a truth value in a graph."""
    value = tf.cast(label, tf.float64)
    return tf.reduce_all((value == tf.round(value)) & (value >= MISSING) & (value < classes))


def one_hot(label: tf.Tensor, classes: int, dtype: Any) -> tf.Tensor:
    """[batch] to [batch, classes]; NaN where there is no such class, since a graph cannot raise everywhere."""
    encoded = tf.one_hot(label, classes, dtype=dtype)
    known = (label >= 0) & (label < classes)
    return tf.where(known[:, tf.newaxis], encoded, tf.constant(np.nan, dtype))


def of_classes(value: tf.Tensor, label: tf.Tensor, classes: int) -> tf.Tensor:
    """`value`, [batch, ...] of floats, with NaN in the rows whose label is no class.

    NaN in a one-hot label does not get that far: TensorFlow's ReLU makes nought of it, and so does a comparison.
    """
    known = tf.reshape((label >= 0) & (label < classes), [-1, *[1] * (len(value.shape) - 1)])
    return tf.where(known, value, tf.constant(np.nan, value.dtype))
