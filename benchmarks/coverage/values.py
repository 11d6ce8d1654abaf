"""Random arrays of the domains that parameters and points come from."""

import dataclasses
from collections.abc import Callable

import numpy as np

__all__ = [
    "REAL",
    "Values",
    "between",
    "counts",
    "drawn",
    "increasing",
    "integers",
    "orthogonal",
    "positive",
    "positive_definite",
    "reals",
    "simplex",
    "sphere",
    "tril",
]

REAL = "real"
"""The floating-point type of the case: float32 or float64."""


@dataclasses.dataclass(frozen=True)
class Values:
    """A set to draw from.

    Attributes:
        draw: from a generator and a shape, batch dimensions before the event's; None where the values come from the
            tried object itself: a distribution's sample, a bijector's image.
        shape: of one value.
        dtype: NumPy's, or `REAL`.
    """

    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray] | None
    shape: tuple[int, ...] = ()
    dtype: str = REAL

    def array(self, rng: np.random.Generator, batch_shape: tuple[int, ...], real: str) -> np.ndarray:
        if self.draw is None:
            raise ValueError(f"Values that the tried object draws itself cannot be drawn alone. Received: {self}")
        return np.asarray(self.draw(rng, (*batch_shape, *self.shape)), self.numpy_dtype(real))

    def numpy_dtype(self, real: str) -> str:
        return real if self.dtype == REAL else self.dtype


def drawn(*shape: int, dtype: str = REAL) -> Values:
    """Values that come from the tried object: a distribution's sample, a bijector's image."""
    return Values(None, shape, dtype)


def between(low: float, high: float, *shape: int) -> Values:
    return Values(lambda rng, size: rng.uniform(low, high, size), shape)


def reals(*shape: int, scale: float = 1.0) -> Values:
    return Values(lambda rng, size: scale * rng.normal(size=size), shape)


def positive(*shape: int) -> Values:
    """From 0.3 to 3."""
    return Values(lambda rng, size: np.exp(rng.uniform(-1.1, 1.1, size)), shape)


def counts(high: int, *shape: int, low: int = 0) -> Values:
    """Whole numbers from `low` to `high`, in the case's floating-point type."""
    return Values(lambda rng, size: rng.integers(low, high + 1, size), shape)


def integers(high: int, *shape: int, low: int = 0, dtype: str = "int32") -> Values:
    """Whole numbers from `low` to `high`, in an integer type."""
    return Values(lambda rng, size: rng.integers(low, high + 1, size), shape, dtype)


def simplex(size: int, *shape: int) -> Values:
    """Probabilities of `size` classes, the last dimension's sum 1."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        raw = rng.uniform(0.2, 1, shape)
        return raw / raw.sum(-1, keepdims=True)

    return Values(draw, (*shape, size))


def increasing(*shape: int) -> Values:
    return Values(lambda rng, size: -1 + np.cumsum(rng.uniform(0.3, 1, size), -1), shape)


def sphere(size: int) -> Values:
    """Directions: vectors of length 1."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        raw = rng.normal(size=shape)
        return raw / np.linalg.norm(raw, axis=-1, keepdims=True)

    return Values(draw, (size,))


def _tril(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    diagonal = np.eye(shape[-1]) * rng.uniform(0.6, 1.6, (*shape[:-1], 1))
    return np.tril(0.5 * rng.normal(size=shape), -1) + diagonal


def tril(size: int, *shape: int) -> Values:
    """Cholesky factors."""
    return Values(_tril, (*shape, size, size))


def positive_definite(size: int) -> Values:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        factor = _tril(rng, shape)
        return factor @ factor.swapaxes(-1, -2)

    return Values(draw, (size, size))


def orthogonal(size: int) -> Values:
    return Values(lambda rng, shape: np.linalg.qr(rng.normal(size=shape))[0], (size, size))
