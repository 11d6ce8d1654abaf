"""`tfgen.load_model`, and Keras's own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfgen
from tfgen.models.loading import load_model

X = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
CONTEXT = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    model = tfgen.MDN(event_shape=(2,), context_shape=(3,), components=2, hidden=(4,), activation="tanh")
    model.set_weights([value + 0.3 for value in model.get_weights()])
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return model, path


@pytest.mark.parametrize("form", [Path, str])
def test_paths_of_both_kinds(saved: tuple[Any, Path], form: Any) -> None:
    model, path = saved
    loaded = load_model(form(path))
    assert type(loaded) is tfgen.MDN
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.score(X, CONTEXT), model.score(X, CONTEXT))


@pytest.mark.parametrize("name", ["none.keras", "folder", "folder/none.keras"])
def test_a_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match=r"`filepath` must be a `\.keras` file\. Received: filepath="):
        load_model(tmp_path / name)


def test_another_keras_model_is_refused(tmp_path: Path) -> None:
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    plain.save(tmp_path / "plain.keras")
    with pytest.raises(ValueError, match=r"`filepath` must hold a tfgen model.*Received: a Sequential"):
        load_model(tmp_path / "plain.keras")


def test_a_file_that_is_no_keras_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("no archive")
    with pytest.raises(ValueError, match="text"):
        load_model(tmp_path / "text.keras")


@pytest.mark.parametrize(
    "load", ["import tfgen; load = tfgen.load_model", "import tfgen, keras; tfgen.MDN; load = keras.saving.load_model"]
)
def test_a_fresh_process_needs_no_custom_objects(saved: tuple[Any, Path], load: str, tmp_path: Path) -> None:
    model, path = saved
    np.savez(tmp_path / "rows.npz", x=X, context=CONTEXT)
    code = (
        f"import sys\n{load}\nimport numpy as np\nmodel = load(sys.argv[1])\n"
        "np.save(sys.argv[3], model.score(**np.load(sys.argv[2])))"
    )
    words = [sys.executable, "-c", code, str(path), str(tmp_path / "rows.npz"), str(tmp_path / "scores.npy")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "scores.npy"), model.score(X, CONTEXT), rtol=1e-6)
