"""Status and metadata bodies, and signatures, against TensorFlow's own reading of a real SavedModel."""

import json
from pathlib import Path
from typing import Any

import keras
import pytest
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

import tfgen
from tfgen_serving import Bundle, BundleError
from tfgen_serving.protocol.metadata import metadata_body, status_body, status_message
from tfgen_serving.protocol.signatures import Signatures
from tfgen_serving.protocol.status import Code
from tfgen_serving.server.models import VersionStatus


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Of a real model, with its SavedModel; to be read only."""
    keras.utils.set_random_seed(0)
    base = tmp_path_factory.mktemp("real") / "flow"
    tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,)).export(base, format="bundle")
    return Bundle.open(base)


def test_metadata_is_what_tensorflow_reads(bundle: Bundle) -> None:
    saved = saved_model_pb2.SavedModel.FromString((bundle.path / "saved_model.pb").read_bytes())
    theirs = get_model_metadata_pb2.SignatureDefMap(signature_def=dict(saved.meta_graphs[0].signature_def))
    expected = json_format.MessageToDict(
        theirs, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    body = metadata_body("flow", 1, Signatures(bundle.path, bundle.manifest).definitions)
    assert json.loads(body) == {
        "model_spec": {"name": "flow", "signature_name": "", "version": "1"},
        "metadata": {"signature_def": expected},
    }
    assert {"score", "sample", "encode", "decode", "serving_default"} <= set(expected["signature_def"])
    assert body.endswith("}\n")


def test_endpoints_of_signatures(bundle: Bundle) -> None:
    signatures = Signatures(bundle.path, bundle.manifest)
    assert signatures.endpoint("") == signatures.endpoint("serving_default") == signatures.endpoint("score") == "score"
    assert signatures.endpoint("sample") == "sample"
    assert signatures.endpoint("nothing") is None
    assert signatures.endpoint("__saved_model_init_op") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must be a SavedModel"),
        (b"\xff\xff", "must be a SavedModel"),
        (b"", "must hold a graph"),
        (saved_model_pb2.SavedModel(meta_graphs=[{}]).SerializeToString(), "must have the signature 'score'"),
    ],
)
def test_savedmodels_that_are_none(bundle: Bundle, tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(BundleError, match=message):
        Signatures(tmp_path, bundle.manifest)


@pytest.mark.parametrize("change", ["dtype", "method_name", "outputs"])
def test_signatures_that_are_not_the_endpoints(bundle: Bundle, tmp_path: Path, change: str) -> None:
    saved = saved_model_pb2.SavedModel.FromString((bundle.path / "saved_model.pb").read_bytes())
    definition = saved.meta_graphs[0].signature_def["sample"]
    if change == "dtype":
        definition.inputs["seed"].dtype = 1
    elif change == "method_name":
        definition.method_name = "tensorflow/serving/classify"
    else:
        definition.outputs["more"].name = "more:0"
    (tmp_path / "saved_model.pb").write_bytes(saved.SerializeToString())
    with pytest.raises(BundleError, match="must have the signature 'sample' of endpoint 'sample'"):
        Signatures(tmp_path, bundle.manifest)


STATUSES: dict[int, Any] = {
    7: VersionStatus("END", Code.FAILED_PRECONDITION, 'cannot be "read"'),
    3: VersionStatus("AVAILABLE"),
}


def test_status() -> None:
    theirs = get_model_status_pb2.GetModelStatusResponse.FromString(status_message(STATUSES).SerializeToString())
    assert [(each.version, each.State.Name(each.state)) for each in theirs.model_version_status] == [
        (7, "END"),
        (3, "AVAILABLE"),
    ]
    expected = json_format.MessageToDict(
        theirs, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    assert json.loads(status_body(STATUSES)) == expected


def test_status_to_the_space() -> None:
    assert status_body({1: VersionStatus("AVAILABLE")}) == (
        '{\n "model_version_status": [\n  {\n   "version": "1",\n   "state": "AVAILABLE",\n   "status": {\n'
        '    "error_code": "OK",\n    "error_message": ""\n   }\n  }\n ]\n}\n'
    )
