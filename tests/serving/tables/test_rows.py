"""Rows cut, joined, and looked through for what cannot be scored."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving import TensorInfo
from tfgen_serving.batches import batch_rows
from tfgen_serving.tables.rows import Rows, find_bad, regroup


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 11), st.data())
def test_regrouping_keeps_every_row_and_its_reason_in_place(lengths: list[int], size: int, data: st.DataObject) -> None:
    total = sum(lengths)
    bad = data.draw(st.sets(st.integers(0, max(0, total - 1)), max_size=total))
    pieces, start = [], 0
    for length in lengths:
        here = {row - start: f"row {row}" for row in bad if start <= row < start + length}
        index = np.arange(start, start + length)
        pieces.append(Rows({"x": index[:, None] + [0, 0.5], "context": -index}, here))
        start += length
    groups = list(regroup(iter(pieces), size))
    assert [len(group) for group in groups] == [size] * (total // size) + [total % size] * (total % size > 0)
    start = 0
    for group in groups:
        index = np.arange(start, start + len(group))
        np.testing.assert_array_equal(group.arrays["x"], index[:, None] + [0, 0.5])
        np.testing.assert_array_equal(group.arrays["context"], -index)
        assert group.bad == {row - start: f"row {row}" for row in bad if start <= row < start + len(group)}
        assert group.good().tolist() == [row not in bad for row in index]
        start += len(group)


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=8), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_every_bad_row_is_found_at_its_first_bad_entry(places: set[tuple[int, int]], value: float) -> None:
    x = np.zeros((6, 2, 2), np.float32)
    for row, entry in places:
        x[row].reshape(-1)[entry] = value
    found = find_bad({"x": x, "context": np.ones(6)}, lambda name, row, entry: f"{name} {row} {entry}")
    assert found == {row: f"x {row} {min(e for r, e in places if r == row)}" for row in sorted({r for r, _ in places})}
    assert list(found) == sorted(found)


def test_a_bad_row_of_two_inputs_is_told_once() -> None:
    x, context = np.array([0.0, 0.0, np.nan]), np.array([[np.nan], [0.0], [np.nan]])
    found = find_bad({"x": x, "context": context}, lambda name, row, entry: name)
    assert list(found.items()) == [(0, "context"), (2, "x")]


def test_batches_are_smaller_where_rows_are_long() -> None:
    def info(*sizes: int | None) -> TensorInfo:
        return TensorInfo(name="x", dtype="float32", shape=(None, *sizes))

    assert batch_rows([info(10)]) == batch_rows([info()]) == batch_rows([info(None, 2)]) == 65536
    assert batch_rows([info(256, 256)]) == 256
    assert batch_rows([info(256, 128), info(256, 128)]) == 256
    assert batch_rows([info(2**15, 2**15)]) == 1
