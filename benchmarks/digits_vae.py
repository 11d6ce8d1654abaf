"""VAEs of binarised digits (8×8, black where the grey value is 8 at least), by the bound of 5000 samples.

Chosen on validation rows: each model stops early by its validation loss, and the settings were compared by validation
bounds. `--validation` prints those and leaves the test rows alone.
"""

import time
from typing import Any

import click
import keras
import numpy as np

import tfgen
from tfgen import datasets
from tfgen.judging import bernoulli_independent, bernoulli_mixture, evaluate_bound

BATCH, PATIENCE = 64, 60


def _flow(kind: type, **arguments: Any) -> tfgen.FlowModel:
    return kind(event_shape=(LATENT,), standardize=False, hidden=(64,), kernel_regularizer=None, **arguments)


LATENT = 16
MODELS: dict[str, dict[str, Any]] = {
    "standard prior, diagonal posterior": {},
    "8 training samples": {"training_samples": 8},
    "8 training samples, DReG": {"training_samples": 8, "gradient_estimator": "dreg"},
    "VampPrior": {"prior": "vamp", "prior_components": 100},
}
