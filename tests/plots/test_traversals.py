"""Each image of a traversal is of the vector that its row and column say."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, pixels, texts

from tfgen.plots import latent_traversals

Z = np.array([0.25, -0.5, 0.75, 0.125])


def _flat(z: np.ndarray) -> np.ndarray:
    return np.zeros((len(z), 8, 8))


def _decode(z: np.ndarray) -> np.ndarray:
    """Images of two rows and two columns: the four entries, from −4 to 4."""
    assert z.dtype == np.float32
    assert z.shape[1:] == (4,)
    return z.reshape(-1, 2, 2, 1)


def test_one_entry_runs_and_the_others_stay() -> None:
    calls = []

    def decode(z: np.ndarray) -> np.ndarray:
        calls.append(z)
        return _decode(z)

    values = [-3.0, 2.0, 0.5]
    figure: Any = latent_traversals(decode, Z, dimensions=[2, 0], values=values, title="ways", limits=(-4, 4))
    assert len(calls) == 1
    array = pixels(figure)
    assert array.shape == (2 * 3 - 1, 3 * 3 - 1, 3)
    for row, dimension in enumerate([2, 0]):
        for column, value in enumerate(values):
            vector = Z.copy()
            vector[dimension] = value
            block = array[3 * row : 3 * row + 2, 3 * column : 3 * column + 2, 0]
            np.testing.assert_allclose(8 * block.ravel() - 4, vector, atol=1e-6)
    (axis,) = figure.axes
    assert texts(axis.get_xticklabels()) == ["-3", "2", "0.5"]
    assert texts(axis.get_yticklabels()) == ["2", "0"]
    np.testing.assert_allclose(axis.get_xticks(), [0.5, 3.5, 6.5])
    np.testing.assert_allclose(axis.get_yticks(), [0.5, 3.5])
    assert (axis.get_xlabel(), axis.get_ylabel().split()) == ("value of the dimension", ["latent", "dimension"])
    assert figure.get_suptitle() == "ways"
    np.testing.assert_array_equal(Z, [0.25, -0.5, 0.75, 0.125])


def test_all_dimensions_from_minus_three_to_three() -> None:
    figure: Any = latent_traversals(_decode, Z, limits=(-4, 4))
    array = pixels(figure)
    for dimension in range(4):
        across = array[3 * dimension + dimension // 2, dimension % 2 :: 3, 0]
        np.testing.assert_allclose(8 * across - 4, np.linspace(-3, 3, 9), atol=1e-6)
    assert texts(figure.axes[0].get_yticklabels()) == ["0", "1", "2", "3"]
    ladder = ["-3", "-2.25", "-1.5", "-0.75", "0", "0.75", "1.5", "2.25", "3"]
    assert texts(figure.axes[0].get_xticklabels()) == ladder


def test_names_are_of_dimensions_not_of_rows() -> None:
    figure: Any = latent_traversals(_decode, Z, dimensions=[3, 1], names=["a", "b", "c", "d"])
    assert texts(figure.axes[0].get_yticklabels()) == ["3: d", "1: b"]


def test_a_ladder_of_steps_holds_nought() -> None:
    figure: Any = latent_traversals(_decode, Z, values=np.arange(-0.3, 0.4, 0.1))  # whose middle is 1e-16 or so
    assert texts(figure.axes[0].get_xticklabels()) == ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]


def test_where_not_all_rows_have_labels_each_is_its_own() -> None:
    figure: Any = latent_traversals(_flat, np.zeros(150), values=[0, 1])
    labels = texts(figure.axes[0].get_yticklabels())
    assert 30 < len(labels) < 150
    assert labels == [str(round((place - 3.5) / 9)) for place in figure.axes[0].get_yticks()]


def test_colours_stay_and_the_images_set_the_range() -> None:
    def decode(z: np.ndarray) -> np.ndarray:
        return np.stack([z, 0 * z, 2 + 0 * z], axis=-1)[:, None]

    array = pixels(latent_traversals(decode, [0.0, 0.0], values=[0, 4], dimensions=[1]))
    np.testing.assert_allclose(array[0, [0, 1, 3, 4]], [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0.5], [1, 0, 0.5]])


@pytest.mark.parametrize(
    ("size", "columns", "title"),
    [(1, 1, ""), (1, 9, "one"), (2, 9, "two"), (10, 9, "ten"), (64, 25, "many"), (150, 3, "more")],
)
@pytest.mark.parametrize("names", [False, True])
def test_all_can_be_read(size: int, columns: int, title: str, names: bool) -> None:
    words = ["thickness of the stroke"] * size if names else None
    figure = latent_traversals(_flat, np.zeros(size), values=np.linspace(-3, 3, columns), title=title, names=words)
    assert_all_can_be_read(figure)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: latent_traversals(_decode, [Z]), r"`z` must be one vector.*Received: shape=\(1, 4\)"),
        (lambda: latent_traversals(_decode, Z * np.nan), "`z` must be finite. Received: 4 of 4"),
        (lambda: latent_traversals(_decode, Z, dimensions=[4]), r"`dimensions` .* 0 to 3.*Received: dimensions=\[4\]"),
        (lambda: latent_traversals(_decode, Z, dimensions=[-1]), r"`dimensions` .*Received: dimensions=\[-1\]"),
        (lambda: latent_traversals(_decode, Z, dimensions=[]), r"`dimensions` .*Received: dimensions=\[\]"),
        (lambda: latent_traversals(_decode, Z, dimensions=[0.0]), r"`dimensions` .*Received: dimensions=\[0.0\]"),  # type: ignore[list-item]
        (lambda: latent_traversals(_decode, Z, dimensions=2), "`dimensions` .*Received: dimensions=2"),  # type: ignore[arg-type]
        (lambda: latent_traversals(_decode, Z, values=[]), "`values` must not be empty"),
        (lambda: latent_traversals(_decode, Z, values=2.0), r"`values` must have shape \[columns\].*shape=\(\)"),
        (lambda: latent_traversals(_decode, Z, names=["a"]), "`names` .* 4 names, one for each entry .*Received: 1 na"),
        (lambda: latent_traversals(_decode, Z, names="abcd"), "`names` must be a sequence .*Received: 'abcd'"),
        (lambda: latent_traversals(_decode, Z, limits=(1, 0)), "`limits` must be two finite"),
        (lambda: latent_traversals(lambda z: z, Z), r"`decode\(z\)` must have shape .*\(36, 4\)"),
        (lambda: latent_traversals(lambda z: _decode(z)[1:], Z), "`decode` must return 36 images.*Received: 35"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
