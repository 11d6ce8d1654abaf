"""Uniforms and random integers: equal bit for bit to TensorFlow's."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

UNIFORM = tf.random.stateless_uniform
SIZES = (0, 1, 2, 3, 4, 5, 8, 1001)
LIMITS = {dtype: (np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in ("int32", "int64")}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "uint32", "uint64"])
def test_numbers_are_equal(dtype: str, beside: Any, count: Any, seeds: Any) -> None:
    limits = {} if dtype.startswith("float") else {"minval": None, "maxval": None}
    both = beside(lambda seed, n: UNIFORM([n], seed, dtype=dtype, **limits), count, example=[6])
    for seed in seeds:
        for n in SIZES:
            np.testing.assert_array_equal(*both(seed, n))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [[], [0], [2, 0, 3], [3, 5, 7], [4, 4096]])
def test_shapes_may_be_static(shape: list[int], dtype: str, beside: Any, seeds: Any) -> None:
    limits = {} if dtype.startswith("float") else {"minval": None, "maxval": None}
    both = beside(lambda seed: UNIFORM(shape, seed, dtype=dtype, **limits))
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))


def test_the_shape_may_be_that_of_an_input(beside: Any, seeds: Any) -> None:
    spec = tf.TensorSpec([None, None, 2], tf.float32, name="x")
    both = beside(lambda seed, x: UNIFORM(tf.shape(x), seed), spec, example=[np.zeros([2, 3, 2])])
    for seed, shape in zip(seeds, ([1, 1, 2], [0, 3, 2], [3, 0, 2], [5, 7, 2], [1, 3, 2], [2, 2, 2]), strict=True):
        np.testing.assert_array_equal(*both(seed, np.zeros(shape)))


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_limits_of_integers_may_be_extreme(dtype: str, beside: Any, seeds: Any) -> None:
    specs = [tf.TensorSpec([], dtype, name=name) for name in ("low", "high")]
    both = beside(
        lambda seed, low, high: UNIFORM([2, 9], seed, minval=low, maxval=high, dtype=dtype), *specs, example=[-3, 8]
    )
    least, most = LIMITS[dtype]
    for low, high in ((0, 10), (least, most), (-5, -4), (most - 1, most), (least, least + 3), (-3, most), (least, 0)):
        for seed in seeds:
            np.testing.assert_array_equal(*both(seed, low, high))


def test_limits_that_hold_nothing_end_nothing(beside: Any) -> None:
    specs = [tf.TensorSpec([], tf.int32, name=name) for name in ("low", "high")]
    both = beside(
        lambda seed, low, high: UNIFORM([5], seed, minval=low, maxval=high, dtype=tf.int32), *specs, example=[-3, 8]
    )
    # TensorFlow raises; a division by 0 would kill the process.
    assert both.model(np.array([1, 2], np.int32), np.int32(4), np.int32(4))["output"].shape == (5,)


@pytest.mark.parametrize(
    ("operator", "options"),
    [
        ("StatelessRandomUniform", {"dtype": tf.float64}),
        ("StatelessRandomUniformFullInt", {"dtype": tf.int32}),
        ("StatelessRandomUniformInt", {"minval": -3, "maxval": 10}),
    ],
)
def test_the_first_versions_of_operators_are_equal(operator: str, options: Any, beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: getattr(tf.raw_ops, operator)(shape=[9], seed=seed, **options))
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))


def test_a_large_draw_is_no_large_file(beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: UNIFORM([300_000], seed))
    np.testing.assert_array_equal(*both(seeds[1]))
    assert both.model.model.ByteSize() < 30_000
