"""SavedModels, read by TensorFlow's C++ loader in a session: what a server does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen_export import write_saved_model


class Loaded:
    """A SavedModel in a plain session; nothing of Python's objects is used."""

    def __init__(self, folder: Path) -> None:
        self.session = tf.compat.v1.Session(graph=tf.Graph())
        loader = tf.compat.v1.saved_model.load
        meta = loader(self.session, [tf.saved_model.SERVING], str(folder))
        self.signatures = {name: value for name, value in meta.signature_def.items() if not name.startswith("__")}

    def __call__(self, signature: str, **inputs: Any) -> dict[str, np.ndarray]:
        definition = self.signatures[signature]
        feed = {definition.inputs[name].name: value for name, value in inputs.items()}
        return self.session.run({name: entry.name for name, entry in definition.outputs.items()}, feed)

    def shapes(self, signature: str) -> dict[str, list[int]]:
        ends = {**self.signatures[signature].inputs, **self.signatures[signature].outputs}
        return {name: [size.size for size in entry.tensor_shape.dim] for name, entry in ends.items()}


def spec(name: str, *sizes: int | None, dtype: Any = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec([None, *sizes], dtype, name=name)


class Toy:
    """Two functions that share a variable; arguments named otherwise than the inputs."""

    def __init__(self) -> None:
        self.scale = tf.Variable(3.0)
        self.offset = tf.constant([10.0, 20.0])
        self.score = tf.function(
            lambda a, b: {"score": self.scale * tf.reduce_sum(a * b + self.offset, axis=-1), "copy": a},
            input_signature=[spec("x", 2), spec("context", 2)],
        )
        self.encode = tf.function(
            lambda a: {"z": tf.cast(a, tf.float64) / 2.0 + tf.cast(self.scale, tf.float64)},
            input_signature=[spec("x", dtype=tf.int32)],
        )

    @property
    def signatures(self) -> dict[str, Any]:
        return {"score": self.score, "encode": self.encode}


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def loaded(toy: Toy, tmp_path: Path) -> Loaded:
    write_saved_model(tmp_path, toy.signatures, default="score")
    toy.scale.assign(1000.0)  # too late for what is written
    return Loaded(tmp_path)


def test_every_signature_gives_its_numbers(loaded: Loaded) -> None:
    rng = np.random.default_rng(0)
    for batch in (0, 1, 5):
        x, context = rng.normal(size=(2, batch, 2)).astype(np.float32)
        found = loaded("score", x=x, context=context)
        np.testing.assert_allclose(found["score"], 3 * ((x * context).sum(-1) + 30), rtol=1e-5)
        np.testing.assert_array_equal(found["copy"], x)
    found = loaded("encode", x=np.array([1, 2], np.int32))
    assert found["z"].dtype == np.float64
    assert found["z"].tolist() == [3.5, 4.0]


def test_the_default_signature_is_the_one_named(loaded: Loaded, toy: Toy, tmp_path: Path) -> None:
    assert set(loaded.signatures) == {"score", "encode", "serving_default"}
    inputs = {"x": np.ones((1, 2)), "context": np.ones((1, 2))}
    assert loaded("serving_default", **inputs)["score"] == loaded("score", **inputs)["score"] == 96.0
    write_saved_model(tmp_path / "other", toy.signatures, default="encode")
    assert loaded.shapes("serving_default").keys() == {"x", "context", "score", "copy"}
    assert Loaded(tmp_path / "other").shapes("serving_default").keys() == {"x", "z"}


def test_names_and_the_dynamic_batch_are_kept(loaded: Loaded) -> None:
    assert loaded.shapes("score") == {"x": [-1, 2], "context": [-1, 2], "score": [-1], "copy": [-1, 2]}
    assert loaded.shapes("encode") == {"x": [-1], "z": [-1]}


def test_the_object_loader_agrees(toy: Toy, tmp_path: Path) -> None:
    write_saved_model(tmp_path, toy.signatures, default="score")
    signature = tf.saved_model.load(tmp_path).signatures["encode"]
    assert signature(x=tf.constant([4]))["z"].numpy().tolist() == [5.0]


def test_an_assignment_to_the_loaded_model_does_not_reach_the_original(toy: Toy, tmp_path: Path) -> None:
    write_saved_model(tmp_path, toy.signatures, default="score")
    loaded = tf.saved_model.load(tmp_path)
    (variable,) = loaded.signatures["encode"].graph.variables
    variable.assign(-1.0)
    assert loaded.signatures["encode"](x=tf.constant([4]))["z"].numpy().tolist() == [1.0]
    assert toy.scale.numpy() == 3.0


def test_a_default_that_is_no_signature_is_refused(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"`default` must be one .*Received: default='sample' with .*'encode', 'score'"
    ):
        write_saved_model(tmp_path / "new", toy.signatures, default="sample")
    assert not (tmp_path / "new").exists()


def test_another_signature_of_the_default_s_name_is_refused(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no other may be called 'serving_default'"):
        write_saved_model(tmp_path, {"score": toy.score, "serving_default": toy.encode}, default="score")
    write_saved_model(tmp_path, {"serving_default": toy.encode}, default="serving_default")
    assert Loaded(tmp_path)("serving_default", x=[2])["z"].tolist() == [4.0]
