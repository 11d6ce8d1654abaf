"""Sums of sums are taken at once, and nothing else is."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

A, B = (tf.TensorSpec([None, size], tf.float32, name=name) for name, size in (("a", 3), ("b", 3)))
WIDE = tf.TensorSpec([None, 5], tf.float32, name="b")
RNG = np.random.default_rng(0)


def operators(model: Any) -> list[str]:
    return [node.op_type for node in model.model.graph.node]


def layers(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    first, *others = (tf.reduce_sum(tf.tanh(a * scale) * b, axis=-1) for scale in (0.5, 1.0, 2.0, 3.0))
    for other in others:
        first += other
    return first


def test_sums_over_the_same_axes_are_one(converted: Any) -> None:
    model = converted(layers, [A, B])
    found = operators(model)
    assert found.count("ReduceSum") == 1
    assert found.count("Sum") == 1
    assert "Add" not in found
    a, b = (RNG.normal(size=(6, 3)).astype("f4") for _ in range(2))
    np.testing.assert_allclose(model(a, b)["output"], layers(a, b), rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "specs"),
    [
        # Of other sizes, other axes, kept axes, and a sum that is needed by itself.
        (lambda a, b: tf.reduce_sum(tf.tanh(a), axis=-1) + tf.reduce_sum(tf.exp(b), axis=-1), [A, WIDE]),
        (lambda a, b: tf.reduce_sum(tf.tanh(a), axis=0) + tf.reduce_sum(tf.exp(b), axis=1)[:1], [A, B]),
        (
            lambda a, b: tf.reduce_sum(tf.tanh(a), -1, keepdims=True) + tf.reduce_sum(tf.exp(b), -1, keepdims=True),
            [A, B],
        ),
    ],
)
def test_other_sums_are_as_they_were(function: Any, specs: Any, converted: Any) -> None:
    model = converted(function, specs)
    assert operators(model).count("ReduceSum") == 2
    a, b = (RNG.normal(size=(3, spec.shape[1])).astype("f4") for spec in specs)
    np.testing.assert_allclose(model(a, b)["output"], function(a, b), rtol=1e-5)


def test_a_sum_that_is_used_twice_stays(converted: Any) -> None:
    def function(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        first = tf.reduce_sum(tf.tanh(a), axis=-1)
        return (first + tf.reduce_sum(tf.exp(b), axis=-1)) * first

    model = converted(function, [A, B])
    assert operators(model).count("ReduceSum") == 2
    a, b = (RNG.normal(size=(4, 3)).astype("f4") for _ in range(2))
    np.testing.assert_allclose(model(a, b)["output"], function(a, b), rtol=1e-5)


def test_what_is_no_sum_is_added_to_them(converted: Any) -> None:
    def function(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        return layers(a, b) + tf.reduce_max(a, axis=-1) + tf.reduce_prod(b, axis=-1)

    model = converted(function, [A, B])
    assert operators(model).count("ReduceSum") == 1
    a, b = (RNG.normal(size=(4, 3)).astype("f4") for _ in range(2))
    np.testing.assert_allclose(model(a, b)["output"], function(a, b), rtol=1e-5)


def test_a_row_that_stands_for_all_is_one(converted: Any) -> None:
    """The batch of one summand is 1: it broadcasts before the sum as it did after."""
    row = tf.constant(RNG.normal(size=(1, 3)), tf.float32)

    def function(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.tanh(a), axis=-1) + tf.reduce_sum(row * b[:1], axis=-1)

    model = converted(function, [A, B])
    a, b = (RNG.normal(size=(4, 3)).astype("f4") for _ in range(2))
    np.testing.assert_allclose(model(a, b)["output"], function(a, b), rtol=1e-5)
