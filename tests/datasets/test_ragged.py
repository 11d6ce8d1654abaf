"""Padding and masks, against loops."""

import numpy as np
import pytest

from tfgen.datasets import length_mask, pad_sequences


@pytest.mark.parametrize("event", [(), (3,), (2, 2)])
@pytest.mark.parametrize("lengths", [[4], [2, 5, 3], [0, 3, 0], [5, 5]])
def test_padding_keeps_every_step_and_adds_zeros(lengths, event):
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(length, *event)) for length in lengths]
    padded = pad_sequences(sequences)
    assert set(padded) == {"x", "mask"}
    x, mask = padded["x"], padded["mask"]
    assert (x.shape, mask.shape) == ((len(lengths), max(lengths), *event), (len(lengths), max(lengths)))
    assert (x.dtype, mask.dtype) == (np.float64, bool)
    for row, sequence in enumerate(sequences):
        for step in range(max(lengths)):
            valid = step < len(sequence)
            assert mask[row, step] == valid
            np.testing.assert_array_equal(x[row, step], sequence[step] if valid else np.zeros(event))
    np.testing.assert_array_equal(x[mask], np.concatenate(sequences))


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["float32", "float32"], "float32"),
        (["float32", "float64"], "float64"),
        (["int64", "float32"], "float32"),
        (["int64", "bool"], "float32"),
        (["float16", "float16"], "float16"),
    ],
)
def test_the_type_is_the_sequences_own(types, expected):
    assert pad_sequences([np.ones(3, kind) for kind in types])["x"].dtype == expected


def test_a_sequence_without_steps_has_no_say_in_the_type():
    assert pad_sequences([np.ones(3, "float32"), []])["x"].dtype == np.float32


def test_the_sequences_are_not_shared():
    sequence = np.ones((2, 1))
    pad_sequences([sequence])["x"][:] = 0
    assert sequence.sum() == 2


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], r"`sequences` must have a step at least.*Received: 0 without any"),
        ([[], []], r"`sequences` must have a step at least.*Received: 2 without any"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], r"\[T_i, \*\(3,\)\].*Received: shape=\(2, 4\) in row 1"),
        ([np.zeros((0, 4)), np.zeros((2, 3))], r"\[T_i, \*\(3,\)\].*Received: shape=\(0, 4\) in row 0"),
        ([[1.0], 2.0], r"arrays of shape \[T_i, \*event\]\. Received: the number 2\.0 in row 1"),
        ([[1.0], [[1.0], [1.0, 2.0]]], r"arrays of shape \[T_i, \*event\]\. Received: .*, in row 1"),
        ([["a"]], r"`sequences` must be of real numbers\. Received: dtype=str\d* in row 0"),
        ([[1.0], [1j]], r"`sequences` must be of real numbers\. Received: dtype=complex128 in row 1"),
    ],
)
def test_what_cannot_be_padded_is_refused(sequences, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences)


@pytest.mark.parametrize("kind", ["int64", "int8", "uint8", "uint64"])
def test_a_mask_is_true_at_the_first_steps(kind):
    lengths = np.array([0, 1, 4, 5, 2], kind)
    mask = length_mask(lengths, 5)
    assert (mask.shape, mask.dtype) == ((5, 5), bool)
    assert mask.tolist() == [[step < length for step in range(5)] for length in lengths.tolist()]


def test_no_lengths_make_no_rows():
    assert length_mask([], 3).shape == (0, 3)


def test_the_steps_may_be_more_than_the_longest():
    assert length_mask([2, 1], 4).sum(axis=1).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, -1], r"`lengths` must be from 0 to 3, the steps\. Received: -1 in row 1"),
        ([4, 1], r"`lengths` must be from 0 to 3, the steps\. Received: 4 in row 0"),
        (np.array([1, 2, 200], "uint8"), r"Received: 200 in row 2"),
        ([1, 2.5], r"`lengths` must be of an integer type\. Received: 2\.5 in row 1"),
        ([1.0, 2.0], r"`lengths` must be of an integer type\. Received: 1\.0 in row 0"),
        ([1, np.nan], r"`lengths` must be of an integer type\. Received: nan in row 1"),
        ([True, False], r"`lengths` must be of an integer type\. Received: True in row 0"),
        (["2"], r"`lengths` must be of an integer type\. Received: '2' in row 0"),
        ([None], r"`lengths` must be of an integer type\. Received: None in row 0"),
        (2, r"`lengths` must have shape \[n\]\. Received: shape=\(\)"),
        ([[1]], r"`lengths` must have shape \[n\]\. Received: shape=\(1, 1\)"),
    ],
)
def test_lengths_that_cannot_be_are_refused(lengths, message):
    with pytest.raises(ValueError, match=message):
        length_mask(lengths, 3)


@pytest.mark.parametrize(("steps", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)])
def test_steps_that_cannot_be_are_refused(steps, error):
    with pytest.raises(error, match=r"`steps` must be an integer, at least 1\. Received"):
        length_mask([0], steps)
