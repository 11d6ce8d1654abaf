"""tfgen's side: `fit` on arrays."""

import math
from typing import Any

import keras
import numpy as np

import tfgen
from benchmarks.sequence_speed.spec import BATCH, LATENT, RATE, SIZE, UNITS

__all__ = ["Trainer", "make_density", "make_vrnn"]

_NETWORKS = {"hidden": (UNITS,), "feature_units": (UNITS,)}
_BEGINNING = ("initial_state", "start_known", "start_rest")


def make_vrnn(**arguments: Any) -> tfgen.VRNN:
    """The VRNN whose speed is measured.

    Args:
        **arguments: beside the sizes, such as `num_samples`.
    """
    return tfgen.VRNN(
        event_shape=(SIZE,),
        latent_dim=LATENT,
        cell="gru",
        units=UNITS,
        latent_units=(UNITS,),
        **_NETWORKS,
        **arguments,
    )


def make_density() -> tfgen.RNNDensity:
    """Its like without latent variables."""
    return tfgen.RNNDensity(event_shape=(SIZE,), cell="gru", units=UNITS, **_NETWORKS)


class Trainer:
    """See `spec.Trainer`.

    Args:
        rows: float32 [batches · BATCH, steps, SIZE].
        **compiled: what `compile` is told.
    """

    packages = ("tensorflow", "tensorflow-probability", "keras", "numpy")

    def __init__(self, rows: np.ndarray, **compiled: Any) -> None:
        keras.utils.set_random_seed(0)
        self.rows = rows
        self.model = make_vrnn()
        self.model.compile(keras.optimizers.Adam(RATE), **compiled)
        self.train(compiled.get("steps_per_execution", 1))  # compiles

    @property
    def parameters(self) -> int:
        """See `spec.Trainer`."""
        return _count(self.model.trainable_variables)

    @property
    def beginning(self) -> int:
        """See `spec.Trainer`."""
        return _count([each for each in self.model.trainable_variables if each.path.split("/")[-1] in _BEGINNING])

    def train(self, steps: int, seconds: float = math.inf) -> tuple[int, float]:
        """See `spec.Trainer`; one call of `fit`, what it does before its first step included."""
        del seconds
        # Rows come in random order already: shuffling them again would cost time and change nothing.
        history = self.model.fit(self.rows[: steps * BATCH], batch_size=BATCH, shuffle=False, verbose=0).history
        return steps, float(history["loss"][-1])


def _count(variables: list[keras.Variable]) -> int:
    return int(sum(np.prod(variable.shape) for variable in variables))
