"""`tfgen sample`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tfgen_serving import Bundle, Scorer

CONTEXT = np.random.default_rng(5).normal(size=(4, 3)).astype("float32")


def test_the_draws_are_the_model_s(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    model, base = flow_bundle
    result = command("sample", base, "--num", 20, "--seed", 7, "--out", tmp_path / "x.npy")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("20 draws, ")
    draws = np.load(tmp_path / "x.npy")
    np.testing.assert_array_equal(draws, Scorer(base).sample(20, seed=7))
    np.testing.assert_allclose(draws, model.sample(20, seed=7), rtol=1e-4, atol=1e-4)
    for ending, read in ((".parquet", pa.parquet.read_table), (".csv", pa.csv.read_csv)):
        assert command("sample", base, "--num", 20, "--seed", 7, "--out", tmp_path / f"x{ending}").exit_code == 0
        table = read(tmp_path / f"x{ending}")
        np.testing.assert_array_equal(np.stack([table["x_0"], table["x_1"]], axis=1).astype("float32"), draws)


def test_draws_given_a_context(command: Any, mdn_bundle: Any, tmp_path: Path) -> None:
    base = mdn_bundle[1]
    np.save(tmp_path / "context.npy", CONTEXT)
    pa.csv.write_csv(pa.table({name: CONTEXT[:, i] for i, name in ((2, "c"), (0, "a"), (1, "b"))}), tmp_path / "c.csv")
    expected = Scorer(base).sample(6, CONTEXT, seed=1)
    words = ["sample", base, "--num", 6, "--seed", 1, "--out", tmp_path / "x.npy"]
    for more in (["context.npy"], ["c.csv", "--context-columns", "a,b,c"]):
        name, *options = more
        result = command(*words, "--context", tmp_path / name, *options)
        assert result.exit_code == 0, result.stderr
        assert result.stderr.startswith("24 draws, ")
        np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), expected)
        assert np.load(tmp_path / "x.npy").shape == (6, 4, 1)


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--num", 3, "--seed", 0], 1, "Error: context must be given to endpoint 'sample'"),
        (["--num", 3, "--seed", 2**31], 1, "Error: seed must be an integer in"),
        (["--num", 3, "--seed", 0, "--context-columns", "a"], 1, "Error: --context-columns must come with --context"),
        (["--num", 0, "--seed", 0], 2, ""),
        (["--num", 3], 2, ""),
        (["--num", 3, "--seed", 0, "--context", "none.csv"], 2, ""),
    ],
)
def test_what_cannot_be(
    command: Any, mdn_bundle: Any, options: list[Any], status: int, told: str, tmp_path: Path
) -> None:
    result = command("sample", mdn_bundle[1], *options, "--out", tmp_path / "x.npy")
    assert result.exit_code == status
    assert result.stderr.startswith(told)
    assert not (tmp_path / "x.npy").exists()


def test_a_missing_folder_is_told_before_the_bundle_is_read(
    command: Any, flow_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(bundle: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(Bundle, "verify_files", read)
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    out = tmp_path / "none" / "x.npy"
    for words in (("sample", flow_bundle[1], "--num", 3, "--seed", 0), ("score", flow_bundle[1], tmp_path / "x.npy")):
        result = command(*words, "--out", out)
        told = f"Error: --out must be in a folder that is there. Received: {out}\n"
        assert (result.exit_code, result.stderr) == (1, told)


def test_in_its_own_process_it_needs_no_tensorflow(flow_bundle: Any, tmp_path: Path) -> None:
    code = (
        "import sys; from tfgen.cli.main import main; main(sys.argv[1:], standalone_mode=False);"
        "print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'onnx', 'tf2onnx', 'onnxruntime', 'pyarrow'}))"
    )
    words = ["sample", flow_bundle[1], "--num", 5, "--seed", 0, "--out", tmp_path / "x.csv"]
    looked = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=60, check=True
    )
    assert looked.stdout == "['onnxruntime', 'pyarrow']\n"
