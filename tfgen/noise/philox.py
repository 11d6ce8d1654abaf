"""Philox4x32-10, the counter-based generator, in plain TensorFlow integer operations."""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["philox_4x32", "philox_pairs"]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and √3 − 1, in 32 bits
_ROUNDS = 10
_MASK = 0xFFFFFFFF


def philox_4x32(counter: Sequence[tf.Tensor], key: Sequence[tf.Tensor]) -> tuple[tf.Tensor, ...]:
    """Maps a 128-bit counter to 128 random bits under a 64-bit key.

    Ten rounds of: (hi₀, lo₀) = M₀·c₀, (hi₁, lo₁) = M₁·c₂, then
    c ← (hi₁ ⊕ c₁ ⊕ k₀, lo₁, hi₀ ⊕ c₃ ⊕ k₁, lo₀) and k ← k + W (mod 2³²).

    Only multiplication, shift, xor and casts of unsigned integers are used: they are exact and mean the same
    in TensorFlow, XLA and ONNX, so that the bits are equal in every runtime.

    Args:
        counter: four uint32 tensors, of known ranks, that broadcast against each other and against the key.
        key: two uint32 tensors.

    Returns:
        Four uint32 tensors of the broadcast shape.

    Reference:
        Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, section 4.3.

    Example:
        >>> zero = tf.constant(0, tf.uint32)
        >>> [hex(int(word)) for word in philox_4x32([zero] * 4, [zero] * 2)]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    even, odd = philox_pairs(*(_paired(*words) for words in (counter[::2], counter[1::2], key)))
    return even[0], odd[0], even[1], odd[1]


def philox_pairs(even: tf.Tensor, odd: tf.Tensor, keys: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """`philox_4x32` of two tensors instead of four: words 0 and 2, and words 1 and 3.

    A round does the same to both halves of a counter: as one tensor they need half of the operations, which is what
    small batches, graphs, and whoever compiles or converts them pay for.

    Args:
        even: the counter's words 0 and 2, uint32 [2, ...], which broadcasts against the others from its second axis on.
        odd: its words 1 and 3, the like.
        keys: the key's two words, the like.

    Returns:
        Words 0 and 2, and words 1 and 3, each uint32 [2, ...].
    """
    rank = max(words.shape.rank for words in (even, odd, keys))
    # Words stay in 64 bits all the way: casting them back and forth would be a third of all operations.
    even, odd, keys = (_of_rank(tf.cast(words, tf.uint64), rank) for words in (even, odd, keys))
    multipliers, weyl = (_of_rank(tf.constant(words, tf.uint64), rank) for words in (_MULTIPLIERS, _WEYL))
    mask, half = tf.constant(_MASK, tf.uint64), tf.constant(32, tf.uint64)
    for round_index in range(_ROUNDS):
        product = tf.gather(even * multipliers, [1, 0])
        even = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(tf.bitwise.right_shift(product, half), odd), keys)
        odd = tf.bitwise.bitwise_and(product, mask)
        if round_index < _ROUNDS - 1:
            keys = tf.bitwise.bitwise_and(keys + weyl, mask)
    return tf.cast(even, tf.uint32), tf.cast(odd, tf.uint32)


def _paired(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Two words that broadcast against each other as one tensor, [2, ...]."""
    return tf.stack([first + tf.zeros_like(second), second + tf.zeros_like(first)])


def _of_rank(words: tf.Tensor, rank: int) -> tf.Tensor:
    """The same words with axes of size one after the first, so that they broadcast against others of that rank."""
    for _ in range(rank - words.shape.rank):
        words = tf.expand_dims(words, 1)
    return words
