"""What the server does where a client asks for too much, or the runtime fails."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgen_serving.server.limits import Batching, Limits
from tfgen_serving.server.runtime import OnnxRuntime

PATH = "/v1/models/plain:predict"
X = [[0.5, -1.0]]


class Held(OnnxRuntime):
    """Waits with 7 as its first number, fails with 8, and tells when it was entered."""

    gate, entered = threading.Event(), threading.Event()

    def run(self, endpoint: str, inputs: Any) -> Any:
        first = next(iter(inputs.values())).flat[0] if next(iter(inputs.values())).size else 0
        if first == 7:
            self.entered.set()
            assert self.gate.wait(20)
        if first == 8:
            raise LookupError("something odd")
        return super().run(endpoint, inputs)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    Held.gate.clear()
    Held.entered.clear()
    yield Held.gate
    Held.gate.set()


def post(url: str, x: Any) -> httpx.Response:
    return httpx.post(url, json={"inputs": x}, timeout=30)


def call(addresses: Any, x: Any) -> grpc.StatusCode:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "plain"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.float32(x)))
    with grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel:
        try:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def test_deadlines(start: Callable[..., Any], plain_bundle: Path, gate: threading.Event) -> None:
    with start({"plain": plain_bundle}, make_runtime=Held, limits=Limits(timeout=0.3)) as addresses:
        url = f"http://{addresses.host}:{addresses.port}{PATH}"
        response = post(url, [[7, 0]])
        assert (response.status_code, response.json()) == (504, {"error": "the request was given up after 0.3 s"})
        assert call(addresses, [[7, 0]]) is grpc.StatusCode.DEADLINE_EXCEEDED
        gate.set()
        assert post(url, [[7, 0]]).status_code == 200


def test_a_full_queue(start: Callable[..., Any], plain_bundle: Path, gate: threading.Event) -> None:
    batching = Batching(max_batch_size=1, max_enqueued_batches=1, num_batch_threads=1)
    with (
        start({"plain": plain_bundle}, make_runtime=Held, batching=batching) as addresses,
        ThreadPoolExecutor(4) as pool,
    ):
        url = f"http://{addresses.host}:{addresses.port}{PATH}"
        running = pool.submit(post, url, [[7, 0]])
        assert Held.entered.wait(10)
        # Of three more one may wait.
        others = {pool.submit(post, url, X) for _ in range(3)}
        while len([each for each in others if each.done()]) < 2:
            wait(others, return_when=FIRST_COMPLETED, timeout=0.1)
        refused = [each.result() for each in others if each.done()]
        assert [response.status_code for response in refused] == [429, 429]
        assert all("queue" in response.json()["error"] for response in refused)
        assert call(addresses, X) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert httpx.get(url.removesuffix(":predict")).status_code == 200  # which waits for no batch
        gate.set()
        assert running.result().status_code == 200
        assert sorted(each.result().status_code for each in others) == [200, 429, 429]


def test_bodies_of_all_requests_together(start: Callable[..., Any], plain_bundle: Path) -> None:
    with (
        start({"plain": plain_bundle}, limits=Limits(max_body_bytes=1000, timeout=20)) as addresses,
        ExitStack() as stack,
    ):
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode()
        for _ in range(8):
            connection = stack.enter_context(socket.create_connection((addresses.host, addresses.port), timeout=10))
            connection.sendall(head + b" " * 990)
        url = f"http://{addresses.host}:{addresses.port}{PATH}"
        content = b'{"inputs": [[0, 0]]}' + b" " * 800
        for _ in range(100):
            response = httpx.post(url, content=content)
            if response.status_code == 429:
                break
            time.sleep(0.02)
        assert (response.status_code, "hold 7920 bytes" in response.json()["error"]) == (429, True)
        stack.close()
        for _ in range(100):
            response = httpx.post(url, content=content)
            if response.status_code == 200:
                break
            time.sleep(0.02)
        assert response.status_code == 200


def test_a_runtime_that_fails_in_its_own_way(
    start: Callable[..., Any], plain_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with start({"plain": plain_bundle}, make_runtime=Held) as addresses:
        url = f"http://{addresses.host}:{addresses.port}{PATH}"
        response = post(url, [[8, 0]])
        assert (response.status_code, response.json()) == (500, {"error": "the server failed; its log tells how"})
        assert call(addresses, [[8, 0]]) is grpc.StatusCode.INTERNAL
        assert post(url, X).status_code == 200
    assert caplog.text.count("LookupError: something odd") == 2
