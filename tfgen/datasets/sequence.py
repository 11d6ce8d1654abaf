"""The base of every generator of sequences whose log-density is known."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.arguments import integer_at_least
from tfgen.datasets.base import KnownDensity, checked_rows

__all__ = ["KnownSequence"]


class KnownSequence(KnownDensity):
    r"""Sequences x_1 … x_T whose predictive densities an exact filter gives.

    $$\log p(x_{1:T}) = \sum_t \log p(x_t \mid x_{1:t-1})$$

    A subclass states `name`, implements ``_sample`` and ``_log_prob_steps(x)``, the terms of the sum.

    Args:
        length: T, at least 1.

    Shapes: ``x`` is [n, T, size]; there is no context.

    Raises:
        TypeError: If `length` is no integer.
        ValueError: If it is less than 1.
    """

    size: ClassVar[int] = 1
    """The numbers of one step."""

    def __init__(self, *, length: int) -> None:
        self.length = integer_at_least(length, 1, name="length")

    @property
    def event_shape(self) -> tuple[int, ...]:  # type: ignore[override]  # of an object, where the base has a class's
        """(T, size)."""
        return (self.length, self.size)

    def log_prob_steps(self, x: ArrayLike) -> NDArray[np.float64]:
        """Returns the exact log p(x_t | x_1 … x_{t−1}) of each step, computed in float64.

        Args:
            x: ``[n, T, size]``, n at least 1.

        Returns:
            ``float64[n, T]`` in nats, whose sums are `log_prob`.

        Raises:
            ValueError: If the shape is wrong, or a value is not finite.
        """
        return self._log_prob_steps(checked_rows(x, self.event_shape, name="x"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(length={self.length})"

    def _log_prob(self, x: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.float64]:
        steps: NDArray[np.float64] = self._log_prob_steps(x).sum(axis=1)
        return steps

    @abc.abstractmethod
    def _log_prob_steps(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluates one chunk of rows."""
