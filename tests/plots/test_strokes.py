"""What the pen has drawn is drawn, on one scale, and what it has passed over is not."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read

from tfgen.plots import pen_strokes

# A square's left and lower side, a dot above, and a line that the sequence's end cuts off.
DRAWING = [[1, 5, 0], [0, -4, 0], [4, 0, 1], [-2, 6, 1], [3, 0, 0], [0, -6, 0]]
STROKES = [[(1, 5), (1, 1), (5, 1)], [(3, 7)], [(6, 7), (6, 1)]]


def drawn(axis: Any) -> tuple[list[list[tuple[float, float]]], list[tuple[float, float]]]:
    """The joined points of each stroke, and the dots."""
    line, dots = axis.lines
    assert (line.get_linestyle(), line.get_marker()) == ("-", "None")
    assert (dots.get_linestyle(), dots.get_marker()) == ("None", ".")
    strokes: list[list[tuple[float, float]]] = [[]]
    for x, y in line.get_xydata():
        if np.isnan(x):
            strokes.append([])
        else:
            strokes[-1].append((x, y))
    return [stroke for stroke in strokes if stroke], [tuple(point) for point in dots.get_xydata()]


def padded(*drawings: Any) -> tuple[np.ndarray, np.ndarray]:
    longest = max(len(each) for each in drawings)
    strokes, mask = np.full((len(drawings), longest, 3), np.nan), np.zeros((len(drawings), longest), bool)
    for row, each in enumerate(drawings):
        if not each:
            continue
        strokes[row, : len(each)], mask[row, : len(each)] = each, True
    return strokes, mask


def test_strokes_end_where_the_pen_is_lifted() -> None:
    figure: Any = pen_strokes([DRAWING], title="drawing")
    (axis,) = figure.axes
    strokes, dots = drawn(axis)
    assert strokes == STROKES
    assert dots == [(3, 7)]
    assert axis.get_aspect() == 1
    assert not axis.axison
    assert figure.get_suptitle() == "drawing"


def test_y_may_count_downwards() -> None:
    strokes, dots = drawn(pen_strokes([DRAWING], y_down=True).axes[0])
    assert strokes == [[(x, -y) for x, y in stroke] for stroke in STROKES]
    assert dots == [(3, -7)]


def test_padding_is_not_drawn_and_a_last_point_alone_is_a_dot() -> None:
    strokes, mask = padded(DRAWING, [[0, 0, 0], [1, 0, 1], [1, 1, 0]], [])
    figure: Any = pen_strokes(strokes, mask=mask)
    whole, short, empty = figure.axes[:3]
    assert drawn(whole) == (STROKES, [(3, 7)])
    assert drawn(short) == ([[(0, 0), (1, 0)], [(2, 1)]], [(2, 1)])
    assert drawn(empty) == ([], [])


def test_all_are_on_one_scale_and_inside() -> None:
    strokes, mask = padded(DRAWING, [[9, 9, 0], [1, 0, 1]], [[0, 0, 0], [0, 3, 1]])
    for columns in (1, 2):
        figure: Any = pen_strokes(strokes, mask=mask, columns=columns)
        figure.draw_without_rendering()
        scales = set()
        for axis in figure.axes[:3]:
            points = np.concatenate(drawn(axis)[0])
            (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
            assert (points > (left, bottom)).all()
            assert (points < (right, top)).all()
            box = axis.get_window_extent()
            scales |= {round(box.width / (right - left), 6), round(box.height / (top - bottom), 6)}
            middle = points.min(axis=0) + np.ptp(points, axis=0) / 2
            assert (bottom + top) / 2 == pytest.approx(middle[1])
            if columns == 1:
                assert points[:, 0].min() - left == pytest.approx(0.3)
            else:
                assert (left + right) / 2 == pytest.approx(middle[0])
        assert len(scales) == 1, "pixels a unit, in both directions"


@pytest.mark.parametrize(
    ("count", "width", "height", "columns"), [(1, 1, 1, 1), (6, 30, 1, 1), (12, 1, 1, 4), (10, 2, 1, 3), (5, 1, 40, 5)]
)
def test_the_picture_is_nearly_square(count: int, width: float, height: float, columns: int) -> None:
    strokes = np.tile(np.array([[0, 0, 0], [width, height, 1]], float), (count, 1, 1))
    figure: Any = pen_strokes(strokes)
    assert len({axis.get_subplotspec().colspan.start for axis in figure.axes}) == columns
    assert max(figure.get_size_inches() / (10, 12.5)) <= 1
    fewer: Any = pen_strokes(strokes, columns=99)
    assert len({axis.get_subplotspec().colspan.start for axis in fewer.axes}) == count


def test_titles_are_over_their_drawings() -> None:
    strokes = np.tile(np.array([[0, 0, 0], [20, 1, 1]], float), (3, 1, 1))
    lines: Any = pen_strokes(strokes, titles=["one", "two", "three"])
    assert [axis.get_title(loc="left") for axis in lines.axes] == ["one", "two", "three"]
    grid: Any = pen_strokes(strokes, titles=["one", "two", "three"], columns=2)
    assert [axis.get_title() for axis in grid.axes] == ["one", "two", "three", ""]


@pytest.mark.parametrize("shape", [(1, 1, 1), (6, 30, 1), (20, 1, 1), (60, 2, 1), (1, 0, 0)])
@pytest.mark.parametrize("name", ["", "the writing's text"])
def test_all_can_be_read(shape: tuple[int, float, float], name: str) -> None:
    count, width, height = shape
    strokes = np.tile(np.array([[0, 0, 0], [width, height, 1]], float), (count, 1, 1))
    figure = pen_strokes(strokes, title="What a pen has drawn", titles=[name] * count if name else None)
    assert_all_can_be_read(figure)
    boxes = [axis.get_tightbbox() for axis in figure.axes if axis.lines]
    assert not any(first.overlaps(second) for i, first in enumerate(boxes) for second in boxes[:i])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: pen_strokes(DRAWING), r"`strokes` must have shape \[batch, time, 3\]. Received: shape=\(6, 3\)"),
        (lambda: pen_strokes(np.ones((2, 5, 2))), r"`strokes` must have shape .*Received: shape=\(2, 5, 2\)"),
        (lambda: pen_strokes([[[0, 0, 0.5]]]), r"`strokes` must hold 0 or 1 in strokes\[..., 2\].*Received: 0.5"),
        (lambda: pen_strokes([[[np.inf, 0, 0]]]), "`strokes` must be finite. Received: 1 of 3"),
        (lambda: pen_strokes([DRAWING], mask=np.ones(6, bool)), r"`mask` must be bool of shape \(1, 6\)"),
        (lambda: pen_strokes([DRAWING], columns=0), "`columns` must be an integer .*Received: columns=0"),
        (
            lambda: pen_strokes([DRAWING], titles=["a", "b"]),
            "`titles` must be a sequence of 1 names.*Received: 2 names",
        ),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
