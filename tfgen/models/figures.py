"""Figures that not every example has."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["MeanOfGiven"]


@keras.saving.register_keras_serializable(package="tfgen")
class MeanOfGiven(keras.metrics.Mean):
    """The mean of the values that are numbers; NaN where none is.

    Example:
        >>> metric = MeanOfGiven()
        >>> metric.update_state([1.0, float("nan"), 0.0])
        >>> float(metric.result())
        0.5
    """

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds values, with weights or without.

        Args:
            values: [batch].
            sample_weight: [batch], or [batch, 1], or None.
        """
        values = tf.convert_to_tensor(values)
        given = tf.math.is_finite(values)
        weight = tf.cast(given, values.dtype)
        if sample_weight is not None:
            weight *= tf.reshape(tf.cast(sample_weight, values.dtype), tf.shape(values))
        super().update_state(tf.where(given, values, tf.zeros_like(values)), sample_weight=weight)

    def result(self) -> tf.Tensor:
        """The mean."""
        return tf.convert_to_tensor(self.total) / tf.cast(tf.convert_to_tensor(self.count), self.total.dtype)
