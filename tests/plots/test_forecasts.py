"""The bands of a forecast are the draws' quantiles, around what was observed."""

from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, texts

from tfgen.datasets import NoisyAutoregression
from tfgen.plots import forecast_bands


def edges(band: Any, time: np.ndarray) -> np.ndarray:
    """The lower and the upper edge of a band at each time, [2, time]."""
    (path,) = band.get_paths()
    at = [path.vertices[np.isclose(path.vertices[:, 0], each)][:, 1] for each in time]
    return np.array([(each.min(), each.max()) for each in at]).T


def lines(axis: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axis.lines}


@pytest.mark.parametrize("levels", [(0.5, 0.9), (0.9, 0.5), (0.25,), (0.5, 0.8, 0.975)])
def test_bands_are_central_quantiles(levels: tuple[float, ...]) -> None:
    draws = np.random.default_rng(0).gamma(2, size=(200, 15))
    x = NoisyAutoregression(length=15).sample(1, seed=0)["x"][0, :, 0]
    figure: Any = forecast_bands(x, draws, levels=levels, title="bands")
    (axis,) = figure.axes
    time = np.arange(1, 16)
    for band, level in zip(axis.collections, sorted(levels, reverse=True), strict=True):
        expected = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        np.testing.assert_allclose(edges(band, time), expected)
        assert band.get_label() == f"{100 * level:g}% interval"
    drawn = lines(axis)
    np.testing.assert_allclose(drawn["median"].get_ydata(), np.median(draws, axis=0))
    np.testing.assert_allclose(drawn["observed"].get_ydata(), x, rtol=1e-6)
    for line in drawn.values():
        np.testing.assert_array_equal(line.get_xdata(), time)
    assert texts(figure.legends[0].get_texts()) == [
        "observed",
        "median",
        *(f"{100 * level:g}% interval" for level in sorted(levels)),
    ]
    # Wide bands lie behind narrow ones, and are paler.
    brightness = [band.get_facecolor()[0, :3].sum() for band in axis.collections]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness)) == len(levels)
    assert all(band.get_facecolor()[0, 3] == 1 for band in axis.collections), "as in the legend"
    assert (axis.get_xlabel(), axis.get_ylabel(), figure.get_suptitle()) == ("step", "x", "bands")


def test_the_history_comes_before() -> None:
    draws = np.random.default_rng(0).normal(size=(50, 4))
    figure: Any = forecast_bands([1.0, 2, 3, 4], draws, history=[7.0, 8, 9])
    (axis,) = figure.axes
    observed = lines(axis)["observed"]
    assert observed.get_xdata().tolist() == [-2, -1, 0, 1, 2, 3, 4]
    assert observed.get_ydata().tolist() == [7, 8, 9, 1, 2, 3, 4]
    assert lines(axis)["median"].get_xdata().tolist() == [1, 2, 3, 4]
    (border,) = [line for line in axis.lines if line.get_linestyle() == ":"]
    assert list(border.get_xdata()) == [0.5, 0.5]
    own: Any = forecast_bands(None, draws, history=[7.0, 8, 9], time=[1990, 1991, 1994, 2000, 2001, 2002, 2005])
    (axis,) = own.axes
    observed = lines(axis)["observed"]
    assert observed.get_xdata().tolist() == [1990, 1991, 1994, 2000, 2001, 2002, 2005]
    np.testing.assert_array_equal(observed.get_ydata(), [7, 8, 9] + [np.nan] * 4)
    assert lines(axis)["median"].get_xdata().tolist() == [2000, 2001, 2002, 2005]
    (border,) = [line for line in axis.lines if line.get_linestyle() == ":"]
    assert list(border.get_xdata()) == [1997, 1997]


def test_where_nothing_is_observed_the_legend_does_not_say_so() -> None:
    figure: Any = forecast_bands(None, np.ones((5, 4)), xlabel="hours")
    assert texts(figure.legends[0].get_texts()) == ["median", "50% interval", "90% interval"]
    assert figure.axes[0].get_xlabel() == "hours"
    assert not [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]


