"""Gamma, Poisson and binomial variates: TensorFlow's, in float64 to rounding, whole numbers equal."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

GAMMA, POISSON = tf.random.stateless_gamma, tf.random.stateless_poisson
BINOMIAL = tf.random.stateless_binomial
ALPHA = np.array([1, 0.3, 5, 0.9, 20, 1e-3, 1e6])
RATE = np.array([0.5, 9.9, 10, 50, 1e6, 0, 3])
TOTAL = np.array([10, 50, 100, 1000, 7, 20, 25, 3, 0, 5, 5, -1, 1e9])
PROBABILITY = np.array([0.3, 0.6, 0.5, 0.999, 1, 0.5, 0.6, 0.9, 0.4, 1e-3, 0, 0.5, 0.4])
TYPES = [("float32", "float32"), ("float64", "float64"), ("float32", "int32"), ("float64", "int64")]
SIZES = (0, 1, 3, 700)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 1e-3), ("float32", 1.2e-7), ("float64", 1e-14)])
def test_gamma_variates_agree(dtype: str, rtol: float, beside: Any, count: Any, seeds: Any) -> None:
    alpha = ALPHA[:-2].astype(dtype)
    both = beside(
        lambda seed, n: tf.raw_ops.StatelessRandomGammaV2(shape=[n, 5], seed=seed, alpha=alpha), count, example=[1]
    )
    for seed in seeds:
        for n in SIZES:
            found, expected = both(seed, n)
            np.testing.assert_allclose(found, expected, rtol=rtol)


def test_gamma_variates_of_extreme_shapes_agree(beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: GAMMA([50, 7], seed, ALPHA, dtype=tf.float64))
    for seed in seeds:
        found, expected = both(seed)
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_gamma_parameters_may_be_an_input(beside: Any, seeds: Any) -> None:
    def draw(seed: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
        return GAMMA(tf.concat([[4], tf.shape(alpha)], 0), seed, alpha)

    both = beside(draw, tf.TensorSpec([None, None], tf.float32, name="alpha"), example=[[[0.5, 2.0]]])
    for seed, shape in zip(seeds, ((1, 1), (0, 3), (2, 3), (5, 1), (1, 0), (3, 3)), strict=True):
        found, expected = both(seed, np.random.default_rng(0).uniform(0.1, 3, shape))
        np.testing.assert_allclose(found, expected, rtol=1.2e-7)


def test_a_gamma_variate_of_no_shape_is_nan(beside: Any) -> None:
    # TensorFlow's kernel does not end.
    both = beside(
        lambda seed, alpha: GAMMA([2], seed, alpha), tf.TensorSpec([2], tf.float32, name="a"), example=[[1, 2]]
    )
    found = both.model(np.array([1, 2], np.int32), np.array([np.nan, 2], np.float32))["output"]
    np.testing.assert_array_equal(np.isnan(found), [True, False])


@pytest.mark.parametrize(("dtype", "kind"), TYPES)
def test_poisson_variates_are_equal(kind: str, dtype: str, beside: Any, count: Any, seeds: Any) -> None:
    rate = RATE.astype(dtype)
    both = beside(lambda seed, n: POISSON([n, 7], seed, rate, dtype=kind), count, example=[2])
    for seed in seeds:
        for n in SIZES:
            np.testing.assert_array_equal(*both(seed, n))


def test_an_infinite_rate_gives_infinity(beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: POISSON([3, 3], seed, [np.inf, 2.0, -1.0], dtype=tf.float32))
    np.testing.assert_array_equal(*both(seeds[1]))


@pytest.mark.parametrize(("dtype", "kind"), TYPES)
def test_binomial_variates_are_equal(kind: str, dtype: str, beside: Any, count: Any, seeds: Any) -> None:
    total, probability = TOTAL.astype(dtype), PROBABILITY.astype(dtype)
    both = beside(
        lambda seed, n: BINOMIAL([n, 13], seed, tf.constant(total), tf.constant(probability), output_dtype=kind),
        count,
        example=[2],
    )
    for seed in seeds[:3]:
        for n in SIZES:
            np.testing.assert_array_equal(*both(seed, n))


def test_binomial_parameters_broadcast(beside: Any, count: Any, seeds: Any) -> None:
    total, probability = tf.constant([[10.0], [20.0], [200.0]]), tf.constant([0.3, 0.6])
    both = beside(
        lambda seed, n: BINOMIAL([n, 3, 2], seed, total, probability, output_dtype=tf.float32), count, example=[2]
    )
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed, 9))


def test_binomial_variates_of_odd_parameters_are_equal(beside: Any, seeds: Any) -> None:
    total, probability = [5.0, 5.0, 5.0, np.inf, np.inf, np.inf], [np.nan, -0.1, 1.5, 0.0, 1.0, 0.7]
    both = beside(lambda seed: BINOMIAL([4, 6], seed, total, probability, output_dtype=tf.float32))
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))
