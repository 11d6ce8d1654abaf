"""Random categories and random order: equal to TensorFlow's."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

LOGITS = tf.TensorSpec([None, None], tf.float32, name="logits")
COUNT = tf.TensorSpec([], tf.int32, name="n")


def logits(rows: int, classes: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(classes).normal(scale=3, size=(rows, classes)).astype(dtype)


@pytest.mark.parametrize("classes", [1, 2, 3, 7, 32, 33, 64, 65, 500])
def test_categories_are_equal(classes: int, beside: Any, seeds: Any) -> None:
    spec = tf.TensorSpec([None, classes], tf.float32, name="logits")
    both = beside(tf_categorical, spec, COUNT, example=[logits(2, classes), 3])
    for seed in seeds:
        # No more rows: TensorFlow splits a larger batch by the number of its threads.
        for rows, n in ((1, 1), (1, 400), (3, 7), (3, 0), (0, 2)):
            np.testing.assert_array_equal(*both(seed, logits(rows, classes), n))


def tf_categorical(seed: tf.Tensor, logits: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_categorical(logits, n, seed)


def test_the_number_of_classes_may_be_dynamic(beside: Any, seeds: Any) -> None:
    both = beside(tf_categorical, LOGITS, COUNT, example=[logits(2, 3), 3])
    for classes in (1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 1000):
        np.testing.assert_array_equal(*both(seeds[classes % len(seeds)], logits(2, classes), 50))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_types_may_differ(kind: str, dtype: str, beside: Any, seeds: Any) -> None:
    weights = logits(2, 5, dtype)
    both = beside(lambda seed: tf.random.stateless_categorical(weights, 40, seed, dtype=kind))
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))


@pytest.mark.parametrize("classes", [4, None])
def test_logits_that_are_not_finite_count_for_nothing(classes: int | None, beside: Any, seeds: Any) -> None:
    rows = np.array(
        [[0, -np.inf, 1, -np.inf], [np.inf, 0, 1, 2], [np.nan, 0, 1, 2], [-np.inf] * 4, [-1e30, 3e38, 0, 3e38]], "f"
    )
    spec = tf.TensorSpec([None, classes], tf.float32, name="logits")
    both = beside(tf_categorical, spec, COUNT, example=[rows, 3])
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed, rows, 30))


def test_many_rows_take_the_stream_in_one_piece(beside: Any) -> None:
    # One thread's order; on several TensorFlow starts parts of a large batch elsewhere.
    rows = logits(1000, 5)
    both = beside(tf_categorical, LOGITS, COUNT, example=[rows[:2], 3])
    found = both.model(np.array([-4, 5], np.int32), rows, np.int32(3))["output"]
    uniforms = tf.random.stateless_uniform([1000, 3], [-4, 5], dtype=tf.float64).numpy()
    sums = np.cumsum(np.exp(rows.astype(float) - rows.max(1, keepdims=True)), 1)
    expected = [np.searchsorted(row, u * row[-1], side="right") for row, u in zip(sums, uniforms, strict=True)]
    np.testing.assert_array_equal(found, expected)


def test_shuffles_are_equal(beside: Any, seeds: Any) -> None:
    both = beside(
        lambda seed, n: tf.random.experimental.stateless_shuffle(tf.stack([tf.range(n), -tf.range(n)], 1), seed),
        COUNT,
        example=[3],
    )
    for seed in seeds:
        for n in (0, 1, 2, 3, 4, 9, 150):
            np.testing.assert_array_equal(*both(seed, n))
