"""The manifest: what it stores, and what it refuses with which words."""

import json
from pathlib import Path
from typing import Any

import pytest

from tfgen_serving import BundleError, EndpointInfo, Manifest, TensorInfo

DIGEST = "0" * 64


def tensor(name: str, dtype: str, *shape: int | None) -> TensorInfo:
    return TensorInfo(name=name, dtype=dtype, shape=(None, *shape))


def values(**changes: Any) -> dict[str, Any]:
    score = EndpointInfo(
        name="score",
        inputs=(tensor("x", "float32", 28, 28, 1), tensor("mask", "bool", None)),
        outputs=(tensor("score", "float32"),),
        onnx="onnx/score.onnx",
    )
    sample = EndpointInfo(
        name="sample",
        inputs=(tensor("seed", "int32", 2),),
        outputs=(tensor("x", "float32", 28, 28, 1),),
        onnx="onnx/sample.onnx",
    )
    return {
        "model": "VAE",
        "name": "digits",
        "score_kind": "bound",
        "num_samples": 64,
        "score_seed": (0, 0),
        "noise_layout": 1,
        "endpoints": {"score": score, "sample": sample},
        "event_shape": (28, 28, 1),
        "context_shape": None,
        "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
        "files": {"onnx/score.onnx": DIGEST, "onnx/sample.onnx": DIGEST},
        "max_difference": {"score": 2e-6},
    } | changes


