"""PyTorch's side: the same networks and a Python loop over time. PyTorch and NumPy alone."""

import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.sequence_speed.spec import BATCH, LATENT, MIN_SCALE, RATE, SIZE, UNITS

__all__ = ["Trainer", "Vrnn"]

Gaussian = tuple[torch.Tensor, torch.Tensor]

_FIRST_STEPS = 2


class Vrnn(nn.Module):
    """The VRNN of Chung et al., as one writes it down: `torch.nn.GRUCell` and linear layers.

    Args:
        lean: whether all that does not go from state to state is computed for all steps at once, φ_x before the loop,
            prior and likelihood after it, as tfgen's does; else all is done step by step, as in the paper's equations.
    """

    def __init__(self, *, lean: bool) -> None:
        super().__init__()
        self.lean = lean
        self.features, self.latent = _hidden(SIZE), _hidden(LATENT)
        self.posterior = nn.Sequential(_hidden(2 * UNITS), nn.Linear(UNITS, 2 * LATENT))
        self.prior = nn.Sequential(_hidden(UNITS), nn.Linear(UNITS, 2 * LATENT))
        self.likelihood = nn.Sequential(_hidden(2 * UNITS), nn.Linear(UNITS, 2 * SIZE))
        self.cell = nn.GRUCell(2 * UNITS, UNITS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The negative ELBO of sequences [batch, time, SIZE], a mean over the batch, in nats."""
        steps = x.transpose(0, 1)
        noise = torch.randn(*steps.shape[:2], LATENT)
        ahead = self.features(steps) if self.lean else None
        state, loss, records = x.new_zeros(len(x), UNITS), x.new_zeros(len(x)), []
        for number, (step, normal) in enumerate(zip(steps.unbind(), noise.unbind(), strict=True)):
            seen = self.features(step) if ahead is None else ahead[number]
            location, scale = _gaussian(self.posterior(torch.cat([seen, state], -1)))
            latent = self.latent(location + scale * normal)
            if self.lean:
                records.append((state, latent, location, scale))
            else:
                loss = loss + self._loss(step, state, latent, (location, scale))
            state = self.cell(torch.cat([seen, latent], -1), state)
        if self.lean:
            past, latents, locations, scales = (torch.stack(values) for values in zip(*records, strict=True))
            loss = self._loss(steps, past, latents, (locations, scales)).sum(0)
        return loss.mean()

    def _loss(self, x: torch.Tensor, past: torch.Tensor, latent: torch.Tensor, posterior: Gaussian) -> torch.Tensor:
        """−log p(x | z) and the KL, of one step or of many."""
        mean, deviation = _gaussian(self.likelihood(torch.cat([latent, past], -1)))
        (location, scale), (prior_location, prior_scale) = posterior, _gaussian(self.prior(past))
        surprise = torch.log(deviation) + 0.5 * ((x - mean) / deviation).square() + 0.5 * math.log(2 * math.pi)
        ratio = scale / prior_scale
        kl = 0.5 * (ratio.square() + ((location - prior_location) / prior_scale).square() - 1) - torch.log(ratio)
        return surprise.sum(-1) + kl.sum(-1)


class Trainer:
    """See `spec.Trainer`.

    Args:
        rows: float32 [batches · BATCH, steps, SIZE].
        threads: of PyTorch's pool.
        lean: as in `Vrnn`.
    """

    packages = ("torch", "numpy")
    beginning = 0  # the state begins at nought

    def __init__(self, rows: np.ndarray, *, threads: int, lean: bool) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.batches = list(torch.from_numpy(rows).split(BATCH))
        self.model = Vrnn(lean=lean)
        # The fused one is the fastest of PyTorch's.
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE, fused=True)
        self.train(_FIRST_STEPS)  # nothing compiles, but these allocate and start threads

    @property
    def parameters(self) -> int:
        """See `spec.Trainer`."""
        return sum(value.numel() for value in self.model.parameters())

    def train(self, steps: int, seconds: float = math.inf) -> tuple[int, float]:
        """See `spec.Trainer`; it can stop, and must: see `training`."""
        loss, taken, end = torch.zeros(()), 0, time.perf_counter() + seconds
        for batch in self.batches[:steps]:
            if time.perf_counter() > end:
                break
            taken += 1
            self.optimizer.zero_grad()
            loss = self.model(batch)
            loss.backward()
            self.optimizer.step()
        return taken, loss.item()


def _hidden(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, UNITS), nn.ReLU())


def _gaussian(parameters: torch.Tensor) -> Gaussian:
    location, raw = parameters.chunk(2, -1)
    return location, functional.softplus(raw) + MIN_SCALE
