"""`tfgen score` on files of columns, and where it was interrupted."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tfgen_serving import Scorer

RNG = np.random.default_rng(4)
X = RNG.normal(size=(50, 2)).astype("float32")
Y, CONTEXT = RNG.normal(size=(50, 1)).astype("float32"), RNG.normal(size=(50, 3)).astype("float32")


@pytest.fixture(params=[".parquet", ".csv"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Writes columns to a file."""

    def write(**columns: Any) -> Path:
        path = tmp_path / f"rows{request.param}"
        (pa.parquet.write_table if request.param == ".parquet" else pa.csv.write_csv)(pa.table(columns), path)
        return path

    return write


def test_columns_are_scored_as_the_model_scores_them(
    command: Any, flow_bundle: Any, table: Any, tmp_path: Path
) -> None:
    model, base = flow_bundle
    data = table(who=[f"{row:03d}" for row in range(50)], b=X[:, 1], a=X[:, 0])
    out = tmp_path / "scores.parquet"
    result = command("score", base, data, "--x", "a, b", "--keep", "who", "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"50 log p, mean {model.score(X).numpy().mean():.4f} nats, ")
    assert result.stderr.endswith(" rows/s\n")
    found = pa.parquet.read_table(out)
    assert found.column_names == ["who", "score"]
    assert found["who"].to_pylist() == [f"{row:03d}" for row in range(50)]
    np.testing.assert_allclose(found["score"], model.score(X), atol=1e-5)


def test_a_conditional_model_s_columns(command: Any, mdn_bundle: Any, table: Any, tmp_path: Path) -> None:
    model, base = mdn_bundle
    named = {f"context_{i}": CONTEXT[:, i] for i in range(3)}
    other = {"c": CONTEXT[:, 2], "b": CONTEXT[:, 1], "a": CONTEXT[:, 0], "y": Y[:, 0]}
    for columns, options in (({"x": Y[:, 0], **named}, []), (other, ["--x", "y", "--context", "a,b,c"])):
        result = command("score", base, table(**columns), *options)
        assert result.exit_code == 0, result.stderr
        printed = [float(line) for line in result.stdout.splitlines()]
        np.testing.assert_allclose(printed, model.score(Y, CONTEXT), atol=1e-5)


def test_bad_rows(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    base, out = flow_bundle[1], tmp_path / "scores.csv"
    lines = [f"{a},{b}" for a, b in X.tolist()]
    for row in (3, *range(20, 26)):
        lines[row] = "1.0,unknown"
    (tmp_path / "rows.csv").write_text("\n".join(["a,b", *lines]))
    result = command("score", base, tmp_path / "rows.csv", "--out", out)
    reason = "column 'b' must be a number. Received: 'unknown'"
    told = f"Error: row 3 has no score, and --on-error null would pass over it: {reason}\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", told)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    result = command("score", base, tmp_path / "rows.csv", "--out", out, "--on-error", "null")
    assert result.exit_code == 0
    rest = [f"  row {row}: {reason}" for row in (3, 20, 21, 22, 23)]
    assert result.stderr.splitlines()[1:] == ["7 of 50 rows have no score:", *rest, "  and so on"]
    assert result.stderr.startswith("43 log p, mean ")
    written = out.read_text().splitlines()
    assert len(written) == 51
    assert written[0].replace('"', "") == "score,error"
    assert written[4] == f',"{reason}"'
    printed = command("score", base, tmp_path / "rows.csv", "--on-error", "null").stdout.splitlines()
    assert [row for row, line in enumerate(printed) if line == "nan"] == [3, *range(20, 26)]


def test_a_column_s_name_may_hold_a_comma(command: Any, flow_bundle: Any, table: Any) -> None:
    data = table(**{"a": X[:, 0], "b, in m": X[:, 1], "c": X[:, 1]})
    assert command("score", flow_bundle[1], data, "--x", 'a,"b, in m"').exit_code == 0
    for wrong in ("", "a,,b", ","):
        assert command("score", flow_bundle[1], data, "--x", wrong).exit_code == 2


def test_a_bundle_with_a_flipped_byte_is_refused(command: Any, flow_bundle: Any, table: Any, tmp_path: Path) -> None:
    import shutil

    data = table(a=X[:, 0], b=X[:, 1])
    shutil.copytree(flow_bundle[1], tmp_path / "base")
    path = tmp_path / "base" / "1" / "onnx" / "score.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for arguments in (("score", data), ("sample", "--num", 3, "--seed", 0)):
        name, *rest = arguments
        result = command(name, tmp_path / "base", *rest, "--out", tmp_path / "out.npy")
        assert result.exit_code == 1
        assert "changed 'onnx/score.onnx'" in result.stderr
        assert not (tmp_path / "out.npy").exists()


@pytest.mark.parametrize("ending", [".npy", ".parquet"])
def test_killed_and_called_again(flow_bundle: Any, process: Any, ending: str, tmp_path: Path) -> None:
    base, data, out = flow_bundle[1], tmp_path / "rows.parquet", tmp_path / f"scores{ending}"
    x = np.random.default_rng(0).normal(size=(150_000, 2)).astype("float32")
    pa.parquet.write_table(pa.table({"a": x[:, 0], "b": x[:, 1]}), data)
    words = ["score", base, data, "--out", out, "--batch-size", 8]
    script = "import sys; from tfgen.cli.main import main; sys.exit(main(prog_name='tfgen'))"
    begun = subprocess.Popen([sys.executable, "-c", script, *map(str, words)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / f"{out.name}.partial" / "progress.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    begun.send_signal(signal.SIGKILL)
    _, told = begun.communicate(timeout=60)
    assert begun.returncode == -signal.SIGKILL, told
    assert {path.name for path in tmp_path.iterdir()} == {"rows.parquet", f"{out.name}.partial"}
    again = process(*words)
    assert again.returncode == 0, again.stderr
    assert "were scored by an earlier run." in again.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"rows.parquet", out.name}
    found = np.load(out) if ending == ".npy" else pa.parquet.read_table(out)["score"].to_numpy()
    np.testing.assert_array_equal(found, Scorer(base).score(x, batch_size=8))
