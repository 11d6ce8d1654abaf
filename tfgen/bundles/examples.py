"""Inputs on which runtimes are compared."""

import numpy as np

from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.sequences import SequenceModel

__all__ = ["example_inputs"]

_INT32 = np.iinfo(np.int32)
_STEPS = 5
"""Of sequences, of which each row has one to so many steps."""


def example_inputs(model: GenerativeModel, endpoint: Endpoint, batch: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs that the model may meet: x from the model itself, the rest at random.

    Seeds span all of int32, since negative ones are where integer operations differ between runtimes. x comes from
    the model's own `sample`: what it finds likely is where its score is used, and it is valid data of any kind.

    Args:
        model: the model.
        endpoint: the endpoint to feed.
        batch: how many rows.
        seed: of the choice.

    Returns:
        Arrays by name, in the order of the endpoint's inputs.
    """
    rng = np.random.default_rng([seed, batch])
    values: dict[str, np.ndarray] = {}
    classes = model.inputs_spec.classes
    seeds = rng.integers(_INT32.min, _INT32.max, (batch, 2), dtype=np.int32, endpoint=True)
    steps = 1 + np.arange(batch, dtype=np.int32) % _STEPS
    for spec in endpoint.inputs:
        if spec.name == "seed":
            values[spec.name] = seeds
        elif spec.name == "steps":
            values[spec.name] = steps
        elif spec.name == "time":
            values[spec.name] = rng.integers(2 * _STEPS, size=batch, dtype=np.int32)
        elif spec.name == "label" and classes is not None:
            values[spec.name] = rng.integers(classes, size=batch, dtype=np.int32)
        elif spec.name not in ("x", "mask"):
            shape = [batch, *spec.shape.as_list()[1:]]
            values[spec.name] = rng.normal(size=shape).astype(spec.dtype.as_numpy_dtype)
    if any(spec.name == "x" for spec in endpoint.inputs):
        sequences = {"steps": steps} if isinstance(model, SequenceModel) else {}
        drawn = model.run("sample", seed=seeds, context=values.get("context"), **sequences)
        values |= {name: drawn[name].numpy() for name in ("x", "mask") if name in drawn}
        if endpoint.name == "step":
            values["x"] = values["x"][:, 0]
    return {spec.name: values[spec.name] for spec in endpoint.inputs}
