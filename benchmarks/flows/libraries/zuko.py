"""zuko: `RealNVP`, and `NSF`, whose splines are autoregressive."""

from typing import ClassVar

import torch
import zuko

from benchmarks.flows.libraries.torch_flow import TorchFlow
from benchmarks.flows.spec import Training

__all__ = ["Library"]


class Library(TorchFlow):
    """Affine: 8 couplings, alternating even and odd entries. Spline: 4 autoregressive transforms of 16 bins."""

    training: ClassVar = {
        "affine": Training(3e-3, warmup=0.05, standardize=True),
        "spline": Training(5e-3, warmup=0.05),
    }
    packages = ("zuko", "torch")

    def make(self) -> torch.nn.Module:
        if self.spec.kind == "affine":
            return zuko.flows.RealNVP(self.spec.size, transforms=8, hidden_features=(64, 64))
        return zuko.flows.NSF(self.spec.size, transforms=4, bins=16, hidden_features=(64, 64))

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return self.flow().log_prob(x)

    def draw(self, rows: int) -> torch.Tensor:
        return self.flow().sample((rows,))
