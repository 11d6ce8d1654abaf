"""One long series of real data, split in time."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.arguments import integer_at_least

__all__ = ["PARTS", "Series"]

PARTS = ("train", "validation", "test")
"""The parts of a series, in the order of time."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    r"""A series in three fixed parts, one after the other, standardised by the first.

    $$x_t = (\mathrm{values}_t - \mathrm{mean}) / \mathrm{scale}$$

    `mean` and `scale` are of the training part alone. Densities of x are in nats a step, in standardised units; in
    those of `values` a step has `log_det_scale` nats less. What is scored is log p(x_t | x_1 … x_{t−1}), given **all**
    earlier steps, those of the parts before included, which is what `until` is for.

    Attributes:
        name: The name that `tfgen.datasets.by_name` knows.
        values: float64[T, size], what is modelled, in raw units.
        levels: float64[T, size], what was observed, in raw units: `values` themselves, or what they are differences of.
        time: float64[T], in years, when each step begins.
        validation_start: The first step after the training part.
        test_start: The first step after the validation part.

    Raises:
        ValueError: If shapes do not fit, a number is not finite, `time` does not increase, a part is empty or an entry
            of the training part is constant.

    Example:
        >>> values = np.arange(20.0)[:, None]
        >>> series = Series(
        ...     name="line", values=values, levels=values, time=1900 + values[:, 0], validation_start=12, test_start=16
        ... )
        >>> series.windows(5, stride=2)["x"].shape
        (4, 5, 1)
        >>> x, scored = series.until("test")
        >>> x.shape, scored.shape, int(scored.sum())
        ((1, 20, 1), (1, 20), 4)
    """

    name: str
    values: NDArray[np.float64] = dataclasses.field(repr=False)
    levels: NDArray[np.float64] = dataclasses.field(repr=False)
    time: NDArray[np.float64] = dataclasses.field(repr=False)
    validation_start: int
    test_start: int

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not self.values.size:
            raise ValueError(f"`values` must have shape [T, size]. Received: shape={self.values.shape}")
        for name, shape in (("levels", self.values.shape), ("time", self.values.shape[:1])):
            if getattr(self, name).shape != shape:
                raise ValueError(f"`{name}` must have shape {shape}. Received: shape={getattr(self, name).shape}")
        for name in ("values", "levels", "time"):
            wrong = ~np.isfinite(getattr(self, name))
            if wrong.any():
                raise ValueError(f"`{name}` must be finite. Received: {getattr(self, name)[wrong][0]}")
        if not (np.diff(self.time) > 0).all():
            step = int(np.argmax(np.diff(self.time) <= 0))
            raise ValueError(f"`time` must increase. Received: {self.time[step]}, then {self.time[step + 1]}")
        if not 0 < self.validation_start < self.test_start < len(self.values):
            raise ValueError(
                "No part may be empty: 0 < `validation_start` < `test_start` < T. Received: "
                f"{self.validation_start}, {self.test_start}, {len(self.values)}"
            )
        # Not by the standard deviation, which rounding keeps from nought.
        constant = np.ptp(self.values[: self.validation_start], axis=0) == 0
        if constant.any():
            raise ValueError(
                f"No entry of the training part of `values` may be constant. Received: entry {int(np.argmax(constant))}"
            )

    @property
    def size(self) -> int:
        """The numbers of one step."""
        return int(self.values.shape[1])

    @property
    def mean(self) -> NDArray[np.float64]:
        """float64[size], of the training part, in raw units."""
        mean: NDArray[np.float64] = self.values[: self.validation_start].mean(axis=0)
        return mean

    @property
    def scale(self) -> NDArray[np.float64]:
        """float64[size], the population standard deviations of the training part, in raw units; positive."""
        scale: NDArray[np.float64] = self.values[: self.validation_start].std(axis=0)
        return scale

    @property
    def log_det_scale(self) -> float:
        r"""What raw units cost, in nats a step: $\sum_j \log \mathrm{scale}_j$.

        A change of variables: log p(values_t | past) = log p(x_t | past) − `log_det_scale`.
        """
        return float(np.log(self.scale).sum())

    @property
    def train(self) -> dict[str, NDArray[np.float32]]:
        """``{"x": float32[1, steps, size]}``: the training part as one sequence, standardised."""
        return self._sequences("train")

    @property
    def validation(self) -> dict[str, NDArray[np.float32]]:
        """The same of the validation part, without what was before it."""
        return self._sequences("validation")

    @property
    def test(self) -> dict[str, NDArray[np.float32]]:
        """The same of the test part, without what was before it."""
        return self._sequences("test")

    def until(self, part: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Returns all from the first step to the part's last, and which of these steps are the part's.

        For scores: the log-densities of a model's steps given the past, [1, T'], are to be taken of ``x`` as a whole
        and picked by ``scored`` then, so that the part's first step is given the parts before.

        Args:
            part: ``"train"``, ``"validation"`` or ``"test"``.

        Returns:
            ``x``, float32[1, T', size], standardised, and ``scored``, bool[1, T'], True in the part.

        Raises:
            ValueError: If there is no such part.
        """
        chosen = self._steps(part)
        scored = np.arange(chosen.stop) >= chosen.start
        return self._standardised()[None, : chosen.stop], scored[None]

    def windows(self, length: int, part: str = "train", stride: int = 1) -> dict[str, NDArray[np.float32]]:
        """Returns the stretches of a length that begin every so many steps and lie in the part wholly.

        For training, and to compare windows with windows: a window's first steps lack the past that `until` gives.

        Args:
            length: The steps of a window, from 1 to those of the part.
            part: ``"train"``, ``"validation"`` or ``"test"``.
            stride: The steps from one window's beginning to the next one's, at least 1. The first window begins with
                the part; the last may end before it does.

        Returns:
            ``{"x": float32[n, length, size]}``, standardised, n being 1 + ⌊(steps − length)/stride⌋.

        Raises:
            TypeError: If `length` or `stride` is no integer.
            ValueError: If one is out of range, or there is no such part.
        """
        x = self._standardised()[self._steps(part)]
        length, stride = integer_at_least(length, 1, name="length"), integer_at_least(stride, 1, name="stride")
        if length > len(x):
            raise ValueError(f"`length` must be at most {len(x)}, the steps of {part!r}. Received: {length}")
        views = np.lib.stride_tricks.sliding_window_view(x, length, axis=0)[::stride]
        return {"x": np.moveaxis(views, -1, 1).copy()}

    def _steps(self, part: str) -> slice:
        if part not in PARTS:
            raise ValueError(f"`part` must be one of {', '.join(PARTS)}. Received: {part!r}")
        ends = (0, self.validation_start, self.test_start, len(self.values))
        which = PARTS.index(part)
        return slice(ends[which], ends[which + 1])

    def _standardised(self) -> NDArray[np.float32]:
        return ((self.values - self.mean) / self.scale).astype(np.float32)

    def _sequences(self, part: str) -> dict[str, NDArray[np.float32]]:
        return {"x": self._standardised()[None, self._steps(part)]}
