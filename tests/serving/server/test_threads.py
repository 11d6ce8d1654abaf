"""What nobody waits for any more still counts while its thread runs on."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgen_serving.server import grpc_services, rest
from tfgen_serving.server.budget import Budget
from tfgen_serving.server.limits import Limits


class Slow:
    """A function that waits at its beginning, and counts who came."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.gate, self.count = threading.Event(), 0

    def __call__(self, *arguments: Any) -> Any:
        self.count += 1
        assert self.gate.wait(20)
        return self.function(*arguments)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], Slow]]:
    made: list[Slow] = []

    def replace(module: Any, name: str) -> Slow:
        made.append(Slow(getattr(module, name)))
        monkeypatch.setattr(module, name, made[-1])
        return made[-1]

    yield replace
    for each in made:
        each.gate.set()


@pytest.mark.parametrize("end", ["cancelled", "waited for"])
def test_a_share_is_held_until_its_threads_end(end: str) -> None:
    gate = threading.Event()
    ended: list[str] = []

    async def test() -> None:
        budget = Budget(10)

        async def request() -> bool:
            with budget.share() as share:
                share.take(7)
                return await share.in_thread(lambda: gate.wait(20), lambda: ended.append("yes"))

        task = asyncio.create_task(request())
        await asyncio.sleep(0.05)
        if end == "cancelled":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (budget.held, ended) == (7, [])
        gate.set()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if not budget.held:
                break
        assert (budget.held, ended) == (0, ["yes"])
        assert end == "cancelled" or await task

    asyncio.run(test())


def test_no_third_body_is_read_while_two_are(
    start: Callable[..., Any], plain_bundle: Path, slow: Callable[[Any, str], Slow]
) -> None:
    reading = slow(rest, "JsonBody")
    content = b'{"inputs": [[0, 0]]}' + b" " * 70_000
    with start({"plain": plain_bundle}, limits=Limits(timeout=0.3)) as addresses:
        url = f"http://{addresses.host}:{addresses.port}/v1/models/plain:predict"
        assert [httpx.post(url, content=content).status_code for _ in range(4)] == [504] * 4
        assert reading.count == 2
        reading.gate.set()
        statuses = {httpx.post(url, content=content).status_code for _ in range(20)}
        assert 200 in statuses


def test_messages_count_while_they_are_read(
    start: Callable[..., Any], plain_bundle: Path, slow: Callable[[Any, str], Slow]
) -> None:
    reading = slow(grpc_services, "_arrays")
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "plain"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.zeros([2**15, 2], np.float32)))
    limits = Limits(timeout=0.3, max_body_bytes=request.ByteSize())
    with (
        start({"plain": plain_bundle}, limits=limits) as addresses,
        grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def code() -> grpc.StatusCode:
            try:
                stub.Predict(request, timeout=30)
            except grpc.RpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        assert [code() for _ in range(8)] == [grpc.StatusCode.DEADLINE_EXCEEDED] * 8
        assert code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        reading.gate.set()
        assert grpc.StatusCode.OK in {code() for _ in range(20)}
