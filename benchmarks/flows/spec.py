"""What is built and how it is trained, in words that every worker reads alike. The standard library alone."""

import dataclasses
import math
from typing import Literal

__all__ = ["BATCH", "CHUNK", "Kind", "Schedule", "Spec", "Training"]

Kind = Literal["affine", "spline"]

BATCH = 512
CHUNK = 50
"""Steps are taken in multiples of this: tfgen's and flowjax's compiled loops have so many."""


@dataclasses.dataclass(frozen=True)
class Spec:
    """One flow.

    Attributes:
        kind: `affine`: 8 couplings, the same everywhere. `spline`: each library's own choice, stated in its module.
        size: entries of x.
        seed: of the weights.
        variant: one of the library's `variants`; none is the first.
    """

    kind: Kind
    size: int
    seed: int = 0
    variant: str = ""


@dataclasses.dataclass(frozen=True)
class Training:
    """How a library's flow is best trained, by short runs on B2; the number of steps follows from the time.

    Attributes:
        rate: Adam's highest learning rate.
        warmup: see `Schedule`.
        standardize: whether the flow is to see data of mean 0 and variance 1, which the worker then makes so; where it
            is False, it sees the data as they are, or standardises them itself.
    """

    rate: float
    warmup: float = 0.0
    standardize: bool = False


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Adam's learning rate.

    Attributes:
        rate: the highest, or the only one.
        steps: where the rate arrives at nought along a half cosine; None keeps it constant.
        warmup: the share of the steps over which it first rises from nought in a line.
    """

    rate: float
    steps: int | None = None
    warmup: float = 0.0

    @property
    def warmup_steps(self) -> int:
        """How many steps the rate rises."""
        return int(self.warmup * (self.steps or 0))

    def factor(self, step: int) -> float:
        """The rate at a step (0 is the first), as a share of the highest."""
        if self.steps is None:
            return 1.0
        if step < self.warmup_steps:
            return step / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
