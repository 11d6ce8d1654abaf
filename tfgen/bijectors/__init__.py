"""TFP bijectors and the flow distribution: pure mathematics, no weights."""

import tfgen._training  # noqa: F401
from tfgen.bijectors.affine_coupling import AffineCouplingBijector
from tfgen.bijectors.flow import Flow
from tfgen.bijectors.one_pass import OnePassBijector, OnePassChain
from tfgen.bijectors.partition import Partition

__all__ = ["AffineCouplingBijector", "Flow", "OnePassBijector", "OnePassChain", "Partition"]
