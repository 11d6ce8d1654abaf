"""Distribution layers: features in, `tfd.Distribution` out."""

from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.bernoulli import IndependentBernoulli
from tfgen.layers.distributions.categorical import IndependentCategorical
from tfgen.layers.distributions.mixture_normal import MixtureNormal
from tfgen.layers.distributions.normal import IndependentNormal

__all__ = [
    "DistributionLayer",
    "IndependentBernoulli",
    "IndependentCategorical",
    "IndependentNormal",
    "MixtureNormal",
]
