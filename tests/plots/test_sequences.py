"""Sequences of the data and of a model stand side by side on one scale."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, texts

from tfgen.datasets import CommonFactor, NoisyAutoregression
from tfgen.plots import sequences_beside


def columns(figure: Any, rows: int) -> tuple[list[Any], list[Any]]:
    """The panels of the left and of the right, from above."""
    axes = figure.axes[: 2 * rows]
    left, right = axes[::2], axes[1::2]
    figure.draw_without_rendering()
    for one, other in zip(left, right, strict=True):
        assert one.get_position().x1 < other.get_position().x0
    assert [axis.get_position().y0 for axis in left] == sorted((axis.get_position().y0 for axis in left), reverse=True)
    return left, right


def lines(axis: Any) -> list[np.ndarray]:
    """The values of an axis's lines, which begin at step 1."""
    for line in axis.lines:
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, len(line.get_xdata()) + 1))
    return [np.asarray(line.get_ydata()) for line in axis.lines]


def test_the_data_left_and_the_samples_right() -> None:
    truth = NoisyAutoregression(length=30)
    real, sampled = truth.sample(9, seed=0)["x"], truth.sample(7, seed=1)["x"]
    figure: Any = sequences_beside(real, sampled, count=4, title="both")
    assert len(figure.axes) == 8
    left, right = columns(figure, 4)
    for row in range(4):
        for axis, side in ((left[row], real), (right[row], sampled)):
            (values,) = lines(axis)
            np.testing.assert_allclose(values, side[row, :, 0], rtol=1e-6)
    assert [left[0].get_title(), right[0].get_title(), left[1].get_title()] == ["data", "samples", ""]
    shown = np.concatenate([real[:4], sampled[:4]])
    for axis in figure.axes:
        assert axis.get_ylim()[0] < shown.min()
        assert axis.get_ylim()[1] > shown.max()
        assert axis.get_xlim() == (0.5, 30.5)
        assert axis.get_ylim() == figure.axes[0].get_ylim()
    assert (figure.get_suptitle(), figure.get_supxlabel()) == ("both", "step")
    assert not figure.legends


def test_up_to_six_numbers_are_lines_in_one_colour_each() -> None:
    real = np.random.default_rng(0).normal(size=(2, 10, 2, 3))
    figure: Any = sequences_beside(real, real[::-1], names=list("abcdef"), titles=("held-out", "model"))
    for row, axis in enumerate(columns(figure, 2)[0]):
        np.testing.assert_array_equal(lines(axis), real[row].reshape(10, 6).T)
        assert [line.get_color() for line in axis.lines] == [f"C{index}" for index in range(6)]
    (legend,) = figure.legends
    assert texts(legend.get_texts()) == list("abcdef")
    assert [line.get_color() for line in legend.legend_handles] == [f"C{index}" for index in range(6)]
    assert [axis.get_title() for axis in figure.axes[:2]] == ["held-out", "model"]
    plain: Any = sequences_beside(real, real)
    assert texts(plain.legends[0].get_texts()) == ["0", "1", "2", "3", "4", "5"]


def test_more_are_images_over_time() -> None:
    truth = CommonFactor(length=12)
    real, sampled = truth.sample(3, seed=0)["x"], truth.sample(3, seed=1)["x"]
    mask = np.arange(12) < np.array([12, 5, 9])[:, None]
    figure: Any = sequences_beside(real, sampled, sampled_mask=mask)
    left, right = columns(figure, 3)
    shown = np.concatenate([real.ravel(), sampled[mask].ravel()])
    for row in range(3):
        for axis, values in ((left[row], real[row]), (right[row], sampled[row, mask[row]])):
            (image,) = axis.images
            np.testing.assert_allclose(image.get_array(), values.T, rtol=1e-6)
            assert image.origin == "lower"
            # The centres of pixels are whole numbers: steps from 1, entries from 0.
            assert tuple(image.get_extent()) == (0.5, len(values) + 0.5, -0.5, 7.5)
            assert image.get_clim() == pytest.approx((shown.min(), shown.max()))
            assert (axis.get_xlim(), axis.get_ylim()) == ((0.5, 12.5), (-0.5, 7.5))
    assert figure.axes[-1].get_ylabel() == "value"
    assert figure.get_supylabel() == "entry"


