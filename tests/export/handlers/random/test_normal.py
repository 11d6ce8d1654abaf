"""Normals and truncated normals: TensorFlow's to float rounding."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

NORMAL, TRUNCATED = tf.random.stateless_normal, tf.random.stateless_truncated_normal
# Of numbers up to 6; float16 is rounded from float32 and may round the other way.
ATOL = {"float16": 4e-3, "float32": 1e-6, "float64": 2e-15}


@pytest.mark.parametrize("dtype", ATOL)
@pytest.mark.parametrize("draw", [NORMAL, TRUNCATED])
def test_numbers_agree(draw: Any, dtype: str, beside: Any, count: Any, seeds: Any) -> None:
    # In float16 a last digit that differs is beyond what `convert` allows: one draw of few numbers.
    both = beside(lambda seed, n: draw([n], seed, dtype=dtype), count, example=[1])
    for seed in seeds:
        for n in (0, 1, 2, 3, 5, 8, 4001):
            found, expected = both(seed, n)
            np.testing.assert_allclose(found, expected, rtol=0, atol=ATOL[dtype])
        assert np.mean(found == expected) > (0.2 if dtype == "float64" else 0.7)


@pytest.mark.parametrize("draw", [NORMAL, TRUNCATED])
@pytest.mark.parametrize("shape", [[], [0, 2], [3, 5, 7], [4, 17000]])
def test_shapes_may_be_static(shape: list[int], draw: Any, beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: draw(shape, seed, mean=1.0, stddev=2.0))
    for seed in seeds[:3]:
        found, expected = both(seed)
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("operator", ["StatelessRandomNormal", "StatelessTruncatedNormal"])
def test_the_first_versions_of_operators_agree(operator: str, beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: getattr(tf.raw_ops, operator)(shape=[9], seed=seed, dtype=tf.float64))
    for seed in seeds:
        found, expected = both(seed)
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-15)


def test_many_truncated_normals_take_many_attempts(beside: Any, count: Any) -> None:
    both = beside(lambda seed, n: TRUNCATED([n], seed, dtype=tf.float64), count, example=[3])
    found, expected = both((3, 4), 40_000)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-15)
    assert np.abs(found).max() < 2
