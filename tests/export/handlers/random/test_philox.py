"""The generator against its authors' known answers, and counters that run over."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

# Random123's kat_vectors for philox4x32, 10 rounds: the counter's four words, the key's two, the result's four.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> np.ndarray:
    return np.array([int(word, 16) for word in text.split()], np.uint32)


@pytest.fixture
def stream(converted: Any) -> Any:
    def draw(key: tf.Tensor, counter: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=tf.reshape(n, [1]), key=key, counter=counter, alg=1, dtype=tf.uint32
        )

    signature = [
        tf.TensorSpec([1], tf.uint64, name="key"),
        tf.TensorSpec([2], tf.uint64, name="counter"),
        tf.TensorSpec([], tf.int32, name="n"),
    ]
    model = converted(draw, signature, inputs=lambda batch: [[batch], [batch, 3], 4 * batch])
    return lambda key, counter, n: (model(key, counter, np.int32(n))["output"], draw(key, counter, n).numpy())


def test_the_words_are_the_authors_known_answers(stream: Any) -> None:
    for counter, key, expected in KNOWN:
        found, _ = stream(words(key).view(np.uint64), words(counter).view(np.uint64), 4)
        np.testing.assert_array_equal(found, words(expected))


@pytest.mark.parametrize("low", [0, 2**32 - 2, 2**64 - 1, 2**64 - 3])
def test_counters_carry_over(low: int, stream: Any) -> None:
    for high in (0, 2**32 - 1, 2**64 - 1):
        found, expected = stream(np.array([77], np.uint64), np.array([low, high], np.uint64), 23)
        np.testing.assert_array_equal(found, expected)


def test_chunks_of_a_long_stream_join(stream: Any) -> None:
    # 16384 groups of four are a chunk.
    counter = np.array([2**64 - 5, 1], np.uint64)
    for size in (65535, 65536, 65537, 200_001):
        found, expected = stream(np.array([2**63 + 9], np.uint64), counter, size)
        np.testing.assert_array_equal(found, expected)
