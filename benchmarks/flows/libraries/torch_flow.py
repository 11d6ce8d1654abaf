"""What the libraries on PyTorch share: the loop of their documentation, on batches that are ready in memory."""

import abc
import copy
import itertools
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from benchmarks.flows.libraries.base import Trainable
from benchmarks.flows.limits import threads
from benchmarks.flows.spec import BATCH, Schedule, Spec

__all__ = ["TorchFlow"]

_WARMUP_STEPS = 20


class TorchFlow(Trainable):
    """A flow that is a `torch.nn.Module`.

    Adam is PyTorch's fused one: nothing else is changed in the loops of the documentation, and it is never slower.
    """

    skips_bad_losses: ClassVar[bool] = False
    """Whether the library's own loops take no step where the loss is NaN or infinite."""

    def __init__(self, spec: Spec, folder: Path) -> None:
        super().__init__(spec, folder)
        torch.set_num_threads(threads())
        self.flow = self._seeded()

    @abc.abstractmethod
    def make(self) -> torch.nn.Module:
        """The flow with fresh weights."""

    @abc.abstractmethod
    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        """By `self.flow`."""

    @abc.abstractmethod
    def draw(self, rows: int) -> torch.Tensor:
        """By `self.flow`."""

    def _seeded(self) -> torch.nn.Module:
        torch.manual_seed(self.spec.seed)
        return self.make()

    @property
    def parameters(self) -> int:
        return sum(value.numel() for value in self.flow.parameters() if value.requires_grad)

    def native(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32))

    def array(self, value: torch.Tensor) -> np.ndarray:
        return value.numpy()

    def score(self, x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self.log_prob(x)

    def sample(self, rows: int, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        with torch.inference_mode():
            return self.draw(rows)

    def batches(self, x: np.ndarray) -> list[torch.Tensor]:
        return list(self.native(x[: len(x) // BATCH * BATCH]).split(BATCH))

    def start(self, schedule: Schedule, batches: list[torch.Tensor]) -> None:
        self.flow = self._seeded()
        # Nothing compiles, but the first steps allocate and start threads: a copy takes them.
        kept = copy.deepcopy(self.flow)
        self._begin(schedule)
        self.train(batches, _WARMUP_STEPS)
        self.flow = kept
        self._begin(schedule)

    def _begin(self, schedule: Schedule) -> None:
        self.optimizer = torch.optim.Adam(self.flow.parameters(), lr=schedule.rate, fused=True)
        # A constant rate needs no scheduler.
        constant = schedule.steps is None
        self.scheduler = None if constant else torch.optim.lr_scheduler.LambdaLR(self.optimizer, schedule.factor)

    def train(self, batches: list[torch.Tensor], steps: int) -> None:
        for batch in itertools.islice(itertools.cycle(batches), steps):
            loss = -self.log_prob(batch).mean()
            if self.skips_bad_losses and not torch.isfinite(loss):
                continue
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.scheduler is not None:
                self.scheduler.step()
