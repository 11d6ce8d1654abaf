"""Small models, none of their weights at its beginning, and their bundles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
import tfgen_serving


def build(name: str, seed: int = 0) -> Any:
    """`flow`, `mdn`, or `line`, the quickest to export; another seed gives other weights."""
    keras.utils.set_random_seed(0)
    if name == "flow":
        model: Any = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), activation="tanh", name="small")
    elif name == "mdn":
        model = tfgen.MDN(event_shape=(2,), context_shape=(3, 1), components=2, hidden=(4,), activation="tanh")
    else:
        model = tfgen.RealNVP(event_shape=(1,), couplings=1, hidden=())
    rng = np.random.default_rng(seed)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


@pytest.fixture
def make() -> Callable[..., Any]:
    return build


@pytest.fixture
def flow() -> Any:
    return build("flow")


@pytest.fixture
def mdn() -> Any:
    return build("mdn")


@pytest.fixture
def line() -> Any:
    return build("line")


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(9, 2)).astype("float32")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Version folders: `flow`, `other` (the same architecture, other weights) and `mdn`; to be read only."""
    base = tmp_path_factory.mktemp("bundles")
    models = {"flow": build("flow"), "other": build("flow", seed=9), "mdn": build("mdn")}
    return {name: model.export(base / name, format="bundle") for name, model in models.items()}


@pytest.fixture
def scores_in() -> dict[str, Callable[[Path, Any], np.ndarray]]:
    """The scores of a version folder, by runtime, each loaded anew."""

    def in_keras(folder: Path, x: Any) -> np.ndarray:
        return tfgen.load_model(folder / "model.keras").score(x).numpy()

    def in_saved_model(folder: Path, x: Any) -> np.ndarray:
        return tf.saved_model.load(str(folder)).signatures["score"](x=tf.constant(x))["score"].numpy()

    def in_onnx(folder: Path, x: Any) -> np.ndarray:
        return tfgen_serving.Scorer(folder).score(x)

    return {"keras": in_keras, "saved_model": in_saved_model, "onnx": in_onnx}
