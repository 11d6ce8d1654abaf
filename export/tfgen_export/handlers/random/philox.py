"""Philox4x32-10, the counter-based generator, and how TensorFlow makes its key and counter from a seed."""

from collections.abc import Sequence

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["philox", "random_bits", "scramble"]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and √3 − 1, in 32 bits
_ROUNDS = 10
_MASK = 0xFFFFFFFF
_SCRAMBLING_KEY = (0x3EC8F720, 0x02461E29)


def philox(b: Builder, even: Value, odd: Value, keys: Sequence[Value]) -> tuple[Value, Value]:
    """Maps 128-bit counters to 128 random bits each.

    Ten rounds of: (hi₀, lo₀) = M₀·c₀, (hi₁, lo₁) = M₁·c₂, then c ← (hi₁ ⊕ c₁ ⊕ k₀, lo₁, hi₀ ⊕ c₃ ⊕ k₁, lo₀).

    The words c₀ and c₂ are one tensor, c₁ and c₃ another, which halves the number of nodes. They swap places in
    each round; here it is the multipliers and keys that do, so that only one of the two tensors must be turned.

    Args:
        b: where the nodes go.
        even: the words c₀ and c₂, as uint64 below 2³², [2, n].
        odd: the words c₁ and c₃, likewise.
        keys: for each round k₀ and k₁, [2, 1], exchanged in the first, third, … round (see `_schedule`).

    Returns:
        The words 0 and 2 of the result, and the words 1 and 3: uint64, [2, n].

    Reference:
        Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, section 4.3.
    """
    straight = np.array(_MULTIPLIERS, np.uint64)[:, None]
    for step, key in enumerate(keys):
        product = even * (straight[::-1] if step % 2 else straight)
        even = (product >> 32) ^ (b("Gather", odd, b.integers(1, 0), axis=0) ^ key)
        odd = product & _MASK
    return even, odd


def scramble(b: Builder, seed: Value) -> tuple[Value, Value]:
    """The key, uint64[1], and the counter, uint64[2], that TensorFlow's CPU kernels make of a seed.

    The seed, sign-extended to 2·64 bits, is the counter of a draw under a fixed key; the first 64 bits drawn are
    the key, the others the upper half of the counter, whose lower half counts from 0.

    Args:
        b: where the nodes go.
        seed: int32 or int64, [2].
    """
    wide = b("Unsqueeze", seed.cast(np.uint64), b.integers(1))
    even, odd = philox(b, wide & _MASK, wide >> 32, [b.constant(key, np.uint64) for key in _constant_schedule()])
    drawn = b("Squeeze", even | (odd << 32), b.integers(1))
    return b("Gather", drawn, b.integers(0), axis=0), drawn * np.array([0, 1], np.uint64)


def random_bits(b: Builder, key: Value, counter: Value, index: Value) -> tuple[Value, Value]:
    """The 128 random bits at each index of a stream.

    Args:
        b: where the nodes go.
        key: uint64[1].
        counter: where the stream begins, uint64[2], the lower half first; what follows is not read.
        index: uint64, [1, n].

    Returns:
        The words 0 and 2, and the words 1 and 3: uint64 below 2³², [2, n].
    """
    first = b("Gather", counter, b.constant([[0]], np.int64), axis=0)
    second = b("Gather", counter, b.constant([[1]], np.int64), axis=0)
    lower = first + index
    upper = second + (lower < index).cast(np.uint64)
    position = b("Concat", lower, upper, axis=0)
    return philox(b, position & _MASK, position >> 32, _schedule(b, key))


def _constant_schedule() -> list[np.ndarray]:
    """The fixed key's schedule, [2, 1] for each round, as `philox` wants it."""
    straight = [
        [(k + step * w) & _MASK for k, w in zip(_SCRAMBLING_KEY, _WEYL, strict=True)] for step in range(_ROUNDS)
    ]
    return [np.array(keys if step % 2 else keys[::-1], np.uint64)[:, None] for step, keys in enumerate(straight)]


def _schedule(b: Builder, key: Value) -> list[Value]:
    """k + round·W (mod 2³²), [2, 1] for each round, as `philox` wants it: all rounds in one sum."""
    words = b("Concat", key & _MASK, key >> 32, axis=0)
    order = [entry for step in range(_ROUNDS) for entry in ((0, 1) if step % 2 else (1, 0))]
    increments = [((position // 2) * _WEYL[entry]) & _MASK for position, entry in enumerate(order)]
    spread = b("Gather", words, b.constant(np.array(order)[:, None], np.int64), axis=0)
    keys = (spread + np.array(increments, np.uint64)[:, None]) & _MASK
    return b.outputs("Split", keys, b.integers(*[2] * _ROUNDS), count=_ROUNDS, axis=0)
