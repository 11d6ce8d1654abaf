"""Workers answer, say what went wrong, and need no peer for it."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.flows.client import Worker
from benchmarks.flows.limits import variables
from benchmarks.flows.protocol import RemoteError, ask, serve
from benchmarks.flows.spec import Schedule
from benchmarks.handwritten import Graph


class _Target:
    def double(self, value: float) -> float:
        return 2 * value

    def _hidden(self) -> None:
        """Nobody may call this."""


def _answers(*lines: str) -> list[dict]:
    replies = io.StringIO()
    serve(_Target(), iter(lines), replies)
    return [json.loads(line) for line in replies.getvalue().splitlines()]


def test_a_line_asks_and_a_line_answers() -> None:
    requests = io.StringIO()
    replies = io.StringIO('{"result": 4.0}\n')
    assert ask(requests, replies, "double", {"value": 2.0}) == 4.0
    assert _answers(requests.getvalue()) == [{"result": 4.0}]


def test_errors_are_answers_and_the_next_call_is_served() -> None:
    lines = [
        json.dumps({"call": name, "arguments": arguments})
        for name, arguments in (("double", {}), ("_hidden", {}), ("none", {}), ("double", {"value": 1}))
    ]
    first, second, third, last = _answers(*lines)
    assert "missing 1 required positional argument" in first["error"]
    assert "must be a public method of _Target. Received: '_hidden'" in second["error"]
    assert "Received: 'none'" in third["error"]
    assert last == {"result": 2}


def test_an_error_is_raised_where_it_was_asked() -> None:
    with pytest.raises(RemoteError, match="ZeroDivisionError"):
        ask(io.StringIO(), io.StringIO('{"error": "ZeroDivisionError"}\n'), "divide", {})
    with pytest.raises(RemoteError, match="it has ended"):
        ask(io.StringIO(), io.StringIO(""), "divide", {})


def test_a_worker_scores_a_file_in_a_process_of_its_own(tmp_path: Path) -> None:
    g = Graph()
    g("Squeeze", g("Mul", "x", g.constant(-1.0)), g.constant([1], "i8"), output="score")
    (tmp_path / "minimal.onnx").write_bytes(g.model({"x": 1}).SerializeToString())
    x = np.arange(5, dtype="f4")[:, None]
    np.save(tmp_path / "x.npy", x)
    with Worker("onnx", python=Path(sys.executable), folder=tmp_path, threads=2) as worker:
        assert "onnxruntime" in worker("build", kind="affine", size=1, variant="minimal")["versions"]
        assert worker("load_rows", name="x", path=str(tmp_path / "x.npy")) == 5
        worker("save_scores", name="x", path=str(tmp_path / "scores.npy"))
        np.testing.assert_array_equal(np.load(tmp_path / "scores.npy"), -x[:, 0])
        assert worker("scoring_rate", name="x", seconds=0.01) > 0
        assert 0 < worker("latency", name="x", seconds=0.01) < 1
        with pytest.raises(RemoteError, match="must be one that trains"):
            worker("export")
        with pytest.raises(RemoteError, match="`variant` must be one of"):
            worker("build", kind="affine", size=1, variant="other")


def test_scores_of_standardised_rows_are_of_the_rows_themselves(tmp_path: Path) -> None:
    g = Graph()
    square = g("Mul", g("Mul", "x", "x"), g.constant(-0.5))
    normal = g("Add", square, g.constant(-0.5 * np.log(2 * np.pi)))
    g("Squeeze", normal, g.constant([1], "i8"), output="score")
    (tmp_path / "minimal.onnx").write_bytes(g.model({"x": 1}).SerializeToString())
    grid = np.linspace(-40, 40, 8001, dtype="f4")
    np.save(tmp_path / "x.npy", grid[:, None])
    with Worker("onnx", python=Path(sys.executable), folder=tmp_path, threads=2) as worker:
        worker("build", kind="affine", size=1, variant="minimal")
        worker("standardize", location=[3.0], scale=[2.0])
        worker("load_rows", name="x", path=str(tmp_path / "x.npy"))
        worker("save_scores", name="x", path=str(tmp_path / "scores.npy"))
    density = np.exp(np.load(tmp_path / "scores.npy"))
    assert density.sum() * 0.01 == pytest.approx(1, abs=1e-5)
    assert (density * grid).sum() * 0.01 == pytest.approx(3, abs=1e-4)


def test_a_worker_that_cannot_start_tells_why(tmp_path: Path) -> None:
    with (
        Worker("no_such_library", python=Path(sys.executable), folder=tmp_path, threads=2) as worker,
        pytest.raises(RemoteError, match="No module named"),
    ):
        worker("build", kind="affine", size=1)


def test_every_worker_gets_the_same_number_of_threads() -> None:
    limited = variables(3)
    assert {limited[name] for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC")} == {"3"}
    assert limited["PATH"] == os.environ["PATH"]


def test_the_rate_rises_and_falls() -> None:
    schedule = Schedule(1e-3, steps=100, warmup=0.1)
    factors = [schedule.factor(step) for step in range(101)]
    assert factors[0] == 0
    assert factors[10] == 1
    assert factors[100] == pytest.approx(0)
    assert factors[55] == pytest.approx(0.5)
    assert max(factors) == 1
    assert Schedule(1e-3).factor(10**6) == 1
