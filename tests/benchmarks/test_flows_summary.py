"""Ratios are to the best peer, round by round."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.flows import __main__ as command
from benchmarks.flows.data import write_pool
from benchmarks.flows.field import Competitor, summary, take_turns
from tfgen.datasets import EightGaussians

TFGEN, ZUKO, FLOWJAX = Competitor("tfgen", "jit"), Competitor("zuko"), Competitor("flowjax", "scan")


def test_turns_alternate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.flows.field._PAUSE", 0.0)
    calls: list[str] = []

    def turn(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    rates = take_turns({name: lambda name=name: turn(name) for name in "ab"}, rounds=3)
    assert calls == ["a", "b"] * 3
    assert rates == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_the_ratio_is_to_the_best_peer_of_the_same_round() -> None:
    rates = {"tfgen, jit": [4.0, 40.0, 400.0], "zuko": [1.0, 10.0, 100.0], "flowjax, scan": [2.0, 20.0, 200.0]}
    faster = {line["who"]: line for line in summary(rates, [TFGEN, ZUKO, FLOWJAX])}
    assert faster["tfgen, jit"]["best_peer"] == "flowjax, scan"
    assert faster["tfgen, jit"]["ratio"] == 2
    assert faster["tfgen, jit"]["median"] == 40
    sooner = {line["who"]: line for line in summary(rates, [TFGEN, ZUKO, FLOWJAX], more_is_better=False)}
    assert sooner["tfgen, jit"]["best_peer"] == "zuko"
    assert summary({"tfgen, jit": [1.0]}, [TFGEN])[0]["ratio"] is None


def test_a_pool_is_fresh_to_its_last_row(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.flows.data._ROWS_AT_ONCE", 100)
    first, second = (
        np.load(write_pool(EightGaussians(), 250, seed=seed, path=tmp_path / "x.npy")).copy() for seed in (0, 1)
    )
    assert first.shape == (250, 2)
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == 500


def test_results_are_written_after_each(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"who": "tfgen", "density": "B1", "kind": "spline", "seed": 0, "gap": 0.1, "standard_error": 0.01}
    run |= {"steps": 100, "seconds": 1.0, "passes": 0.5, "parameters": 7}
    monkeypatch.setattr(command, "gaps", lambda *_, **options: iter([run | {"asked": options["seconds"]}]))
    path = tmp_path / "results.json"
    arguments = ["nats", "--no-peers", "--density", "B1", "--budget", "2", "--json", str(path)]
    result = CliRunner().invoke(command.main, arguments, catch_exceptions=False)
    assert "0.10000 ± 0.01000" in result.output
    written = json.loads(path.read_text())
    assert written["results"] == [run | {"asked": 2.0}]
    assert written["machine"]["threads"] == 2
