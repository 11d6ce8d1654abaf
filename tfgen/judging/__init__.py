"""How good a model is: its gap to truth and baselines; calibration; whether its samples are like others, or copies."""

from tfgen.judging.baselines import bernoulli_independent, bernoulli_mixture, full_gaussian, linear_gaussian
from tfgen.judging.bounds import BoundEvaluation, evaluate_bound
from tfgen.judging.calibration import PITUniformity, pit_from_cdf, pit_from_draws, pit_uniformity
from tfgen.judging.classifier import ClassifierTest, classifier_two_sample_test
from tfgen.judging.energy import energy_distance
from tfgen.judging.gap import PairedGap, paired_gap
from tfgen.judging.latents import LatentUsage, latent_usage
from tfgen.judging.mmd import maximum_mean_discrepancy
from tfgen.judging.neighbours import Memorisation, Neighbours, memorisation, nearest_neighbours
from tfgen.judging.series_baselines import autoregressive, autoregressive_order, seasonal_naive
from tfgen.judging.sliced_wasserstein import sliced_wasserstein
from tfgen.judging.two_sample import TwoSampleTest, two_sample_test

__all__ = [
    "BoundEvaluation",
    "ClassifierTest",
    "LatentUsage",
    "Memorisation",
    "Neighbours",
    "PITUniformity",
    "PairedGap",
    "TwoSampleTest",
    "autoregressive",
    "autoregressive_order",
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
    "pit_from_cdf",
    "pit_from_draws",
    "pit_uniformity",
    "seasonal_naive",
    "sliced_wasserstein",
    "two_sample_test",
]