def data(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(Manifest(**values()).to_json())
    made |= changes
    return {key: value for key, value in made.items() if value is not ...}


def endpoint_data(**changes: Any) -> dict[str, Any]:
    score = data()["endpoints"]["score"] | changes
    return {"score": {key: value for key, value in score.items() if value is not ...}}


def test_json_round_trip_keeps_every_field() -> None:
    manifest = Manifest(**values())
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_json_is_the_documented_form() -> None:
    written = data()
    assert list(written) == [
        "format_version",
        "model",
        "name",
        "score_kind",
        "num_samples",
        "score_seed",
        "noise_layout",
        "endpoints",
        "event_shape",
        "context_shape",
        "versions",
        "files",
        "max_difference",
    ]
    assert written["format_version"] == 1
    assert written["endpoints"]["score"] == {
        "inputs": [
            {"name": "x", "dtype": "float32", "shape": [None, 28, 28, 1]},
            {"name": "mask", "dtype": "bool", "shape": [None, None]},
        ],
        "outputs": [{"name": "score", "dtype": "float32", "shape": [None]}],
        "onnx": "onnx/score.onnx",
    }


def test_max_difference_may_be_left_out() -> None:
    assert Manifest.from_json(json.dumps(data(max_difference=...))).max_difference == {}


def test_lists_become_tuples_and_dictionaries_are_copied() -> None:
    files = {"onnx/score.onnx": DIGEST, "onnx/sample.onnx": DIGEST}
    manifest = Manifest(**values(event_shape=[28, 28, 1], files=files))
    files.clear()
    assert manifest.event_shape == (28, 28, 1)
    assert len(manifest.files) == 2


def test_write_then_read_leaves_one_readable_file(tmp_path: Path) -> None:
    manifest = Manifest(**values())
    (tmp_path / "manifest.json").write_text("what was there before")
    path = manifest.write(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.json"]
    assert path.stat().st_mode & 0o044 == 0o044
    assert Manifest.read(tmp_path) == manifest


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Manifest(**values()).write(tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        Manifest(**values(name="other")).write(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.json"]
    assert (tmp_path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("version", [2, 0, "1", 1.0, True, None])
def test_another_format_is_refused_whatever_else_it_holds(version: object) -> None:
    text = json.dumps({"format_version": version, "future": "fields"})
    with pytest.raises(BundleError, match=r"^moons/3/manifest.json: format_version must be 1, .*newer tfgen"):
        Manifest.from_json(text, source="moons/3/manifest.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"the content must be JSON \(.*line 1"),
        ("[1]", r"the content must be a JSON object\. Received: \[1\]"),
        (json.dumps(data(score_kind=...)), r"score_kind is missing\. Received: the fields"),
        (json.dumps(data(colour="red")), r"colour is not a field of this format\. Received: 'red'"),
        (json.dumps(data(endpoints=[])), r"endpoints must be an object by name\. Received: \[\]"),
        (json.dumps(data(endpoints={"score": 3})), r"endpoints\.score must be a JSON object\. Received: 3"),
        (json.dumps(data(endpoints=endpoint_data(onnx=...))), r"endpoints\.score\.onnx is missing"),
        (json.dumps(data(endpoints=endpoint_data(inputs=None))), r"endpoints\.score\.inputs must be a list"),
        (
            json.dumps(data(endpoints=endpoint_data(inputs=[1]))),
            r"endpoints\.score\.inputs\[0\] must be a JSON obj",
        ),
        (
            json.dumps(data(endpoints=endpoint_data(outputs=[{"name": "score", "dtype": "float33", "shape": [None]}]))),
            r"endpoints\.score\.outputs\[0\]\.dtype must be one of bool, .*\. Received: 'float33'",
        ),
    ],
)
def test_json_errors_name_the_file_and_the_field(text: str, message: str) -> None:
    with pytest.raises(BundleError, match=r"^moons/3/manifest.json: " + message):
        Manifest.from_json(text, source="moons/3/manifest.json")


SCORE = values()["endpoints"]["score"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": ""}, r"^model must be a non-empty string\. Received: ''"),
        ({"name": 3}, r"^name must be a non-empty string\. Received: 3"),
        ({"score_kind": "elbo"}, r"^score_kind must be 'exact' or 'bound'\. Received: 'elbo'"),
        ({"score_kind": "exact"}, r"^num_samples must be null, the score being exact\. Received: 64"),
        ({"num_samples": None}, r"^num_samples must be an integer of at least 1\. Received: None"),
        ({"num_samples": 0}, r"^num_samples must be an integer of at least 1\. Received: 0"),
        (
            {"score_kind": "exact", "num_samples": None},
            r"^score_seed must be null, the score being exact\. Received: \(0, 0\)",
        ),
        ({"score_seed": None}, r"^score_seed must be two integers, a bound's seed row\. Received: None"),
        ({"score_seed": (1, 2, 3)}, r"^score_seed must be two integers, a bound's seed row\. Received: \(1, 2, 3\)"),
        ({"score_seed": (0, 0.5)}, r"^score_seed\[1\] must be an integer of at least -2147483648\. Received: 0.5"),
        ({"score_seed": (0, 2**31)}, r"^score_seed must be two integers that fit int32\. Received: \(0, 2147483648\)"),
        ({"noise_layout": True}, r"^noise_layout must be an integer of at least 0\. Received: True"),
        ({"noise_layout": 1.5}, r"^noise_layout must be an integer of at least 0\. Received: 1.5"),
        ({"event_shape": 2}, r"^event_shape must be a list of positive integers and nulls\. Received: 2"),
        ({"event_shape": (2, 0)}, r"^event_shape\[1\] must be an integer of at least 1\. Received: 0"),
        ({"context_shape": ("a",)}, r"^context_shape\[0\] must be an integer of at least 1\. Received: 'a'"),
        ({"versions": {"keras": 3}}, r"^versions\.keras must be a non-empty string\. Received: 3"),
        ({"versions": ["keras"]}, r"^versions must be a mapping by name\. Received: \['keras'\]"),
        ({"files": {"../x": DIGEST}}, r"^a key of files must be a relative path .*\. Received: '../x'"),
        ({"files": {"/etc/x": DIGEST}}, r"^a key of files must be a relative path .*\. Received: '/etc/x'"),
        ({"files": {"a\\b": DIGEST}}, r"^a key of files must be a relative path"),
        ({"files": {"a//b": DIGEST}}, r"^a key of files must be a relative path"),
        ({"files": {"": DIGEST}}, r"^a key of files must be a relative path"),
        ({"files": {"manifest.json": DIGEST}}, r"^a key of files must be another file than the manifest"),
        ({"files": {"x": "0" * 63}}, r"^files\['x'\] must be a SHA-256 digest"),
        ({"files": {"x": "F" * 64}}, r"^files\['x'\] must be a SHA-256 digest"),
        (
            {"files": {}},
            r"^endpoints\.score\.onnx must be a file that `files` lists\. Received: 'onnx/score.onnx'",
        ),
        ({"endpoints": {"score": "onnx"}}, r"^endpoints\.score must be an EndpointInfo\. Received: 'onnx'"),
        (
            {"endpoints": {"encode": SCORE}},
            r"^endpoints\.encode\.name must be 'encode', its key\. Received: 'score'",
        ),
        (
            {"max_difference": {"scroe": 0.0}},
            r"^a key of max_difference must be one of .*\. Received: 'scroe'",
        ),
        ({"max_difference": {"score": float("nan")}}, r"^max_difference\.score must be a finite number"),
        ({"max_difference": {"score": float("inf")}}, r"^max_difference\.score must be a finite number"),
        ({"max_difference": {"score": -1.0}}, r"^max_difference\.score must be a finite number"),
    ],
)
def test_the_writer_meets_the_same_checks(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Manifest(**values(**changes))


@pytest.mark.parametrize("outputs", [(("score", 1),), (("loss",), ("kl",)), (("score", 2), ("kl",))])
def test_score_gives_one_number_a_row(outputs: tuple[tuple[Any, ...], ...]) -> None:
    score = EndpointInfo(
        name="score",
        inputs=SCORE.inputs,
        outputs=tuple(tensor(name, "float32", *shape) for name, *shape in outputs),
        onnx=SCORE.onnx,
    )
    with pytest.raises(BundleError, match=r"^endpoints\.score\.outputs must be one \[batch\] tensor"):
        Manifest(**values(endpoints={"score": score}, max_difference={}))


@pytest.mark.parametrize("seed", [tensor("seed", "int64", 2), tensor("seed", "int32"), tensor("x", "int32", 2)])
def test_sample_takes_seed_rows(seed: TensorInfo) -> None:
    sample = EndpointInfo(name="sample", inputs=(seed,), outputs=(tensor("x", "float32", 2),), onnx="onnx/sample.onnx")
    with pytest.raises(BundleError, match=r"^endpoints\.sample\.inputs must be given a tensor seed int32"):
        Manifest(**values(endpoints={"sample": sample}, max_difference={}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, r"^name must be a non-empty string"),
        ({"dtype": "complex64"}, r"^dtype must be one of .*\. Received: 'complex64'"),
        ({"shape": (3, 2)}, r"^shape must be led by null, the batch dimension\. Received: \(3, 2\)"),
        ({"shape": ()}, r"^shape must be led by null"),
        ({"shape": (None, -1)}, r"^shape\[1\] must be an integer of at least 1\. Received: -1"),
    ],
)
def test_tensor_errors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        TensorInfo(**({"name": "x", "dtype": "float32", "shape": (None, 2)} | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, r"^name must be a non-empty string"),
        ({"inputs": ()}, r"^inputs must be one TensorInfo or more\. Received: \(\)"),
        ({"outputs": ("score",)}, r"^outputs must be one TensorInfo or more"),
        (
            {"inputs": SCORE.inputs * 2},
            r"^inputs must be tensors of different names\. Received: \['x', 'mask', 'x'",
        ),
        ({"onnx": "../score.onnx"}, r"^onnx must be a relative path inside the version folder"),
    ],
)
def test_endpoint_errors(changes: dict[str, Any], message: str) -> None:
    made = {"name": "score", "inputs": SCORE.inputs, "outputs": SCORE.outputs, "onnx": SCORE.onnx}
    with pytest.raises(BundleError, match=message):
        EndpointInfo(**(made | changes))


def test_reading_names_a_file_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"must hold manifest\.json\. Received: .*nowhere"):
        Manifest.read(tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match=r"manifest\.json: the content must be UTF-8 text"):
        Manifest.read(tmp_path)
