from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.noise import fresh_seed, seed_rows

LOWEST, HIGHEST = -(2**31), 2**31 - 1


@pytest.mark.parametrize("seed", [0, 7, -3, LOWEST, HIGHEST, np.int64(12), np.uint8(255)])
def test_row_i_is_the_seed_and_i(seed: Any) -> None:
    rows = seed_rows(4, seed)
    assert rows.dtype == np.int32
    assert rows.tolist() == [[int(seed), 0], [int(seed), 1], [int(seed), 2], [int(seed), 3]]


def test_a_longer_request_begins_with_the_shorter() -> None:
    np.testing.assert_array_equal(seed_rows(100, 5)[:7], seed_rows(7, 5))
    assert seed_rows(0, 5).shape == (0, 2)


@pytest.mark.parametrize("seed", [LOWEST - 1, HIGHEST + 1, 1.0, "1", True, np.bool_(True), None, [1], np.nan])
def test_a_bad_seed_is_named(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"`seed` must be an integer .* Received: seed="):
        seed_rows(2, seed)


def test_fresh_seeds_follow_keras() -> None:
    keras.utils.set_random_seed(11)
    first = [fresh_seed() for _ in range(5)]
    keras.utils.set_random_seed(11)
    again = [fresh_seed() for _ in range(5)]
    keras.utils.set_random_seed(12)
    other = [fresh_seed() for _ in range(5)]
    keras.utils.set_random_seed(11)
    np.random.seed(5)  # global generators that are not Keras's do not matter
    tf.random.set_seed(5)
    kept = [fresh_seed() for _ in range(5)]
    assert first == again == kept
    assert len({*first, *other}) == 10
    for seed in first:
        assert type(seed) is int
        assert seed_rows(1, seed).tolist() == [[seed, 0]]
