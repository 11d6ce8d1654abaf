"""Scores of whole files beside `Scorer.score` and the closed form."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfgen_serving import EndpointInfo, InputError, Scorer, TensorInfo
from tfgen_serving.tables import csv_file, score_file
from tfgen_serving.tables.reading import open_table

RNG = np.random.default_rng(0)
X = RNG.normal(size=(1001, 2)).astype("float32")
CONTEXT = RNG.normal(size=(1001, 1)).astype("float32")
IDS = [f"{row:05d}" for row in range(1001)]
ENDINGS = [".parquet", ".csv", ".npz", ".npy"]


def columns(ending: str, **others: Any) -> dict[str, Any]:
    return {"x": X} if ending.startswith(".np") else {**others, "x_0": X[:, 0], "x_1": X[:, 1]}


@pytest.mark.parametrize("out", [".parquet", ".csv", ".npy", ""])
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_file_to_every_file(plain: Scorer, write: Any, load: Any, ending: str, out: str, tmp_path: Path) -> None:
    data = write(tmp_path / f"rows{ending}", columns(ending))
    target = tmp_path / f"scores{out}"
    summary = score_file(plain, data, target, batch_size=64)
    expected = plain.score(X, batch_size=64)
    found = np.load(target) if not out else load(target)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    assert (summary.rows, summary.resumed, summary.bad, summary.first_bad) == (1001, 0, 0, ())
    assert summary.mean == pytest.approx(expected.mean(dtype=np.float64), rel=1e-12)
    assert {path.name for path in tmp_path.iterdir()} == {data.name, target.name}


@pytest.mark.parametrize("ending", ENDINGS[:3])
def test_a_conditional_model(toy: Any, given: Scorer, write: Any, load: Any, ending: str, tmp_path: Path) -> None:
    both = {"x": X, "context": CONTEXT}
    rows = (
        both if ending == ".npz" else {"context": CONTEXT[:, 0], "x_1": X[:, 1], "x_0": X[:, 0], "id": np.arange(1001)}
    )
    score_file(given, write(tmp_path / f"rows{ending}", rows), tmp_path / "scores.npy")
    np.testing.assert_array_equal(load(tmp_path / "scores.npy"), given.score(X, CONTEXT))
    np.testing.assert_allclose(load(tmp_path / "scores.npy"), toy.log_prob(X, CONTEXT), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_columns_asked_for_and_columns_kept(plain: Scorer, write: Any, load: Any, ending: str, tmp_path: Path) -> None:
    data = write(tmp_path / f"rows{ending}", {"id": IDS, "b": X[:, 1], "n": np.arange(1001), "a": X[:, 0]})
    for out in ("scores.parquet", "scores.csv"):
        score_file(plain, data, tmp_path / out, x=["a", "b"], keep=["n", "id"], batch_size=100)
        np.testing.assert_array_equal(load(tmp_path / out), plain.score(X, batch_size=100))
    kept = pa.parquet.read_table(tmp_path / "scores.parquet")
    assert kept.column_names == ["n", "id", "score"]
    assert kept["id"].to_pylist() == IDS
    assert [int(number) for number in kept["n"].to_pylist()] == list(range(1001))
    assert (tmp_path / "scores.csv").read_text().splitlines()[8].startswith(("7,", '"7",'))
    assert ',"00007",' in (tmp_path / "scores.csv").read_text().splitlines()[8]


def test_whole_events_in_one_column(plain: Scorer, load: Any, tmp_path: Path) -> None:
    lists = pa.FixedSizeListArray.from_arrays(pa.array(X.reshape(-1)), 2)
    pa.parquet.write_table(pa.table({"id": IDS, "x": lists}), tmp_path / "rows.parquet", row_group_size=300)
    score_file(plain, tmp_path / "rows.parquet", tmp_path / "scores.npy", batch_size=64)
    np.testing.assert_array_equal(load(tmp_path / "scores.npy"), plain.score(X, batch_size=64))


def test_a_column_kept_need_not_be_left_out_of_x_by_hand(plain: Scorer, write: Any, load: Any, tmp_path: Path) -> None:
    data = write(tmp_path / "rows.parquet", {"id": np.arange(1001), "a": X[:, 0], "b": X[:, 1]})
    score_file(plain, data, tmp_path / "scores.parquet", keep=["id"])
    np.testing.assert_array_equal(load(tmp_path / "scores.parquet"), plain.score(X))


BAD = {
    ".csv": ["", "x", "nan", "inf", "1e99"],
    ".parquet": [None, np.nan, -np.inf, 1e99],
    ".npz": [np.nan, np.inf, -np.inf, 1e99],
}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(BAD)),
    st.sampled_from([".parquet", ".csv", ".npy"]),
    st.integers(1, 40),
    st.integers(1, 50),
    st.data(),
)
def test_bad_rows_anywhere_are_told_and_keep_their_place(
    plain: Scorer, write: Any, tmp_path_factory: Any, ending: str, out: str, rows: int, size: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    bad = data.draw(
        st.dictionaries(st.tuples(st.integers(0, rows - 1), st.integers(0, 1)), st.sampled_from(BAD[ending]))
    )
    cells: list[list[Any]] = [[float(value) for value in row] for row in X[:rows]]
    for (row, entry), value in bad.items():
        cells[row][entry] = value
    if ending == ".csv":
        path = folder / "bad.csv"
        path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in cells))
    elif ending == ".npz":
        path = write(folder / "bad.npz", {"x": np.array(cells)})
    else:
        both = {name: pa.array([row[entry] for row in cells], pa.float64()) for entry, name in enumerate("ab")}
        path = write(folder / "bad.parquet", both, row_group_size=7)
    names = None if ending == ".npz" else ["a", "b"]
    target = folder / f"bad_scores{out}"
    wrong = sorted({row for row, _ in bad})
    target.unlink(missing_ok=True)
    if wrong:
        with pytest.raises(
            InputError, match=rf"^row {wrong[0]} has no score, and --on-error null would pass over it: "
        ):
            score_file(plain, path, target, batch_size=size, x=names)
        assert not target.exists()
    summary = score_file(plain, path, target, on_error="null", batch_size=size, x=names)
    assert (summary.rows, summary.bad) == (rows, len(wrong))
    assert [row for row, _ in summary.first_bad] == wrong[:5]
    expected = np.full(rows, np.nan, np.float32)
    good = [row for row in range(rows) if row not in wrong]
    if good:
        expected[good] = plain.score(X[good])
    if out == ".npy":
        np.testing.assert_array_equal(np.load(target), expected)
        return
    convert = pa.csv.ConvertOptions(
        strings_can_be_null=True, column_types={"score": pa.float32(), "error": pa.string()}
    )
    table = pa.parquet.read_table(target) if out == ".parquet" else pa.csv.read_csv(target, convert_options=convert)
    assert table.column_names == ["score", "error"]
    assert [row for row, score in enumerate(table["score"].to_pylist()) if score is None] == wrong
    assert [row for row, error in enumerate(table["error"].to_pylist()) if error] == wrong
    np.testing.assert_array_equal(table["score"].drop_null().to_numpy(), expected[good])
    first = {"a": 0, "b": 1} if ending != ".npz" else {"x[0]": 0, "x[1]": 1}
    for row in wrong:
        name = next(name for name, entry in first.items() if (row, entry) in bad)
        assert table["error"][row].as_py().startswith(f"column '{name}' must" if ending != ".npz" else f"{name} must")


@pytest.mark.parametrize("block", [128, 1 << 22])
def test_lines_of_the_wrong_length_keep_their_place(
    plain: Scorer, load: Any, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "_BLOCK", block)
    lines = [f"{row:03d},{a},{b}" for row, (a, b) in enumerate(X[:50].tolist())]
    for row in (0, 7, 8, 49):
        lines[row] = "only this" if row % 2 else "a,b,c,d"
    (tmp_path / "rows.csv").write_text("\n".join(["id,a,b", *lines]) + "\n")
    with pytest.raises(InputError, match=r"^row 0 has .*: the line must have 3 cells. Received: 4$"):
        score_file(plain, tmp_path / "rows.csv", tmp_path / "scores.npy", x=["a", "b"])
    out = tmp_path / "scores.parquet"
    summary = score_file(plain, tmp_path / "rows.csv", out, x=["a", "b"], keep=["id"], on_error="null", batch_size=9)
    assert [row for row, _ in summary.first_bad] == [0, 7, 8, 49]
    table = pa.parquet.read_table(out)
    assert table["id"].to_pylist() == [None if row in (0, 7, 8, 49) else f"{row:03d}" for row in range(50)]
    good = [row for row in range(50) if row not in (0, 7, 8, 49)]
    np.testing.assert_array_equal(load(out)[good], plain.score(X[good]))
    assert [row for row, error in enumerate(table["error"].to_pylist()) if error] == [0, 7, 8, 49]
    assert np.isnan(load(out)[[0, 7, 8, 49]]).all()


def test_bad_rows_of_a_long_file(plain: Scorer, write: Any, tmp_path: Path) -> None:
    x = np.tile(X, (140, 1))
    bad = [5, 65535, 65536, 131072, 140_000]
    x[bad, 1] = np.nan
    data = write(tmp_path / "x.parquet", {"id": np.arange(len(x)), "x_0": x[:, 0], "x_1": x[:, 1]})
    for keep in ([], ["id"]):
        summary = score_file(plain, data, tmp_path / "scores.parquet", on_error="null", keep=keep)
        table = pa.parquet.read_table(tmp_path / "scores.parquet")
        assert [row for row, _ in summary.first_bad] == bad
        assert np.flatnonzero(table["error"].is_valid()).tolist() == bad
        assert np.flatnonzero(table["score"].is_null()).tolist() == bad
        good = np.delete(np.arange(len(x)), bad)
        np.testing.assert_array_equal(table["score"].to_numpy()[good], plain.score(x[good]))
        assert not keep or table["id"].to_pylist() == list(range(len(x)))


def test_a_score_that_is_no_number_is_a_bad_row(plain: Scorer, write: Any, load: Any, tmp_path: Path) -> None:
    class Odd:
        bundle, endpoints = plain.bundle, plain.endpoints

        def score(self, x: Any, batch_size: int) -> Any:
            return np.where(x[:, 0] > 2, np.nan, np.where(x[:, 0] < -2, -np.inf, x[:, 1])).astype("float32")

    data = write(tmp_path / "x.npy", {"x": X})
    odd: Any = Odd()
    worst = np.flatnonzero(X[:, 0] > 2)
    message = rf"^row {worst[0]} has no score.*: the model's score must be a number. Received: nan$"
    with pytest.raises(InputError, match=message):
        score_file(odd, data, tmp_path / "scores.npy")
    summary = score_file(odd, data, tmp_path / "scores.parquet", on_error="null", batch_size=100)
    assert summary.bad == len(worst) > 0
    scores = pa.parquet.read_table(tmp_path / "scores.parquet")["score"].to_pylist()
    assert [row for row, score in enumerate(scores) if score is None] == worst.tolist()
    assert [row for row, score in enumerate(scores) if score == -np.inf] == np.flatnonzero(X[:, 0] < -2).tolist() != []


def test_progress_is_told_batch_by_batch(plain: Scorer, write: Any, tmp_path: Path) -> None:
    for ending, total in ((".npy", 1001), (".parquet", 1001), (".csv", None)):
        seen: list[tuple[int, int | None]] = []
        data = write(tmp_path / f"rows{ending}", columns(ending))
        score_file(plain, data, tmp_path / "scores.npy", batch_size=400, progress=lambda *told: seen.append(told))  # noqa: B023
        assert seen == [(400, total), (800, total), (1001, total)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on_error": "skip"}, "on_error must be 'fail' or 'null'. Received: 'skip'"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1. Received: 0"),
        ({"keep": ["id"]}, r"--keep must come with a .parquet or .csv file to write. Received: \['id'\]"),
        ({"keep": ["score"], "out": "s.csv"}, r"--keep must name different columns, not score or error. Received"),
        ({"keep": ["id", "id"], "out": "s.csv"}, r"--keep must name different columns, not score or error. Received"),
        (
            {"keep": ["od"], "out": "s.csv"},
            "--keep must name columns of the file: id, x_0, x_1. Received: 'od', no column",
        ),
        ({"out": "s.txt"}, r"--out must end in .npy, .parquet or .csv. Received: .*s.txt"),
        ({"out": "none/s.csv"}, r"--out must be in a folder that is there. Received: .*none/s.csv"),
        ({"out": "rows.parquet/s.csv"}, r"--out must be in a folder that is there. Received: .*rows.parquet/s.csv"),
        ({"context": ["id"]}, r"--context must not be given: the model takes x. Received: \['id'\]"),
        ({"x": ["x_0", "id"]}, "--x must name columns of numbers. Received: 'id', string"),
    ],
)
def test_options_that_cannot_be(plain: Scorer, write: Any, options: dict[str, Any], told: str, tmp_path: Path) -> None:
    data = write(tmp_path / "rows.parquet", columns(".parquet", id=IDS))
    out = tmp_path / options.pop("out", "scores.npy")
    with pytest.raises(InputError, match=f"^{told}"):
        score_file(plain, data, out, **options)
    assert list(tmp_path.iterdir()) == [data]


def test_files_that_cannot_be(plain: Scorer, write: Any, tmp_path: Path) -> None:
    feather, npy = tmp_path / "rows.feather", write(tmp_path / "x.npy", {"x": X})
    feather.write_bytes(b"ARROW1")
    empty = write(tmp_path / "rows.parquet", {"a": np.zeros(0), "b": np.zeros(0)})
    bare = tmp_path / "rows.csv"
    bare.write_text("x_0,x_1\n")
    out = tmp_path / "scores.npy"
    for data, options, told in (
        (feather, {}, "the file must end in .parquet, .csv, .npz or .npy. Received: "),
        (npy, {"out": npy}, "--out must be another file than the one that is read. Received: "),
        (npy, {"x": ["a", "b"]}, r"--x must name columns, which .*x.npy has not. Received: \['a', 'b'\]"),
        (empty, {}, "the file must have at least one row. Received: "),
        (bare, {"x": ["x_0", "x_1"]}, "the file must have at least one row. Received: "),
    ):
        with pytest.raises(InputError, match=f"^{told}"):
            score_file(plain, data, **{"out": out, **options})
    with pytest.raises(InputError, match=r"^--keep must name columns, which .*x.npy has not"):
        score_file(plain, npy, tmp_path / "scores.parquet", keep=["id"])
    assert {path.name for path in tmp_path.iterdir()} == {"rows.feather", "x.npy", "rows.parquet", "rows.csv"}


def test_a_bundle_without_the_endpoint(toy: Any, tmp_path: Path) -> None:
    toy.edit_manifest(toy.write(tmp_path / "toy"), endpoints={}, max_difference={})
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(InputError, match=r"endpoint must be one of those in the bundle: none. Received: 'score'"):
        score_file(Scorer(tmp_path / "toy"), tmp_path / "x.npy", tmp_path / "scores.npy")


@pytest.mark.parametrize(
    ("name", "dtype", "told"),
    [
        ("y", "float32", r"the endpoint must take x and context alone. Received: y, float32 \[batch\]"),
        ("x", "int32", r"x must be floating numbers to be read from a file. Received: int32 \[batch\]"),
    ],
)
def test_inputs_that_no_file_holds(name: str, dtype: str, told: str, tmp_path: Path) -> None:
    tensor = TensorInfo(name=name, dtype=dtype, shape=(None,))
    endpoint = EndpointInfo(name="score", inputs=(tensor,), outputs=(tensor,), onnx="score.onnx")
    with pytest.raises(InputError, match=f"^{told}$"):
        open_table(tmp_path / "x.npy", endpoint, [name], asked={}, options={"x": "--x", "keep": "--keep"})
