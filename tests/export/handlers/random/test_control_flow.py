"""Random operators inside loops and branches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

DRAWS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "uniform": lambda seed: tf.random.stateless_uniform([3], seed),
    "normal": lambda seed: tf.random.stateless_normal([3], seed),
    "integers": lambda seed: tf.cast(tf.random.stateless_uniform([3], seed, -5, 9, tf.int64), tf.float32),
    "categorical": lambda seed: tf.cast(tf.random.stateless_categorical([[0.0, 1.0]], 3, seed)[0], tf.float32),
    "truncated": lambda seed: tf.random.stateless_truncated_normal([3], seed),
    "gamma": lambda seed: tf.random.stateless_gamma([3], seed, [0.5, 1.0, 3.0]),
    "poisson": lambda seed: tf.random.stateless_poisson([3], seed, [0.5, 20.0, 3.0], tf.float32),
}


@pytest.mark.parametrize("name", ["normal", "categorical", "truncated", "gamma"])
def test_a_walk_takes_new_numbers_at_each_step(name: str, beside: Any, count: Any, seeds: Any) -> None:
    def walk(seed: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        def step(i: tf.Tensor, x: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, ...]:
            now, later = tf.unstack(tf.random.split(seed, 2))
            return i + 1, x + DRAWS[name](now), later

        return tf.while_loop(lambda i, *_: i < n, step, (0, tf.zeros(3), seed))[1]

    both = beside(walk, count, example=[3])
    for seed, n in zip(seeds, (0, 1, 2, 5, 9, 3), strict=True):
        found, expected = both(seed, n)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["integers", "normal", "poisson"])
def test_either_branch_may_draw(name: str, beside: Any, count: Any, seeds: Any) -> None:
    def choose(seed: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        return tf.cond(n > 3, lambda: DRAWS[name](seed), lambda: DRAWS["uniform"](tf.random.fold_in(seed, n)))

    both = beside(choose, count, example=[3])
    for seed in seeds:
        for n in (3, 4):
            found, expected = both(seed, n)
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_branch_may_take_the_size_from_outside(beside: Any, count: Any, seeds: Any) -> None:
    def choose(seed: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        uniform = tf.random.stateless_uniform
        return tf.cond(n > 3, lambda: uniform([n, 2], seed), lambda: uniform([n, 2], seed, maxval=2.0))

    both = beside(choose, count, example=[3])
    for seed in seeds:
        for n in (0, 3, 5):
            np.testing.assert_array_equal(*both(seed, n))
