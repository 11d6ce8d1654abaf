"""Losses for Keras models that end in a distribution layer."""

from tfgen.losses.negative_log_likelihood import NegativeLogLikelihood

__all__ = ["NegativeLogLikelihood"]
