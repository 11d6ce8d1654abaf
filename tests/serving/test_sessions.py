"""ONNX files that are not what the manifest says, and sessions made once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from tfgen_serving import BundleError, RunError, Scorer


def opened(folder: Path) -> Scorer:
    return Scorer(folder, check_files=False)


def test_a_missing_file_is_named(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    (folder / "onnx" / "score.onnx").unlink()
    with pytest.raises(BundleError, match=r"endpoint 'score' must have its ONNX file\. Received: no .*score\.onnx"):
        opened(folder).score([[0, 0]])


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_broken_file_is_named(toy: Any, tmp_path: Path, capfd: Any, content: bytes) -> None:
    folder = toy.write(tmp_path)
    (folder / "onnx" / "score.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"ONNX Runtime must be able to load .*score\.onnx'\. Received: "):
        opened(folder).score([[0, 0]])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("side", "index", "changes", "message"),
    [
        (
            "inputs",
            0,
            {"name": "y"},
            r"must have the inputs \{'y': 'float32'\}\. Received: \{'x': 'float32'\}",
        ),
        ("inputs", 0, {"dtype": "float64"}, r"must have the inputs \{'x': 'float64'\}\. Received"),
        (
            "inputs",
            0,
            {"shape": [None, 3]},
            r"must take x float32 \[batch, 3\]\. Received: shape \['batch', 2\]",
        ),
        ("inputs", 0, {"shape": [None]}, r"must take x float32 \[batch\]\. Received: shape \['batch', 2\]"),
        ("outputs", 0, {"name": "nll"}, r"must have the outputs \{'nll': 'float32'\}\. Received: \{'score'"),
        ("outputs", 0, {"dtype": "float64"}, r"must have the outputs \{'score': 'float64'\}\. Received"),
    ],
)
def test_a_file_that_is_not_the_manifests(
    toy: Any, tmp_path: Path, side: str, index: int, changes: dict[str, Any], message: str
) -> None:
    folder = toy.write(tmp_path)
    endpoints = json.loads((folder / "manifest.json").read_text())["endpoints"]
    endpoints["score"][side][index] |= changes
    x = endpoints["score"]["inputs"][0]
    toy.edit_manifest(folder, endpoints=endpoints)
    with pytest.raises(BundleError, match=message):
        opened(folder).run("score", **{x["name"]: np.zeros([1, *x["shape"][1:]])})


def test_a_file_with_a_fixed_batch_is_refused(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    model = onnx.load(folder / "onnx" / "decode.onnx")
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, [1, 2]))
    onnx.save(model, folder / "onnx" / "decode.onnx")
    with pytest.raises(BundleError, match=r"must take z float32 \[batch, 2\]\. Received: shape \[1, 2\]"):
        opened(folder).decode([[0, 0]])


def test_an_output_without_the_batch_is_refused(odd_bundle: Path) -> None:
    scorer = Scorer(odd_bundle)
    with pytest.raises(
        RunError, match=r"output 'sum' of endpoint 'total' must be .* with batch 3\. Received: shape \(1"
    ):
        scorer.run("total", x=np.ones([3, 2]))


def test_a_failure_while_running_names_the_endpoint(odd_bundle: Path) -> None:
    scorer = Scorer(odd_bundle)
    assert scorer.run("pair", one=np.ones([2, 3]), two=np.ones([2, 3]))["sum"].tolist() == [[2.0] * 3] * 2
    with pytest.raises(RunError, match=r"endpoint 'pair' failed in ONNX Runtime .*Received: shapes .*\(2, 3\)"):
        scorer.run("pair", one=np.ones([2, 3]), two=np.ones([2, 4]))


def test_sessions_are_made_on_first_use_once_and_with_the_threads(
    plain_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int]] = []
    original = onnxruntime.InferenceSession

    def spy(path: Path, options: Any, providers: list[str]) -> Any:
        made.append((path.name, options.intra_op_num_threads))
        assert providers == ["CPUExecutionProvider"]
        return original(path, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", spy)
    scorer = Scorer(plain_bundle, threads=2)
    assert made == []
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: scorer.score([[0, 0]]), range(32)))
    assert made == [("score.onnx", 2)]
    scorer.decode([[0, 0]])
    assert made == [("score.onnx", 2), ("decode.onnx", 2)]
