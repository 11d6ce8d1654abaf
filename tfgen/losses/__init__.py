"""Losses for Keras models that end in a distribution layer."""

import tfgen._training  # noqa: F401
from tfgen.losses.negative_log_likelihood import NegativeLogLikelihood

__all__ = ["NegativeLogLikelihood"]
