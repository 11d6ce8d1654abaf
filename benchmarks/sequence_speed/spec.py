"""What is built and how it is trained, for both sides alike. The standard library alone."""

import math
from typing import Protocol

__all__ = ["BATCH", "CHUNK", "LATENT", "MIN_SCALE", "PASS", "RATE", "SIZE", "STEPS", "UNITS", "Trainer"]

SIZE, LATENT = 8, 8
"""Numbers of a step's x and z."""
UNITS = 64
"""Of the GRU, and of each of the five networks' single hidden layer."""
MIN_SCALE = 1e-3
"""What every scale has beside its softplus."""
BATCH, STEPS = 64, 50
"""Sequences of a batch, steps of a sequence."""
RATE = 1e-3
"""Adam's."""

CHUNK = 50
"""Optimiser's steps of one compiled program."""
PASS = 5 * CHUNK
"""Batches of the training rows, in memory."""


class Trainer(Protocol):
    """One side's VRNN with what trains it: `Trainer` of the modules `ours` and `peer`."""

    packages: tuple[str, ...]
    """Whose versions are reported."""
    parameters: int
    """How many numbers are trained."""
    beginning: int
    """How many of these say what the recurrence begins with."""

    def train(self, steps: int, seconds: float = math.inf) -> tuple[int, float]:
        """Takes steps.

        Args:
            steps: how many, at most a pass of the rows.
            seconds: after which no other begins, for a side that can stop.

        Returns:
            How many it took, and the last loss in nats a sequence, once they are taken.
        """
        ...
