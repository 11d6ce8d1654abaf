"""The pictures of unconditional models hold the numbers they are said to hold."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfgen.plots import density_beside_truth, sample_pairs

LIMITS = ((-2.0, 3.0), (-1.0, 1.5))


def _truth(x: np.ndarray) -> np.ndarray:
    """Unlike along its two axes, so that no swap or flip of them goes unseen."""
    return stats.norm.logpdf(x[:, 0], 1.0, 0.5) + stats.norm.logpdf(x[:, 1], -0.25, 0.2)


def _model(x: np.ndarray) -> np.ndarray:
    return stats.norm.logpdf(x[:, 0], 1.0, 0.4) + stats.norm.logpdf(x[:, 1], -0.25, 0.3)


def test_the_images_are_the_densities_on_the_grid() -> None:
    samples = np.random.default_rng(0).normal(size=(31, 2))
    figure: Any = density_beside_truth(_truth, _model, samples, limits=LIMITS, title="both", points=40)
    truth, model, drawn, bar = figure.axes
    across, up = np.linspace(*LIMITS[0], 40), np.linspace(*LIMITS[1], 40)
    for axis, log_density in ((truth, _truth), (model, _model)):
        (image,) = axis.images
        expected = [[np.exp(log_density(np.array([[one, other]])))[0] for one in across] for other in up]
        np.testing.assert_allclose(image.get_array(), expected, rtol=1e-4)
        assert image.origin == "lower"
        assert tuple(image.get_extent()) == (-2.0, 3.0, -1.0, 1.5)
    peak = truth.images[0].get_array().max()
    assert truth.images[0].get_clim() == model.images[0].get_clim() == (0, peak), "one scale of colours"
    assert [axis.get_title() for axis in (truth, model)] == ["density: truth", "density: model"]
    np.testing.assert_array_equal(drawn.collections[0].get_offsets(), samples)
    assert drawn.get_title() == "31 samples of the model"
    assert (drawn.get_xlim(), drawn.get_ylim()) == LIMITS
    assert bar.get_ylabel() == "density"
    assert figure.get_suptitle() == "both"


def test_pairs_of_columns() -> None:
    rng = np.random.default_rng(1)
    data, samples = rng.uniform(0, 10, size=(40, 4)), rng.normal(size=(25, 4))
    samples[0] = 1e6
    figure: Any = sample_pairs(data, samples, pairs=((0, 2), (3, 1)), names=["a", "b", "c", "d"], title="pairs")
    assert len(figure.axes) == 2
    for axis, (first, second) in zip(figure.axes, ((0, 2), (3, 1)), strict=True):
        drawn, held_out = axis.collections
        np.testing.assert_array_equal(drawn.get_offsets(), samples[:, [first, second]])
        np.testing.assert_array_equal(held_out.get_offsets(), data[:, [first, second]])
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("abcd"[first], "abcd"[second])
        low, high = axis.get_xlim()
        margin = 0.3 * np.ptp(data[:, first])
        assert (low, high) == pytest.approx((data[:, first].min() - margin, data[:, first].max() + margin))
        assert axis.get_ylim()[1] < 20, "a wild sample squeezes the picture"
    texts = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert texts == ["samples", "held-out data"]


def test_one_pair() -> None:
    data = np.arange(6.0).reshape(3, 2)
    assert len(sample_pairs(data, data, pairs=((0, 1),), names=["a", "b"]).axes) == 1
