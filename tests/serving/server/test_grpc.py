"""gRPC as a client of TensorFlow Serving's own messages sees it."""

from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

X = np.float32([[0.5, -1.0], [2.5, -0.5]])


@pytest.fixture(scope="module")
def channel(addresses: Any) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel:
        yield channel


def request(name: str = "plain", signature: str = "", **inputs: Any) -> predict_pb2.PredictRequest:
    message = predict_pb2.PredictRequest()
    message.model_spec.name = name
    message.model_spec.signature_name = signature
    for key, value in inputs.items():
        message.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return message


def test_predict(channel: grpc.Channel, toy: Any) -> None:
    response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request(x=X), timeout=10)
    assert (response.model_spec.name, response.model_spec.version.value) == ("plain", 1)
    assert response.model_spec.signature_name == "serving_default"
    np.testing.assert_allclose(tf.make_ndarray(response.outputs["score"]), toy.log_prob(X), rtol=1e-6)


def test_metadata(channel: grpc.Channel) -> None:
    asked = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    asked.model_spec.name = "plain"
    response = prediction_service_pb2_grpc.PredictionServiceStub(channel).GetModelMetadata(asked, timeout=10)
    definitions = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(definitions)
    assert definitions.signature_def["score"].inputs["x"].dtype == tf.float32.as_datatype_enum


def test_status(channel: grpc.Channel) -> None:
    asked = get_model_status_pb2.GetModelStatusRequest()
    asked.model_spec.name = "plain"
    (status,) = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(asked, timeout=10).model_version_status
    assert (status.version, status.state, status.status.error_code) == (1, status.AVAILABLE, 0)
