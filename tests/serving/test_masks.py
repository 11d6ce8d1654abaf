"""Masks of sequences: what is one, what becomes of the steps that it leaves out, and the words for the rest."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfgen_serving import InputError, SignatureInfo, TensorInfo
from tfgen_serving.masks import find_wrong, takes_mask, with_mask

SCORE = TensorInfo(name="score", dtype="float32", shape=(None,))
MASK = TensorInfo(name="mask", dtype="bool", shape=(None, None))


def endpoint(*inputs: TensorInfo) -> SignatureInfo:
    return SignatureInfo(name="score", inputs=inputs, outputs=(SCORE,))


def x(*sizes: int | None) -> TensorInfo:
    return TensorInfo(name="x", dtype="float32", shape=(None, *sizes))


SEQUENCES = endpoint(x(None, 2), MASK)
DATA = np.arange(24.0).reshape(3, 4, 2)


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ((x(None, 2), MASK), True),
        ((MASK, x(None)), True),
        ((x(None, 2),), False),
        ((MASK,), False),
        ((x(4, 2), MASK), False),
        ((x(None, 2), TensorInfo(name="mask", dtype="float32", shape=(None, None))), False),
        ((x(None, 2), TensorInfo(name="mask", dtype="bool", shape=(None, 4))), False),
    ],
)
def test_which_endpoints_take_one(inputs: Any, wanted: bool) -> None:
    assert takes_mask(endpoint(*inputs)) is wanted


@given(hnp.arrays(np.int8, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 1)))
def test_a_mask_is_as_many_ones_as_it_has_and_then_noughts(mask: Any) -> None:
    steps = mask.sum(axis=1, keepdims=True)
    wrong = (mask != (np.arange(mask.shape[1]) < steps)).any(axis=1)
    assert list(find_wrong(mask)) == np.flatnonzero(wrong).tolist()
    assert list(find_wrong(mask.astype(bool))) == np.flatnonzero(wrong).tolist()


def test_none_is_true_everywhere() -> None:
    found = with_mask(SEQUENCES, {"x": DATA.tolist(), "context": "as it is"})
    np.testing.assert_array_equal(found["mask"], np.ones((3, 4), bool), strict=True)
    np.testing.assert_array_equal(found["x"], DATA)
    assert found["context"] == "as it is"


@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint8, np.float32])
def test_steps_that_are_left_out_become_noughts(dtype: Any) -> None:
    data, mask = DATA.copy(), np.array([[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    data[0, 2:], data[1] = np.nan, np.inf
    found = with_mask(SEQUENCES, {"x": data, "mask": mask.astype(dtype)})
    np.testing.assert_array_equal(found["mask"], mask.astype(bool), strict=True)
    np.testing.assert_array_equal(found["x"], DATA * mask[..., None], strict=True)
    assert np.isnan(data[0, 2:]).all(), "the caller's own array is left alone"


def test_dtypes_stay() -> None:
    half = np.array([[[1, 2], [3, 4]]], np.float16)
    assert with_mask(SEQUENCES, {"x": half, "mask": [[1, 0]]})["x"].dtype == np.float16
    assert with_mask(SEQUENCES, {"x": half.astype(int), "mask": [[1, 0]]})["x"].dtype == np.int64


def test_other_endpoints_inputs_are_left_alone() -> None:
    given = {"x": [[1.0, np.nan]], "mask": "no mask"}
    assert with_mask(endpoint(x(2)), given) == given
    assert with_mask(SEQUENCES, {"mask": [[1, 0, 1]]}) == {"mask": [[1, 0, 1]]}, "whoever checks names says more"


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([[1, 0, 1, 1]] + [[1] * 4] * 2, ".*Received: true in step 2, after false in row 0"),
        ([[1] * 4, [0, 1, 1, 1], [0, 0, 0, 1]], "mask must be true for the first .*in step 1, after false in row 1"),
        ([[1] * 4, [1, 1, 2, 1], [1] * 4], "mask must hold true and false, or 1 and 0. Received: 2 in step 2 in row 1"),
        ([[1] * 4, [1] * 4, [0.5, 0, 0, 0]], "mask must hold .*Received: 0.5 in step 0 in row 2"),
        ([[1] * 4, [1] * 4, [1, 1, np.nan, 0]], "mask must hold .*Received: nan in step 2 in row 2"),
        ([[1, -1, 0, 0]] * 3, "mask must hold .*Received: -1 in step 1 in row 0"),
        ([["a"] * 4] * 3, "mask must hold true and false, or 1 and 0. Received: dtype <U1"),
        ([[1] * 4] * 2, r"mask must have the rows and steps of x, \(3, 4\)\. Received: shape \(2, 4\)"),
        ([[1] * 3] * 3, r"mask must have the rows and steps of x, \(3, 4\)\. Received: shape \(3, 3\)"),
        ([1] * 4, r"mask must have the rows and steps of x, \(3, 4\)\. Received: shape \(4,\)"),
        (np.ones_like(DATA), r"mask must have the rows and steps of x, \(3, 4\)\. Received: shape \(3, 4, 2\)"),
        ([[1], [1, 0]], r"mask must be one array of numbers \(.*\)\. Received: list"),
    ],
)  # fmt: skip
def test_what_is_no_mask(mask: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        with_mask(SEQUENCES, {"x": DATA, "mask": mask})


def test_x_is_looked_at_first() -> None:
    for wrong in (DATA[0], DATA[..., :1], DATA[:, :0], DATA.astype(str)):
        with pytest.raises(InputError, match=r"^x must "):
            with_mask(SEQUENCES, {"x": wrong})
