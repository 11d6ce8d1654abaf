"""An experiment that takes seconds: one Gaussian, whose density is known."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

import tfgen
from tfgen.demo import Experiment


def _rows(count: int, seed: int) -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(seed).normal(1.5, 0.5, size=(count, 1)).astype("float32")}


def _pictures(model: Any) -> dict[str, Figure]:
    figure = Figure(figsize=(2, 1))
    figure.subplots().scatter(*model.sample(5, seed=0).numpy().repeat(2, axis=1).T)
    return {"gaussian": figure, "gaussian_again": figure}


def make_experiment(*, validation: bool = False, **changes: Any) -> Experiment:
    test = _rows(200, seed=3)
    arguments: dict[str, Any] = {
        "name": "gaussian",
        "title": "RealNVP: a Gaussian",
        # Standardised, it would know the Gaussian before the first step.
        "model": lambda: tfgen.RealNVP(event_shape=(1,), couplings=1, hidden=(), standardize=False, name="gaussian"),
        "train": _rows(1030, seed=1),
        "validation": _rows(200, seed=2) if validation else None,
        "test": test,
        "reference": "truth",
        "reference_log_prob": stats.norm.logpdf(test["x"][:, 0].astype("float64"), 1.5, 0.5),
        "batch_size": 100,
        "epochs": 20,
        "optimizer": lambda steps: keras.optimizers.Adam(0.05),
        "pictures": _pictures,
    }
    return Experiment(**{**arguments, **changes})


@pytest.fixture
def experiment() -> Callable[..., Experiment]:
    return make_experiment
