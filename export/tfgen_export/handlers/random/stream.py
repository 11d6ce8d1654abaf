"""A stream of random numbers, as many as are wanted."""

from collections.abc import Callable, Sequence

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.philox import random_bits
from tfgen_export.handlers.value import Value

__all__ = ["Convert", "count_from_zero", "interleave", "numbers", "scalar"]

Convert = Callable[[Value, Value], Sequence[Value]]
"""From the words 0 and 2 and the words 1 and 3 of some groups (uint64 below 2³², [2, groups]) to numbers in parts."""

_CHUNK = 16384
_LARGEST_CONSTANT = 256


def numbers(b: Builder, key: Value, counter: Value, size: int | Value, convert: Convert, *, per_group: int) -> Value:
    """The first `size` numbers of a stream, [size].

    128 random bits are a group of four numbers of 32 bits or two of 64, in the order in which TensorFlow's CPU kernels
    write them; the last group may be used in part. Many groups are computed chunk by chunk, for the hundred tensors in
    between shall stay in the processor's cache.

    Args:
        b: where the nodes go.
        key: uint64[1].
        counter: uint64[2].
        size: how many; an int64 scalar where the graph computes it.
        convert: gives the numbers of groups in parts, [numbers, groups] each: of a group, the first of each part comes
            first, then the second of each part.
        per_group: how many numbers a group gives.
    """

    def flat(index: Value) -> Value:
        parts = convert(*random_bits(b, key, counter, b("Unsqueeze", index, b.integers(0))))
        return b("Reshape", interleave(b, *parts), b.integers(-1))

    if isinstance(size, int) and size <= _CHUNK * per_group:
        groups = -(-size // per_group)
        values = flat(count_from_zero(b, scalar(b, groups, key)))
        if groups * per_group == size:
            return values
    else:
        count = (scalar(b, size, key) + (per_group - 1)) / per_group
        # Chunks of one length, as the results of a loop must be.
        chunks = b("Max", (count + (_CHUNK - 1)) / _CHUNK, 1)
        length = (count + (chunks - 1)) / chunks
        index = count_from_zero(b, length)

        def chunk(step: Value) -> tuple[None, list[Value]]:
            return None, [flat(index + (step * length).cast(np.uint64))]

        (collected,) = b.loop(chunk, [], count=chunks)
        values = b("Reshape", collected, b.integers(-1))
    limit = b.integers(size) if isinstance(size, int) else b("Reshape", size, b.integers(1))
    return b("Slice", values, b.integers(0), limit)


def interleave(b: Builder, *parts: Value) -> Value:
    """Parts of [numbers, groups] as [groups, …]: of a group, the first of each part comes first."""
    if len(parts) == 1:
        return b("Transpose", parts[0], perm=[1, 0])
    stacked = b("Concat", *(b("Unsqueeze", part, b.integers(1)) for part in parts), axis=1)
    return b("Transpose", stacked, perm=[2, 0, 1])


def count_from_zero(b: Builder, count: Value) -> Value:
    """0, 1, …, count − 1 as uint64, [count]."""
    return b("Range", b.constant(0, np.int64), count, b.constant(1, np.int64)).cast(np.uint64)


def scalar(b: Builder, count: int | Value, key: Value) -> Value:
    """A count as int64; a large one such that no optimiser stores tensors of that size, as constants, in the file.

    Args:
        b: where the nodes go.
        count: the count, or an int64 scalar that the graph computes.
        key: any uint64[1] that is no constant.
    """
    if isinstance(count, Value):
        return count
    if count <= _LARGEST_CONSTANT:
        return b.constant(count, np.int64)
    return b("Squeeze", (key & 0) + count, b.integers(0)).cast(np.int64)
