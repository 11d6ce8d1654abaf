"""Our messages and TensorFlow Serving's are the same bytes, and the descriptor set is that of the .proto."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
)

import tfgen_serving
from tfgen_serving.protocol.messages import messages

PAIRS = {
    "TensorProto": tensor_pb2.TensorProto,
    "ModelSpec": model_pb2.ModelSpec,
    "PredictRequest": predict_pb2.PredictRequest,
    "PredictResponse": predict_pb2.PredictResponse,
    "GetModelMetadataRequest": get_model_metadata_pb2.GetModelMetadataRequest,
    "SignatureDefMap": get_model_metadata_pb2.SignatureDefMap,
    "SignatureDef": meta_graph_pb2.SignatureDef,
    "GetModelStatusRequest": get_model_status_pb2.GetModelStatusRequest,
    "GetModelStatusResponse": get_model_status_pb2.GetModelStatusResponse,
}

COMPILE = """
import sys
from pathlib import Path
import grpc_tools
from grpc_tools import protoc
root, out = sys.argv[1:]
known = Path(grpc_tools.__file__).parent / "_proto"
file = f"{root}/tfgen_serving/protocol/messages.proto"
sys.exit(protoc.main(["protoc", f"-I{root}", f"-I{known}", f"--descriptor_set_out={out}", file]))
"""


def test_the_descriptor_set_is_of_the_proto(tmp_path: Path) -> None:
    # In a process of its own: its native library and TensorFlow's do not go together.
    root, out = Path(tfgen_serving.__file__).parents[1], tmp_path / "messages.binpb"
    words = [sys.executable, "-c", COMPILE, str(root), str(out)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    if "No module named 'grpc_tools'" in done.stderr:
        pytest.skip("grpcio-tools is there only while tfgen is built")
    assert done.returncode == 0, done.stderr
    found, expected = (
        descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
        for path in (root / "tfgen_serving" / "protocol" / "messages.binpb", out)
    )
    assert found == expected, "messages.proto was changed and not compiled: install tfgen again"


def content(message: Any) -> Any:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=False
    )


SCALARS = {
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float": st.floats(width=32),
    "double": st.floats(),
    "bool": st.booleans(),
    "string": st.text(max_size=5),
    "bytes": st.binary(max_size=5),
}
TYPES = {getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name.upper()}"): name for name in SCALARS}


def filled(data: st.DataObject, message: Any) -> Any:
    """The message with some of its fields set, whatever they are."""
    for field in message.DESCRIPTOR.fields:
        if not data.draw(st.booleans()):
            continue
        target = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            filled(data, target[data.draw(SCALARS["string"])])
        elif field.message_type is not None:
            for _ in range(data.draw(st.integers(0, 2))) if field.is_repeated else [0]:
                filled(data, target.add() if field.is_repeated else target)
        else:
            values = (
                st.sampled_from([value.number for value in field.enum_type.values])
                if field.enum_type is not None
                else SCALARS[TYPES[field.type]]
            )
            if field.is_repeated:
                target.extend(data.draw(st.lists(values, max_size=3)))
            else:
                setattr(message, field.name, data.draw(values))
    return message


@pytest.mark.parametrize("name", PAIRS)
@given(data=st.data())
@settings(deadline=None, database=None, max_examples=40)
def test_the_same_bytes(name: str, data: st.DataObject) -> None:
    ours = filled(data, getattr(messages, name)())
    theirs = PAIRS[name].FromString(ours.SerializeToString())
    assert content(theirs) == content(ours)
    back = getattr(messages, name).FromString(theirs.SerializeToString())
    assert back.SerializeToString(deterministic=True) == ours.SerializeToString(deterministic=True)


def test_metadata_goes_through_any() -> None:
    theirs = get_model_metadata_pb2.GetModelMetadataResponse()
    theirs.model_spec.name = "moons"
    signatures = get_model_metadata_pb2.SignatureDefMap()
    signatures.signature_def["score"].method_name = "tensorflow/serving/predict"
    theirs.metadata["signature_def"].Pack(signatures)
    ours = messages.GetModelMetadataResponse.FromString(theirs.SerializeToString())
    assert ours.model_spec.name == "moons"
    packed = ours.metadata["signature_def"]
    assert packed.type_url == "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    assert messages.SignatureDefMap.FromString(packed.value).signature_def["score"].method_name.endswith("predict")


def test_what_we_do_not_know_is_kept() -> None:
    theirs = predict_pb2.PredictRequest()
    theirs.predict_streamed_options.request_state = 1
    theirs.inputs["x"].scomplex_val.extend([1.0, 2.0])
    ours = messages.PredictRequest.FromString(theirs.SerializeToString())
    assert predict_pb2.PredictRequest.FromString(ours.SerializeToString()) == theirs
