"""Requests of unequal time: they run in batches of their own, and each gets what it would alone."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from serving.sequences import Walk
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgen_serving import RunError, Scorer
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.arrays import check_arrays
from tfgen_serving.server.batching import Batcher
from tfgen_serving.server.limits import Batching, Limits
from tfgen_serving.server.runtime import OnnxRuntime

RNG = np.random.default_rng(0)
LENGTHS = [4, 2, 4, 7, 2, 2, 7, 4]
WAIT = 100  # seconds


class Held(OnnxRuntime):
    """Notes the sizes of each run after loading, and which failed; holds up those whose first seed or x is 7."""

    gate, entered = threading.Event(), threading.Event()
    runs: list[tuple[int, ...]] = []  # noqa: RUF012
    failed = 0

    def run(self, endpoint: str, inputs: Any) -> Any:
        first = next(iter(inputs.values()))
        if first.flat[0] == 7:
            self.entered.set()
            assert self.gate.wait(WAIT)
        elif first.any():
            Held.runs.append((len(first), int(inputs["steps"].max()) if "steps" in inputs else first.shape[1]))
        try:
            return super().run(endpoint, inputs)
        except RunError:
            Held.failed += 1
            raise


@pytest.fixture
def held(start: Callable[..., Any], rnn: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server with one thread for batches, and the requests that have come to one, each told by a semaphore."""
    arrived, submit = threading.Semaphore(0), Batcher.submit

    async def counted(batcher: Batcher, inputs: Any) -> Any:
        arrived.release()
        return await submit(batcher, inputs)

    monkeypatch.setattr(Batcher, "submit", counted)
    Held.gate.clear()
    Held.entered.clear()
    Held.runs.clear()
    Held.failed = 0
    with start({"rnn": rnn[1]}, make_runtime=Held, batching=Batching(num_batch_threads=1)) as addresses:
        yield addresses, arrived
        Held.gate.set()


def over_rest(addresses: Any, endpoint: str, inputs: dict[str, Any]) -> dict[str, Any]:
    url = f"http://{addresses.host}:{addresses.port}/v1/models/rnn:predict"
    body = {"signature_name": endpoint, "inputs": {name: np.asarray(value).tolist() for name, value in inputs.items()}}
    response = httpx.post(url, json=body, timeout=WAIT)
    assert response.status_code == 200, response.text
    outputs = response.json()["outputs"]
    return {
        name: np.asarray(value) for name, value in (outputs if endpoint == "sample" else {endpoint: outputs}).items()
    }


def over_grpc(addresses: Any, endpoint: str, inputs: dict[str, Any]) -> dict[str, Any]:
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "rnn", endpoint
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    with grpc.insecure_channel(f"{addresses.host}:{addresses.grpc_port}") as channel:
        response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=WAIT)
    return {name: tf.make_ndarray(value) for name, value in response.outputs.items()}


