"""A model that changes while a client uses it: one call's rows are of one version."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tfgen_serving import InputError, NotFound, Scorer
from tfgen_serving.server.runtime import OnnxRuntime

X = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
BUSY = np.float32([[1234.5, 0.0]])


class Hooked:
    """Runtimes, of which version 1's calls `hook` with each input of `score` before it answers."""

    def __init__(self) -> None:
        self.hook: Callable[[Any], None] = lambda x: None

    def __call__(self, bundle: Any) -> Any:
        inner, version = OnnxRuntime(bundle), bundle.version

        def run(endpoint: str, inputs: Mapping[str, Any]) -> Any:
            if version == 1 and endpoint == "score":
                self.hook(inputs["x"])
            return inner.run(endpoint, inputs)

        return type("Runtime", (), {"run": staticmethod(run)})


class Shifted:
    """A toy whose numbers are another version's."""

    @staticmethod
    def write(toy: Any, base: Path, version: int, **arguments: Any) -> None:
        changed = type(toy)()
        changed.loc = toy.loc + np.float32(version)
        hidden = changed.write(base / ".hidden", version, **arguments)
        hidden.rename(base / str(version))


@pytest.fixture
def base(toy: Any, tmp_path: Path) -> Path:
    Shifted.write(toy, tmp_path, 1)
    return tmp_path


def wait_for(at: Any, version: int, state: str = "AVAILABLE") -> None:
    for _ in range(500):
        statuses = httpx.get(f"http://127.0.0.1:{at.port}/v1/models/toy").json()["model_version_status"]
        if (str(version), state) in [(status["version"], status["state"]) for status in statuses]:
            return
        time.sleep(0.02)
    raise AssertionError(statuses)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_version_that_goes_away_between_batches(
    connect: Any, start: Any, toy: Any, base: Path, kind: str, concurrency: int
) -> None:
    runtimes, settings = Hooked(), {"concurrency": concurrency} if kind == "async" else {}
    with start({"toy": base}, make_runtime=runtimes, poll_seconds=0.02) as at:
        client = connect("toy", at=at, batch_size=1, **settings)
        np.testing.assert_array_equal(client.score(X), Scorer(base, version=1).score(X))
        calls = []

        def publish(x: Any) -> None:
            calls.append(x)
            if len(calls) == 3:
                Shifted.write(toy, base, 2)
                wait_for(at, 2)

        runtimes.hook = publish
        scores = client.score(X)
    assert len(calls) >= 3
    # One by one, it goes after the third; requests that are under way together may keep it until all is done.
    may = [2] if concurrency == 1 or kind == "blocking" else [1, 2]
    assert scores.tobytes() in [Scorer(base, version=version).score(X).tobytes() for version in may]


def test_a_version_that_stays_gives_all_rows(connect: Any, start: Any, toy: Any, base: Path) -> None:
    runtimes, done = Hooked(), threading.Event()
    with start({"toy": base}, make_runtime=runtimes, poll_seconds=0.02) as at:
        client = connect("toy", at=at, batch_size=1)
        assert client.endpoints
        calls: list[Any] = []

        def publish(x: Any) -> None:
            if x[0, 0] == BUSY[0, 0]:
                assert done.wait(60)
                return
            calls.append(x)
            if len(calls) == 2:
                Shifted.write(toy, base, 2)
                wait_for(at, 2)

        runtimes.hook = publish
        # As long as this one runs, version 1 answers those who ask for it by its number.
        busy = threading.Thread(
            target=httpx.post,
            args=[f"http://127.0.0.1:{at.port}/v1/models/toy:predict"],
            kwargs={"json": {"instances": BUSY.tolist()}, "timeout": 60},
        )
        busy.start()
        try:
            time.sleep(0.2)
            scores = client.score(X)
        finally:
            done.set()
            busy.join()
    np.testing.assert_array_equal(scores, Scorer(base, version=1).score(X))


def test_a_model_that_takes_a_context_since(connect: Any, start: Any, toy: Any, base: Path) -> None:
    with start({"toy": base}, poll_seconds=0.02) as at:
        client = connect("toy", at=at)
        assert client.score(X).shape == (8,)
        Shifted.write(toy, base, 2, context=True)
        wait_for(at, 1, "END")
        given = Scorer(base, version=2).score(X, X[:, :1])
        np.testing.assert_array_equal(client.score(X, X[:, :1]), given)  # refused by what was known, taken by what is
        with pytest.raises(InputError, match=r"^context must be given"):
            client.score(X)


@pytest.mark.parametrize("scheme", ["grpc"], indirect=True)  # over REST inputs that are too many are passed over
def test_a_model_that_takes_a_context_no_more(connect: Any, start: Any, toy: Any, base: Path) -> None:
    # Sent as the known metadata have it, and refused by the server: the words are the new metadata's.
    Shifted.write(toy, base, 2, context=True)
    with start({"toy": base}, poll_seconds=0.02) as at:
        client = connect("toy", at=at)
        assert client.score(X, X[:, :1]).shape == (8,)
        Shifted.write(toy, base, 3)
        wait_for(at, 2, "END")
        with pytest.raises(InputError, match=r"^context must not be given"):
            client.score(X, X[:, :1])
        np.testing.assert_array_equal(client.score(X), Scorer(base, version=3).score(X))


def test_a_version_that_was_asked_for(connect: Any, start: Any, toy: Any, base: Path) -> None:
    with start({"toy": base}, poll_seconds=0.02) as at:
        client = connect("toy", at=at, version=1, batch_size=3)
        np.testing.assert_array_equal(client.score(X), Scorer(base, version=1).score(X))
        Shifted.write(toy, base, 2)
        wait_for(at, 1, "END")
        with pytest.raises(NotFound, match=r"Specific\(toy, 1\)"):
            client.score(X)
        np.testing.assert_array_equal(connect("toy", at=at, version=2).score(X), Scorer(base, version=2).score(X))
