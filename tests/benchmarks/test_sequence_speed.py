"""Both sides train the same networks, by the same protocol; ratios are to PyTorch's better plain loop."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.flows.client import REPOSITORY, Worker
from benchmarks.flows.field import summary
from benchmarks.flows.protocol import RemoteError
from benchmarks.sequence_speed import __main__ as command
from benchmarks.sequence_speed import length
from benchmarks.sequence_speed.ours import Trainer
from benchmarks.sequence_speed.spec import BATCH, LATENT, PASS, SIZE, UNITS
from benchmarks.sequence_speed.streaming import call_times
from benchmarks.sequence_speed.training import Contestant, check_parameters, first_look, hopeful, make_rows
from benchmarks.sequence_speed.worker import ROWS

PEERS = REPOSITORY / "build" / "peers"
MODULE = "benchmarks.sequence_speed.worker"
JIT, LOOP, LEAN = Contestant("tfgen", "jit"), Contestant("PyTorch", "loop"), Contestant("PyTorch", "lean loop")


def _parameters() -> int:
    """Of five networks of one hidden layer, three with an output of locations and scales, and a GRU of two biases."""
    hidden = sum((width + 1) * UNITS for width in (SIZE, LATENT, 2 * UNITS, UNITS, 2 * UNITS))
    outputs = (UNITS + 1) * (2 * LATENT + 2 * LATENT + 2 * SIZE)
    return hidden + outputs + 3 * UNITS * (2 * UNITS + UNITS + 2)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A folder with a few short sequences to train on."""
    np.save(tmp_path / ROWS, make_rows(4, steps=3))
    return tmp_path


def test_tfgen_has_those_parameters_and_what_its_recurrence_begins_with() -> None:
    trainer = Trainer(make_rows(2, steps=3))
    assert trainer.parameters == _parameters() + trainer.beginning
    assert 0 < trainer.beginning <= 3 * UNITS
    first = trainer.train(2)
    assert first[0] == 2
    assert [trainer.train(2) for _ in range(8)][-1][1] < first[1]


@pytest.mark.skipif(not (PEERS / "requirements.txt").exists(), reason="needs the peers of benchmarks.flows")
def test_pytorch_has_the_same_and_a_lean_loop_has_the_same_loss(rows: Path) -> None:
    losses = []
    for lean in (False, True):
        python = PEERS / "bin" / "python"
        with Worker("peer", python=python, folder=rows, threads=2, module=MODULE) as worker:
            built = worker("build", threads=1, lean=lean)
            assert "torch" in built["versions"]
            assert (built["parameters"], built["beginning"]) == (_parameters(), 0)
            losses.append([worker("train", steps=4)["loss"] for _ in range(10)])
            assert worker("train", steps=4, limit=0.0)["steps"] <= 1
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert losses[0][-1] < losses[0][0]


def test_a_worker_tells_its_seconds_and_refuses_more_than_a_pass(rows: Path) -> None:
    with Worker("ours", python=Path(sys.executable), folder=rows, threads=2, module=MODULE) as worker:
        with pytest.raises(RemoteError, match="`build` must be called"):
            worker("train", steps=1)
        assert "keras" in worker("build")["versions"]
        found = worker("train", steps=2)
        assert found["seconds"] > 0
        assert found["waiting"] < 1
        with pytest.raises(RemoteError, match=f"at most {PASS}, a pass of the rows. Received: steps={PASS + 1}"):
            worker("train", steps=PASS + 1)


def test_other_networks_are_no_comparison() -> None:
    tfgen, same, other = {"parameters": 110, "beginning": 10}, {"parameters": 100, "beginning": 0}, {"parameters": 99}
    check_parameters({"tfgen": tfgen, "PyTorch": same})
    with pytest.raises(AssertionError, match="'PyTorch': 99"):
        check_parameters({"tfgen": tfgen, "PyTorch": {**other, "beginning": 0}})


@pytest.mark.parametrize(("each", "chunk", "most"), [(1e-3, 50, PASS), (0.1, 50, 50), (0.1, 1, 11), (3.0, 1, 1)])
def test_a_first_look_takes_whole_programs_and_about_a_second(each: float, chunk: int, most: int) -> None:
    asked: list[int] = []

    def worker(_: str, *, steps: int, limit: float) -> dict[str, float]:
        del limit
        asked.append(steps)
        return {"steps": steps, "seconds": steps * each}

    assert first_look(worker, chunk) == pytest.approx(1 / each)
    assert max(asked) <= most
    assert all(steps % chunk == 0 for steps in asked)


def test_threads_without_half_the_speed_are_left_out() -> None:
    one, two = Contestant("PyTorch", "loop, 1 thread"), Contestant("PyTorch", "loop, 2 threads")
    assert hopeful({JIT: 0.1, one: 10.0, two: 9.0, LEAN: 30.0}) == [JIT, one, two, LEAN]
    assert hopeful({JIT: 0.1, one: 10.0, two: 0.1, LEAN: 30.0}) == [JIT, one, LEAN]


def test_rows_depend_on_the_step_before() -> None:
    x = make_rows(2, steps=30)
    assert x.shape == (2 * BATCH, 30, SIZE)
    assert x.dtype == np.float32
    assert np.corrcoef(x[:, 10].ravel(), x[:, 11].ravel())[0, 1] > 0.8


def test_the_clock_times_executions_alone() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=2)
    clock = length.Clock()
    x = np.zeros([8, 1], np.float32)
    model.fit(x, x, batch_size=1, verbose=0, callbacks=[clock])
    assert len(clock.times) == 4
    assert min(clock.times) > 0


def test_calls_are_timed_one_by_one_in_turns() -> None:
    calls: list[str] = []
    times = call_times({name: lambda name=name: calls.append(name) for name in "ab"}, rounds=2, calls=3)
    assert "".join(calls) == "aaabbb" * 3
    assert all(0 < value < 1e-3 for value in times.values())


def test_tables_tell_the_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {JIT.label: [8.0, 80.0], LOOP.label: [2.0, 20.0], LEAN.label: [4.0, 40.0]}
    more = {"parameters": 7, "beginning": 1, "versions": {"keras": "3"}, "waiting": 0.004}
    lines = [{**line, **more} for line in summary(rates, [JIT, LOOP, LEAN])]
    monkeypatch.setattr("benchmarks.sequence_speed.training.training", lambda *_, **__: (lines, {"PyTorch, slow": 0.1}))
    found = {"times": {50: [0.01, 0.02], 200: [0.04, 0.08]}, "ratios": [4.0, 4.0]}
    monkeypatch.setattr("benchmarks.sequence_speed.length.length", lambda **_: found)
    result = CliRunner().invoke(command.main, ["training", "length", "--no-peers"], catch_exceptions=False)
    for told in (
        "ratio to PyTorch, loop",
        "44.0",
        "4.00",
        "4 ms",
        "40.00 ms",
        "0.1 steps/s at a first look: PyTorch, slow",
        "goal: at most 4.4; met",
    ):
        assert told in result.output
