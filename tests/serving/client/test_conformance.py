"""Requests and answers in TensorFlow Serving's own messages: a server made of its stubs, and TensorFlow's tensors."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfgen_serving import AsyncClient, BadAnswer, Client

DTYPES = [
    "bool",
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


def signature(inputs: dict[str, Any], outputs: dict[str, Any]) -> meta_graph_pb2.SignatureDef:
    made = meta_graph_pb2.SignatureDef(method_name="tensorflow/serving/predict")
    for side, specs in ((made.inputs, inputs), (made.outputs, outputs)):
        for name, (dtype, shape) in specs.items():
            side[name].dtype = tf.as_dtype(dtype).as_datatype_enum
            side[name].tensor_shape.CopyFrom(tf.TensorShape(shape).as_proto())
    return made


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc, unused-ignore]
    """TensorFlow Serving, as far as its messages go: `echo` gives back what it gets."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.answer: Any = None

    def GetModelMetadata(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        definitions = get_model_metadata_pb2.SignatureDefMap()
        for dtype in DTYPES:
            definitions.signature_def[dtype].CopyFrom(signature({"x": (dtype, [None, 3])}, {"y": (dtype, [None, 3])}))
        definitions.signature_def["serving_default"].CopyFrom(definitions.signature_def["float32"])
        # What a SavedModel may hold besides, none of it rows of numbers.
        definitions.signature_def["text"].CopyFrom(signature({"x": ("string", [None])}, {"y": ("float32", [None])}))
        definitions.signature_def["scalar"].CopyFrom(signature({"x": ("float32", [])}, {"y": ("float32", [None])}))
        definitions.signature_def["fixed"].CopyFrom(signature({"x": ("float32", [4])}, {"y": ("float32", [None])}))
        definitions.signature_def["__saved_model_init_op"].outputs["op"].dtype = types_pb2.DT_INVALID
        definitions.signature_def["classify"].CopyFrom(definitions.signature_def["float32"])
        definitions.signature_def["classify"].method_name = "tensorflow/serving/classify"
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = 7
        response.metadata["signature_def"].Pack(definitions)
        return response

    def Predict(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(request.model_spec)
        response.model_spec.version.value = 7
        x = tf.make_ndarray(request.inputs["x"])
        given = self.answer if self.answer is not None else x
        response.outputs["y"].CopyFrom(tf.make_tensor_proto(given))
        return response


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def url(service: Service) -> Iterator[str]:
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"grpc://127.0.0.1:{port}"
        server.stop(0).wait()


def values(dtype: str) -> Any:
    rng = np.random.default_rng(0)
    if dtype == "bool":
        return rng.integers(0, 2, [5, 3]).astype(bool)
    if dtype.startswith("float"):
        return rng.normal(size=[5, 3]).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, [5, 3], dtype, endpoint=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_there_and_back(url: str, service: Service, dtype: str) -> None:
    service.requests.clear()
    x = values(dtype)
    with Client(url, "toy", batch_size=2) as client:
        np.testing.assert_array_equal(client.run(dtype, x=x)["y"], x, strict=True)
    asked, *predictions = service.requests
    assert (asked.model_spec.name, list(asked.metadata_field)) == ("toy", ["signature_def"])
    assert not asked.model_spec.HasField("version")
    assert [request.model_spec.signature_name for request in predictions] == [dtype] * 3
    # The first answer's version is asked for from then on.
    assert [request.model_spec.HasField("version") for request in predictions] == [False, True, True]
    assert predictions[1].model_spec.version.value == 7
    for request, start in zip(predictions, (0, 2, 4), strict=True):
        assert not request.output_filter
        assert request.inputs["x"].tensor_content  # one string of bytes, not a number each
        np.testing.assert_array_equal(tf.make_ndarray(request.inputs["x"]), x[start : start + 2], strict=True)


async def echoed(url: str, x: Any) -> Any:
    async with AsyncClient(url, "toy", version=7, batch_size=1, concurrency=3) as client:
        return await client.run("float32", x=x)


def test_of_an_event_loop(url: str, service: Service) -> None:
    service.requests.clear()
    x = values("float32")
    np.testing.assert_array_equal(asyncio.run(echoed(url, x))["y"], x, strict=True)
    assert {request.model_spec.version.value for request in service.requests} == {7}
    assert len(service.requests) == 6


def test_signatures_of_rows_of_numbers_are_endpoints(url: str) -> None:
    with Client(url, "toy") as client:
        assert sorted(client.endpoints) == sorted(DTYPES)


@pytest.mark.parametrize(
    "answer", [np.zeros([1, 3], np.float32), np.zeros([5, 3], np.float64), np.array([["a"] * 3] * 5)]
)
def test_answers_that_are_not_as_promised(url: str, service: Service, answer: Any) -> None:
    service.answer = answer
    try:
        with Client(url, "toy") as client, pytest.raises(BadAnswer):
            client.run("float32", x=np.zeros([5, 3]))
    finally:
        service.answer = None
