"""Originals, samples and the images beside them stand where their columns say."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, pictures, pixels, texts

from tfgen.plots import analogies, nearest_neighbours

# Of images that are 6 wide: the gap after the first column, and where the columns begin.
WIDE = 3
LEFTS = [0, 6 + WIDE, 6 + WIDE + 7, 6 + WIDE + 14]
BLOCK = LEFTS[-1] + 6  # of a first image and three others


def _assert_tile(array: np.ndarray, top: int, left: int, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    expected = np.broadcast_to(image.reshape(height, width, -1), (height, width, 3))
    np.testing.assert_allclose(array[top : top + height, left : left + width], expected)


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_each_original_beside_itself_in_every_class(channels: tuple[int, ...]) -> None:
    originals, decoded = pictures(4, 5, 6, *channels), pictures(3, 4, 5, 6, *channels, seed=1)
    figure: Any = analogies(originals, decoded, class_names=["cat", "dog", "eel"], title="styles")
    array = pixels(figure)
    assert array.shape == (4 * 6 - 1, BLOCK, 3)
    covered = np.zeros(array.shape[:2], bool)
    for row in range(4):
        for left, image in zip(LEFTS, [originals[row], *decoded[:, row]], strict=True):
            _assert_tile(array, 6 * row, left, image)
            covered[6 * row : 6 * row + 5, left : left + 6] = True
    (between,) = np.unique(array[~covered], axis=0)
    assert len(set(between)) == 3, "the gaps are of one colour, which is no grey"
    (axis,) = figure.axes
    assert texts(axis.get_xticklabels()) == ["original", "cat", "dog", "eel"]
    np.testing.assert_allclose(axis.get_xticks(), np.array(LEFTS) + 2.5)
    shown = axis.xaxis.get_tick_params()
    assert shown["labeltop"]
    assert not shown["labelbottom"]
    assert figure.get_suptitle() == "styles"


def test_classes_go_by_their_numbers() -> None:
    figure: Any = analogies(np.ones((2, 4, 4)), np.ones((3, 2, 4, 4)))
    assert texts(figure.axes[0].get_xticklabels()) == ["original", "0", "1", "2"]


def test_the_data_set_the_range() -> None:
    data, model = np.full((1, 1, 2), [0.0, 2.0]), np.full((1, 1, 1, 2), [-1.0, 9.0])
    ends = [0, 1, -2, -1]
    np.testing.assert_allclose(pixels(analogies(data, model))[0, ends, 0], [0, 1, 0, 1])
    np.testing.assert_allclose(pixels(nearest_neighbours(model[0], data[None]))[0, ends, 0], [0, 1, 0, 1])
    np.testing.assert_allclose(pixels(analogies(data, model, limits=(-1, 3)))[0, ends, 0], [0.25, 0.75, 0, 1])
    array = pixels(nearest_neighbours(model[0], data[None], limits=(-1, 3)))
    np.testing.assert_allclose(array[0, ends, 0], [0, 1, 0.25, 0.75])


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
@pytest.mark.parametrize("measured", [False, True])
def test_each_sample_beside_its_neighbours(channels: tuple[int, ...], measured: bool) -> None:
    samples, neighbours = pictures(9, 5, 6, *channels), pictures(9, 3, 5, 6, *channels, seed=1)
    distances = np.arange(27.0).reshape(9, 3) / 2
    figure: Any = nearest_neighbours(samples, neighbours, distances=distances if measured else None, title="near")
    array = pixels(figure)
    below, apart = (2 if measured else 0), 6
    height = 5 + below + 1
    # Nine samples of four images each: two beside each other in five rows, the last of which is half empty.
    assert array.shape == (5 * height - 1, 2 * BLOCK + apart, 3)
    (axis,) = figure.axes
    written = {text.get_text(): text.get_position() for text in axis.texts}
    assert len(written) == (27 if measured else 0)
    for index in range(9):
        top, start = index // 2 * height, index % 2 * (BLOCK + apart)
        for column, image in enumerate([samples[index], *neighbours[index]]):
            left = start + LEFTS[column]
            _assert_tile(array, top, left, image)
            if measured and column:
                x, y = written[f"{distances[index, column - 1]:.1f}"]
                assert x == left + 2.5
                assert top + 4.5 < y < top + 4.5 + below, "between this row and the next"
    assert texts(axis.get_xticklabels()) == ["sample", "nearest", "2nd", "3rd"] * 2
    np.testing.assert_allclose(axis.get_xticks(), np.array([*LEFTS, *(BLOCK + apart + left for left in LEFTS)]) + 2.5)
    assert figure.get_suptitle() == "near"


@pytest.mark.parametrize(("n", "count", "blocks"), [(1, 1, 1), (4, 5, 1), (16, 5, 2), (30, 1, 4), (100, 5, 4)])
def test_the_picture_is_nearly_square(n: int, count: int, blocks: int) -> None:
    figure: Any = nearest_neighbours(np.ones((n, 4, 4)), np.ones((n, count, 4, 4)))
    assert len(figure.axes[0].get_xticks()) == blocks * (count + 1)


def test_places_in_words() -> None:
    figure: Any = nearest_neighbours(np.ones((1, 4, 4)), np.ones((1, 23, 4, 4)))
    words = texts(figure.axes[0].get_xticklabels())
    assert [words[place] for place in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23)] == [
        "nearest", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([0.0, 0.0], ["0.00", "0.00"]),
        ([0.5, 0.98765], ["0.500", "0.988"]),
        ([3.14159, 27.1828], ["3.1", "27.2"]),
        ([9.0, 1234.5], ["9", "1234"]),
        ([0.00012, 0.00345], ["0.00012", "0.00345"]),
    ],
)
def test_distances_have_three_digits(distances: list[float], expected: list[str]) -> None:
    figure: Any = nearest_neighbours(np.ones((1, 4, 4)), np.ones((1, 2, 4, 4)), distances=[distances])
    assert texts(figure.axes[0].texts) == expected


def _zeros(*shape: int) -> Any:
    """Neighbours [n, count, h, w] of black samples, with distances."""
    n, count, *size = shape
    far = np.linspace(0.1, 99, n * count).reshape(n, count)
    return nearest_neighbours(
        np.zeros((n, *size)), np.zeros(shape), title="Samples of a model beside their neighbours", distances=far
    )


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (30, 1, 8, 8), (100, 5, 28, 28), (9, 3, 8, 24), (9, 3, 24, 8)])
def test_neighbours_can_be_read(shape: tuple[int, ...]) -> None:
    assert_all_can_be_read(_zeros(*shape))


@pytest.mark.parametrize(("classes", "name"), [(2, "cat"), (10, "ankle boot"), (10, "two\nlines"), (40, "a long name")])
@pytest.mark.parametrize("title", ["", "Styles of the held-out images in each of the classes of the training data"])
def test_class_names_can_be_read(classes: int, name: str, title: str) -> None:
    figure = analogies(np.zeros((3, 8, 8)), np.zeros((classes, 3, 8, 8)), class_names=[name] * classes, title=title)
    assert_all_can_be_read(figure)


X, NEAR = np.ones((3, 4, 4)), np.ones((3, 2, 4, 4))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: analogies(X[0], NEAR), r"`originals` must have shape \[n, h, w, c\]"),
        (lambda: analogies(X, X), r"`decoded` must have shape \[classes, n, h, w, c\].*Received: shape=\(3, 4, 4\)"),
        (lambda: analogies(X, NEAR), r"`decoded` .*of `originals`, \(3, 4, 4\).*Received: shape=\(3, 2, 4, 4\)"),
        (lambda: analogies(X, NEAR.swapaxes(0, 1) * np.inf), "`decoded` must be finite"),
        (
            lambda: analogies(X, NEAR.swapaxes(0, 1), class_names=["a"]),
            "`class_names` must be a sequence of 2 names, one for each class of `decoded`. Received: 1 names",
        ),
        (lambda: nearest_neighbours(X[0], NEAR), "`samples` must have shape"),
        (lambda: nearest_neighbours(X, X), r"`neighbours` must have shape \[n, count, h, w, c\]"),
        (lambda: nearest_neighbours(X[:2], NEAR), r"`neighbours` .*of `samples`, \(2, 4, 4\).*shape=\(3, 2, 4, 4\)"),
        (lambda: nearest_neighbours(X, NEAR[..., 1:]), r"`neighbours` .*Received: shape=\(3, 2, 4, 3\)"),
        (
            lambda: nearest_neighbours(X, NEAR, distances=np.ones((2, 3))),
            r"`distances` must have shape \(3, 2\). Received: shape=\(2, 3\)",
        ),
        (
            lambda: nearest_neighbours(X, NEAR, distances=[[1, 2], [2, 1], [1, 1]]),
            r"`distances` must not descend .*Received: distances\[1\]=\[2. 1.\]",
        ),
        (lambda: nearest_neighbours(X, NEAR, limits=(1, 0)), "`limits` must be two finite"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
