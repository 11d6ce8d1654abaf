"""TFP bijectors and the flow distribution: pure mathematics, no weights."""

import tfgen._training  # noqa: F401
from tfgen.bijectors.coupling import CouplingBijector, CouplingSequence, join_couplings
from tfgen.bijectors.elementwise import ElementwiseBijector, ScaleBijector
from tfgen.bijectors.flow import Flow
from tfgen.bijectors.interval import IntervalBijector
from tfgen.bijectors.linear import LinearBijector, PermutationBijector
from tfgen.bijectors.masked_autoregressive import MaskedAutoregressiveBijector
from tfgen.bijectors.multi_scale import MultiScaleBijector
from tfgen.bijectors.one_pass import OnePassBijector, OnePassChain, OnePassInverse
from tfgen.bijectors.partition import Partition
from tfgen.bijectors.squeeze import SqueezeBijector
from tfgen.bijectors.transformers import Additive, Affine, RationalQuadraticSpline, Transformer

__all__ = [
    "Additive",
    "Affine",
    "CouplingBijector",
    "CouplingSequence",
    "ElementwiseBijector",
    "Flow",
    "IntervalBijector",
    "LinearBijector",
    "MaskedAutoregressiveBijector",
    "MultiScaleBijector",
    "OnePassBijector",
    "OnePassChain",
    "OnePassInverse",
    "Partition",
    "PermutationBijector",
    "RationalQuadraticSpline",
    "ScaleBijector",
    "SqueezeBijector",
    "Transformer",
    "join_couplings",
]
