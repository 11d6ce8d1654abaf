"""Sunspots and carbon dioxide, against statsmodels's files read by other means."""

import collections
import math
import sys

import numpy as np
import pytest
from scipy import stats
from statsmodels import datasets as statsmodels_datasets

from tfgen.datasets import by_name, co2, sunspots
from tfgen.judging import autoregressive, autoregressive_order, seasonal_naive


@pytest.fixture(scope="module", params=[sunspots, co2], ids=lambda loader: loader.__name__)
def loader(request):
    return request.param


def years(series, part):
    """The part's first and last step, in years."""
    parts = np.split(series.time, [series.validation_start, series.test_start])
    time = parts[("train", "validation", "test").index(part)]
    return time[0], time[-1]


def test_sunspots_are_the_raw_numbers_of_each_year():
    series, raw = sunspots(), statsmodels_datasets.sunspots.load_pandas().data
    assert series.time.tolist() == list(range(1700, 2009)) == raw["YEAR"].tolist()
    assert series.values[:, 0].tolist() == raw["SUNACTIVITY"].tolist()
    np.testing.assert_array_equal(series.levels, series.values)
    assert (series.values.dtype, series.time.dtype, series.values.shape) == (np.float64, np.float64, (309, 1))
    by_year = dict(zip(series.time, series.values[:, 0], strict=True))
    assert (by_year[1700], by_year[1957], by_year[2008]) == (5.0, 190.2, 2.9)
    assert [year for year, number in by_year.items() if number == 0] == [1711, 1712, 1810]
    assert years(series, "train") == (1700, 1920)
    assert years(series, "validation") == (1921, 1955)
    assert years(series, "test") == (1956, 2008)


def monthly_means():
    """Of each month from the first to the last, by dates alone; None where no week has a value."""
    weeks = collections.defaultdict(list)
    for date, value in statsmodels_datasets.co2.load_pandas().data["co2"].items():
        weeks[date.year, date.month].append(value)
    means = {}
    for month in sorted(weeks):
        known = [value for value in weeks[month] if not math.isnan(value)]
        means[month] = sum(known) / len(known) if known else None
    return means


def test_carbon_dioxide_is_differences_of_monthly_means():
    series, means = co2(), monthly_means()
    gaps = {
        (1958, 6): ((1958, 5), (1958, 7), 1 / 2),
        (1958, 10): ((1958, 9), (1958, 11), 1 / 2),
        (1964, 2): ((1964, 1), (1964, 5), 1 / 4),
        (1964, 3): ((1964, 1), (1964, 5), 2 / 4),
        (1964, 4): ((1964, 1), (1964, 5), 3 / 4),
    }
    assert {month for month, mean in means.items() if mean is None} == set(gaps)
    for month, (before, after, way) in gaps.items():
        means[month] = means[before] + way * (means[after] - means[before])
    months = list(means)
    assert (months[0], months[1], months[-1], len(months)) == ((1958, 3), (1958, 4), (2001, 12), 526)
    levels = np.array(list(means.values()))
    np.testing.assert_allclose(series.levels[:, 0], levels[1:], rtol=1e-12)
    np.testing.assert_allclose(series.values[:, 0], levels[1:] - levels[:-1], rtol=1e-9)
    np.testing.assert_allclose(series.time, [year + (month - 1) / 12 for year, month in months[1:]], rtol=1e-14)
    assert (series.values.dtype, series.time.dtype, series.values.shape) == (np.float64, np.float64, (525, 1))
    filled = [year + (month - 1) / 12 for year, month in gaps]
    assert max(filled) < series.time[series.validation_start]


def test_the_parts_of_carbon_dioxide_are_whole_years():
    series = co2()
    assert years(series, "train") == pytest.approx((1958 + 3 / 12, 1983 + 11 / 12))
    assert years(series, "validation") == pytest.approx((1984, 1992 + 11 / 12))
    assert years(series, "test") == pytest.approx((1993, 2001 + 11 / 12))
    assert [getattr(series, part)["x"].shape[1] for part in ("train", "validation", "test")] == [309, 108, 108]


def test_the_density_of_a_difference_is_that_of_the_level():
    """A Gaussian autoregression of levels with the season, whose differences are one too: equal nats, step by step."""
    series = co2()
    levels, differences = series.levels[:, 0], series.values[:, 0]
    t = np.arange(13, len(levels))
    of_differences = stats.norm(differences[t - 12], 0.3).logpdf(differences[t])
    of_levels = stats.norm(levels[t - 1] + levels[t - 12] - levels[t - 13], 0.3).logpdf(levels[t])
    np.testing.assert_allclose(of_differences, of_levels, rtol=1e-8)


@pytest.mark.parametrize(
    ("load", "period", "orders", "naive", "regression"),
    [
        (sunspots, 11, (9, 2), (1.1628, 1.5972), (0.5090, 0.9897)),
        (co2, 12, (15, 13), (0.4557, 0.3567), (0.2766, 0.2379)),
    ],
)
def test_what_the_baselines_need(load, period, orders, naive, regression):
    """Nats a step in standardised units, of the validation and of the test part; orders by AIC and BIC."""
    series = load()
    train = series.train["x"]
    assert tuple(autoregressive_order(train, criterion=criterion) for criterion in ("aic", "bic")) == orders
    for part, least, better in zip(("validation", "test"), naive, regression, strict=True):
        x, scored = series.until(part)
        assert abs(-seasonal_naive(train, x, scored, period=period).mean() - least) < 1e-4
        assert abs(-autoregressive(train, x, scored).mean() - better) < 1e-4


def test_registered(loader):
    assert by_name(loader.__name__).name == loader.__name__
    np.testing.assert_array_equal(by_name(loader.__name__).values, loader().values)


def test_without_statsmodels_the_error_names_the_extra(loader, monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.datasets", None)
    with pytest.raises(ImportError, match=r"^The series need statsmodels: pip install 'tfgen\[train\]'$"):
        loader()