@pytest.mark.parametrize(("size", "columns"), [(1, 1), (3, 1), (4, 1), (5, 2), (8, 2)])
def test_a_panel_for_each_dimension(size: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    x, draws, history = rng.normal(size=(6, size)), rng.normal(size=(40, 6, size)), rng.normal(size=(3, size))
    figure: Any = forecast_bands(x, draws, history=history, names=[f"d{index}" for index in range(size)])
    axes = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_ylabel() for axis in axes] == [f"d{index}" for index in range(size)]
    assert len({axis.get_subplotspec().colspan.start for axis in axes}) == columns
    for index, axis in enumerate(axes):
        np.testing.assert_array_equal(lines(axis)["observed"].get_ydata(), [*history[:, index], *x[:, index]])
        np.testing.assert_allclose(lines(axis)["median"].get_ydata(), np.median(draws[:, :, index], axis=0))
        lower = np.quantile(draws[:, :, index], 0.05, axis=0)
        np.testing.assert_allclose(edges(axis.collections[0], np.arange(1, 7))[0], lower)
        lowest = index >= size - columns
        assert axis.xaxis.get_tick_params()["labelbottom"] == lowest
        assert axis.get_xlabel() == ("step" if lowest else "")
    assert len(figure.legends) == 1


def test_quantiles_may_stand_for_draws() -> None:
    quantiles = (np.arange(1000)[:, None] + 0.5) / 1000 * [1.0, 2.0]
    figure: Any = forecast_bands([0.5, 0.5], quantiles)
    np.testing.assert_allclose(
        edges(figure.axes[0].collections[0], np.array([1, 2])), [[0.05, 0.1], [0.95, 1.9]], atol=1e-3
    )


def test_one_step_can_be_seen() -> None:
    figure: Any = forecast_bands([1.0], np.arange(101.0)[:, None])
    (axis,) = figure.axes
    assert lines(axis)["median"].get_marker() == "."
    (path,) = axis.collections[0].get_paths()
    assert np.ptp(path.vertices, axis=0).tolist() == pytest.approx([0.6, 90])


@pytest.mark.parametrize("size", [1, 4, 9])
@pytest.mark.parametrize("levels", [(0.5, 0.9), (0.5, 0.8, 0.9, 0.95)])
def test_all_can_be_read(size: int, levels: tuple[float, ...]) -> None:
    draws = 1e4 * np.random.default_rng(0).normal(size=(40, 30, size))
    figure = forecast_bands(draws[0], draws, history=draws[1], levels=levels, title="Thirty steps ahead", xlabel="days")
    assert_all_can_be_read(figure)
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert not any(box.overlaps(axis.get_tightbbox()) for axis in figure.axes if axis.get_visible())


DRAWS, X = np.ones((5, 4, 2)), np.ones((4, 2))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: forecast_bands(X, X[0]), r"`draws` must have shape \[samples, time\] or .*Received: shape=\(2,\)"),
        (
            lambda: forecast_bands(X[:3], DRAWS),
            r"`x` must have shape \[4, 2\] to fit `draws`. Received: shape=\(3, 2\)",
        ),
        (lambda: forecast_bands(X[:, 0], DRAWS), r"`x` must have shape \[4, 2\] .*Received: shape=\(4,\)"),
        (lambda: forecast_bands(X, DRAWS[..., 0]), r"`x` must have shape \[4\] .*Received: shape=\(4, 2\)"),
        (lambda: forecast_bands(X * np.nan, DRAWS), "`x` must be finite"),
        (lambda: forecast_bands(X, DRAWS, history=[1.0]), r"`history` must have shape \[time, 2\] .*shape=\(1,\)"),
        (lambda: forecast_bands(X, DRAWS, time=range(5)), r"`time` must have shape \[4\].*Received: shape=\(5,\)"),
        (lambda: forecast_bands(X, DRAWS, time=[0, 2, 2, 3]), "`time` must ascend. Received: 2 after 2"),
        (lambda: forecast_bands(X, DRAWS, levels=(0.5, 1.0)), r"`levels` must be numbers .*levels=\(0.5, 1.0\)"),
        (lambda: forecast_bands(X, DRAWS, levels=0.5), "`levels` must be numbers .*levels=0.5"),  # type: ignore[arg-type]
        (lambda: forecast_bands(X, DRAWS, levels=()), "`levels` must not be empty"),
        (lambda: forecast_bands(X, DRAWS, names=["a"]), "`names` must be a sequence of 2 names.*Received: 1 names"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
