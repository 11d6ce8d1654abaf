"""The pictures of conditional models hold the numbers they are said to hold."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfgen.plots import conditional_density, predictive_bands


def _truth(x: np.ndarray, context: np.ndarray) -> np.ndarray:
    assert x.shape == context.shape == (900, 1)
    return stats.norm.logpdf(x, 2 * context, 0.3)[:, 0]


def _model(x: np.ndarray, context: np.ndarray) -> np.ndarray:
    return stats.norm.logpdf(x, 0, 1)[:, 0] + 0 * context[:, 0]


def test_the_images_are_log_densities_of_x_given_context() -> None:
    figure: Any = conditional_density(
        _truth, _model, x_limits=(-3, 4), context_limits=(-1, 1.5), title="conditional", points=30
    )
    truth, model, bar = figure.axes
    contexts, values = np.linspace(-1, 1.5, 30), np.linspace(-3, 4, 30)
    expected = stats.norm.logpdf(values[:, None], 2 * contexts[None], 0.3)
    np.testing.assert_allclose(truth.images[0].get_array(), expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        model.images[0].get_array(), np.tile(stats.norm.logpdf(values)[:, None], 30), rtol=1e-5, atol=1e-5
    )
    peak = truth.images[0].get_array().max()
    for axis, name in ((truth, "truth"), (model, "model")):
        (image,) = axis.images
        assert image.get_clim() == pytest.approx((peak - 8, peak))
        assert tuple(image.get_extent()) == (-1, 1.5, -3, 4)
        assert image.origin == "lower"
        assert (axis.get_title(), axis.get_xlabel()) == (name, "context")
    assert truth.get_ylabel() == "x"
    assert "nats" in bar.get_ylabel()


def test_predictive_bands_are_quantiles_in_order_of_the_median() -> None:
    rng = np.random.default_rng(0)
    location = rng.permutation(20.0 * np.arange(12))
    samples = location[:, None] + rng.normal(size=(400, 12, 1))
    x = location[:, None] + 0.5
    figure: Any = predictive_bands(x, samples, title="bands", label="progression")
    bands, histogram = figure.axes
    order = np.argsort(location)
    median = bands.lines[0].get_ydata()
    np.testing.assert_allclose(median, np.median(samples[..., 0], axis=0)[order])
    wide, narrow, points = bands.collections
    for band, low, high in ((wide, 0.05, 0.95), (narrow, 0.25, 0.75)):
        corners = band.get_paths()[0].vertices
        for rank, column in enumerate(order):
            edges = corners[corners[:, 0] == rank][:, 1]
            expected = np.quantile(samples[:, column, 0], [low, high])
            assert (edges.min(), edges.max()) == pytest.approx(tuple(expected))
    np.testing.assert_allclose(points.get_offsets(), np.column_stack([np.arange(12), x[order, 0]]))
    assert bands.get_ylabel() == "progression"
    assert [text.get_text() for text in bands.get_legend().get_texts()] == [
        "5% to 95%",
        "25% to 75%",
        "median",
        "held-out data",
    ]
    assert histogram.lines[0].get_ydata() == [1.0, 1.0]


def test_the_transform_is_the_share_of_draws_below() -> None:
    samples = np.tile(np.linspace(0, 1, 101)[:-1, None, None], (1, 4, 1))  # a uniform's 100 quantiles
    x = np.array([[0.055], [0.055], [0.455], [0.985]])
    figure: Any = predictive_bands(x, samples)
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    np.testing.assert_allclose(heights, [5, 0, 0, 0, 2.5, 0, 0, 0, 0, 2.5])
