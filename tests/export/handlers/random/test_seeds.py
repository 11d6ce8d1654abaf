"""Seeds that are split and folded, by TensorFlow and by TFP: equal bit for bit."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability.python.internal import samplers

from tfgen_export import convert
from tfgen_export.errors import ConversionError

SPLITS = {
    "split": lambda seed: tf.random.split(seed, 3),
    "split_seed": lambda seed: tf.stack(samplers.split_seed(seed, 3)),
    "salted": lambda seed: tf.stack(samplers.split_seed(seed, 2, salt="tests")),
    "sanitize_seed": lambda seed: samplers.sanitize_seed(seed, salt="tests"),
    "int64": lambda seed: tf.random.split(tf.cast(seed, tf.int64) * 2**31 - 1, 2),
    "nested": lambda seed: tf.random.stateless_uniform([3], tf.random.split(tf.random.split(seed, 2)[1], 2)[0]),
}


@pytest.mark.parametrize("name", SPLITS)
def test_split_seeds_are_equal(name: str, beside: Any, seeds: Any) -> None:
    both = beside(SPLITS[name])
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))


def test_the_number_of_seeds_may_be_an_input(beside: Any, count: Any, seeds: Any) -> None:
    both = beside(lambda seed, n: tf.random.split(seed, n), count, example=[3])
    for n in (0, 1, 2, 7):
        np.testing.assert_array_equal(*both(seeds[n % len(seeds)], n))


@pytest.mark.parametrize("fold", [tf.random.fold_in, samplers.fold_in])
def test_what_is_folded_in_may_be_an_input(fold: Any, beside: Any, count: Any, seeds: Any) -> None:
    both = beside(fold, count, example=[3])
    for seed in seeds:
        for data in (0, -1, 2**31 - 1):
            np.testing.assert_array_equal(*both(seed, data))


def test_the_algorithm_may_be_asked_for(beside: Any, seeds: Any) -> None:
    def function(seed: tf.Tensor) -> tf.Tensor:
        asked = tf.raw_ops.StatelessRandomGetKeyCounterAlg(seed=seed)
        other = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        first = tf.raw_ops.StatelessRandomUniformV2(shape=[5], key=asked.key, counter=asked.counter, alg=asked.alg)
        algorithm = tf.raw_ops.StatelessRandomGetAlg()
        second = tf.raw_ops.StatelessRandomUniformV2(shape=[5], key=other.key, counter=other.counter, alg=algorithm)
        return tf.concat([first, second, tf.cast([asked.alg, algorithm], tf.float32)], 0)

    both = beside(function)
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed))


def test_another_generator_is_refused() -> None:
    with pytest.raises(ConversionError, match="alg=2"):
        convert(
            lambda seed: tf.random.stateless_uniform([3], seed, alg="threefry"),
            [tf.TensorSpec([2], tf.int32, name="seed")],
        )
