"""Arrays of .npy and .npz files, row by row."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving import EndpointInfo, InputError, TensorInfo
from tfgen_serving.tables import arrays
from tfgen_serving.tables.arrays import ArrayTable


def endpoint(*sizes: int | None, context: bool = False) -> EndpointInfo:
    x = TensorInfo(name="x", dtype="float32", shape=(None, *sizes))
    number = TensorInfo(name="context", dtype="float32", shape=(None, 1))
    score = TensorInfo(name="score", dtype="float32", shape=(None,))
    return EndpointInfo(name="score", inputs=(x, number) if context else (x,), outputs=(score,), onnx="score.onnx")


def opened(path: Path, info: EndpointInfo) -> ArrayTable:
    return ArrayTable(path, info, {tensor.name: tensor for tensor in info.inputs})


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["npy", "npz", "compressed"]),
    st.sampled_from([np.float32, np.float64, ">f4", np.int16, np.float16]),
    st.booleans(),
    st.integers(1, 30),
    st.integers(1, 80),
    st.data(),
)
def test_any_row_on_of_any_file(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    dtype: Any,
    fortran: bool,
    rows: int,
    size: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.getbasetemp() / ("rows.npy" if kind == "npy" else "rows.npz")
    x = np.arange(rows * 6).reshape(rows, 3, 2).astype(dtype)
    x = np.asfortranarray(x) if fortran else x
    context = np.arange(rows)[:, None] / 2
    if kind == "npy":
        np.save(path, x)
    else:
        {"npz": np.savez, "compressed": np.savez_compressed}[kind](path, context=context, x=x)
    start = data.draw(st.integers(0, rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_BYTES", size)
        table = opened(path, endpoint(3, 2, context=kind != "npy"))
        pieces = list(table.read(start))
    assert table.rows == rows
    assert all(piece.arrays["x"].dtype == np.float32 for piece in pieces)
    assert sum(map(len, pieces)) == rows - start
    if pieces:
        np.testing.assert_array_equal(np.concatenate([piece.arrays["x"] for piece in pieces]), x[start:])
        if kind != "npy":
            np.testing.assert_array_equal(np.concatenate([p.arrays["context"] for p in pieces]), context[start:])


def test_what_is_not_finite_is_told_at_its_place(tmp_path: Path) -> None:
    x = np.zeros((4, 2, 2))
    x[1, 1, 0], x[2, 0, 1], x[3, 0, 0] = np.nan, -np.inf, 1e300
    np.save(tmp_path / "x.npy", x)
    (piece,) = opened(tmp_path / "x.npy", endpoint(2, 2)).read()
    assert piece.bad == {
        1: "x[1, 0] must be finite. Received: nan",
        2: "x[0, 1] must be finite. Received: -inf",
        3: "x[0, 0] must fit float32. Received: 1e+300",
    }


def test_free_sizes_are_the_array_s(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 5)))
    (piece,) = opened(tmp_path / "x.npy", endpoint(None)).read()
    assert piece.arrays["x"].shape == (2, 5)


class _Alarm:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_nothing_is_unpickled(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    alarm = np.array([[_Alarm(), 1]])
    with pytest.raises(SystemExit, match="unpickled"):
        pickle.loads(pickle.dumps(alarm))
    if kind == "npy":
        np.save(path, alarm)
    else:
        np.savez(path, x=alarm)
    with pytest.raises(InputError, match=r"^the file must be a whole .npy or .npz file of numbers"):
        opened(path, endpoint(2))


@pytest.mark.parametrize("cut", [0, 1, 8, 60, 128, 140, -1])
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_files_that_are_cut(kind: str, cut: int, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    if kind == "npy":
        np.save(path, np.ones((10, 2)))
    else:
        np.savez(path, x=np.ones((10, 2)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"^the file must be a whole .npy or .npz file of numbers. Received: "):
        opened(path, endpoint(2))


def test_a_member_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).normal(size=(1000, 2)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^the file must be a whole .npy or .npz file of numbers. Received: "):
        list(opened(path, endpoint(2)).read())


def _damaged(kind: str) -> bytes:
    """A file of which zipfile, its decompressors or NumPy each say in other words that it cannot be read."""
    methods = {"bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}
    array, whole = io.BytesIO(), io.BytesIO()
    np.save(array, np.random.default_rng(0).normal(size=(1000, 2)))
    if kind == "head":
        return array.getvalue().replace(b"}", b" ")
    if kind == "indented head":
        return array.getvalue().replace(b"{'descr': '<f8',", b"a:\n   b\n  c     ")
    with zipfile.ZipFile(whole, "w", methods.get(kind, zipfile.ZIP_STORED)) as archive:
        archive.writestr("x.npy", array.getvalue())
    content = bytearray(whole.getvalue())
    directory = content.index(b"PK\1\2")
    if kind in methods:
        content[directory // 2 : directory // 2 + 20] = b"\xff" * 20
    elif kind == "encrypted":
        content[6] |= 1
        content[directory + 8] |= 1
    else:  # a method that there is not
        content[8] = content[directory + 10] = 99
    return bytes(content)


@pytest.mark.parametrize("kind", ["head", "indented head", "bzip2", "lzma", "encrypted", "unknown"])
def test_whatever_is_broken_is_told_alike(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("x.npy" if "head" in kind else "x.npz")
    path.write_bytes(_damaged(kind))
    with pytest.raises(InputError, match=r"^the file must be a whole .npy or .npz file of numbers. Received: .*x.np"):
        list(opened(path, endpoint(2)).read())


def test_what_the_disk_says_is_no_broken_file(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((10, 2)))
    table = opened(tmp_path / "x.npy", endpoint(2))
    (tmp_path / "x.npy").unlink()
    with pytest.raises(FileNotFoundError):
        list(table.read())


@pytest.mark.parametrize(
    ("members", "info", "told"),
    [
        ({"y": (3, 2)}, endpoint(2), r"the file must hold x, and context for a conditional model. Received: \['y'\]"),
        ({"x": (3, 2), "y": (3, 2)}, endpoint(2), r"the file must hold x, .* Received: \['x', 'y'\]"),
        ({"x": (3, 2), "context": (3, 1)}, endpoint(2), "context must not be given: endpoint 'score' takes x"),
        ({"x": (3, 2)}, endpoint(2, context=True), "context must be given to endpoint 'score'"),
        (
            {"x": (3, 2), "context": (2, 1)},
            endpoint(2, context=True),
            "context must have 3 rows, as x has. Received: 2",
        ),
        ({"x": (3, 4)}, endpoint(2), r"x must have shape \[batch, 2\]. Received: shape \(3, 4\)"),
        ({"x": ()}, endpoint(2), r"x must have shape \[batch, 2\]. Received: shape \(\)"),
        ({"x": (0, 2)}, endpoint(2), "x must have at least one row"),
    ],
)
def test_arrays_that_do_not_fit(members: dict[str, Any], info: EndpointInfo, told: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **{name: np.zeros(shape) for name, shape in members.items()})
    with pytest.raises(InputError, match=f"^{told}"):
        opened(tmp_path / "x.npz", info)


def test_records_and_other_members_are_no_arrays_of_numbers(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="format 3.0"):
        np.save(tmp_path / "x.npy", np.zeros(3, [("長", "f4")]))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        head = io.BytesIO()
        np.save(head, np.zeros((2, 2)))
        archive.writestr("x.npy", head.getvalue())
        archive.writestr("notes.txt", "x is what was measured")
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InputError, match=r"^the file must be a whole .npy or .npz file of numbers"):
            opened(tmp_path / name, endpoint(2))
