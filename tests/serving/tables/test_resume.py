"""A process that is killed in the middle, and the same call again."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import tfgen_serving
from tfgen_serving import InputError, Scorer
from tfgen_serving.tables import score_file

ROWS, SIZE = 2000, 30
X = np.random.default_rng(3).normal(size=(ROWS, 2)).astype("float32")
X[[11, 700, 1999], 0] = np.nan
# A checkpoint after each batch; it says how far it is, then waits to be killed.
CODE = """
import sys, time
from tfgen_serving import Scorer
from tfgen_serving.tables import score_file
from tfgen_serving.tables.partial import Partial
bundle, data, out, stop, size = sys.argv[1:]
Partial.SECONDS = 0
def tell(done, total):
    if done >= int(stop):
        print(done, flush=True)
        time.sleep(600)
score_file(Scorer(bundle), data, out, on_error="null", batch_size=int(size), progress=tell)
"""


def kill(bundle: Path, data: Path, out: Path, stop: int) -> int:
    """Runs until `stop` rows are done, kills the process, and returns how many were."""
    root = Path(tfgen_serving.__file__).parents[1]
    words = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{CODE}"]
    words += map(str, (bundle, data, out, stop, SIZE))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        done = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    return done


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".npz", ".npy"])
def test_a_killed_run_is_taken_up_where_it_was(plain_bundle: Path, write: Any, ending: str, tmp_path: Path) -> None:
    columns = {"x": X} if ending.startswith(".np") else {"id": np.arange(ROWS), "x_0": X[:, 0], "x_1": X[:, 1]}
    options = {"row_group_size": 170} if ending == ".parquet" else {}
    data, out, whole = (
        write(tmp_path / f"x{ending}", columns, **options),
        tmp_path / "s.parquet",
        tmp_path / "w.parquet",
    )
    keep = ["id"] if "id" in columns else []
    scorer = Scorer(plain_bundle)
    score_file(scorer, data, whole, on_error="null", batch_size=SIZE, keep=keep)
    done = [kill(plain_bundle, data, out, stop) for stop in (400, 900)]
    assert done == [420, 900]
    assert not out.exists()
    told: list[int] = []
    summary = score_file(
        scorer, data, out, on_error="null", batch_size=SIZE, keep=keep, progress=lambda rows, total: told.append(rows)
    )
    assert (summary.rows, summary.resumed, summary.bad) == (ROWS, 900, 3)
    assert [row for row, _ in summary.first_bad] == [11, 700, 1999]
    assert told[0] == 930
    assert pa.parquet.read_table(out).equals(pa.parquet.read_table(whole))
    assert out.read_bytes() == whole.read_bytes()
    assert not out.with_name("s.parquet.partial").exists()


def test_what_must_not_be_mixed(plain_bundle: Path, toy: Any, write: Any, tmp_path: Path) -> None:
    data, out = write(tmp_path / "x.parquet", {"a": X[:, 0], "b": X[:, 1]}), tmp_path / "scores.npy"
    kill(plain_bundle, data, out, 400)
    scorer = Scorer(plain_bundle)
    # Another manifest is another bundle: here, one with a different name.
    folder = toy.write(tmp_path / "other")
    toy.edit_manifest(folder, name="other")
    for other, options, told in (
        (Scorer(tmp_path / "other"), {}, "bundle"),
        (scorer, {"batch_size": SIZE + 1}, "batch size"),
        (scorer, {"x": ["b", "a"]}, "columns"),
    ):
        with pytest.raises(InputError, match=rf"scores.npy.partial must be of the same job.* another {told}$"):
            score_file(other, data, out, **{"batch_size": SIZE, "on_error": "null", **options})
    with pytest.raises(InputError, match=r"^row 11 has no score"):  # which the killed run has passed over
        score_file(scorer, data, out, batch_size=SIZE)
    X2 = X + 1
    write(data, {"a": X2[:, 0], "b": X2[:, 1]})
    with pytest.raises(InputError, match=r"scores.npy.partial must be of the same job.* another (modified|size)"):
        score_file(scorer, data, out, batch_size=SIZE, on_error="null")
    score_file(scorer, data, out, batch_size=SIZE, on_error="null", restart=True)
    good = ~np.isnan(X2[:, 0])
    np.testing.assert_array_equal(np.load(out)[good], scorer.score(X2[good]))


def test_a_bad_row_stops_and_what_was_scored_before_it_counts(plain_bundle: Path, write: Any, tmp_path: Path) -> None:
    from tfgen_serving.tables.partial import Partial

    data, out, scorer = write(tmp_path / "x.npy", {"x": X[12:]}), tmp_path / "scores.npy", Scorer(plain_bundle)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Partial, "SECONDS", 0)
        with pytest.raises(InputError, match=r"^row 688 has no score"):
            score_file(scorer, data, out, batch_size=SIZE)
    assert json.loads((tmp_path / "scores.npy.partial" / "progress.json").read_text())["rows"] == 660
    summary = score_file(scorer, data, out, batch_size=SIZE, on_error="null")
    assert (summary.resumed, summary.bad) == (660, 2)
    good = ~np.isnan(X[12:, 0])
    np.testing.assert_array_equal(np.load(out)[good], scorer.score(X[12:][good]))
