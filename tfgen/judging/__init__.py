"""How good a model is: its gap to the truth, and to plain baselines; whether its samples are like others, or copies."""

from tfgen.judging.baselines import bernoulli_independent, bernoulli_mixture, full_gaussian, linear_gaussian
from tfgen.judging.bounds import BoundEvaluation, evaluate_bound
from tfgen.judging.classifier import ClassifierTest, classifier_two_sample_test
from tfgen.judging.energy import energy_distance
from tfgen.judging.gap import PairedGap, paired_gap
from tfgen.judging.latents import LatentUsage, latent_usage
from tfgen.judging.mmd import maximum_mean_discrepancy
from tfgen.judging.neighbours import Memorisation, Neighbours, memorisation, nearest_neighbours
from tfgen.judging.sliced_wasserstein import sliced_wasserstein
from tfgen.judging.two_sample import TwoSampleTest, two_sample_test

__all__ = [
    "BoundEvaluation",
    "ClassifierTest",
    "LatentUsage",
    "Memorisation",
    "Neighbours",
    "PairedGap",
    "TwoSampleTest",
    "bernoulli_independent",
    "bernoulli_mixture",
    "classifier_two_sample_test",
    "energy_distance",
    "evaluate_bound",
    "full_gaussian",
    "latent_usage",
    "linear_gaussian",
    "maximum_mean_discrepancy",
    "memorisation",
    "nearest_neighbours",
    "paired_gap",
    "sliced_wasserstein",
    "two_sample_test",
]
