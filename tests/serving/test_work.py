"""Batches put together, and the steps that a server added taken off again."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfgen_serving import SignatureInfo, TensorInfo
from tfgen_serving.batches import batch_rows, free_size, rows_at_once
from tfgen_serving.calls import run, sample
from tfgen_serving.client.settings import rows_in_a_request
from tfgen_serving.work import Work, cut, join

SEED = TensorInfo(name="seed", dtype="int32", shape=(None, 2))
STEPS = TensorInfo(name="steps", dtype="int32", shape=(None,))
X = TensorInfo(name="x", dtype="float32", shape=(None, None, 2))
MASK = TensorInfo(name="mask", dtype="bool", shape=(None, None))
TOTAL = TensorInfo(name="total", dtype="float32", shape=(None,))
DRAWN = SignatureInfo(name="sample", inputs=(SEED, STEPS), outputs=(X, MASK, TOTAL))
SCORED = SignatureInfo(name="score", inputs=(X, MASK), outputs=(TOTAL,))


def drawn(steps: Any, most: int | None = None) -> dict[str, Any]:
    """Outputs of rows of so many steps, made up such that each entry tells row and step."""
    steps = np.asarray(steps)
    time = np.arange(most or max(steps))
    mask = time < steps[:, None]
    x = np.where(mask[..., None], 1 + steps[:, None, None] * 100 + time[:, None] + [0, 0.5], 0)
    return {"x": x.astype(np.float32), "mask": mask, "total": x.sum(axis=(1, 2)).astype(np.float32)}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 12))
def test_batches_of_unequal_length_are_joined_as_one(steps: list[int], size: int) -> None:
    spans = Work(len(steps), lambda start, stop: {}, lambda outputs: outputs).spans(size)
    found = join([drawn(steps[start:stop]) for start, stop in spans])
    for name, array in drawn(steps).items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_what_a_server_padded_is_cut() -> None:
    for found in (cut(DRAWN, drawn([2, 3], most=7), 3), join([cut(DRAWN, drawn([n], most=7), 3) for n in (2, 3)])):
        for name, array in drawn([2, 3]).items():
            np.testing.assert_array_equal(found[name], array, strict=True)
    outputs = {"x": np.zeros([1, 7, 2])}
    assert cut(SignatureInfo(name="f", inputs=(X,), outputs=(X,)), outputs, 3) is outputs, "nobody asked for steps"


def test_calls_cut_and_know_their_steps() -> None:
    work = run("sample", {"seed": [[0, 0], [0, 1]], "steps": [2, 3]}).check(DRAWN)
    assert work.free == 3
    assert work.answer(drawn([2, 3], most=7))["x"].shape == (2, 3, 2)
    draws = sample(2, None, 0, 5).check(DRAWN)
    assert draws.free == 5
    assert draws.inputs(0, 2)["steps"].tolist() == [5, 5]
    np.testing.assert_array_equal(draws.answer(drawn([5, 5], most=9)), drawn([5, 5])["x"])
    assert run("score", {"x": np.zeros([2, 7, 2])}).check(SCORED).free == 7


def test_rows_hold_what_they_hold() -> None:
    assert batch_rows([X]) == batch_rows([X], 128) == 65536
    assert batch_rows([X], 256) == 32768
    assert batch_rows([X, MASK], 256) == 2**24 // (3 * 256)
    assert free_size(SCORED, {"x": np.zeros([9, 256, 2]), "mask": np.zeros([9, 256])}) == 256
    assert rows_at_once(SCORED, 256) == 2**24 // (3 * 256)
    assert free_size(DRAWN, {"seed": np.zeros([2, 2]), "steps": np.int32([3, 9])}) == 9
    assert rows_at_once(DRAWN, 10_000) == (2**24) // 30_001
    assert free_size(DRAWN, {"seed": np.zeros([0, 2]), "steps": np.zeros(0, np.int32)}) == 1


@pytest.mark.parametrize(
    ("call", "endpoint", "row_bytes"),
    [
        (run("score", {"x": np.zeros([2, 1000, 2])}), SCORED, 9 * 1000),
        (sample(5, None, 0, 1000), DRAWN, 9 * 1000 + 4),
        (sample(5, None, 0, 10**6), DRAWN, 9 * 10**6 + 4),
    ],
)
def test_requests_are_of_so_many_bytes_there_and_back(call: Any, endpoint: SignatureInfo, row_bytes: int) -> None:
    assert rows_in_a_request(endpoint, call.check(endpoint)) == max(1, 2**20 // row_bytes)
