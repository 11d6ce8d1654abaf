"""gRPC as a client of TensorFlow Serving's own messages sees it."""

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
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

from tfgen_serving import Scorer
from tfgen_serving.server.limits import Limits

X = np.float32([[0.5, -1.0], [2.5, -0.5]])
Code = grpc.StatusCode


@pytest.fixture(scope="module")
def channel(addresses: Any) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel: grpc.Channel) -> Any:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def request(name: str = "plain", signature: str = "", **inputs: Any) -> predict_pb2.PredictRequest:
    message = predict_pb2.PredictRequest()
    message.model_spec.name = name
    message.model_spec.signature_name = signature
    for key, value in inputs.items():
        message.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return message


def refusal(call: Callable[..., Any], message: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(message, timeout=10)
    return caught.value.code(), caught.value.details()


def test_predict(stub: Any, toy: Any) -> None:
    response = stub.Predict(request(x=X), timeout=10)
    assert (response.model_spec.name, response.model_spec.version.value) == ("plain", 1)
    assert response.model_spec.signature_name == "serving_default"
    np.testing.assert_allclose(tf.make_ndarray(response.outputs["score"]), toy.log_prob(X), rtol=1e-6)
    assert len(response.outputs["score"].float_val) == 2  # a number each, as TensorFlow Serving answers


@pytest.fixture(scope="module")
def bundles(plain_bundle: Path, context_bundle: Path, odd_bundle: Path) -> dict[str, Path]:
    return {"plain": plain_bundle, "context": context_bundle, "odd": odd_bundle}


SEED, ONE = np.int32([[0, 1], [2, -3]]), np.float32([[0.5], [-2.0]])
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("plain", "score", {"x": X}),
    ("plain", "sample", {"seed": SEED}),
    ("plain", "encode", {"x": X}),
    ("plain", "decode", {"z": X}),
    ("context", "score", {"x": X, "context": ONE}),
    ("context", "sample", {"seed": SEED, "context": ONE}),
    ("odd", "echo", {"label": np.int32([3, -4]), "mask": np.array([[True], [False]])}),
    ("odd", "fork", {"z": X}),
    ("odd", "pair", {"one": X, "two": X}),
]


@pytest.mark.parametrize(("model", "endpoint", "inputs"), CASES)
def test_every_endpoint_answers_as_the_scorer(
    stub: Any, bundles: dict[str, Path], model: str, endpoint: str, inputs: dict[str, Any]
) -> None:
    scorer = Scorer(bundles[model])
    response = stub.Predict(request(model, endpoint, **inputs), timeout=10)
    expected = scorer.run(endpoint, **inputs)
    assert set(response.outputs) == set(expected)
    for name, value in expected.items():
        found = tf.make_ndarray(response.outputs[name])
        assert found.dtype == value.dtype
        np.testing.assert_array_equal(found, value)
    empty = {name: value[:0] for name, value in inputs.items()}
    for name, output in stub.Predict(request(model, endpoint, **empty), timeout=10).outputs.items():
        assert tf.make_ndarray(output).shape == (0, *expected[name].shape[1:])


def test_some_outputs(stub: Any) -> None:
    message = request(signature="encode", x=X)
    message.output_filter.append("z")
    assert set(stub.Predict(message, timeout=10).outputs) == {"z"}
    message.output_filter.append("z")
    assert refusal(stub.Predict, message) == (Code.INVALID_ARGUMENT, "duplicate output tensor alias: z")
    message.output_filter[:] = ["z", "x"]
    assert refusal(stub.Predict, message) == (
        Code.INVALID_ARGUMENT,
        "output tensor alias not found in signature: x Outputs expected to be in the set {log_det_jacobian,z}.",
    )


