"""Philox against Random123's own vectors and against Python's unbounded integers."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.noise import philox_4x32

WORD = st.integers(0, 2**32 - 1)


def run(counter: list[int], key: list[int]) -> list[int]:
    counter_words, key_words = ([tf.constant(word, tf.uint32) for word in words] for words in (counter, key))
    return [int(word) for word in philox_4x32(counter_words, key_words)]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


# The lines "philox4x32 10" of Random123's kat_vectors: counter, key, answer.
@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (
            "ffffffff ffffffff ffffffff ffffffff",
            "ffffffff ffffffff",
            "408f276d 41c83b0e a20bc7c6 6d5451fd",
        ),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zero", "ones", "pi"],
)
def test_known_answers(layout: Any, counter: str, key: str, answer: str) -> None:
    assert layout.philox(words(counter), words(key)) == words(answer)
    assert run(words(counter), words(key)) == words(answer)


def test_random_counters_and_keys(layout: Any) -> None:
    table = np.random.default_rng(0).integers(0, 2**32, (500, 6), dtype=np.uint64)
    columns = [tf.constant(column.astype(np.uint32)) for column in table.T]
    found = np.stack([word.numpy() for word in philox_4x32(columns[:4], columns[4:])], axis=1)
    assert found.tolist() == [layout.philox(row[:4], row[4:]) for row in table.tolist()]


@settings(deadline=None, database=None, max_examples=40)
@given(counter=st.lists(WORD, min_size=4, max_size=4), key=st.lists(WORD, min_size=2, max_size=2))
@example(counter=[2**32 - 1, 0, 2**32 - 1, 0], key=[2**31, 2**31 - 1])
def test_any_counter_and_key(layout: Any, counter: list[int], key: list[int]) -> None:
    assert run(counter, key) == layout.philox(counter, key)


def test_shapes_broadcast(layout: Any) -> None:
    counter = [tf.constant([[1, 2, 3]], tf.uint32)] + [tf.constant(word, tf.uint32) for word in (4, 5, 6)]
    key = [tf.constant([[7], [8]], tf.uint32), tf.constant([[9], [10]], tf.uint32)]
    found = np.stack([word.numpy() for word in philox_4x32(counter, key)], axis=-1)
    assert found.shape == (2, 3, 4)
    assert found.dtype == np.uint32
    for row in (0, 1):
        for block in (0, 1, 2):
            assert found[row, block].tolist() == layout.philox([block + 1, 4, 5, 6], [7 + row, 9 + row])
