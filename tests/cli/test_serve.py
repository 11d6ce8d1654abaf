"""`tfgen serve` as a process: it starts at once, without TensorFlow, and ends without losing a request."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from serving.conftest import Toy
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tfgen_serving import Scorer

SCRIPT = "import sys; from tfgen.cli.main import main; sys.exit(main(prog_name='tfgen'))"
LOADED = (
    "import sys, threading, time; from tfgen.cli.main import main\n"
    "def tell():\n"
    "    sys.stdin.readline()\n"
    "    print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}), flush=True)\n"
    "threading.Thread(target=tell, daemon=True).start(); sys.exit(main(prog_name='tfgen'))"
)
X = np.float32([[0.5, -1.0], [2.5, -0.5]])


class Process:
    """A running `tfgen serve` of one model."""

    def __init__(self, arguments: list[Any], script: str = SCRIPT) -> None:
        words = [sys.executable, "-c", script, "serve", *map(str, arguments)]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        if not self.line:
            raise AssertionError(self.process.stderr.read() if self.process.stderr else "")
        names, _, places = self.line.removeprefix("Serving ").strip().partition(": REST http://")
        self.names = names.split(", ")
        rest, _, self.grpc = places.partition(", gRPC ")
        self.url = f"http://{rest}"

    def predict(self, x: Any = X, client: Any = httpx) -> Any:
        """Scores rows, or a body that was made before."""
        body = x if isinstance(x, bytes) else json.dumps({"inputs": np.asarray(x).tolist()}).encode()
        response = client.post(f"{self.url}/v1/models/{self.names[0]}:predict", content=body, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()["outputs"]

    def kill(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    Toy().write(tmp_path / "toy", 3)
    return tmp_path / "toy"


@pytest.fixture
def serve() -> Iterator[Callable[..., Process]]:
    with contextlib.ExitStack() as stack:

        def start(*arguments: Any, script: str = SCRIPT) -> Process:
            ports = [] if "--port" in arguments else ["--port", 0, "--grpc-port", 0]
            process = Process([*arguments, *ports], script)
            stack.enter_context(process.process)
            stack.callback(process.process.kill)
            return process

        yield start


def test_it_answers_within_two_seconds(bundle: Path, serve: Any) -> None:
    seconds = []
    for _ in range(3):
        served = serve(bundle)
        np.testing.assert_allclose(served.predict(), Toy().log_prob(X), rtol=1e-5)
        seconds.append(time.perf_counter() - served.started)
        assert served.kill(signal.SIGTERM) == 0
    print(f"first answer after {min(seconds):.2f} s")
    assert min(seconds) < 2


def test_answers_are_limited(bundle: Path, serve: Any) -> None:
    served = serve(bundle, "--max-answer-bytes", 4)
    assert len(served.predict(X[:1])) == 1
    response = httpx.post(f"{served.url}/v1/models/toy:predict", json={"inputs": X.tolist()})
    assert (response.status_code, "an answer must have at most 4 bytes" in response.text) == (400, True)
    assert served.kill(signal.SIGTERM) == 0


def test_one_line_tells_where(bundle: Path, serve: Any, tmp_path: Path) -> None:
    Toy().write(tmp_path / "second")
    served = serve(bundle, tmp_path / "second")
    assert served.names == ["toy", "second"]
    assert httpx.get(f"{served.url}/v1/models/second/versions/1").json()["model_version_status"][0]["version"] == "1"
    with grpc.insecure_channel(served.grpc) as channel:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "toy"
        request.inputs["x"].CopyFrom(tf.make_tensor_proto(X))
        response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=20)
    assert response.model_spec.version.value == 3
    assert served.kill(signal.SIGINT) == 0
    assert served.process.stdout.read() == ""
    assert "model toy: version 3 answers" in served.process.stderr.read()


def test_options(bundle: Path, serve: Any) -> None:
    options = {
        "--name": "other",
        "--max-batch-size": 8,
        "--batch-timeout-micros": 100,
        "--max-enqueued-batches": 4,
        "--num-batch-threads": 1,
        "--max-body-bytes": 200,
        "--max-rows": 3,
        "--timeout": 9.5,
        "--poll-seconds": 0.1,
    }
    served = serve(bundle, *(word for pair in options.items() for word in pair))
    url = f"{served.url}/v1/models/other:predict"
    assert len(served.predict()) == 2
    assert "at most 3 rows" in httpx.post(url, json={"instances": [[0, 0]] * 4}).json()["error"]
    assert httpx.post(url, content=b" " * 201).status_code == 413
    Toy().write(bundle.parent / "draft", 4).rename(bundle / "4")
    for _ in range(200):
        states = httpx.get(f"{served.url}/v1/models/other").json()["model_version_status"]
        if states[0] == {"version": "4", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}:
            return
        time.sleep(0.05)
    raise AssertionError(states)


def test_it_never_imports_tensorflow(bundle: Path, serve: Any) -> None:
    served = serve(bundle, script=LOADED)
    served.predict()
    served.process.stdin.write("\n")
    served.process.stdin.flush()
    loaded = set(served.process.stdout.readline().split())
    assert {"loaded:", "onnxruntime", "grpc", "uvicorn"} <= loaded
    assert not loaded & {"tensorflow", "keras", "tf_keras", "tensorflow_probability", "onnx", "tf2onnx", "scipy"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_that_has_begun_is_answered(bundle: Path, serve: Any, number: int) -> None:
    served = serve(bundle)
    rng = np.random.default_rng(0)
    told = threading.Event()
    outcomes: list[tuple[bool, bool]] = []

    def hammer(rows: int) -> None:
        x = rng.normal(size=(rows, 2)).astype(np.float32)
        expected = Toy().log_prob(x)
        body = json.dumps({"inputs": x.tolist()}).encode()  # now: a request begins when it is sent
        with httpx.Client() as client:
            served.predict(X, client)  # the connection is there
            while True:
                before = not told.is_set()
                try:
                    found = served.predict(body, client)
                except httpx.TransportError:
                    outcomes.append((before, False))
                    return
                np.testing.assert_allclose(found, expected, rtol=1e-4)
                outcomes.append((before, True))

    def hammer_grpc(rows: int) -> None:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "toy"
        request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.zeros([rows, 2], np.float32)))
        with grpc.insecure_channel(served.grpc) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            while True:
                before = not told.is_set()
                try:
                    stub.Predict(request, timeout=60)
                except grpc.RpcError as error:
                    refused = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
                    outcomes.append((before or not refused, False))
                    return
                outcomes.append((before, True))

    threads = [threading.Thread(target=hammer, args=(rows,)) for rows in (1, 10_000, 50_000)]
    threads.append(threading.Thread(target=hammer_grpc, args=(100_000,)))
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    told.set()
    time.sleep(0.05)  # what was begun just before is on its way
    assert served.kill(number) == 0
    for thread in threads:
        thread.join(60)
    assert outcomes.count((False, False)) + outcomes.count((True, False)) == len(threads)
    assert (True, False) not in outcomes  # what began before the signal was answered
    assert outcomes.count((True, True)) > len(threads)
    with pytest.raises(httpx.ConnectError):
        served.predict()


def test_killed_and_started_again_on_the_same_ports(bundle: Path, serve: Any) -> None:
    first = serve(bundle)
    ports = [part.rpartition(":")[2] for part in (first.url, first.grpc)]
    with httpx.Client() as client:
        first.predict(X, client)  # a connection that is open when the server dies
        first.kill()
        second = serve(bundle, "--port", ports[0], "--grpc-port", ports[1])
        assert second.url == first.url
        np.testing.assert_allclose(second.predict(), Toy().log_prob(X), rtol=1e-5)


def test_it_is_told_to_stop_while_it_loads(bundle: Path) -> None:
    slow = "import time, tfgen_serving.bundle as b; b.Bundle.verify_files = lambda self: time.sleep(3); print()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", "print('at', 'it', flush=True)\n" + slow + SCRIPT, "serve", bundle, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, "Serving" in output, "Traceback" in errors) == (0, False, False), errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{bundle}", "{bundle}"], "bundles must have different names. Received: "),
        (["{bundle}", "{parent}", "--name", "both"], "`--name` must be left out where there are several bundles."),
        (["{bundle}", "--name", "a/b"], "a model's name must be letters, digits, '_', '.' and '-'"),
        (["/", "--port", "0"], "a model's name must be letters, digits, '_', '.' and '-'"),
        (["{bundle}/3", "--port", "0", "--grpc-port", "0"], "path must be a base path, not one of its versions."),
        (["{bundle}", "--port", "1", "--grpc-port", "1"], "port and grpc_port must be different."),
        (["{parent}", "--port", "0"], "path must hold manifest.json or folders named by an integer version."),
        (["{bundle}", "--port", "0", "--host", "no.such.host.example"], "host and port must be an address"),
    ],
)
def test_what_cannot_be_served(command: Any, bundle: Path, arguments: list[str], message: str) -> None:
    words = [word.format(bundle=bundle, parent=bundle.parent) for word in arguments]
    result = command("serve", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {message}")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["nowhere"], ["{bundle}", "--port", "70000"], ["{bundle}", "--timeout", "0"]]
)
def test_wrong_arguments(command: Any, bundle: Path, arguments: list[str]) -> None:
    assert command("serve", *(word.format(bundle=bundle) for word in arguments)).exit_code == 2


@pytest.mark.slow
def test_tensorflow_as_runtime(flow_bundle: tuple[Any, Path], serve: Any) -> None:
    _, path = flow_bundle
    served = serve(path, "--runtime", "tensorflow")
    np.testing.assert_allclose(served.predict(), Scorer(path).score(X), rtol=1e-5, atol=1e-5)
    body = json.dumps({"signature_name": "sample", "inputs": [[0, 1]]})
    assert httpx.post(f"{served.url}/v1/models/flow:predict", content=body).status_code == 200
    assert served.kill(signal.SIGTERM) == 0
