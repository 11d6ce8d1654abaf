"""Networks: tensors in, features out."""

from tfgen.layers.networks.made import MADE
from tfgen.layers.networks.mlp import MLP

__all__ = ["MADE", "MLP"]
