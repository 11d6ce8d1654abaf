"""The bars are the counts of transforms, and the band is where those of a calibrated model are."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from plots.looks import assert_all_can_be_read, texts
from scipy import stats

from tfgen.plots import pit_histogram


def bars(axis: Any, bins: int) -> tuple[list[float], list[Any]]:
    """The heights and the colours of the bars, from left to right."""
    (container,) = axis.containers
    np.testing.assert_allclose([bar.get_x() for bar in container], np.arange(bins) / bins, atol=1e-12)
    np.testing.assert_allclose([bar.get_width() for bar in container], 1 / bins)
    assert {bar.get_y() for bar in container} == {0}
    return [bar.get_height() for bar in container], [bar.get_facecolor() for bar in container]


def band(axis: Any) -> tuple[float, float]:
    (span,) = [patch for patch in axis.patches if patch not in axis.containers[0].patches]
    return span.get_y(), span.get_y() + span.get_height()


@pytest.mark.parametrize("bins", [2, 10, 20])
def test_bars_are_counts(bins: int) -> None:
    pit = np.random.default_rng(0).uniform(size=(20, 30))
    pit[0, :2] = 0.0, 1.0
    figure: Any = pit_histogram(pit, bins=bins, title="calibration")
    (axis,) = figure.axes
    heights, _ = bars(axis, bins)
    expected = [((pit >= low / bins) & (pit < (low + 1) / bins)).sum() for low in range(bins)]
    expected[-1] += 1  # the one at the right end
    assert heights == expected
    (line,) = axis.lines
    assert set(line.get_ydata()) == {600 / bins}
    test = stats.kstest(pit.ravel(), "uniform")
    assert axis.get_title() == f"p = {test.pvalue:.2g} (Kolmogorov–Smirnov, n = 600)"
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("probability integral transform", f"count in a bin of {bins}")
    assert axis.get_xlim() == (0, 1)
    assert axis.get_ylim()[0] == 0
    assert axis.get_ylim()[1] > max(heights)
    assert figure.get_suptitle() == "calibration"


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_the_simultaneous_band_holds_all_counts_at_once(level: float) -> None:
    """By simulation: with at least that probability, and one count narrower it would not be the binomial's."""
    figure: Any = pit_histogram(np.linspace(0, 1, 500), bins=10, level=level)
    low, high = (edge + half for edge, half in zip(band(figure.axes[0]), (0.5, -0.5), strict=True))
    counts = np.random.default_rng(0).multinomial(500, np.full(10, 0.1), size=20_000)
    inside = ((counts >= low) & (counts <= high)).all(axis=1).mean()
    assert level - 0.002 < inside < 1 - 0.4 * (1 - level)
    assert texts(figure.legends[0].get_texts())[0] == f"{100 * level:g}% band, all 10 bins at once"


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_pointwise_band_holds_each_count(level: float) -> None:
    figure: Any = pit_histogram(np.linspace(0, 1, 500), bins=10, level=level, simultaneous=False)
    low, high = (edge + half for edge, half in zip(band(figure.axes[0]), (0.5, -0.5), strict=True))
    below, above = stats.binom.cdf(low - 1, 500, 0.1), stats.binom.sf(high, 500, 0.1)
    outside = (1 - level) / 2
    assert below <= outside < stats.binom.cdf(low, 500, 0.1)
    assert above <= outside < stats.binom.sf(high - 1, 500, 0.1)
    assert texts(figure.legends[0].get_texts())[0] == f"{100 * level:g}% band, each bin alone"


def test_bars_outside_the_band_stand_out() -> None:
    counts = [30, 31, 10, 18, 11]
    pit = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], counts)
    figure: Any = pit_histogram(pit, bins=5, level=0.98, simultaneous=False)
    assert band(figure.axes[0]) == (10.5, 30.5), "of Bin(100, 1/5) from the quantile at 0.01 to that at 0.99"
    heights, colours = bars(figure.axes[0], 5)
    assert heights == counts
    legend = figure.legends[0]
    assert texts(legend.get_texts())[1:] == ["expected", "outside the band"]
    red = legend.legend_handles[2].get_facecolor()
    assert [colour == red for colour in colours] == [False, True, True, False, False]


def test_padding_is_not_counted() -> None:
    pit = np.random.default_rng(0).uniform(size=(4, 25))
    mask = np.arange(25) < np.array([25, 3, 10, 0])[:, None]
    for padding in (0.5, np.nan):
        held = np.where(mask, pit, padding)
        figure: Any = pit_histogram(held[..., None], mask, bins=4)
        heights, _ = bars(figure.axes[0], 4)
        assert heights == np.histogram(pit[mask], np.linspace(0, 1, 5))[0].tolist()
        assert figure.axes[0].get_title().endswith("n = 38)")


def test_models_side_by_side() -> None:
    rng = np.random.default_rng(0)
    good, narrow = rng.uniform(size=400), rng.beta(0.3, 0.3, size=400)
    figure: Any = pit_histogram({"good": good, "narrow": narrow})
    left, right = figure.axes
    assert left.get_title().startswith("good\np = 0.")
    assert right.get_title() == "narrow\np < 1e-10 (Kolmogorov–Smirnov, n = 400)"
    assert bars(right, 20)[0] == np.histogram(narrow, np.linspace(0, 1, 21))[0].tolist()
    assert left.get_ylim() == right.get_ylim()
    assert band(left) == band(right)
    assert left.get_position().x0 < right.get_position().x0
    uneven: Any = pit_histogram({"good": good, "few": narrow[:40]})
    left, right = uneven.axes
    assert left.get_ylim()[1] > 3 * right.get_ylim()[1], "counts of unequal numbers have their own scales"


@pytest.mark.parametrize("count", [1, 30, 100_000])
@pytest.mark.parametrize("names", [[""], ["a calibrated model", "one that is too narrow", "one that is biased"]])
def test_all_can_be_read(count: int, names: list[str]) -> None:
    pit = np.random.default_rng(0).beta(0.9, 1, size=count)
    figure = pit_histogram(dict.fromkeys(names, pit), title="Predictive distributions of one and the same series")
    assert_all_can_be_read(figure)
    titles = [axis.title.get_window_extent() for axis in figure.axes]
    assert not any(first.overlaps(second) for first, second in pairwise(titles))


PIT = np.full((2, 3), 0.5)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: pit_histogram({}), "`pit` must not be empty. Received: pit={}"),
        (lambda: pit_histogram([0.5, 1.5]), r"`pit` must be within \[0, 1\]. Received: 1.5"),
        (lambda: pit_histogram({"a": PIT, "b": [-0.5]}), r"`pit\['b'\]` must be within \[0, 1\]. Received: -0.5"),
        (lambda: pit_histogram(np.ones((2, 3, 4))), r"`pit` must have shape .*Received: shape=\(2, 3, 4\)"),
        (lambda: pit_histogram(PIT, np.ones(3, bool)), r"`mask` must be bool of shape \(2, 3\)"),
        (lambda: pit_histogram(PIT, bins=1), "`bins` must be an integer of at least 2. Received: bins=1"),
        (lambda: pit_histogram(PIT, level=1.0), "`level` must be a number between 0 and 1. Received: level=1.0"),
        (lambda: pit_histogram(PIT, level="a"), "`level` must be an array of real numbers"),  # type: ignore[arg-type]
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
