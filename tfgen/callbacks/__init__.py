"""Keras callbacks for generative models."""

import tfgen._training  # noqa: F401
from tfgen.callbacks.kl_warm_up import KLWarmUp
from tfgen.callbacks.latent_usage import LatentUsageMonitor

__all__ = ["KLWarmUp", "LatentUsageMonitor"]