@pytest.mark.parametrize(
    ("message", "code", "details"),
    [
        (predict_pb2.PredictRequest(), Code.INVALID_ARGUMENT, "Missing ModelSpec"),
        (request(name=""), Code.INVALID_ARGUMENT, "ModelSpec has no name specified."),
        (request(name="none", x=X), Code.NOT_FOUND, "Servable not found for request: Latest(none)"),
        (
            request(signature="nothing", x=X),
            Code.FAILED_PRECONDITION,
            'Serving signature key "nothing" not found.',
        ),
        (
            request(),
            Code.INVALID_ARGUMENT,
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
        ),
        (
            request(x=X, y=X, a=X),
            Code.INVALID_ARGUMENT,
            "input size does not match signature: 3!=1 len({a,x,y}) != len({x}). Sent extra: {a,y}. Missing but "
            "required: {}.",
        ),
        (request(x=X[0]), Code.INVALID_ARGUMENT, "x must be float32 [batch, 2]. Received: shape [2]"),
        (request(x=X[:, :1]), Code.INVALID_ARGUMENT, "x must be float32 [batch, 2]. Received: shape [2, 1]"),
        (request(x=np.float32(1)), Code.INVALID_ARGUMENT, "x must be float32 [batch, 2]. Received: shape []"),
        (request(x=X.astype(float)), Code.INVALID_ARGUMENT, "x must be float32 [batch, 2]. Received: dtype float64"),
        (
            request("context", x=X, context=ONE[:1]),
            Code.INVALID_ARGUMENT,
            "context must have 2 rows, as the other inputs. Received: 1",
        ),
    ],
)
def test_errors(stub: Any, message: Any, code: grpc.StatusCode, details: str) -> None:
    assert refusal(stub.Predict, message) == (code, details)


def test_errors_of_tensors(stub: Any) -> None:
    code, details = refusal(stub.Predict, request(x=[["a", "b"]]))
    assert (code, details[:33]) == (Code.INVALID_ARGUMENT, "dtype must be one of DT_FLOAT, DT")
    message = request(x=X)
    message.inputs["x"].tensor_content = b"123"
    code, details = refusal(stub.Predict, message)
    assert (code, details[:30]) == (Code.INVALID_ARGUMENT, "tensor parsing error: x must h")


@pytest.mark.parametrize("endpoint", ["pair", "total"])
def test_errors_of_the_runtime(stub: Any, url: str, endpoint: str) -> None:
    inputs = {"one": X, "two": X[:, :1].repeat(3, 1)} if endpoint == "pair" else {"x": X}
    code, details = refusal(stub.Predict, request("odd", endpoint, **inputs))
    # Sizes that are free may be why, and are the client's; else the bundle breaks its promise.
    assert code == (Code.INVALID_ARGUMENT if endpoint == "pair" else Code.INTERNAL)
    body = {"signature_name": endpoint, "inputs": {name: value.tolist() for name, value in inputs.items()}}
    response = httpx.post(f"{url}/v1/models/odd:predict", json=body)
    assert response.status_code == (400 if endpoint == "pair" else 500)
    assert response.json() == {"error": details}


def test_versions_and_labels(stub: Any) -> None:
    message = request(x=X)
    message.model_spec.version.value = 1
    assert stub.Predict(message, timeout=10).model_spec.version.value == 1
    for number in (2, 0, -1, 2**63 - 1):
        message.model_spec.version.value = number
        details = f"Servable not found for request: Specific(plain, {number})"
        assert refusal(stub.Predict, message) == (Code.NOT_FOUND, details)
    message.model_spec.version_label = "best"
    details = "Unrecognized servable version label: best"
    assert refusal(stub.Predict, message) == (Code.INVALID_ARGUMENT, details)


def asked_metadata(name: str | None = "plain", *fields: str) -> Any:
    message = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    if name is not None:
        message.model_spec.name = name
    return message


def test_metadata(stub: Any) -> None:
    response = stub.GetModelMetadata(asked_metadata("plain", "signature_def"), timeout=10)
    assert (response.model_spec.name, response.model_spec.version.value) == ("plain", 1)
    definitions = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(definitions)
    assert definitions.signature_def["score"].inputs["x"].dtype == tf.float32.as_datatype_enum


