"""Answers are bounded before they are computed, and wide rows run a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from onnx import TensorProto
from serving.conftest import Graph, node
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgen_serving import Bundle, EndpointInfo, TensorInfo
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.arrays import check_arrays
from tfgen_serving.server.limits import Batching, Limits
from tfgen_serving.server.version import LoadedVersion

IMAGE = (64, 64, 3)


@pytest.fixture(scope="module")
def image_bundle(toy: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with an endpoint from two numbers to an image of one grey."""
    nodes = [
        node("Cast", "seed", "row", to=TensorProto.FLOAT),
        node("ReduceSum", "row axes", "sum", keepdims=1),
        node("Reshape", "sum sizes", "grey"),
        node("Mul", "grey ones", "x"),
    ]
    constants = {
        "axes": np.array([1], np.int64),
        "sizes": np.array([-1, 1, 1, 1], np.int64),
        "ones": np.ones((1, *IMAGE), np.float32),
    }
    image = Graph([("seed", "int32", (2,))], [("x", "float32", IMAGE)], nodes, constants)
    base = tmp_path_factory.mktemp("image")
    toy.write(base, extra={"image": image})
    return base


def endpoint(*outputs: tuple[str, tuple[int | None, ...]]) -> EndpointInfo:
    seed = TensorInfo(name="seed", dtype="int32", shape=(None, 2))
    infos = tuple(TensorInfo(name=f"y{i}", dtype=d, shape=(None, *s)) for i, (d, s) in enumerate(outputs))
    return EndpointInfo(name="sample", inputs=(seed,), outputs=infos, onnx="onnx/sample.onnx")


@pytest.mark.parametrize(
    ("outputs", "row_bytes"),
    [
        ([("float32", ())], 4),
        ([("float64", (3, 2)), ("bool", ())], 49),
        ([("float32", (None, 5))], 20),  # a free size counts as 1
        ([("uint8", IMAGE)], 12288),
    ],
)
def test_the_rows_of_an_answer(outputs: Any, row_bytes: int) -> None:
    limits = Limits(max_answer_bytes=10 * row_bytes)
    check_arrays(endpoint(*outputs), {"seed": np.zeros([10, 2], np.int32)}, limits)
    with pytest.raises(StatusError) as caught:
        check_arrays(endpoint(*outputs), {"seed": np.zeros([11, 2], np.int32)}, limits)
    assert (caught.value.code, caught.value.message) == (
        Code.INVALID_ARGUMENT,
        f"an answer must have at most {10 * row_bytes} bytes, which are 10 rows of sample. Received: 11 rows",
    )


def test_a_million_images_are_refused_by_default() -> None:
    seeds = np.zeros([1_000_000, 2], np.int32)
    with pytest.raises(StatusError, match=r"at most 268435456 bytes, which are 5461 rows of sample"):
        check_arrays(endpoint(("float32", IMAGE)), {"seed": seeds}, Limits())
    check_arrays(endpoint(("float32", (2,))), {"seed": seeds}, Limits())


def test_both_transports_refuse(start: Callable[..., Any], image_bundle: Path) -> None:
    def over_grpc(rows: int) -> grpc.StatusCode:
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = "image", "image"
        request.inputs["seed"].CopyFrom(tf.make_tensor_proto(np.zeros([rows, 2], np.int32)))
        with grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel:
            try:
                prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)
            except grpc.RpcError as error:
                return error.code()
        return grpc.StatusCode.OK

    with start({"image": image_bundle}, limits=Limits(max_answer_bytes=100_000)) as addresses:
        url = f"http://{addresses.host}:{addresses.port}/v1/models/image:predict"
        statuses = [
            httpx.post(url, json={"signature_name": "image", form: [[0, 0]] * rows}, timeout=30).status_code
            for form in ("instances", "inputs")
            for rows in (2, 3)
        ]
        assert statuses == [200, 400, 200, 400]
        assert [over_grpc(2), over_grpc(3)] == [grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT]


def test_wide_rows_run_a_few_at_a_time(image_bundle: Path) -> None:
    """As many numbers at once as where files are sampled, however many rows a batch may have."""
    sizes: list[int] = []

    class Counting:
        def run(self, name: str, inputs: Any) -> dict[str, Any]:
            sizes.append(len(inputs["seed"]))
            return {"x": inputs["seed"]}

    async def test() -> None:
        with ThreadPoolExecutor(1) as executor:
            batching = Batching(num_batch_threads=1)
            version = LoadedVersion(Bundle.open(image_bundle), Counting(), batching, executor)
            for name in ("image", "sample"):
                await version.run(name, {"seed": np.zeros([1400, 2], np.int32)})

    asyncio.run(test())
    assert sizes == [1365, 35, 1400]
