"""`tfgen score` and `tfgen sample` of a model of sequences."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfgen

RNG = np.random.default_rng(2)
X = RNG.normal(size=(5, 6, 2)).astype("float32")
MASK = np.arange(6) < np.array([6, 1, 3, 5, 2])[:, None]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model of sequences and its bundle; to be read only."""
    keras.utils.set_random_seed(0)
    model, base = tfgen.RNNDensity(event_shape=(2,), units=3), tmp_path_factory.mktemp("cli") / "rnn"
    model.export(base, format="bundle")
    return model, base


def _printed(output: str) -> np.ndarray:
    return np.array([float(line) for line in output.splitlines()])


def test_sequences_are_scored(command: Any, bundle: Any, tmp_path: Path) -> None:
    model, base = bundle
    np.save(tmp_path / "x.npy", X)
    np.savez(tmp_path / "rows.npz", x=np.where(MASK[..., None], X, np.nan), mask=MASK)
    for name, mask in (("x.npy", None), ("rows.npz", MASK)):
        result, wanted = command("score", base, tmp_path / name), model.score(X, mask=mask).numpy()
        assert result.exit_code == 0, result.stderr
        np.testing.assert_allclose(_printed(result.stdout), wanted, atol=1e-5)
        assert result.stderr == f"5 log p, mean {wanted.mean():.4f} nats\n"


def test_sequences_are_drawn(command: Any, bundle: Any, tmp_path: Path) -> None:
    model, base = bundle
    result = command("sample", base, "--num", 7, "--seed", 3, "--steps", 4, "--out", tmp_path / "x.npy")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith("7 draws, ")
    draws = np.load(tmp_path / "x.npy")
    assert draws.shape == (7, 4, 2)
    np.testing.assert_allclose(draws, model.sample(7, steps=4, seed=3), rtol=1e-5, atol=1e-5)
    assert command("score", base, tmp_path / "x.npy").exit_code == 0


@pytest.mark.parametrize(
    ("options", "name", "status", "told"),
    [
        ([], "x.npy", 1, "Error: --steps must be given: the model is of sequences, of any length. Received: none\n"),
        (["--steps", 4], "x.csv", 1, "Error: --out must end in .npy, to hold sequences of --steps steps. Received: "),
        (["--steps", 0], "x.npy", 2, ""),
    ],
)
def test_draws_that_cannot_be(
    command: Any, bundle: Any, options: list[Any], name: str, status: int, told: str, tmp_path: Path
) -> None:
    result = command("sample", bundle[1], "--num", 3, "--seed", 0, *options, "--out", tmp_path / name)
    assert result.exit_code == status
    assert result.stderr.startswith(told)
    assert not (tmp_path / name).exists()


def test_no_other_model_has_steps(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    words = ["--num", 3, "--seed", 0, "--steps", 4, "--out", tmp_path / "x.npy"]
    result = command("sample", flow_bundle[1], *words)
    told = "Error: --steps must not be given: the model is not of sequences. Received: 4\n"
    assert (result.exit_code, result.stderr) == (1, told)


def test_columns_hold_no_sequences(command: Any, bundle: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    result = command("score", bundle[1], tmp_path / "rows.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the file must be .npz, or .npy of x alone, to hold sequences: x is ")
    assert result.stderr.endswith("Received: " + str(tmp_path / "rows.csv") + "\n")