@pytest.mark.parametrize(
    ("message", "code", "details"),
    [
        (asked_metadata(None, "signature_def"), Code.INVALID_ARGUMENT, "Missing ModelSpec"),
        (
            asked_metadata("none"),
            Code.INVALID_ARGUMENT,
            "GetModelMetadataRequest must specify at least one metadata_field",
        ),
        (asked_metadata("none", "graph"), Code.INVALID_ARGUMENT, "Metadata field graph is not supported"),
        (asked_metadata("none", "signature_def"), Code.NOT_FOUND, "Servable not found for request: Latest(none)"),
    ],
)
def test_errors_of_metadata(stub: Any, message: Any, code: grpc.StatusCode, details: str) -> None:
    assert refusal(stub.GetModelMetadata, message) == (code, details)


def test_status(channel: grpc.Channel) -> None:
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    asked = get_model_status_pb2.GetModelStatusRequest()
    assert refusal(stub.GetModelStatus, asked) == (Code.INVALID_ARGUMENT, "Missing ModelSpec")
    asked.model_spec.name = "plain"
    (status,) = stub.GetModelStatus(asked, timeout=10).model_version_status
    assert (status.version, status.state, status.status.error_code) == (1, status.AVAILABLE, 0)
    asked.model_spec.version.value = 5
    assert refusal(stub.GetModelStatus, asked) == (Code.NOT_FOUND, "Could not find version 5 of model plain")
    asked.model_spec.name = "none"
    asked.model_spec.ClearField("version")
    assert refusal(stub.GetModelStatus, asked) == (Code.NOT_FOUND, "Could not find any versions of model none")


def test_methods_that_are_not_there(channel: grpc.Channel) -> None:
    for name in ("PredictionService/Classify", "ModelService/HandleReloadConfigRequest", "Nothing/Predict"):
        call = channel.unary_unary(f"/tensorflow.serving.{name}")
        assert refusal(call, b"")[0] == Code.UNIMPLEMENTED


def test_limits(start: Callable[..., Any], plain_bundle: Path) -> None:
    limits = Limits(max_body_bytes=100_000, max_rows=5)
    with (
        start({"plain": plain_bundle}, limits=limits) as addresses,
        grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        assert len(stub.Predict(request(x=X[[0] * 5]), timeout=10).outputs["score"].float_val) == 5
        details = "a request must have at most 5 rows. Received: 6"
        assert refusal(stub.Predict, request(x=X[[0] * 6])) == (Code.INVALID_ARGUMENT, details)
        code, details = refusal(stub.Predict, request(x=X[[0] * 20_000]))
        assert (code, "larger than max" in details) == (Code.RESOURCE_EXHAUSTED, True)


def test_random_messages(channel: grpc.Channel, stub: Any, toy: Any) -> None:
    rng = random.Random(0)
    valid, expected = request(x=X), toy.log_prob(X)
    calls = [
        channel.unary_unary(f"/tensorflow.serving.{name}", lambda content: content, lambda content: content)
        for name in ("PredictionService/Predict", "PredictionService/GetModelMetadata", "ModelService/GetModelStatus")
    ]
    refused = {Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION}
    outcomes = []
    for count, call in zip(range(1500), itertools.cycle(calls), strict=False):
        content = bytearray(valid.SerializeToString())
        if count % 2:
            content = bytearray(rng.randbytes(rng.randrange(60)))
        for _ in range(rng.randrange(4)):
            content[rng.randrange(len(content) or 1) : rng.randrange(len(content) + 1)] = rng.randbytes(
                rng.randrange(4)
            )
        try:
            call(bytes(content), timeout=10)
            outcomes.append(Code.OK)
        except grpc.RpcError as error:
            outcomes.append(error.code())
        if count % 50 == 0:
            answer = stub.Predict(valid, timeout=10)
            np.testing.assert_allclose(tf.make_ndarray(answer.outputs["score"]), expected, rtol=1e-6)
    assert set(outcomes) <= refused | {Code.OK}, set(outcomes)
    assert sum(code in refused for code in outcomes) > 1000
