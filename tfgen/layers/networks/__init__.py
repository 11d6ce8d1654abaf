"""Networks: tensors in, features out."""

from tfgen.layers.networks.conv_net import ConvNet
from tfgen.layers.networks.joint_mlp import JointMLP
from tfgen.layers.networks.made import MADE
from tfgen.layers.networks.mlp import MLP

__all__ = ["MADE", "MLP", "ConvNet", "JointMLP"]
