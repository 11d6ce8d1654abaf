"""What a worker needs of a library: densities, and flows that train. NumPy alone."""

import abc
import dataclasses
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmarks.flows.spec import Kind, Schedule, Spec, Training

__all__ = ["Density", "Trainable"]


class Density(abc.ABC):
    """log p(x) and draws.

    Values are the library's own tensors: what is timed includes conversions from NumPy and to it only where it says
    so.

    Args:
        spec: the flow.
        folder: files of exported models, for the library that reads them.
    """

    variants: ClassVar[tuple[str, ...]] = ("",)
    """Ways to train or to run the same flow, by name; the first is taken where none is named."""
    packages: ClassVar[tuple[str, ...]]
    """Whose versions are reported."""

    def __init__(self, spec: Spec, folder: Path) -> None:
        variant = spec.variant or self.variants[0]
        if variant not in self.variants:
            raise ValueError(f"`variant` must be one of {self.variants}. Received: {spec.variant!r}")
        self.spec, self.folder = dataclasses.replace(spec, variant=variant), folder

    @abc.abstractmethod
    def native(self, array: np.ndarray) -> Any:
        """float32 rows as the library's tensor."""

    @abc.abstractmethod
    def array(self, value: Any) -> np.ndarray:
        """A tensor as a NumPy array."""

    @abc.abstractmethod
    def score(self, x: Any) -> Any:
        """log p of each row, in nats; returns once it is computed."""

    @abc.abstractmethod
    def sample(self, rows: int, seed: int) -> Any:
        """Draws; returns once they are computed."""


class Trainable(Density):
    """A flow whose weights are made and trained here."""

    training: ClassVar[dict[Kind, Training]]
    """How each kind is best trained."""

    @property
    @abc.abstractmethod
    def parameters(self) -> int:
        """How many numbers are trained."""

    @abc.abstractmethod
    def batches(self, x: np.ndarray) -> Any:
        """Training rows as the library's loop takes them, in memory."""

    @abc.abstractmethod
    def start(self, schedule: Schedule, batches: Any) -> None:
        """Begins anew from the seed's weights, with all compiled that `train` runs."""

    @abc.abstractmethod
    def train(self, batches: Any, steps: int) -> None:
        """Takes steps over the batches in their order, and over again where they end; returns once they are taken."""

    def export(self) -> None:
        """Writes files for the library that reads them."""
        raise NotImplementedError(f"{type(self).__module__} writes no files")
