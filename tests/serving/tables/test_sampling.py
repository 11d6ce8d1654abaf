"""Samples in files beside `Scorer.sample`."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tfgen_serving import InputError, Scorer
from tfgen_serving.tables import arrays, sample_file, score_file

CONTEXT = np.random.default_rng(1).normal(size=(7, 1)).astype("float32")


def table(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    found = pa.parquet.read_table(path) if path.suffix == ".parquet" else pa.csv.read_csv(path)
    return {name: found[name].to_numpy() for name in found.column_names}


@pytest.mark.parametrize("size", [1, 7, 100, 101, 1000])
def test_an_array_of_draws(plain: Scorer, size: int, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    rows = sample_file(
        plain, 101, tmp_path / "x.npy", seed=5, batch_size=size, progress=lambda *pair: told.append(pair)
    )
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), plain.sample(101, seed=5))
    assert rows == 101
    assert told == [(min(stop, 101), 101) for stop in range(size, 101 + size, size)]
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_columns_of_draws(plain: Scorer, ending: str, tmp_path: Path) -> None:
    sample_file(plain, 101, tmp_path / f"x{ending}", seed=-3, batch_size=10)
    columns, draws = table(tmp_path / f"x{ending}"), plain.sample(101, seed=-3)
    assert list(columns) == ["x_0", "x_1"]
    np.testing.assert_array_equal(np.stack(list(columns.values()), axis=1), draws)
    assert ending == ".csv" or columns["x_0"].dtype == draws.dtype


@pytest.mark.parametrize(
    ("name", "columns", "asked"),
    [
        ("c.npy", {"x": CONTEXT}, None),
        ("c.npz", {"context": CONTEXT}, None),
        ("c.parquet", {"who": list("abcdefg"), "age": CONTEXT[:, 0]}, None),
        ("c.csv", {"id": np.arange(7), "context": CONTEXT[:, 0]}, None),
        ("c.csv", {"id": np.arange(7), "age": CONTEXT[:, 0]}, ["age"]),
    ],
)
def test_draws_for_each_context_row(
    given: Scorer, write: Any, name: str, columns: dict[str, Any], asked: list[str] | None, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"context": write(tmp_path / name, columns), "context_columns": asked, "batch_size": 4}
    expected = given.sample(5, CONTEXT, seed=9)
    sample_file(given, 5, tmp_path / "x.npy", seed=9, **options)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), expected)
    assert np.load(tmp_path / "x.npy").shape == (5, 7, 3)
    rows = sample_file(given, 5, tmp_path / "x.parquet", seed=9, **options)
    found = table(tmp_path / "x.parquet")
    assert rows == 35
    assert list(found) == ["draw", "row", "context", "x_0", "x_1", "x_2"]
    np.testing.assert_array_equal(found["draw"], np.repeat(np.arange(5), 7))
    np.testing.assert_array_equal(found["row"], np.tile(np.arange(7), 5))
    np.testing.assert_array_equal(found["context"], np.tile(CONTEXT[:, 0], 5))
    np.testing.assert_array_equal(np.stack([found[f"x_{i}"] for i in range(3)], axis=1), expected.reshape(35, 3))


@pytest.mark.parametrize("name", ["x.PARQUET", "x.Csv", "x.NPY"])
def test_an_ending_may_be_of_capitals(plain: Scorer, name: str, tmp_path: Path) -> None:
    sample_file(plain, 5, tmp_path / name, seed=0)
    sample_file(plain, 5, tmp_path / f"y{name[1:].lower()}", seed=0)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"y{name[1:].lower()}").read_bytes()
    score_file(plain, tmp_path / name, tmp_path / f"scores{name[1:]}")


def test_a_batch_may_be_larger_than_by_default(
    plain_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, sizes = Scorer(plain_bundle), []
    session = scorer._sessions.get(scorer.endpoints["sample"])
    original = session.run

    def spy(inputs: Any) -> Any:
        sizes.append(len(inputs["seed"]))
        return original(inputs)

    monkeypatch.setattr(session, "run", spy)
    sample_file(scorer, 70_001, tmp_path / "x.npy", seed=0, batch_size=70_000)
    assert sizes == [70_000, 1]


def test_samples_are_scored_as_they_are(plain: Scorer, tmp_path: Path) -> None:
    sample_file(plain, 50, tmp_path / "x.parquet", seed=1)
    score_file(plain, tmp_path / "x.parquet", tmp_path / "scores.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "scores.npy"), plain.score(plain.sample(50, seed=1)))


def test_an_old_file_stays_until_the_new_one_is_whole(
    plain: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(done: int, total: int) -> None:
        assert (tmp_path / "x.npy").read_text() == "old"
        if done == 20:
            raise OSError("no space left on device")

    (tmp_path / "x.npy").write_text("old")
    with pytest.raises(OSError, match="no space"):
        sample_file(plain, 100, tmp_path / "x.npy", seed=0, batch_size=10, progress=fail)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.npy", "old")]


def test_what_cannot_be(plain: Scorer, given: Scorer, write: Any, tmp_path: Path) -> None:
    data = write(tmp_path / "c.csv", {"context": [1.0, 2.0]})
    broken = write(tmp_path / "d.parquet", {"context": [1.0, 2.0, None]}, row_group_size=2)
    bare = tmp_path / "bare.csv"
    bare.write_text("context\n")
    out = tmp_path / "x.npy"
    for scorer, options, told in (
        (plain, {"context": data}, "context must not be given: the model takes none. Received: .*c.csv"),
        (given, {}, "context must be given to endpoint 'sample'"),
        (given, {"context": broken}, "row 2 of the context: column 'context' must be a number. Received: null"),
        (given, {"context": bare, "context_columns": ["context"]}, "the file must have at least one row"),
        (given, {"context": data, "context_columns": ["age"]}, "--context-columns must name columns of the file"),
        (plain, {"n": 0}, "n must be an integer of at least 1"),
        (plain, {"seed": 2**31}, "seed must be an integer in"),
        (plain, {"batch_size": 0}, "batch_size must be an integer of at least 1"),
        (given, {"context": data, "out": data}, "--out must be another file than the one that is read. Received: "),
        (
            plain,
            {"out": tmp_path / "none" / "x.npy"},
            "--out must be in a folder that is there. Received: .*none/x.npy$",
        ),
        (plain, {"out": tmp_path / "x.txt"}, "--out must end in .npy, .parquet or .csv"),
    ):
        with pytest.raises(InputError, match=f"^{told}"):
            sample_file(scorer, **{"n": 3, "out": out, "seed": 0, **options})
    assert {path.name for path in tmp_path.iterdir()} == {"c.csv", "d.parquet", "bare.csv"}


def test_a_bad_context_row_is_told_by_its_number_in_the_file(
    given: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "c.npy", np.where(np.arange(7) == 5, np.nan, 0)[:, None])
    monkeypatch.setattr(arrays, "_BYTES", 16)  # two rows
    with pytest.raises(InputError, match=r"^row 5 of the context: context\[0\] must be finite. Received: nan$"):
        sample_file(given, 3, tmp_path / "x.npy", seed=0, context=tmp_path / "c.npy")
