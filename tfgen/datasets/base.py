"""The base of every generator whose log-density is known."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.arguments import integer_at_least

__all__ = ["KnownDensity", "checked_rows"]

# Rows evaluated at once: with a few hundred quadrature nodes a row, temporaries of some megabytes.
_CHUNK_ROWS = 1024


class KnownDensity(abc.ABC):
    r"""A distribution that can be sampled and whose log-density and entropy are known.

    Where ``x`` is discrete, read mass for density: `log_prob` is then the logarithm of a probability.

    A model with density q then has the gap $E[\log p^*(x) - \log q(x)] \ge 0$ nats to the truth $p^*$,
    estimated on one set of samples with both densities on the same points.

    A subclass states the class attributes below and implements two methods, which receive checked arguments:
    ``_sample(n, rng)``, the arrays by name in float64, and ``_log_prob(x, context)``, one chunk of rows in
    float64.

    Attributes:
        name: The name that `tfgen.datasets.by_name` knows.
        event_shape: Shape of one ``x``.
        context_shape: Shape of one ``context``; None when ``x`` is unconditional.
        x_values: The only values that the elements of ``x`` take; None when they are any real numbers.
        entropy: The entropy of ``x``, or of ``x`` given ``context``, in nats: the mean of ``-log_prob`` over
            samples. A class attribute or, where it depends on the constructor's arguments, a property.

    Example:
        >>> from tfgen.datasets import EightGaussians
        >>> truth = EightGaussians()
        >>> data = truth.sample(4, seed=0)
        >>> data["x"].shape, truth.log_prob(data["x"]).shape
        ((4, 2), (4,))
    """

    name: ClassVar[str]
    event_shape: ClassVar[tuple[int, ...]]
    context_shape: ClassVar[tuple[int, ...] | None] = None
    x_values: ClassVar[tuple[float, ...] | None] = None

    @property
    @abc.abstractmethod
    def entropy(self) -> float:
        """The entropy of ``x``, or of ``x`` given ``context``, in nats."""

    def sample(self, n: int, *, seed: int) -> dict[str, NDArray[np.float32]]:
        """Draws n independent rows; the same (n, seed) gives the same rows.

        Args:
            n: How many rows, at least 1.
            seed: A non-negative integer, for `numpy.random.default_rng`.

        Returns:
            ``{"x": float32[n, *event_shape]}``, with ``"context": float32[n, *context_shape]`` where there
            is one.

        Raises:
            TypeError: If `n` or `seed` is no integer.
            ValueError: If `n` is less than 1 or `seed` is negative.
        """
        rows = integer_at_least(n, 1, name="n")
        rng = np.random.default_rng(integer_at_least(seed, 0, name="seed"))
        return {key: values.astype(np.float32) for key, values in self._sample(rows, rng).items()}

    def log_prob(self, x: ArrayLike, context: ArrayLike | None = None) -> NDArray[np.float64]:
        """Returns the exact log-density (or log-mass) of each row, computed in float64.

        Args:
            x: ``[n, *event_shape]``, n at least 1.
            context: ``[n, *context_shape]``; None if and only if ``context_shape`` is None.

        Returns:
            ``float64[n]`` in nats.

        Raises:
            ValueError: If a shape is wrong, a value is not finite, a value of `x` is none of ``x_values``, or
                `context` is missing or unexpected.
        """
        x_rows = checked_rows(x, self.event_shape, name="x")
        if self.x_values is not None:
            _check_values(x_rows, self.x_values)
        if self.context_shape is None:
            if context is not None:
                raise ValueError(
                    f"`context` must be None: {self.name!r} is unconditional. Received: {type(context).__name__}"
                )
            context_rows = np.empty((len(x_rows), 0))
        else:
            if context is None:
                raise ValueError(
                    f"`context` must have shape {_row_shape(self.context_shape)}: "
                    f"{self.name!r} is conditional. Received: None"
                )
            context_rows = checked_rows(context, self.context_shape, name="context")
            if len(context_rows) != len(x_rows):
                raise ValueError(
                    f"`context` must have as many rows as `x`, {len(x_rows)}. Received: {len(context_rows)} rows"
                )
        result = np.empty(len(x_rows))
        for start in range(0, len(x_rows), _CHUNK_ROWS):
            chunk = slice(start, start + _CHUNK_ROWS)
            result[chunk] = self._log_prob(x_rows[chunk], context_rows[chunk])
        return result

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @abc.abstractmethod
    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draws ``"x"`` and, where there is one, ``"context"``."""

    @abc.abstractmethod
    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluates one chunk of rows; without a context, `context` is [n, 0]."""


def _row_shape(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(['n', *map(str, shape)])}]"


def checked_rows(values: ArrayLike, shape: tuple[int, ...], *, name: str) -> NDArray[np.float64]:
    """Returns the values as float64[n, *shape] with n at least 1, or raises an error that names the argument.

    Args:
        values: What was given.
        shape: The shape of one row.
        name: The argument's name.

    Raises:
        ValueError: If the shape is wrong, or a value is not finite.

    Example:
        >>> checked_rows([[1, 2]], (2,), name="x")
        array([[1., 2.]])
    """
    try:
        rows = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must be a numeric array of shape {_row_shape(shape)}. Received: {type(values).__name__}"
        ) from None
    if rows.ndim == 0 or rows.shape[1:] != shape or len(rows) == 0:
        raise ValueError(
            f"`{name}` must have shape {_row_shape(shape)} with at least one row. Received: shape {rows.shape}"
        )
    # Within float32's range every square below stays finite in float64; NaN fails the comparison too.
    valid = np.abs(rows) <= np.finfo(np.float32).max
    if not valid.all():
        raise ValueError(
            f"`{name}` must be finite and within float32's range. Received: {rows[~valid][0]} in row "
            f"{np.argwhere(~valid)[0, 0]}"
        )
    return rows


def _check_values(x: NDArray[np.float64], values: tuple[float, ...]) -> None:
    valid = np.isin(x, values)
    if not valid.all():
        raise ValueError(
            f"`x` must hold no value but {', '.join(f'{value:g}' for value in values)}. "
            f"Received: {x[~valid][0]:g} in row {np.argwhere(~valid)[0, 0]}"
        )
