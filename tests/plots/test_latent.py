"""The pictures of latent spaces hold the points and images they are said to hold."""

from typing import Any

import matplotlib
import numpy as np
import pytest
from scipy import stats

from tfgen.plots import latent_grid, latent_plane

TAB10 = matplotlib.colormaps["tab10"]


def _legend(figure: Any) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_two_coordinates_are_drawn_as_they_are() -> None:
    z, labels = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 3 * 2
    figure: Any = latent_plane(z, labels, title="plane")
    (axis,) = figure.axes
    (points,) = axis.collections
    np.testing.assert_array_equal(points.get_offsets(), z)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("first latent coordinate", "second latent coordinate")
    assert axis.get_aspect() == 1
    assert figure.get_suptitle() == "plane"
    # Labels 0, 2, 4 take the first three colours, in the points and in the legend alike.
    np.testing.assert_allclose(points.get_facecolors()[:, :3], TAB10(labels // 2)[:, :3])
    assert _legend(figure) == ["0", "2", "4"]
    handles = figure.legends[0].legend_handles
    np.testing.assert_allclose([handle.get_color() for handle in handles], TAB10([0, 1, 2]))


def test_more_coordinates_are_projected_on_the_principal_components() -> None:
    rng = np.random.default_rng(1)
    # Known axes: an orthogonal basis, with standard deviations that tell its columns apart.
    basis, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    z = rng.normal(size=(400, 5)) * [5.0, 3.0, 0.5, 0.2, 0.1] @ basis.T + 7.0
    figure: Any = latent_plane(z, np.zeros(400, int))
    (axis,) = figure.axes
    drawn = np.asarray(axis.collections[0].get_offsets())

    variances, vectors = np.linalg.eigh(np.cov(z.T))
    shares = variances[::-1] / variances.sum()
    assert axis.get_xlabel() == f"first principal component, {shares[0]:.1%} of the variance"
    assert axis.get_ylabel() == f"second principal component, {shares[1]:.1%} of the variance"
    assert shares[0] > 0.6
    for column, vector in zip(drawn.T, vectors.T[::-1], strict=False):
        upright = vector * np.sign(vector[np.abs(vector).argmax()])
        np.testing.assert_allclose(column, (z - z.mean(axis=0)) @ upright, atol=1e-9)
    singular = np.linalg.svd(z - z.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(drawn.var(axis=0) * len(z), singular[:2] ** 2)


def test_a_collapsed_posterior_is_drawn() -> None:
    figure: Any = latent_plane(np.full((4, 3), 0.1), [0, 1, 0, 1])
    assert figure.axes[0].get_xlabel().endswith("component, 0.0% of the variance")
    assert len(figure.axes[0].collections[0].get_offsets()) == 4


def test_a_named_class_keeps_its_colour_where_another_is_absent() -> None:
    labels = np.array([2, 0, 2])
    figure: Any = latent_plane(np.eye(3)[:, :2], labels, names=["cat", "dog", "eel"])
    assert _legend(figure) == ["cat", "eel"]
    np.testing.assert_allclose(figure.axes[0].collections[0].get_facecolors()[:, :3], TAB10(labels)[:, :3])
    np.testing.assert_allclose([handle.get_color() for handle in figure.legends[0].legend_handles], TAB10([0, 2]))


@pytest.mark.parametrize("classes", [10, 11, 20, 21, 45])
def test_classes_have_colours_of_their_own(classes: int) -> None:
    figure: Any = latent_plane(np.random.default_rng(0).normal(size=(classes, 2)), np.arange(classes) - 3)
    assert len(np.unique(figure.axes[0].collections[0].get_facecolors(), axis=0)) == classes
    assert _legend(figure) == [str(label - 3) for label in range(classes)]


def _decode(z: np.ndarray) -> np.ndarray:
    """Images of two pixels: the cumulative probabilities of the two coordinates."""
    assert z.dtype == np.float32
    assert z.shape == (25, 2)
    return stats.norm.cdf(z).reshape(-1, 1, 2, 1)


def test_the_grid_lies_at_quantiles_of_the_prior() -> None:
    figure: Any = latent_grid(_decode, points=5, quantiles=(0.1, 0.9), title="grid", limits=(0, 1))
    (axis,) = figure.axes
    array = np.asarray(axis.images[0].get_array())[..., 0]
    assert array.shape == (5 * 2 - 1, 5 * 3 - 1)
    expected = [0.1, 0.3, 0.5, 0.7, 0.9]
    for row in range(5):
        np.testing.assert_allclose(array[2 * row, 0::3], expected, atol=1e-6)  # first: to the right
        np.testing.assert_allclose(array[2 * row, 1::3], expected[4 - row], atol=1e-6)  # second: upwards
    ladder = [f"{value:.2f}" for value in stats.norm.ppf(expected)]
    assert [label.get_text() for label in axis.get_xticklabels()] == ladder
    assert [label.get_text() for label in axis.get_yticklabels()] == ladder
    np.testing.assert_allclose(axis.get_xticks(), [0.5, 3.5, 6.5, 9.5, 12.5])
    np.testing.assert_allclose(axis.get_yticks(), [8, 6, 4, 2, 0])
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("first latent coordinate", "second latent coordinate")


def test_the_grid_takes_the_limits_of_the_images() -> None:
    figure: Any = latent_grid(_decode, points=5, quantiles=(0.1, 0.9), limits=(0.2, 0.8))
    row = np.asarray(figure.axes[0].images[0].get_array())[0, 0::3, 0]
    np.testing.assert_allclose(row, [0, 1 / 6, 1 / 2, 5 / 6, 1], atol=1e-6)


def test_the_median_has_no_sign() -> None:
    figure: Any = latent_grid(lambda z: np.ones((len(z), 2, 2)))  # whose middle coordinate is -1e-16
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["-2.33", "-0.55", "0.00", "0.55", "2.33"]


Z, LABELS = np.ones((3, 4)), np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: latent_plane(np.ones(3), LABELS), r"`z` must have shape \[n, size\].*Received: shape=\(3,\)"),
        (lambda: latent_plane(np.ones((3, 1)), LABELS), r"`z` .*Received: shape=\(3, 1\)"),
        (lambda: latent_plane(Z * np.nan, LABELS), "`z` must be finite. Received: 12 of 12"),
        (lambda: latent_plane(Z, LABELS[:2]), r"`labels` must be 3 integers.*Received: shape=\(2,\)"),
        (lambda: latent_plane(Z, LABELS + 0.5), "`labels` must be 3 integers.*dtype=float64"),
        (lambda: latent_plane(Z, LABELS, names=["a", "b"]), "`names` .*here 0 to 2. Received: 2 names"),
        (lambda: latent_plane(Z, LABELS - 1, names=["a", "b"]), "`names` .*here -1 to 1. Received: 2 names"),
        (lambda: latent_grid(_decode, points=1), "`points` must be an integer of at least 2. Received: points=1"),
        (lambda: latent_grid(_decode, quantiles=(0, 0.5)), r"`quantiles` must lie within \(0, 1\). Received:"),
        (lambda: latent_grid(_decode, quantiles=(0.9, 0.1)), "`quantiles` must be two finite .*Received:"),
        (lambda: latent_grid(lambda z: z), r"`decode\(z\)` must have shape \[n, h, w, c\].*\(225, 2\)"),
        (lambda: latent_grid(lambda z: np.ones((7, 4, 4))), "`decode` must return 225 images.*Received: 7"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
