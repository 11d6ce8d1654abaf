"""`tfgen verify`: does a bundle say the same in Keras, in TensorFlow's loader and in ONNX Runtime?"""

import dataclasses
import itertools
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgen.bundles.examples import example_inputs
from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.loading import load_model
from tfgen_export import discrete_difference, is_discrete, largest_relative
from tfgen_serving import Bundle, Scorer

__all__ = ["RUNTIMES", "EndpointReport", "verify_bundle"]

RUNTIMES = ("keras", "saved_model", "onnx")

Runner = Callable[..., dict[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class EndpointReport:
    """How far the runtimes are apart on one endpoint.

    Attributes:
        endpoint: its name.
        rows: how many rows were compared.
        differences: max |a − b| / max(1, |b|) over all outputs, by pair of runtimes. Of outputs that are rounded or
            picked it is 0 where no more than an entry in a thousand differs.
        unequal: the largest share of entries of such outputs that differ.
    """

    endpoint: str
    rows: int
    differences: dict[tuple[str, str], float]
    unequal: float = 0.0

    @property
    def largest(self) -> float:
        """The largest over the pairs."""
        return max(self.differences.values())


def verify_bundle(
    path: str | os.PathLike[str],
    *,
    version: int | None = None,
    rows: int = 256,
    inputs: dict[str, dict[str, np.ndarray]] | None = None,
) -> list[EndpointReport]:
    """Checks a bundle's files against their SHA-256, and runs every endpoint in the three runtimes.

    Args:
        path: the bundle, or one of its version folders.
        version: which version; the newest where it is None.
        rows: how many rows to compare, drawn as `example_inputs` does.
        inputs: arrays by name by endpoint, to compare on these instead.

    Returns:
        A report for each endpoint.

    Raises:
        tfgen_serving.BundleError: where there is no bundle, or a file is missing or changed.
    """
    bundle = Bundle.open(path, version=version)
    bundle.verify_files()
    model = load_model(bundle.path / "model.keras")
    loaded = tf.saved_model.load(str(bundle.path))
    scorer = Scorer(bundle.path, check_files=False)
    runners = dict(zip(RUNTIMES, (_keras(model), _saved_model(loaded), scorer.run), strict=True))
    reports = []
    for endpoint in model.endpoints():
        values = (inputs or {}).get(endpoint.name) or example_inputs(model, endpoint, rows)
        outputs = {runtime: run(endpoint.name, **values) for runtime, run in runners.items()}
        reports.append(_report(endpoint, len(next(iter(values.values()))), outputs))
    return reports


def _report(endpoint: Endpoint, rows: int, outputs: dict[str, dict[str, np.ndarray]]) -> EndpointReport:
    differences, unequal = {}, 0.0
    for first, second in itertools.combinations(RUNTIMES, 2):
        largest = 0.0
        for name, expected in outputs[first].items():
            actual = outputs[second][name]
            if name in endpoint.discrete and is_discrete(expected) and actual.shape == expected.shape:
                difference, share = discrete_difference(actual, expected)
            else:
                difference, share = largest_relative(actual, expected), 0.0
            largest, unequal = max(largest, difference), max(unequal, share)
        differences[first, second] = largest
    return EndpointReport(endpoint.name, rows, differences, unequal)


def _keras(model: GenerativeModel) -> Runner:
    def run(endpoint: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in model.run(endpoint, **inputs).items()}

    return run


def _saved_model(loaded: tf.Module) -> Runner:
    def run(endpoint: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        outputs = loaded.signatures[endpoint](**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    return run
