"""Philox4x32-10, the counter-based generator, in plain TensorFlow integer operations."""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["philox_4x32"]

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
        counter: four uint32 tensors that broadcast against each other and against the key.
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
    # Words stay in 64 bits all the way: casting them back and forth would be a third of all operations.
    c0, c1, c2, c3 = (tf.cast(word, tf.uint64) for word in counter)
    k0, k1 = (tf.cast(word, tf.uint64) for word in key)
    for round_index in range(_ROUNDS):
        high0, low0 = _multiply(_MULTIPLIERS[0], c0)
        high1, low1 = _multiply(_MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = _xor(high1, c1, k0), low1, _xor(high0, c3, k1), low0
        if round_index < _ROUNDS - 1:
            k0, k1 = _add(k0, _WEYL[0]), _add(k1, _WEYL[1])
    return tuple(tf.cast(word, tf.uint32) for word in (c0, c1, c2, c3))


def _multiply(multiplier: int, word: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The high and low 32 bits of a 32 × 32 bit product."""
    product = word * tf.constant(multiplier, tf.uint64)
    high = tf.bitwise.right_shift(product, tf.constant(32, tf.uint64))
    return high, tf.bitwise.bitwise_and(product, tf.constant(_MASK, tf.uint64))


def _add(word: tf.Tensor, increment: int) -> tf.Tensor:
    """Addition modulo 2³²."""
    return tf.bitwise.bitwise_and(word + tf.constant(increment, tf.uint64), tf.constant(_MASK, tf.uint64))


def _xor(first: tf.Tensor, second: tf.Tensor, third: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(first, second), third)
