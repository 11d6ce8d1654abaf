"""Models: the contract (`GenerativeModel`, `ExactModel`, `BoundModel`) and one file for each family."""

import tfgen._training  # noqa: F401
from tfgen.models.bound import BoundModel
from tfgen.models.dequantized import Dequantized
from tfgen.models.exact import ExactModel
from tfgen.models.flow import FlowModel
from tfgen.models.flow_distribution import FlowDistribution
from tfgen.models.generative import GenerativeModel
from tfgen.models.glow import Glow
from tfgen.models.loading import load_model
from tfgen.models.m1m2 import M1M2
from tfgen.models.m2 import M2
from tfgen.models.maf import IAF, MAF
from tfgen.models.mdn import MDN
from tfgen.models.nice import NICE
from tfgen.models.real_nvp import RealNVP
from tfgen.models.sequences import STORN, VRAE, VRNN, RNNDensity, SequenceModel
from tfgen.models.spline_flow import SplineFlow
from tfgen.models.vae import VAE

__all__ = [
    "IAF",
    "M1M2",
    "M2",
    "MAF",
    "MDN",
    "NICE",
    "STORN",
    "VAE",
    "VRAE",
    "VRNN",
    "BoundModel",
    "Dequantized",
    "ExactModel",
    "FlowDistribution",
    "FlowModel",
    "GenerativeModel",
    "Glow",
    "RNNDensity",
    "RealNVP",
    "SequenceModel",
    "SplineFlow",
    "load_model",
]
