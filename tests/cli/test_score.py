"""`tfgen score`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(11, 2)).astype("float32"), RNG.normal(size=(11, 1)).astype("float32")
CONTEXT = RNG.normal(size=(11, 3)).astype("float32")


def _saved(path: Path, **arrays: Any) -> Path:
    """A .npz file of the arrays, or a .npy file of the one called `only`."""
    if "only" in arrays:
        np.save(path, arrays["only"], allow_pickle=True)
    else:
        np.savez(path, **arrays)
    return path


def _printed(output: str) -> np.ndarray:
    return np.array([float(line) for line in output.splitlines()])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_npy_file_is_x(command: Any, flow_bundle: Any, dtype: str, tmp_path: Path) -> None:
    model, base = flow_bundle
    result = command("score", base, _saved(tmp_path / "x.npy", only=X.astype(dtype)))
    assert result.exit_code == 0, result.output
    expected = model.score(X).numpy()
    np.testing.assert_allclose(_printed(result.stdout), expected, atol=2e-6)
    assert result.stderr == f"11 log p, mean {expected.mean():.4f} nats\n"


def test_a_npz_file_is_x_and_context(command: Any, mdn_bundle: Any, tmp_path: Path) -> None:
    model, base = mdn_bundle
    result = command("score", base / "1", _saved(tmp_path / "rows.npz", x=Y, context=CONTEXT))
    assert result.exit_code == 0, result.output
    np.testing.assert_allclose(_printed(result.stdout), model.score(Y, CONTEXT), atol=1e-5)


def test_a_compressed_npz_file_of_x_alone(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    model, base = flow_bundle
    np.savez_compressed(tmp_path / "x.npz", x=X)
    result = command("score", base, tmp_path / "x.npz")
    np.testing.assert_allclose(_printed(result.stdout), model.score(X), atol=1e-5)


def test_out_is_an_array_and_nothing_is_printed(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    model, base = flow_bundle
    data = _saved(tmp_path / "x.npy", only=X)
    for name in ("scores.npy", "scores"):
        result = command("score", base, data, "--out", tmp_path / name)
        assert (result.exit_code, result.stdout) == (0, "")
        scores = np.load(tmp_path / name)
        assert (scores.dtype.name, scores.shape) == ("float32", (11,))
        np.testing.assert_allclose(scores, model.score(X), atol=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {"x.npy", "scores.npy", "scores"}


def test_out_is_written_whole_or_not_at_all(
    command: Any, flow_bundle: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = _saved(tmp_path / "x.npy", only=X), tmp_path / "scores.npy"
    out.write_bytes(b"the old ones")

    original = Path.replace

    def full(path: Path, target: Any) -> Any:
        if Path(target) != out:
            return original(path, target)
        assert out.read_bytes() == b"the old ones"
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = command("score", flow_bundle[1], data, "--out", out)
    assert (result.exit_code, result.stderr) == (1, "Error: no space left on device\n")
    assert out.read_bytes() == b"the old ones"
    assert {path.name for path in tmp_path.iterdir()} == {"x.npy", "scores.npy"}


def _data(tmp_path: Path, name: str) -> Path:
    """Files that cannot be scored by the unconditional model."""
    path = tmp_path / f"data.{'npz' if name in ('context', 'names', 'no x', 'cut npz') else 'npy'}"
    if name == "context":
        return _saved(path, x=X, context=CONTEXT)
    if name == "names":
        return _saved(path, x=X, labels=Y)
    if name == "no x":
        return _saved(path, y=X)
    if name in ("cut npz", "cut npy"):
        _saved(path, **({"x": X} if name == "cut npz" else {"only": X}))
        path.write_bytes(path.read_bytes()[:-20])
        return path
    if name in ("text", "empty file"):
        path.write_text("1.0, 2.0\n" if name == "text" else "")
        return path
    arrays = {
        "wide": np.zeros((3, 3)),
        "flat": np.zeros(2),
        "no rows": X[:0],
        "nan": X * np.nan,
        "objects": np.array([[None, 1]]),
        "strings": np.array([["a", "b"]]),
        "complex": X.astype("complex64"),
    }
    return _saved(path, only=arrays[name])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("context", "context must not be given"),
        ("names", "the file must hold x, and context for a conditional model. Received: ['labels', 'x']"),
        ("no x", "the file must hold x, and context for a conditional model. Received: ['y']"),
        ("cut npz", "the file must be a whole .npy or .npz file of numbers. Received: "),
        ("cut npy", "the file must be a whole .npy or .npz file of numbers. Received: "),
        ("text", "the file must be a whole .npy or .npz file of numbers. Received: "),
        ("empty file", "the file must be a whole .npy or .npz file of numbers. Received: "),
        ("objects", "the file must be a whole .npy or .npz file of numbers. Received: "),
        ("wide", "x must have shape [batch, 2]. Received: shape (3, 3)"),
        ("flat", "x must have shape [batch, 2]. Received: shape (2,)"),
        ("no rows", "x must have at least one row"),
        ("nan", "row 0 has no score, and --on-error null would pass over it: x[0] must be finite. Received: nan"),
        ("strings", "x must be numbers that fit float32"),
        ("complex", "x must be numbers that fit float32"),
    ],
)
def test_wrong_data_is_told_in_a_line(command: Any, flow_bundle: Any, name: str, message: str, tmp_path: Path) -> None:
    result = command("score", flow_bundle[1], _data(tmp_path, name), "--out", tmp_path / "scores.npy")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1
    assert "pickle" not in result.stderr, "no advice to run what a file holds"
    assert not (tmp_path / "scores.npy").exists()


def test_a_missing_context_is_told_in_a_line(command: Any, mdn_bundle: Any, tmp_path: Path) -> None:
    result = command("score", mdn_bundle[1], _saved(tmp_path / "x.npy", only=Y))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: context must be given")
    assert result.stderr.count("\n") == 1


def test_versions_and_folders_that_are_no_bundle(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    data = _saved(tmp_path / "x.npy", only=X)
    assert command("score", flow_bundle[1], data, "--version", 1).exit_code == 0
    for result in (command("score", flow_bundle[1], data, "--version", 2), command("score", tmp_path, data)):
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
    for wrong in ([tmp_path / "none", data], [flow_bundle[1], tmp_path / "none.npy"], [flow_bundle[1]]):
        assert command("score", *wrong).exit_code == 2


def test_there_is_nothing_to_restart_without_out(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    data = _saved(tmp_path / "x.npy", only=X)
    result = command("score", flow_bundle[1], data, "--restart")
    told = "Error: --restart must come with --out. Received: --restart alone\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", told)
    assert command("score", flow_bundle[1], data, "--restart", "--out", tmp_path / "s.npy").exit_code == 0


def test_in_its_own_process_it_needs_no_tensorflow(process: Any, mdn_bundle: Any, tmp_path: Path) -> None:
    model, base = mdn_bundle
    data = _saved(tmp_path / "rows.npz", x=Y, context=CONTEXT)
    done = process("score", base, data)
    expected = model.score(Y, CONTEXT).numpy()
    assert (done.returncode, done.stderr) == (0, f"11 log p, mean {expected.mean():.4f} nats\n")
    np.testing.assert_allclose(_printed(done.stdout), expected, atol=1e-5)
    code = (
        "import sys; from tfgen.cli.main import main; main(sys.argv[1:], standalone_mode=False);"
        "print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'onnx', 'tf2onnx', 'matplotlib', 'onnxruntime'}))"
    )
    words = [sys.executable, "-c", code, "score", base, data, "--out", tmp_path / "scores.npy"]
    looked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert looked.stdout == "['onnxruntime']\n"
