"""What the tests of the random operators share: a function in ONNX Runtime beside itself in TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

LOW, HIGH = np.iinfo(np.int32).min, np.iinfo(np.int32).max
SEEDS = [(0, 0), (-1, 5), (HIGH, LOW), (-7, -9), (LOW, -1), (1234567, -89)]

Pair = tuple[np.ndarray, np.ndarray]


class Beside:
    """A converted function and the function itself, on the same seed and numbers."""

    def __init__(self, converted: Any, function: Callable[..., Any], *specs: tf.TensorSpec, example: Any = ()) -> None:
        specs = (tf.TensorSpec([2], tf.int32, name="seed"), *specs)
        self.specs, self.function = specs, function
        self.model = converted(function, specs, inputs=lambda batch: [SEEDS[batch % len(SEEDS)], *example])

    def __call__(self, seed: Sequence[int], *values: Any) -> Pair:
        """What ONNX Runtime gives, and what TensorFlow does."""
        arrays = [
            np.asarray(value, spec.dtype.as_numpy_dtype)
            for value, spec in zip((seed, *values), self.specs, strict=True)
        ]
        (found,) = self.model(*arrays).values()
        expected = self.function(*map(tf.constant, arrays)).numpy()
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        return found, expected


@pytest.fixture
def beside(converted: Any) -> Callable[..., Beside]:
    """From a function of a seed, the specifications of further inputs, and an `example` of them."""
    return lambda function, *specs, example=(): Beside(converted, function, *specs, example=example)


@pytest.fixture
def seeds() -> list[tuple[int, int]]:
    """From the whole range of int32, its ends included."""
    return SEEDS


@pytest.fixture
def count() -> tf.TensorSpec:
    """The specification of a number of samples that is an input."""
    return tf.TensorSpec([], tf.int32, name="n")
