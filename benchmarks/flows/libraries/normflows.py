"""normflows: the RealNVP and the spline flow of its README and examples."""

from typing import ClassVar

import normflows
import torch

from benchmarks.flows.libraries.torch_flow import TorchFlow
from benchmarks.flows.spec import Training

__all__ = ["Library"]

_BOUND = 5.0


class Library(TorchFlow):
    """Affine: 8 couplings, halves swapped in between. Spline: 4 couplings of 16 bins, each with an LU-linear map."""

    training: ClassVar = {
        "affine": Training(1e-3, warmup=0.05, standardize=True),
        "spline": Training(5e-3, warmup=0.05),
    }
    skips_bad_losses = True  # its scales are not bounded, and its examples' loops do so
    packages = ("normflows", "torch")

    def make(self) -> torch.nn.Module:
        size = self.spec.size
        base = normflows.distributions.DiagGaussian(size, trainable=False)
        flows: list[torch.nn.Module] = []
        for _ in range(8 if self.spec.kind == "affine" else 4):
            if self.spec.kind == "affine":
                network = normflows.nets.MLP([size // 2, 64, 64, size], init_zeros=True)
                flows += [normflows.flows.AffineCouplingBlock(network), normflows.flows.Permute(size, mode="swap")]
            else:
                flows += [
                    normflows.flows.CoupledRationalQuadraticSpline(size, 2, 64, num_bins=16, tail_bound=_BOUND),
                    normflows.flows.LULinearPermute(size),
                ]
        return normflows.NormalizingFlow(base, flows)

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return self.flow.log_prob(x)

    def draw(self, rows: int) -> torch.Tensor:
        return self.flow.sample(rows)[0]
