"""The parts, windows and histories of a series, on numbers that tell their step."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from tfgen.datasets import Series

ENDS = {"train": (0, 12), "validation": (12, 17), "test": (17, 24)}


def made(**changes):
    """Two numbers a step, whose test part is unlike the training part."""
    values = np.random.default_rng(0).normal(size=(24, 2)) * [2.0, 0.1] + [5.0, -1.0]
    values[12:] += 10
    arguments = {
        "name": "made",
        "values": values,
        "levels": values.cumsum(axis=0),
        "time": 2000 + np.arange(24) / 12,
        "validation_start": 12,
        "test_start": 17,
    }
    return Series(**{**arguments, **changes})


def standardised(series):
    """By the first twelve steps, a number at a time."""
    columns = []
    for column in series.values.T:
        mean = sum(column[:12]) / 12
        variance = sum((value - mean) ** 2 for value in column[:12]) / 12
        columns.append([(value - mean) / variance**0.5 for value in column])
    return np.transpose(columns)


def test_parts_follow_one_another_and_hold_every_step_once():
    series = made()
    assert series.size == 2
    expected = standardised(series)
    for part, (start, end) in ENDS.items():
        data = getattr(series, part)
        assert (set(data), data["x"].dtype, data["x"].shape) == ({"x"}, np.float32, (1, end - start, 2))
        np.testing.assert_allclose(data["x"][0], expected[start:end], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(series.train["x"].mean(axis=(0, 1), dtype=np.float64), 0.0, atol=1e-6)
    np.testing.assert_allclose(series.train["x"].std(axis=(0, 1), dtype=np.float64), 1.0, atol=1e-6)


def test_the_standardisation_sees_the_training_part_only():
    before = made()
    values = before.values.copy()
    values[12:] *= 100
    after = made(values=values)
    np.testing.assert_array_equal(after.mean, before.mean)
    np.testing.assert_array_equal(after.scale, before.scale)
    np.testing.assert_array_equal(after.train["x"], before.train["x"])
    assert np.abs(after.test["x"] - before.test["x"]).min() > 1


@pytest.mark.parametrize("part", ENDS)
def test_until_gives_the_whole_past_and_scores_the_part(part):
    series = made()
    start, end = ENDS[part]
    x, scored = series.until(part)
    assert (x.shape, x.dtype, scored.shape, scored.dtype) == ((1, end, 2), np.float32, (1, end), bool)
    np.testing.assert_allclose(x[0], standardised(series)[:end], rtol=1e-5, atol=1e-5)
    assert np.flatnonzero(scored[0]).tolist() == list(range(start, end))
    np.testing.assert_array_equal(x[scored], getattr(series, part)["x"][0])


@pytest.mark.parametrize("part", ENDS)
@pytest.mark.parametrize(("length", "stride"), [(1, 1), (3, 1), (3, 2), (4, 3), (5, 5), (5, 100)])
def test_windows_are_the_stretches_within_a_part(part, length, stride):
    series = made()
    start, end = ENDS[part]
    x = series.windows(length, part, stride=stride)["x"]
    whole = standardised(series)
    expected = [whole[first : first + length] for first in range(start, end - length + 1, stride)]
    assert x.dtype == np.float32
    assert len(x) == 1 + (end - start - length) // stride
    np.testing.assert_allclose(x, expected, rtol=1e-5, atol=1e-5)


def test_windows_are_of_the_training_part_unless_told_and_may_be_written_to():
    series = made()
    windows = series.windows(12)["x"]
    np.testing.assert_array_equal(windows, series.train["x"])
    windows[:] = 0
    assert np.abs(series.windows(12)["x"]).max() > 0


def test_log_det_scale_moves_a_log_density_to_raw_units():
    series = made()
    direct = stats.norm(series.mean, series.scale).logpdf(series.values[17:]).sum(axis=1)
    standard = stats.norm(0, 1).logpdf(series.test["x"][0].astype(np.float64)).sum(axis=1)
    np.testing.assert_allclose(standard - series.log_det_scale, direct, rtol=1e-5)


def test_a_series_is_frozen_and_short_to_print():
    series = made()
    with pytest.raises(dataclasses.FrozenInstanceError):
        series.name = "other"
    assert repr(series) == "Series(name='made', validation_start=12, test_start=17)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros(24)}, r"`values` must have shape \[T, size\]\. Received: shape=\(24,\)"),
        ({"levels": np.zeros((23, 2))}, r"`levels` must have shape \(24, 2\)\. Received: shape=\(23, 2\)"),
        ({"time": np.zeros((24, 1))}, r"`time` must have shape \(24,\)\. Received: shape=\(24, 1\)"),
        ({"values": np.full((24, 2), np.nan)}, r"`values` must be finite\. Received: nan"),
        ({"levels": np.full((24, 2), np.inf)}, r"`levels` must be finite\. Received: inf"),
        ({"time": np.arange(24.0) // 2}, r"`time` must increase\. Received: 0\.0, then 0\.0"),
        ({"validation_start": 0}, r"No part may be empty.*Received: 0, 17, 24"),
        ({"test_start": 12}, r"No part may be empty.*Received: 12, 12, 24"),
        ({"test_start": 24}, r"No part may be empty.*Received: 12, 24, 24"),
        ({"values": np.repeat([[0.1, 1.0]], 24, axis=0)}, r"training part of `values` may be constant.*entry 0"),
    ],
)
def test_what_is_no_series_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        made(**changes)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((6, "validation"), ValueError, r"`length` must be at most 5, the steps of 'validation'\. Received: 6"),
        ((0,), ValueError, r"`length` must be an integer, at least 1\. Received: 0"),
        ((3.0,), TypeError, r"`length` must be an integer, at least 1\. Received: 3\.0"),
        ((3, "train", 0), ValueError, r"`stride` must be an integer, at least 1\. Received: 0"),
        ((3, "training"), ValueError, r"`part` must be one of train, validation, test\. Received: 'training'"),
    ],
)
def test_windows_that_cannot_be_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        made().windows(*arguments)


def test_a_part_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"`part` must be one of train, validation, test\. Received: 'all'"):
        made().until("all")
