"""The seed rows of Keras's steps: which noise an example gets in training, evaluation and prediction."""

import tensorflow as tf

__all__ = ["EVALUATION_SEED", "evaluation_seeds", "prediction_seeds", "training_seeds"]

EVALUATION_SEED = (0, 0)
"""The seed row that every example of `score` and `predict` gets: a bound is then a function of its example alone."""


def training_seeds(rows: tf.Tensor, step: tf.Variable | tf.Tensor) -> tf.Tensor:
    """(step, row of the global batch): batching, replicas and XLA change nothing.

    Args:
        rows: how many examples this replica has.
        step: of the optimiser.

    Returns:
        [rows, 2].
    """
    return _numbered(rows, tf.cast(tf.convert_to_tensor(step), tf.int32), 0)


def evaluation_seeds(rows: tf.Tensor, seen: tf.Variable | tf.Tensor) -> tf.Tensor:
    """(0, row of the whole data): one draw would decide the mean over all of them, were they given the same.

    Args:
        rows: how many examples this replica has.
        seen: how many this replica had in earlier batches.

    Returns:
        [rows, 2].
    """
    before = tf.cast(tf.convert_to_tensor(seen), tf.int32)
    replica = tf.distribute.get_replica_context()
    if replica.num_replicas_in_sync > 1:
        before = replica.all_reduce(tf.distribute.ReduceOp.SUM, before)
    return _numbered(rows, tf.constant(EVALUATION_SEED[0]), before)


def prediction_seeds(rows: tf.Tensor) -> tf.Tensor:
    """The one recorded seed row for every example.

    Args:
        rows: how many there are.

    Returns:
        [rows, 2].
    """
    return tf.tile(tf.constant([EVALUATION_SEED], tf.int32), [rows, 1])


def _numbered(rows: tf.Tensor, seed: tf.Tensor, first: int | tf.Tensor) -> tf.Tensor:
    """(seed, first + row of the global batch)."""
    replica = tf.distribute.get_replica_context()
    if replica.num_replicas_in_sync > 1:
        counts = replica.all_gather(rows[tf.newaxis], axis=0)
        first += tf.reduce_sum(counts[: replica.replica_id_in_sync_group])
    return tf.stack([tf.fill([rows], seed), first + tf.range(rows)], axis=1)