def at_once(held: Any, endpoint: str, first: dict[str, Any], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to requests that all wait while one is held up, by REST and gRPC in turn."""
    addresses, arrived = held
    with ThreadPoolExecutor(len(requests) + 1) as pool:
        futures = [pool.submit(over_rest, addresses, endpoint, first)]
        assert Held.entered.wait(WAIT)
        assert arrived.acquire(timeout=WAIT)
        for index, request in enumerate(requests):
            futures.append(pool.submit((over_rest, over_grpc)[index % 2], addresses, endpoint, request))
            assert arrived.acquire(timeout=WAIT)
        Held.gate.set()
        return [future.result() for future in futures][1:]


def test_scores_of_unequal_time(held: Any, rnn: Any) -> None:
    requests = []
    for length in LENGTHS:
        mask = np.arange(length) < np.array([length, length - 1])[:, None]
        x = RNG.normal(size=[2, length, 2]).astype(np.float32)
        requests.append({"x": x, "mask": mask, "context": RNG.normal(size=[2, 3]).astype(np.float32)})
    seven = {"x": np.full([1, 3, 2], 7.0), "mask": np.ones([1, 3], bool), "context": np.zeros([1, 3])}
    scorer = Scorer(rnn[1])
    for request, found in zip(requests, at_once(held, "score", seven, requests), strict=True):
        np.testing.assert_allclose(found["score"], scorer.score(**request), rtol=1e-5, atol=1e-5)
    assert (Held.runs, Held.failed) == ([(6, 4), (6, 2), (4, 7)], 0)


def test_draws_of_unequal_steps(held: Any, rnn: Any) -> None:
    """Those whose longest rows are equal run together: the answer has no more steps than were asked for."""
    requests = []
    for index, length in enumerate(LENGTHS):
        seed, steps = np.int32([[1, index], [2, index]]), np.int32([1, length])
        requests.append({"seed": seed, "steps": steps, "context": RNG.normal(size=[2, 3]).astype(np.float32)})
    seven = {"seed": [[7, 0]], "steps": [3], "context": np.zeros([1, 3])}
    scorer = Scorer(rnn[1])
    for request, found in zip(requests, at_once(held, "sample", seven, requests), strict=True):
        wanted = scorer.run("sample", **request)
        assert found["x"].shape == wanted["x"].shape == (2, request["steps"][1], 2)
        np.testing.assert_allclose(found["x"], wanted["x"], rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(found["mask"], wanted["mask"])
    assert (Held.runs, Held.failed) == ([(6, 4), (6, 2), (4, 7)], 0)


def test_one_request_of_more_rows_than_a_batch(start: Callable[..., Any], walk_bundle: Path) -> None:
    """Its batches are of unequal time, and the answer is of the longest."""
    steps, context = np.int32([1, 2, 5, 1, 1, 3, 1]), np.zeros([7, 1], np.float32)
    inputs = {"seed": np.int32([[0, i] for i in range(7)]), "steps": steps, "context": context}
    with start({"rnn": walk_bundle}, batching=Batching(max_batch_size=2)) as addresses:
        for ask in (over_rest, over_grpc):
            found = ask(addresses, "sample", inputs)
            np.testing.assert_array_equal(found["x"], Walk().draws(inputs["seed"], steps, context))
            np.testing.assert_array_equal(found["mask"], np.arange(5) < steps[:, None])


@pytest.fixture(scope="module")
def endpoints(walk_bundle: Path) -> Any:
    return Scorer(walk_bundle).endpoints


def drawn(*steps: int) -> dict[str, Any]:
    rows = len(steps)
    return {
        "seed": np.zeros([rows, 2], np.int32),
        "steps": np.array(steps, np.int32),
        "context": np.zeros([rows, 1], np.float32),
    }


def scored(time: int, mask: int, rows: int = 1) -> dict[str, Any]:
    context = np.zeros([rows, 1], np.float32)
    return {"x": np.zeros([rows, time, 1], np.float32), "mask": np.ones([rows, mask], bool), "context": context}


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("sample", drawn(1, 11), "a request must have at most 10 steps in a row. Received: 11"),
        ("sample", drawn(1, 2**31 - 1), "a request must have at most 10 steps in a row. Received: 2147483647"),
        ("sample", drawn(1, 0), "steps must be at least 1. Received: 0"),
        ("sample", drawn(-5), "steps must be at least 1. Received: -5"),
        (
            "sample",
            drawn(*[10] * 5),
            "an answer must have at most 200 bytes, which are 4 rows of sample. Received: 5 rows",
        ),
        ("score", scored(11, 11), "a request must have at most 10 steps in a row. Received: 11"),
        ("score", scored(1, 5, 2), "mask must have the rows and steps of x, [2, 1]. Received: shape [2, 5]"),
        ("score", scored(5, 1, 2), "mask must have the rows and steps of x, [2, 5]. Received: shape [2, 1]"),
    ],
)
def test_what_is_refused_before_it_runs(endpoints: Any, name: str, inputs: Any, message: str) -> None:
    """Of steps that would take for ever or fill the memory, and of sizes that a graph would broadcast."""
    with pytest.raises(StatusError) as caught:
        check_arrays(endpoints[name], inputs, Limits(max_steps=10, max_answer_bytes=200))
    assert (caught.value.code, caught.value.message) == (Code.INVALID_ARGUMENT, message)


def test_what_is_let_through(endpoints: Any) -> None:
    limits = Limits(max_steps=10, max_answer_bytes=200)
    for name, inputs in (("sample", drawn(*[10] * 4)), ("sample", drawn(*[2] * 20)), ("score", scored(10, 10, 50))):
        check_arrays(endpoints[name], inputs, limits)
    check_arrays(endpoints["sample"], drawn(), limits)
