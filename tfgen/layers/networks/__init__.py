"""Networks: tensors in, features out."""

from tfgen.layers.networks.mlp import MLP

__all__ = ["MLP"]
