"""How good a model is: its gap to the truth, and to plain baselines."""

from tfgen.judging.baselines import bernoulli_independent, bernoulli_mixture, full_gaussian, linear_gaussian
from tfgen.judging.gap import PairedGap, paired_gap

__all__ = [
    "PairedGap",
    "bernoulli_independent",
    "bernoulli_mixture",
    "full_gaussian",
    "linear_gaussian",
    "paired_gap",
]
