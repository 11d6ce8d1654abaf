"""tfgen's flows and how they are trained: the one place to change them.

Only tfgen's worker imports this.
"""

from typing import Any

import keras

import tfgen
from benchmarks.flows.spec import CHUNK, Kind, Schedule, Spec, Training
from tfgen.demo.experiments import warm_adam

__all__ = ["COMPILED", "TRAINING", "flow", "optimizer"]

# Both flows standardise by themselves or not at all; `warm_adam` warms up by itself.
TRAINING: dict[Kind, Training] = {"affine": Training(5e-3), "spline": Training(7e-3)}

COMPILED: dict[str, dict[str, Any]] = {
    "jit": {"steps_per_execution": CHUNK, "jit_compile": True},
    "steps": {"steps_per_execution": CHUNK},
    "plain": {},
}
"""What `compile` is told, by variant; the first one trains for nats."""


def flow(spec: Spec) -> tfgen.RealNVP | tfgen.SplineFlow:
    """The affine flow is the peers' too; the spline flow is the preset that tfgen offers."""
    if spec.kind == "affine":
        return tfgen.RealNVP(event_shape=(spec.size,), couplings=8, hidden=(64, 64), standardize=False)
    return tfgen.SplineFlow(event_shape=(spec.size,))


def optimizer(schedule: Schedule) -> keras.optimizers.Optimizer:
    """Adam; where the schedule ends, tfgen's own warm start and cosine to the same step."""
    if schedule.steps is None:
        return keras.optimizers.Adam(schedule.rate)
    return warm_adam(schedule.steps, rate=schedule.rate)
