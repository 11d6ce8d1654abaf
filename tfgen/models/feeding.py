"""Arrays as a data set that stays in memory."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["in_memory", "split_rows"]

_AHEAD = 8
"""How many batches are made ready while a step runs."""


def in_memory(
    named: Mapping[str, Any], *, batch_size: int | None = None, shuffle: bool = False, dtype: str = "float32"
) -> tf.data.Dataset:
    """Batches of named arrays, which are copied into tensors once; Keras would do the same with less care.

    Keras lets `tf.data` tune its own pipeline: the thread that does it sleeps for up to a minute, and `fit` does not
    return before it wakes. Floats become Keras's default float there, whatever precision the model is in.

    Args:
        named: arrays of equally many rows, by name.
        batch_size: rows of a batch, the last perhaps fewer; Keras's 32 where it is None.
        shuffle: whether each pass takes the rows in another order, which Keras's and TensorFlow's global seed governs.
        dtype: what floats become.

    Returns:
        A data set of dictionaries, of known length.

    Raises:
        ValueError: for a batch size below one.
    """
    size = 32 if batch_size is None else int(batch_size)
    if size < 1:
        raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size!r}")
    tensors = {name: _tensor(value, dtype) for name, value in named.items()}
    rows = len(next(iter(tensors.values())))
    batches = -(-rows // size)

    def order(seed: tf.Tensor) -> tf.Tensor:
        places = tf.range(rows, dtype=tf.int64)
        return tf.random.experimental.stateless_shuffle(places, [seed, 0]) if shuffle else places

    def split(places: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.range(batches).map(lambda batch: places[batch * size : (batch + 1) * size])

    def take(places: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.gather(value, places) for name, value in tensors.items()}

    # A stateful shuffle, as Keras's, begins anew with each pass: under a global seed all epochs have one order.
    passes = tf.data.Dataset.random(rerandomize_each_iteration=True).take(1)
    data = passes.map(order).flat_map(split).map(take)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return data.apply(tf.data.experimental.assert_cardinality(batches)).prefetch(_AHEAD).with_options(options)


def split_rows(named: Mapping[str, Any], share: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first rows, and the last ones, which are a share of them all: Keras's `validation_split`.

    Raises:
        ValueError: where one of the two would be empty.
    """
    rows = len(next(iter(named.values())))
    first = int(np.floor(rows * (1.0 - share)))
    if not 0 < first < rows:
        raise ValueError(
            "`validation_split` must leave rows to train on and to validate on. "
            f"Received: validation_split={share} of {rows} rows"
        )
    return {name: value[:first] for name, value in named.items()}, {
        name: value[first:] for name, value in named.items()
    }


def _tensor(value: Any, dtype: str) -> tf.Tensor:
    tensor = keras.ops.convert_to_tensor(value)
    wanted = tf.as_dtype(dtype)
    return tf.cast(tensor, wanted) if tensor.dtype.is_floating and tensor.dtype != wanted else tensor
