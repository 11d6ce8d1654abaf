"""Scores that wait for the rest."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfgen_serving import InputError
from tfgen_serving.tables.partial import Partial

JOB: dict[str, Any] = {"bundle": "abc", "columns": {"x": ("a", "b")}}


@pytest.fixture(autouse=True)
def _every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at every append."""
    monkeypatch.setattr(Partial, "SECONDS", 0)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "scores.npy"


def begun(out: Path, rows: int = 3) -> None:
    """What a run leaves that stopped after so many rows."""

    def run() -> None:
        with Partial(out, JOB, "float32") as partial:
            partial.append(np.arange(rows, dtype=np.float32), {1: "row 1 is bad"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()


def scores(partial: Partial) -> list[float]:
    return [float(score) for block in partial.scores() for score in block]


def test_what_was_appended_is_read_in_order(out: Path) -> None:
    with Partial(out, JOB, "float64") as partial:
        assert (partial.rows, partial.resumed) == (0, 0)
        partial.append(np.array([1.0, np.nan]), {1: 'of "b"\n'})
        partial.append(np.array([3.0]), {0: "ä"})
        np.testing.assert_array_equal(scores(partial), [1.0, np.nan, 3.0])
        assert list(partial.errors()) == [(1, 'of "b"\n'), (2, "ä")]


def test_the_same_job_goes_on(out: Path) -> None:
    begun(out)
    with Partial(out, JOB, "float32") as partial:
        assert (partial.rows, partial.resumed) == (3, 3)
        partial.append(np.array([7.0]), {0: "row 3 too"})
        assert scores(partial) == [0, 1, 2, 7]
        assert list(partial.errors()) == [(1, "row 1 is bad"), (3, "row 3 too")]


def test_what_came_after_the_checkpoint_is_cut_off(out: Path) -> None:
    begun(out)
    for name in ("scores", "errors"):
        with (out.with_name("scores.npy.partial") / name).open("ab") as file:
            file.write(b"half a line")
    with Partial(out, JOB, "float32") as partial:
        partial.append(np.array([7.0]), {0: "row 3 too"})
        assert scores(partial) == [0, 1, 2, 7]
        assert list(partial.errors()) == [(1, "row 1 is bad"), (3, "row 3 too")]


@pytest.mark.parametrize("name", ["scores", "errors"])
def test_what_the_checkpoint_counts_and_is_not_there_is_told(out: Path, name: str) -> None:
    begun(out)
    path = out.with_name("scores.npy.partial") / name
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(InputError, match=rf"partial must be as it was left: delete it.*bytes of {name}, not"):
        Partial(out, JOB, "float32")


@pytest.mark.parametrize("content", [b"", b'{"rows": 3, "err', b"\0" * 40, b"\xff"])
@pytest.mark.parametrize("name", ["job.json", "progress.json"])
def test_a_broken_checkpoint_is_told(out: Path, name: str, content: bytes) -> None:
    begun(out)
    (out.with_name("scores.npy.partial") / name).write_bytes(content)
    message = rf"partial must be as it was left: delete it, or .* --restart. Received: {name}, which is not whole$"
    with pytest.raises(InputError, match=message):
        Partial(out, JOB, "float32")
    with Partial(out, JOB, "float32", restart=True) as partial:
        assert (partial.rows, scores(partial), list(partial.errors())) == (0, [], [])


@pytest.mark.parametrize(
    ("change", "told"),
    [({"bundle": "other"}, "bundle"), ({"columns": {"x": ["b", "a"]}}, "columns"), ({"more": 1}, "more")],
)
def test_another_job_s_is_refused(out: Path, change: dict[str, Any], told: str) -> None:
    begun(out)
    message = rf"{out.name}.partial must be of the same job.*: delete it, or .* --restart. Received: another {told}$"
    with pytest.raises(InputError, match=message):
        Partial(out, JOB | change, "float32")
    with Partial(out, JOB | change, "float32", restart=True) as partial:
        assert (partial.rows, scores(partial), list(partial.errors())) == (0, [], [])


def test_restart_forgets_the_same_job_too(out: Path) -> None:
    begun(out)
    with Partial(out, JOB, "float32", restart=True) as partial:
        assert (partial.rows, scores(partial)) == (0, [])


def test_another_dtype_is_another_job(out: Path) -> None:
    begun(out)
    with pytest.raises(InputError, match="Received: another dtype"):
        Partial(out, JOB, "float64")


def test_one_run_at_a_time(out: Path) -> None:
    with Partial(out, JOB, "float32"), pytest.raises(InputError, match="partial must belong to one run at a time"):
        Partial(out, JOB, "float32")
    begun(out)


def test_a_folder_that_someone_else_made(out: Path) -> None:
    folder = out.with_name("scores.npy.partial")
    folder.mkdir()
    (folder / "scores").write_text("mine")
    for restart in (False, True):
        with pytest.raises(InputError, match=r"partial must be free: scores are kept there.* Received: scores$"):
            Partial(out, JOB, "float32", restart=restart)
    assert (folder / "scores").read_text() == "mine"


def test_nothing_is_left_of_a_run_that_got_nowhere(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Partial, "SECONDS", 1000)
    begun(out)
    assert list(out.parent.iterdir()) == []


def test_a_run_that_got_nowhere_takes_its_folder_away_while_it_is_its_own(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, taken = shutil.rmtree, []

    def spy(folder: Path, **options: Any) -> None:
        with pytest.raises(InputError, match="partial must belong to one run at a time"):
            Partial(out, JOB, "float32")
        taken.append(folder)
        original(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", spy)
    monkeypatch.setattr(Partial, "SECONDS", 1000)
    begun(out)
    assert taken == [out.with_name("scores.npy.partial")]
    with Partial(out, JOB, "float32") as partial:
        assert partial.rows == 0


def test_publishing_is_one_rename(out: Path) -> None:
    begun(out)
    out.write_text("old")
    with Partial(out, JOB, "float32") as partial:
        result = partial.folder / "result.npy"
        result.write_text("new")
        assert out.read_text() == "old"
        partial.publish(result, out)
    assert out.read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def test_a_checkpoint_counts_only_what_is_on_disk(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Iterator[int]] = []
    original = os.fsync

    def spy(number: int) -> None:
        folder = out.with_name("scores.npy.partial")
        seen.append(
            json.loads((folder / "progress.json").read_text())["rows"] if (folder / "progress.json").exists() else 0
        )
        original(number)

    monkeypatch.setattr(os, "fsync", spy)
    with Partial(out, JOB, "float32") as partial:
        partial.append(np.ones(4), {})
        partial.append(np.ones(2), {})
        progress = json.loads((partial.folder / "progress.json").read_text())
        assert (partial.folder / "scores").stat().st_size == 6 * 4
    assert seen == [0, *[0] * 3, *[4] * 3], "the job; then each time scores, errors and, before its rename, what counts"
    assert progress["rows"] == 6
