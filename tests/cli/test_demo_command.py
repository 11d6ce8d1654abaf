"""`tfgen demo`."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.demo import Outcome
from tfgen_serving import Scorer

NOISE = ("oneDNN", "absl", "cuda", "WARNING")
DATA = {"moons": (2,), "digits": (8, 8, 1)}
DIGITS = ("samples", "reconstructions", "latent", "interpolation", "training")
PICTURES = ("moons", *(f"digits_{name}" for name in DIGITS))


@pytest.fixture(autouse=True)
def _tensorflow_s_logger() -> Iterator[None]:
    level = tf.get_logger().level
    yield
    tf.get_logger().setLevel(level)


class _Told:
    """The part of an experiment that the table shows."""

    def __init__(self, title: str, reference: str) -> None:
        self.title, self.reference = title, reference


def _outcome(out: Path, title: str, difference: float) -> Outcome:
    return Outcome(
        experiment=_Told(title, "truth"),  # type: ignore[arg-type]
        nats=1.23456,
        reference_nats=1.0,
        gap=(0.23456, 0.00789),
        difference=difference,
        endpoints={"score": difference},
        bundle=out / title / "1",
        pictures=(out / f"{title}.png", out / f"{title}_more.png"),
        seconds=1.0,
    )


def test_the_outcomes_are_told(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run_demo(out: Path, *, quick: bool, only: tuple[str, ...], progress: Callable[[str], Any]) -> Iterator[Outcome]:
        asked.append((out, quick, only))
        for title, difference in (("one", 1e-7), ("two", 3e-6)):
            tell = progress(title)
            tell(0.5, "0.500 nats")
            tell(1.0, "judging")
            yield _outcome(out, title, difference)

    monkeypatch.setattr("tfgen.demo.run_demo", run_demo)
    result = command("demo", "--out", tmp_path / "out", "--quick", "--only", "two_moons", "--only", "digits")
    assert (result.exit_code, result.stderr) == (0, "")
    assert asked == [(tmp_path / "out", True, ("two_moons", "digits"))]
    rows = [[cell.strip() for cell in line.split("│")] for line in result.stdout.splitlines() if "│" in line]
    assert [row[1:-1] for row in rows] == [
        [title, "1.2346", "1.0000 truth", "+0.2346 ± 0.0079", runtimes]
        for title, runtimes in (("one", "1e-07"), ("two", "3e-06"))
    ]
    assert "largest difference 3.0e-06" in result.stdout
    for title in ("one", "two"):
        names = (f"{title}/1", f"{title}.png", f"{title}_more.png")
        assert " ".join(str(tmp_path / "out" / name) for name in names) in result.stdout


def test_an_error_of_the_run_is_one_line(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_demo(*arguments: Any, **keywords: Any) -> Iterator[Outcome]:
        raise OSError("no space left on device")
        yield

    monkeypatch.setattr("tfgen.demo.run_demo", run_demo)
    result = command("demo", "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (1, "Error: no space left on device\n")


@pytest.mark.parametrize("depth", ["file/out", "file/deep/out"])
def test_a_folder_below_a_file_is_refused_at_once(process: Any, depth: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    start = time.perf_counter()
    done = process("demo", "--quick", "--out", tmp_path / depth)
    assert time.perf_counter() - start < 3, "before TensorFlow is loaded"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: `--out` must be a folder that can be written")
    assert done.stderr.endswith(f"Received: {tmp_path / depth}\n")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_is_no_folder(command: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = command("demo", "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert "is a file" in result.stderr


@pytest.mark.slow
def test_the_quick_demo(process: Any, tmp_path: Path) -> None:
    """A bundle and pictures of each experiment, a table, and not a word of TensorFlow's."""
    only = ("--only", "two_moons", "--only", "digits")  # an exact model and a bound: the whole of it is run by .ci/run
    done = process("demo", "--quick", *only, "--out", tmp_path / "out", timeout=580)
    assert done.returncode == 0, done.stderr
    assert not [word for word in NOISE if word.lower() in done.stderr.lower()], done.stderr
    assert done.stderr == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*DATA, *(f"{name}.png" for name in PICTURES)}
    for name, event_shape in DATA.items():
        scorer = Scorer(tmp_path / "out" / name)
        assert (scorer.bundle.version, scorer.manifest.event_shape) == (1, event_shape)
    for name in PICTURES:
        assert (tmp_path / "out" / f"{name}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    rows = [[cell.strip() for cell in line.split("│")][1:-1] for line in done.stdout.splitlines() if "│" in line]
    gaps = {row[0]: float(row[3].split()[0]) for row in rows}
    assert list(gaps) == ["RealNVP: two moons", "VAE: digits"]
    assert all("±" in row[3] for row in rows)
    assert 0 < gaps["RealNVP: two moons"] < 0.3
    assert gaps["VAE: digits"] < 2
    assert np.max([float(row[4]) for row in rows]) < 1e-4
    assert "largest difference" in done.stdout


def test_an_unknown_experiment_is_named(process: Any, tmp_path: Path) -> None:
    done = process("demo", "--only", "moon", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout.strip()) == (1, "")
    assert "`only` must be of two_moons, breast_cancer, bishop, diabetes, digits. Received: moon" in done.stderr
