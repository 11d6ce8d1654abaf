"""Distribution layers: features in, `tfd.Distribution` out."""

from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.bernoulli import IndependentBernoulli
from tfgen.layers.distributions.categorical import IndependentCategorical
from tfgen.layers.distributions.counts import IndependentNegativeBinomial, IndependentPoisson
from tfgen.layers.distributions.discretised_logistic import IndependentDiscretisedLogistic
from tfgen.layers.distributions.logistic import IndependentLogistic
from tfgen.layers.distributions.mixture_normal import MixtureNormal
from tfgen.layers.distributions.multivariate_normal import MultivariateNormalTriL
from tfgen.layers.distributions.normal import IndependentNormal
from tfgen.layers.distributions.student_t import IndependentStudentT
from tfgen.layers.distributions.tfp_distribution import TFPDistribution

__all__ = [
    "DistributionLayer",
    "IndependentBernoulli",
    "IndependentCategorical",
    "IndependentDiscretisedLogistic",
    "IndependentLogistic",
    "IndependentNegativeBinomial",
    "IndependentNormal",
    "IndependentPoisson",
    "IndependentStudentT",
    "MixtureNormal",
    "MultivariateNormalTriL",
    "TFPDistribution",
]
