"""Splits of products are products, factors are weights, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

X = tf.TensorSpec([None, 3], tf.float32, name="x")
FRAMES = tf.TensorSpec([None, 4, 3], tf.float32, name="x")
RNG = np.random.default_rng(0)
KERNEL, BIAS = (tf.constant(RNG.normal(size=shape), tf.float32) for shape in ((3, 6), (6,)))


def operators(model: Any) -> list[str]:
    return [node.op_type for node in model.model.graph.node]


def head(x: tf.Tensor) -> tf.Tensor:
    first, second, third = tf.split(x @ KERNEL + BIAS, [1, 2, 3], axis=-1)
    return tf.concat([tf.tanh(first * 0.25), tf.exp(second / 3.0), third], axis=-1)


@pytest.mark.parametrize("spec", [X, FRAMES])
def test_a_split_product_is_products_and_its_factors_are_weights(spec: tf.TensorSpec, converted: Any) -> None:
    model = converted(head, [spec])
    found = operators(model)
    assert found.count("MatMul") + found.count("Gemm") == 3
    assert not {"Split", "Mul", "Div"} & set(found)
    x = RNG.normal(size=(5, *spec.shape[1:])).astype("f4")
    np.testing.assert_allclose(model(x)["output"], head(tf.constant(x)), rtol=1e-5)


def test_a_product_without_bias_is_split_too(converted: Any) -> None:
    def function(x: tf.Tensor) -> tf.Tensor:
        first, second = tf.split(x @ KERNEL, 2, axis=-1)
        return tf.tanh(2.0 * first) + second

    model = converted(function, [X])
    assert not {"Split", "Mul"} & set(operators(model))
    x = RNG.normal(size=(5, 3)).astype("f4")
    np.testing.assert_allclose(model(x)["output"], function(tf.constant(x)), rtol=1e-5)


def used_twice(x: tf.Tensor) -> tf.Tensor:
    whole = x @ KERNEL + BIAS
    first, second = tf.split(whole, 2, axis=-1)
    return tf.tanh(whole) * tf.concat([second, first], axis=-1)


def scaled_and_needed(x: tf.Tensor) -> tf.Tensor:
    whole = x @ KERNEL + BIAS
    return tf.tanh(whole * 0.5) + whole


def split_by_rows(x: tf.Tensor) -> tf.Tensor:
    first, second = tf.split(x @ KERNEL + BIAS, 2, axis=-2)
    return tf.tanh(first) * second


def scaled_by_a_row(x: tf.Tensor) -> tf.Tensor:
    return tf.tanh((x @ KERNEL + BIAS) * tf.constant(np.arange(1.0, 7.0), tf.float32))


def scaled_beyond_the_largest(x: tf.Tensor) -> tf.Tensor:
    """The weights alone would overflow, where x brings them back."""
    return ((x * 1e-30) @ (KERNEL * 1e30)) * 1e20


@pytest.mark.parametrize(
    ("function", "spec", "kept"),
    [
        (used_twice, X, "Split"),
        (scaled_and_needed, X, "Mul"),
        (split_by_rows, FRAMES, "Split"),
        (scaled_by_a_row, X, "Mul"),
        (scaled_beyond_the_largest, X, "Mul"),
    ],
)
def test_others_stay_as_they_were(
    function: Callable[[tf.Tensor], tf.Tensor], spec: tf.TensorSpec, kept: str, converted: Any
) -> None:
    model = converted(function, [spec])
    assert kept in operators(model)
    x = RNG.normal(size=(5, *spec.shape[1:])).astype("f4")
    np.testing.assert_allclose(model(x)["output"], function(tf.constant(x)), rtol=1e-5)
