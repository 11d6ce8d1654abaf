"""Models of any size come whole to files, and weights beyond the limit lie beside them."""

import importlib
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from tfgen_export import convert, freeze, save

X = tf.TensorSpec([None, 200], tf.float32, name="x")
WEIGHTS = np.random.default_rng(0).normal(size=(2, 200, 200)).astype("f4") / 20


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that a small model is beyond: all else is what 2 GB would go through."""
    monkeypatch.setattr(freeze, "LARGEST", 1000)


def network() -> tf.types.experimental.PolymorphicFunction:
    variable, captured = tf.Variable(WEIGHTS[0], name="kernel"), tf.constant(WEIGHTS[1])

    @tf.function
    def apply(x: tf.Tensor) -> tf.Tensor:
        return tf.while_loop(lambda i, _: i < 2, lambda i, y: (i + 1, tf.tanh(y @ captured)), (0, x @ variable))[1]

    return apply


def expected(x: np.ndarray) -> np.ndarray:
    y = x @ WEIGHTS[0]
    for _ in range(2):
        y = np.tanh(y @ WEIGHTS[1])
    return y


def scored(path: Path, x: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


@pytest.mark.usefixtures("little_room")
def test_large_weights_lie_beside_the_model(tmp_path: Path) -> None:
    model = convert(network(), [X])
    before = model.SerializeToString()
    save(model, tmp_path / "m.onnx")
    first, second = sorted(path.name for path in tmp_path.iterdir())
    assert first == "m.onnx"
    assert re.fullmatch(r"m\.onnx\.[0-9a-f]{16}\.data", second)
    assert (tmp_path / "m.onnx").stat().st_size < 10_000
    assert model.SerializeToString() == before
    x = np.random.default_rng(1).normal(size=(5, 200)).astype("f4")
    np.testing.assert_allclose(scored(tmp_path / "m.onnx", x), expected(x), rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("step", ["_write_weights", "_without_weights"])
def test_a_large_model_that_cannot_be_written_is_still_whole(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("no room")

    model, path = convert(network(), [X]), tmp_path / "m.onnx"
    before = model.SerializeToString()
    path.write_bytes(b"old")
    monkeypatch.setattr(importlib.import_module("tfgen_export.save"), step, fail)
    with pytest.raises(OSError, match="no room"):
        save(model, path)
    assert model.SerializeToString() == before
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.onnx"]


@pytest.mark.usefixtures("little_room")
def test_a_replaced_model_takes_its_weights_along(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    save(convert(network(), [X]), path)
    kept = next(tmp_path.glob("*.data"))
    save(convert(lambda x: x @ tf.constant(WEIGHTS[0]), [X]), path)
    assert len(list(tmp_path.iterdir())) == 2
    assert not kept.exists()
    save(convert(tf.tanh, [X]), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.onnx"]


def test_a_small_model_is_one_file_which_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    save(convert(network(), [X]), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.onnx"]
    x = np.random.default_rng(1).normal(size=(5, 200)).astype("f4")
    np.testing.assert_allclose(scored(path, x), expected(x), rtol=1e-4, atol=1e-6)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(model: onnx.ModelProto, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("no room")

    monkeypatch.setattr(onnx, "save_model", fail)
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="no room"):
        save(onnx.ModelProto(), path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.onnx"]
