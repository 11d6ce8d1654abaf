"""nflows: affine couplings, with its plain perceptron in the place of residual networks."""

from typing import ClassVar

import torch
from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.nn.nets import MLP
from nflows.transforms import AffineCouplingTransform, CompositeTransform, PiecewiseRationalQuadraticCouplingTransform

from benchmarks.flows.libraries.torch_flow import TorchFlow
from benchmarks.flows.spec import Training

__all__ = ["Library"]

_BOUND = 5.0


class _Perceptron(MLP):
    """nflows hands its networks a context, which its own perceptron does not take."""

    def forward(self, inputs: torch.Tensor, context: torch.Tensor | None = None) -> torch.Tensor:
        del context
        return super().forward(inputs)


class Library(TorchFlow):
    """Affine: 8 couplings, alternating even and odd entries. Spline: 4 couplings of 16 bins, linear beyond ±5."""

    training: ClassVar = {
        "affine": Training(3e-3, warmup=0.05, standardize=True),
        "spline": Training(5e-3, warmup=0.05),
    }
    packages = ("nflows", "torch")

    def make(self) -> torch.nn.Module:
        count = 8 if self.spec.kind == "affine" else 4
        layers = [self._coupling(index) for index in range(count)]
        return Flow(CompositeTransform(layers), StandardNormal([self.spec.size]))

    def _coupling(self, index: int) -> torch.nn.Module:
        mask = [1 if (entry + index) % 2 else -1 for entry in range(self.spec.size)]

        def network(inputs: int, outputs: int) -> _Perceptron:
            return _Perceptron([inputs], [outputs], [64, 64])

        if self.spec.kind == "affine":
            return AffineCouplingTransform(mask, network)
        return PiecewiseRationalQuadraticCouplingTransform(
            mask, network, num_bins=16, tails="linear", tail_bound=_BOUND
        )

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return self.flow.log_prob(x)

    def draw(self, rows: int) -> torch.Tensor:
        return self.flow.sample(rows)
