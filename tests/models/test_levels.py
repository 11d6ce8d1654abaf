"""Whole numbers and cells between 0 and 1, in both precisions."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.models.levels import Levels

LEAST = 2.0**-24  # what uniforms of 24 binary digits are at least, and 1 minus at most


@pytest.mark.parametrize(
    ("levels", "dtype"), [(2, "float32"), (256, "float32"), (65536, "float32"), (2**20, "float64")]
)
def test_every_cell_is_found_again(levels: int, dtype: str) -> None:
    x = np.unique(np.linspace(0, levels - 1, 3000).round())
    cells = Levels(levels, dtype)
    for u in (0.25, 0.5, 0.75):
        y = cells.within(tf.constant(x, dtype), tf.constant(u, dtype))
        np.testing.assert_array_equal(cells.of(y), x)
        np.testing.assert_allclose(y, (x + u) / levels, rtol=1.3e-7)


@pytest.mark.parametrize("levels", [2, 3, 256, 65536])
def test_single_precision_never_reaches_the_ends(levels: int) -> None:
    """Where 255 + (1 − 2⁻²⁴) is rounded to 256."""
    cells = Levels(levels, "float32")
    y = cells.within(tf.constant([0.0, levels - 1.0]), tf.constant([LEAST, 1 - LEAST])).numpy()
    assert 0 < y[0] < 1 / levels
    assert 1 - 1 / levels < y[1] < 1
    smallest = cells.within(tf.constant([0.0]), tf.constant([1.2e-38])).numpy()
    assert smallest >= np.finfo(np.float32).tiny


def test_what_is_beyond_the_cells_is_the_first_or_the_last() -> None:
    y = tf.constant([-1e30, -0.1, 0.0, 0.24, 0.25, 0.99, 1.0, 1.3, 1e30])
    assert Levels(4, "float32").of(y).numpy().tolist() == [0, 0, 0, 0, 1, 3, 3, 3, 3]


def test_centres() -> None:
    np.testing.assert_allclose(Levels(4, "float32").centred(tf.range(4.0)), [-0.75, -0.25, 0.25, 0.75])


@pytest.mark.parametrize(
    ("levels", "dtype", "said"),
    [
        (1, "float32", "`levels` must be an integer of at least 2. Received: levels=1"),
        (2.5, "float32", "`levels` must be an integer of at least 2. Received: levels=2.5"),
        (True, "float32", "`levels` must be an integer"),
        (65537, "float32", "`levels` must be at most 65536 in float32.*Received: levels=65537"),
        (2**33, "float64", "`levels` must be at most 4294967296 in float64"),
    ],
)
def test_bad_levels_are_named(levels: Any, dtype: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Levels(levels, dtype)
