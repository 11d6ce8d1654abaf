"""Seeds: where a whole request's seed rows come from."""

import operator

import keras
import numpy as np

__all__ = ["fresh_seed", "seed_rows"]

_INT32 = np.iinfo(np.int32)


def seed_rows(count: int, seed: int) -> np.ndarray:
    """The seed rows of a request for `count` draws: row i is (seed, i).

    Because row i knows only its own number, a longer request begins with the shorter one's draws.

    Args:
        count: how many rows.
        seed: any 32-bit signed integer.

    Returns:
        int32 [count, 2].

    Raises:
        ValueError: where the seed is no 32-bit signed integer.

    Example:
        >>> seed_rows(2, seed=7).tolist()
        [[7, 0], [7, 1]]
    """
    try:
        value = operator.index(seed)
    except TypeError:
        value = None
    if isinstance(seed, bool) or value is None or not _INT32.min <= value <= _INT32.max:
        raise ValueError(
            f"`seed` must be an integer from {_INT32.min} to {_INT32.max}, or None. Received: seed={seed!r}"
        )
    return np.stack([np.full(count, value, np.int32), np.arange(count, dtype=np.int32)], axis=1)


def fresh_seed() -> int:
    """A new seed from Keras's global generator, so that `keras.utils.set_random_seed` governs it.

    This is the only place that reads global random state; it happens before any graph is entered.
    """
    return int(keras.random.randint((), 0, _INT32.max))
