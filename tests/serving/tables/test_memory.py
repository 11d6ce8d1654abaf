"""Memory does not grow with the file, and nothing heavy is loaded for it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.conftest import Graph, node

import tfgen_serving

CODE = """
import sys
from pathlib import Path
from tfgen_serving import Scorer
from tfgen_serving.tables import sample_file, score_file
scorer, out = Scorer(sys.argv[1]), sys.argv[3]
if sys.argv[2].isdigit():
    sample_file(scorer, int(sys.argv[2]), out, seed=0)
else:
    score_file(scorer, sys.argv[2], out)
# The peak of this process alone: getrusage would begin with that of the one which started it.
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
FOREIGN = {"tensorflow", "keras", "tf_keras", "onnx", "tf2onnx", "tfgen", "tfgen_export", "scipy", "pandas"}


def run(bundle: Path, data: Path | int, out: Path) -> tuple[float, set[str]]:
    """The peak in MB, and the modules that were loaded."""
    root = Path(tfgen_serving.__file__).parents[1]
    words = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{CODE}"]
    words += map(str, (bundle, data, out))
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    peak, modules = done.stdout.splitlines()
    return float(peak), set(modules.split())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("ending", "short", "more"),
    [(".parquet", 600_000, 20), (".csv", 2_000_000, 60), (".npz", 600_000, 20), (".npy", 600_000, 20)],
)
def test_a_longer_file_takes_no_more_memory(
    plain_bundle: Path, write: Any, ending: str, short: int, more: int, tmp_path: Path
) -> None:
    """By more MB than so: what is read ahead of a CSV file varies, and the longer one has 90 MB more.

    The long file's rows alone are 48 MB as numbers, and have no pattern by which to be packed into less.
    """
    peaks = []
    for rows in (short, 6_000_000):
        x = np.random.default_rng(0).random((rows, 2), "float32")
        columns = {"x": x} if ending.startswith(".np") else {"x_0": x[:, 0], "x_1": x[:, 1]}
        options = {"row_group_size": rows} if ending == ".parquet" else {}
        data = write(tmp_path / f"rows{ending}", columns, **options)
        peaks.append(run(plain_bundle, data, tmp_path / "scores.npy")[0])
    assert peaks[1] < peaks[0] + more
    assert len(np.load(tmp_path / "scores.npy")) == 6_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_ten_times_as_many_draws_take_no_more_memory(plain_bundle: Path, tmp_path: Path) -> None:
    peaks = [run(plain_bundle, draws, tmp_path / "x.npy")[0] for draws in (600_000, 6_000_000)]
    assert peaks[1] < peaks[0] + 20, "the draws are 96 MB"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_more_wide_draws_take_no_more_memory(toy: Any, tmp_path: Path) -> None:
    """By more than what Parquet's footer says of each row group's columns; the draws are 200 and 400 MB."""
    width = 1024
    nodes = [node("Cast", "seed", "row", to=1), node("MatMul", "row weights", "x")]
    weights = np.random.default_rng(0).random((2, width), "float32")
    sample = Graph([("seed", "int32", (2,))], [("x", "float32", (width,))], nodes, {"weights": weights})
    toy.write(tmp_path / "wide", extra={"sample": sample})
    peaks = [run(tmp_path / "wide", draws, tmp_path / "x.parquet")[0] for draws in (50_000, 100_000)]
    assert peaks[1] < peaks[0] + 50


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".npz", ".npy"])
def test_only_what_the_file_needs_is_loaded(plain_bundle: Path, write: Any, ending: str, tmp_path: Path) -> None:
    x = np.ones((3, 2))
    columns = {"x": x} if ending.startswith(".np") else {"x_0": x[:, 0], "x_1": x[:, 1]}
    _, modules = run(plain_bundle, write(tmp_path / f"rows{ending}", columns), tmp_path / "scores.npy")
    assert "onnxruntime" in modules
    assert ("pyarrow" in modules) == (not ending.startswith(".np"))
    # pyarrow looks at pandas wherever that is installed, as it is beside statsmodels.
    assert not modules & (FOREIGN - ({"pandas"} if "pyarrow" in modules else set()))


def test_the_missing_extra_is_named(
    plain_bundle: Path, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfgen_serving import Scorer
    from tfgen_serving.tables import score_file

    scorer, x = Scorer(plain_bundle), np.ones((3, 2))
    csv, npy = write(tmp_path / "x.csv", {"a": x[:, 0], "b": x[:, 1]}), write(tmp_path / "x.npy", {"x": x})
    for name in ("pyarrow", "pyarrow.csv", "pyarrow.lib", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    score_file(scorer, npy, tmp_path / "scores.npy")
    for data, out in ((csv, "s.npy"), (npy, "s.parquet"), (npy, "s.csv")):
        with pytest.raises(ImportError, match=r"need pyarrow, which is not installed: pip install 'tfgen\[tables\]'$"):
            score_file(scorer, data, tmp_path / out)
