"""From training to the outcome, with one experiment in the place of all."""

from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from tfgen.demo import Outcome, run_demo
from tfgen_serving import Scorer


@pytest.fixture
def gaussian(experiment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The experiment that `run_demo` finds."""
    only = experiment(epochs=4)
    monkeypatch.setattr("tfgen.demo.run.EXPERIMENTS", (lambda *, quick: only,))
    return only


def _run(out: Path, notes: list[tuple[float, str]]) -> Outcome:
    titles = []

    def progress(title: str) -> Any:
        titles.append(title)
        return lambda share, note: notes.append((share, note))

    (outcome,) = run_demo(out, quick=True, progress=progress)
    assert titles == ["RealNVP: a Gaussian"]
    return outcome


def test_the_outcome_is_that_of_the_bundle(gaussian: Any, tmp_path: Path) -> None:
    notes: list[tuple[float, str]] = []
    (tmp_path / "demo" / "gaussian" / "7").mkdir(parents=True)  # of an earlier run
    outcome = _run(tmp_path / "demo", notes)
    assert outcome.experiment is gaussian
    assert outcome.bundle == tmp_path / "demo/gaussian/8"
    assert outcome.pictures == (tmp_path / "demo/gaussian.png", tmp_path / "demo/gaussian_again.png")
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in outcome.pictures)
    log_prob = Scorer(tmp_path / "demo" / "gaussian").score(gaussian.test["x"]).astype("float64")
    assert outcome.nats == pytest.approx(-log_prob.mean(), rel=1e-5)
    assert outcome.reference_nats == pytest.approx(-gaussian.reference_log_prob.mean())
    difference = gaussian.reference_log_prob - log_prob
    assert outcome.gap == pytest.approx((difference.mean(), stats.sem(difference)), rel=1e-3)
    assert outcome.gap[0] == pytest.approx(outcome.nats - outcome.reference_nats, abs=1e-6), "model − reference"
    assert set(outcome.endpoints) == {"score", "sample", "encode", "decode"}
    assert outcome.difference == outcome.endpoints["score"] < 1e-5
    assert outcome.seconds > 0
    steps = [note for _, note in notes if "nats" not in note]
    assert steps == ["judging", "drawing", "exporting", "comparing runtimes"]
    assert notes[-1] == (1.0, f"{outcome.nats:.3f} nats held out")