def test_padding_is_not_drawn_whatever_it_holds() -> None:
    real = np.tile(np.arange(6.0), (3, 1))
    mask = np.array([[True] * 2 + [False] * 4, [False] * 6, [True] * 3 + [False] * 3])
    held = np.where(mask, real, np.nan)
    figure: Any = sequences_beside(held, real[:1, :4], real_mask=mask)
    left, right = columns(figure, 2)
    assert [line.tolist() for axis in left for line in lines(axis)] == [[0, 1], [0, 1, 2]], "a row without steps"
    assert [line.tolist() for line in lines(right[0])] == [[0, 1, 2, 3]]
    assert not right[1].get_visible()
    assert [axis.xaxis.get_tick_params()["labelbottom"] for axis in (left[0], left[1], right[0])] == [False, True, True]
    assert left[0].get_xlim() == (0.5, 4.5), "as far as the longest"


@pytest.mark.parametrize(
    ("real", "sampled", "low", "high"),
    [
        ((0, 1), (0.2, 0.4), 0, 1),
        ((0, 1), (-0.5, 1.25), -0.5, 1.25),
        ((0, 1), (-50, 7), -1, 2),
        ((2, 2), (2, 2), 2, 3),
        ((2, 2), (2, 9), 2, 3),
        ((2, 4), (90, 91), 2, 6),
    ],
)
@pytest.mark.parametrize("size", [1, 7])
def test_wild_samples_do_not_squeeze_the_data(
    real: tuple[float, float], sampled: tuple[float, float], low: float, high: float, size: int
) -> None:
    both = [np.tile(np.array(ends, float)[None, :, None], (1, 1, size)) for ends in (real, sampled)]
    figure: Any = sequences_beside(*both)
    axis = figure.axes[0]
    if size == 7:
        assert axis.images[0].get_clim() == (low, high)
    else:
        edge = 0.04 * (high - low)
        assert axis.get_ylim() == pytest.approx((low - edge, high + edge))


def test_one_step_can_be_seen() -> None:
    figure: Any = sequences_beside(np.zeros((2, 1)), np.zeros((2, 5)))
    one, many = figure.axes[:2]
    assert one.lines[0].get_marker() == "."
    assert [tick for tick in one.get_xticks() if 0.5 <= tick <= 5.5] == [1, 2, 3, 4, 5]
    assert many.lines[0].get_marker() in ("", "None")


@pytest.mark.parametrize("size", [1, 3, 8, 88])
@pytest.mark.parametrize("count", [1, 6, 12])
def test_all_can_be_read(size: int, count: int) -> None:
    real = np.random.default_rng(0).normal(size=(count, 40, size))
    figure = sequences_beside(1e-4 * real, real[:1] + 1e4, count=count, title="Of the data and of a model")
    assert_all_can_be_read(figure)


X = np.ones((3, 4, 2))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: sequences_beside(X[0, 0], X), r"`real` must have shape \[batch, time, \*event\].*shape=\(2,\)"),
        (lambda: sequences_beside(X, X[:0]), r"`sampled` must not be empty. Received: shape=\(0, 4, 2\)"),
        (lambda: sequences_beside(X, X * np.nan), "`sampled` must be finite. Received: 24 of 24"),
        (lambda: sequences_beside(X, "abc"), "`sampled` must be an array of real numbers"),
        (
            lambda: sequences_beside(X, X[..., 0]),
            r"`sampled` must have the event shape of `real`, \(2,\). Received: \(",
        ),
        (lambda: sequences_beside(X, X, count=0), "`count` must be an integer of at least 1. Received: count=0"),
        (lambda: sequences_beside(X, X, titles=["a"]), "`titles` must be a sequence of 2 names.*Received: 1 names"),
        (lambda: sequences_beside(X, X, names=["a"]), "`names` must be a sequence of 2 names.*Received: 1 names"),
        (lambda: sequences_beside(X, X, real_mask=X[..., 0]), r"`real_mask` must be bool of shape \(3, 4\).*float64"),
        (lambda: sequences_beside(X, X, sampled_mask=np.zeros((3, 4), bool)), "`sampled_mask` must have a valid step"),
        (
            lambda: sequences_beside(X, X, sampled_mask=np.tile([False, True], (3, 2))),
            r"`sampled_mask` must be True at .*Received: sampled_mask\[0, 1\]=True after",
        ),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
