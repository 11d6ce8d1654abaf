"""What `export` writes in each format, and whose weights it holds."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

import tfgen
import tfgen_export
import tfgen_serving
from tfgen.bundles import export_model
from tfgen.noise import LAYOUT_VERSION


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_s_layout(bundles: dict[str, Path]) -> None:
    folder = bundles["mdn"]
    assert (folder.parent.name, folder.name) == ("mdn", "1")
    assert list(folder.parent.iterdir()) == [folder]
    assert _files(folder) - {"fingerprint.pb"} == {
        "assets.extra/tf_serving_warmup_requests",
        "manifest.json",
        "model.keras",
        "onnx/sample.onnx",
        "onnx/score.onnx",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    }
    assert folder.stat().st_mode & 0o777 == 0o755, "whoever serves it must read it"


def test_the_manifest_says_what_the_folder_holds(bundles: dict[str, Path]) -> None:
    folder = bundles["mdn"]
    manifest = json.loads((folder / "manifest.json").read_text())
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _files(folder) - {"manifest.json"}
    }
    assert manifest["files"] == digests
    told = {name: manifest[name] for name in ("model", "name", "score_kind", "num_samples", "noise_layout")}
    assert told == {
        "model": "MDN",
        "name": tfgen.load_model(folder / "model.keras").name,
        "score_kind": "exact",
        "num_samples": None,
        "noise_layout": LAYOUT_VERSION,
    }
    assert (manifest["event_shape"], manifest["context_shape"]) == ([2], [3, 1])
    score, sample = manifest["endpoints"]["score"], manifest["endpoints"]["sample"]
    assert [(item["name"], item["dtype"], item["shape"]) for item in score["inputs"]] == [
        ("x", "float32", [None, 2]),
        ("context", "float32", [None, 3, 1]),
    ]
    assert [(item["name"], item["dtype"], item["shape"]) for item in score["outputs"]] == [("score", "float32", [None])]
    assert [(item["name"], item["dtype"], item["shape"]) for item in sample["inputs"]] == [
        ("seed", "int32", [None, 2]),
        ("context", "float32", [None, 3, 1]),
    ]
    assert manifest["versions"]["tensorflow"] == tf.__version__
    assert set(manifest["max_difference"]) == {"score", "sample"}
    assert max(manifest["max_difference"].values()) < 1e-5
    unconditional = json.loads((bundles["flow"] / "manifest.json").read_text())
    assert unconditional["context_shape"] is None
    assert set(unconditional["endpoints"]) == {"score", "sample", "encode", "decode"}


def test_versions_grow(line: Any, tmp_path: Path) -> None:
    base = tmp_path / "base"
    assert [line.export(base, format="bundle") for _ in range(2)] == [base / "1", base / "2"]
    (base / "2").rename(base / "11")
    (base / "notes").mkdir()
    assert line.export(base, format="bundle") == base / "12", "the highest counts, as a number"
    assert tfgen_serving.Bundle.open(base).version == 12


def test_a_file_in_the_base_path_s_place_is_refused(flow: Any, tmp_path: Path) -> None:
    (tmp_path / "base").write_text("mine")
    with pytest.raises(FileExistsError, match=r"`filepath`.*Received: filepath=.*base"):
        flow.export(tmp_path / "base", format="bundle")
    assert (tmp_path / "base").read_text() == "mine"


@pytest.mark.parametrize("form", ["onnx", "tf_saved_model"])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_other_formats_refuse_a_target_that_exists(flow: Any, form: str, kind: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
    with pytest.raises(FileExistsError, match=r"Received: .*target"):
        flow.export(target, format=form)
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "mine" if kind == "file" else not list(target.iterdir())


def test_onnx_alone(mdn: Any, x: np.ndarray, tmp_path: Path) -> None:
    folder = export_model(mdn, str(tmp_path / "deep" / "onnx"), format="onnx")
    assert _files(folder) == {"score.onnx", "sample.onnx"}
    context = np.random.default_rng(0).normal(size=(9, 3, 1)).astype("float32")
    session = onnxruntime.InferenceSession(folder / "score.onnx")
    np.testing.assert_allclose(
        session.run(["score"], {"x": x, "context": context})[0], mdn.score(x, context), atol=1e-5
    )


def test_a_saved_model_is_the_default(flow: Any, x: np.ndarray, tmp_path: Path) -> None:
    folder = flow.export(tmp_path / "plain")
    assert not {name for name in _files(folder) if name.endswith((".onnx", ".keras", ".json"))}
    signatures = tf.saved_model.load(str(folder)).signatures
    assert set(signatures) == {"serving_default", "score", "sample", "encode", "decode"}
    for name in ("serving_default", "score"):
        np.testing.assert_allclose(signatures[name](x=tf.constant(x))["score"], flow.score(x), rtol=1e-6)
    z = signatures["encode"](x=tf.constant(x))["z"]
    np.testing.assert_allclose(signatures["decode"](z=z)["x"], x, atol=1e-5)


@pytest.mark.parametrize("form", ["onnx", "bundle"])
def test_a_tolerance_that_cannot_be_kept_leaves_nothing(flow: Any, form: str, tmp_path: Path) -> None:
    with pytest.raises(tfgen_export.ConversionMismatch, match=r"rtol=0, atol=0"):
        flow.export(tmp_path / "deep" / "base", format=form, rtol=0.0, atol=0.0)
    assert not list(tmp_path.iterdir())


def test_training_changes_no_bundle_and_the_next_export_has_the_new_weights(
    line: Any, x: np.ndarray, scores_in: dict[str, Any], tmp_path: Path
) -> None:
    base, x = tmp_path / "base", x[:, :1]
    untrained = line.score(x).numpy()
    old = line.export(base, format="bundle")
    served = tf.saved_model.load(str(old))  # a server that was up before the training
    line.compile("sgd")
    line.fit(np.tile(x, (8, 1)), epochs=3, verbose=0)
    trained = line.score(x).numpy()
    assert np.abs(trained - untrained).min() > 1e-3
    new = line.export(base, format="bundle")
    for runtime, scores in scores_in.items():
        np.testing.assert_allclose(scores(old, x), untrained, atol=1e-5, err_msg=runtime)
        np.testing.assert_allclose(scores(new, x), trained, atol=1e-5, err_msg=runtime)
    np.testing.assert_allclose(served.signatures["score"](x=tf.constant(x))["score"], untrained, atol=1e-5)


@pytest.mark.parametrize("change", ["fit", "load_weights"])
def test_functions_made_before_a_change_see_the_new_weights(
    make: Any, flow: Any, x: np.ndarray, change: str, tmp_path: Path
) -> None:
    seeds = np.array([[3, -4], [-5, 6]], "int32")
    inputs: dict[str, dict[str, np.ndarray]] = {
        "score": {"x": x},
        "encode": {"x": x},
        "decode": {"z": x},
        "sample": {"seed": seeds},
    }

    def run(model: Any) -> dict[str, np.ndarray]:
        outputs = {endpoint: model.run(endpoint, **feed) for endpoint, feed in inputs.items()}
        return {f"{endpoint} {name}": out.numpy() for endpoint, some in outputs.items() for name, out in some.items()}

    before = run(flow)
    if change == "fit":
        flow.compile("sgd")
        flow.fit(np.tile(x, (8, 1)), epochs=3, verbose=0)
    else:
        make("flow", seed=9).save_weights(tmp_path / "other.weights.h5")
        flow.load_weights(tmp_path / "other.weights.h5")
    fresh = make("flow")  # has made no function yet
    fresh.set_weights(flow.get_weights())
    after, expected = run(flow), run(fresh)
    for name in before:
        np.testing.assert_allclose(after[name], expected[name], rtol=1e-6, atol=1e-6, err_msg=name)
        assert np.abs(after[name] - before[name]).max() > 1e-3, name
