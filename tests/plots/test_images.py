"""The mosaics hold the images that were given, where they belong."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, pictures, pixels

from tfgen.plots import image_grid, interpolation, latent_grid, reconstructions


def _drawn(figure: Any) -> np.ndarray:
    assert not figure.axes[0].get_xticks().size
    return pixels(figure)


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_a_grid_holds_each_image_in_its_place(channels: tuple[int, ...]) -> None:
    images = pictures(11, 5, 7, *channels)
    array = _drawn(image_grid(images, columns=4, title="samples"))
    assert array.shape == (3 * 5 + 2, 4 * 7 + 3, 3)
    images = images.reshape(11, 5, 7, -1)
    covered = np.zeros(array.shape[:2], bool)
    for index in range(11):
        top, left = (index // 4) * 6, (index % 4) * 8
        block = array[top : top + 5, left : left + 7]
        np.testing.assert_allclose(block, np.broadcast_to(images[index], (5, 7, 3)))
        covered[top : top + 5, left : left + 7] = True
    (between,) = np.unique(array[~covered], axis=0)
    assert len(set(between)) == 3, "the gaps and the place left over are of one colour, which is no grey"


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (9, 3, 3), (10, 3, 4), (400, 20, 20)])
def test_a_grid_is_nearly_square(n: int, rows: int, columns: int) -> None:
    assert _drawn(image_grid(np.ones((n, 4, 4)))).shape[:2] == (5 * rows - 1, 5 * columns - 1)


def test_columns_beyond_the_images_take_no_room() -> None:
    assert _drawn(image_grid(np.ones((3, 4, 4)), columns=10)).shape[:2] == (4, 14)


def test_gaps_grow_with_the_images() -> None:
    assert _drawn(image_grid(np.ones((2, 64, 64)))).shape[:2] == (64, 130)


@pytest.mark.parametrize(
    ("values", "limits", "expected"),
    [
        ([1, 2, 4], None, [0.25, 0.5, 1.0]),  # black is 0, though no value is
        ([-1, 0, 3], None, [0.0, 0.25, 1.0]),
        ([0, 0, 0], None, [0.0, 0.0, 0.0]),
        ([-2, -2, -2], None, [0.0, 0.0, 0.0]),
        ([1, 2, 4], (1, 3), [0.0, 0.5, 1.0]),
        ([False, True, True], None, [0.0, 1.0, 1.0]),
    ],
)
def test_the_range_of_values(values: list[float], limits: tuple[float, float] | None, expected: list[float]) -> None:
    array = _drawn(image_grid(np.array(values).reshape(1, 1, 3), limits=limits))
    np.testing.assert_allclose(array[0, :, 0], expected)
    steps = np.array([values, values]).reshape(2, 1, 1, 3)
    np.testing.assert_allclose(_drawn(interpolation(steps, limits=limits))[0, :3, 0], expected)


def test_bytes_are_images() -> None:
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    np.testing.assert_allclose(_drawn(image_grid(images))[..., 1], images[0] / 255)


def test_an_image_stands_above_its_reconstruction() -> None:
    x, reconstructed = pictures(30, 8, 6, 1), pictures(30, 8, 6, 1, seed=1)
    figure: Any = reconstructions(x, reconstructed, title="pairs")
    array = _drawn(figure)
    pair, apart = 8 + 1 + 8, 4  # thirty pairs in three rows of ten
    assert array.shape == (3 * pair + 2 * apart, 10 * 7 - 1, 3)
    for index in range(30):
        top, left = (index // 10) * (pair + apart), (index % 10) * 7
        columns = slice(left, left + 6)
        np.testing.assert_allclose(array[top : top + 8, columns, 0], x[index, ..., 0])
        assert len(np.unique(array[top + 8, columns], axis=0)) == 1, "a line of one colour between the two"
        np.testing.assert_allclose(array[top + 9 : top + 17, columns, 0], reconstructed[index, ..., 0])
    axis = figure.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["data", "reconstruction"] * 3
    # Pixel centres are whole numbers: a row of eight has its middle 3.5 below its first.
    np.testing.assert_allclose(axis.get_yticks(), [3.5, 12.5, 24.5, 33.5, 45.5, 54.5])
    assert figure.get_suptitle() == "pairs"


def test_the_data_set_the_range_of_their_reconstructions() -> None:
    x, reconstructed = np.full((1, 1, 2), [0.0, 2.0]), np.full((1, 1, 2), [-1.0, 9.0])
    array = _drawn(reconstructions(x, reconstructed))
    np.testing.assert_allclose(array[[0, 2], :, 0], [[0, 1], [0, 1]])
    np.testing.assert_allclose(_drawn(reconstructions(x, x, limits=(0, 4)))[[0, 2], :, 0], [[0, 0.5], [0, 0.5]])
    assert (_drawn(reconstructions(0 * x, reconstructed))[0] == 0).all()


@pytest.mark.parametrize("channels", [(), (3,)])
def test_interpolations_go_from_left_to_right(channels: tuple[int, ...]) -> None:
    images = pictures(5, 3, 4, 6, *channels)
    array = _drawn(interpolation(images, title="ways"))
    assert array.shape == (3 * 5 - 1, 5 * 7 - 1, 3)
    for step in range(5):
        for row in range(3):
            block = array[row * 5 : row * 5 + 4, step * 7 : step * 7 + 6]
            np.testing.assert_allclose(block, np.broadcast_to(images[step, row].reshape(4, 6, -1), (4, 6, 3)))


TITLE = "Samples of a variational autoencoder with a hierarchy of latent spaces, at a temperature of one half"


@pytest.mark.parametrize(
    "figure",
    [
        image_grid(np.zeros((1, 8, 8)), title=TITLE),
        image_grid(np.zeros((6, 8, 8)), columns=1, title=TITLE),
        image_grid(np.zeros((100, 8, 8)), columns=50, title=TITLE),
        reconstructions(np.zeros((1, 8, 8)), np.zeros((1, 8, 8)), title=TITLE),
        reconstructions(np.zeros((40, 8, 8)), np.zeros((40, 8, 8)), title=TITLE),
        reconstructions(np.zeros((200, 8, 16)), np.zeros((200, 8, 16)), title=TITLE),
        interpolation(np.zeros((2, 9, 8, 8)), title=TITLE),
        latent_grid(lambda z: np.zeros((len(z), 8, 8)), title=TITLE),
        latent_grid(lambda z: np.zeros((len(z), 8, 8)), points=2, title=TITLE),
    ],
)
def test_all_can_be_read(figure: Any) -> None:
    assert_all_can_be_read(figure)


GOOD = np.ones((3, 4, 4))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: image_grid(np.ones((4, 4))), r"`images` must have shape \[n, h, w, c\].*Received: shape=\(4, 4\)"),
        (lambda: image_grid(np.ones((2, 4, 4, 2))), r"`images` .*Received: shape=\(2, 4, 4, 2\)"),
        (lambda: image_grid(np.ones((0, 4, 4))), r"`images` must not be empty.*Received: shape=\(0, 4, 4\)"),
        (lambda: image_grid(np.where(np.eye(4), np.nan, GOOD)), "`images` must be finite. Received: 12 of 48"),
        (lambda: image_grid(1j * GOOD), "`images` must be an array of real numbers. Received: ndarray .*complex128"),
        (lambda: image_grid([[1], [1, 2]]), "`images` must be an array of real numbers. Received: list"),
        (lambda: image_grid(object()), "`images` must be an array of real numbers. Received: object"),  # type: ignore[arg-type]
        (lambda: image_grid(GOOD, columns=0), "`columns` must be an integer of at least 1. Received: columns=0"),
        (lambda: image_grid(GOOD, columns=2.0), "`columns` .*Received: columns=2.0"),  # type: ignore[arg-type]
        (lambda: image_grid(GOOD, limits=(1, 1)), r"`limits` must be two finite .*Received: limits=\(1, 1\)"),
        (lambda: image_grid(GOOD, limits=(0, np.inf)), "`limits` must be two finite .*Received: limits="),
        (lambda: image_grid(GOOD, limits=1.0), "`limits` must be two finite .*Received: limits=1.0"),  # type: ignore[arg-type]
        (lambda: reconstructions(GOOD, GOOD[:2]), r"`reconstructed` must have the shape of `x`.*\(2, 4, 4\)"),
        (lambda: reconstructions(GOOD[0], GOOD), "`x` must have shape"),
        (lambda: reconstructions(GOOD, GOOD * np.inf), "`reconstructed` must be finite"),
        (lambda: interpolation(GOOD), r"`images` must have shape \[steps, rows, h, w, c\]"),
        (lambda: interpolation(GOOD[None]), r"`images` must have at least two steps. Received: shape=\(1, 3, 4, 4\)"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
