"""Real series that come with statsmodels: sunspots by the year and carbon dioxide by the month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.series import Series

__all__ = ["co2", "sunspots"]

_MISSING = "The series need statsmodels: pip install 'tfgen[train]'"


def sunspots() -> Series:
    """Loads the mean number of sunspots of each year from 1700 to 2008, 309 steps of one number.

    Training: 1700–1920, 221 steps; validation: 1921–1955, 35; test: 1956–2008, 53. The first two are the split of
    Weigend, Huberman and Rumelhart, whose later years ended in 1979.

    **No transform** is made but standardisation: the numbers are positive and skewed, and a density is of them as they
    are. A model of their logarithms or roots must add its own Jacobian to be compared. No limit is known: good for
    ranking models only. Numbers are multiples of 0.1, and three years of the training part (1711, 1712 and 1810) have
    exactly none, so that a density model with very narrow components could exploit the lattice. The test part has
    higher maxima than any before, 1957's above all, and 53 steps: compare models by their differences, step by step.

    Raises:
        ImportError: If statsmodels is not installed.

    Source: statsmodels's copy of the yearly numbers of the National Geophysical Data Center (before their revision of
    2015); Weigend, Huberman and Rumelhart 1990, "Predicting the future: a connectionist approach".

    Example:
        >>> series = sunspots()
        >>> series.values.shape, series.windows(50)["x"].shape
        ((309, 1), (172, 50, 1))
    """
    try:
        from statsmodels.datasets import sunspots as source
    except ImportError as error:
        raise ImportError(_MISSING) from error
    data = source.load_pandas().data
    numbers = data["SUNACTIVITY"].to_numpy(np.float64)[:, None]
    time = data["YEAR"].to_numpy(np.float64)
    return _series("sunspots", values=numbers, levels=numbers, time=time, validation=1921.0, test=1956.0)


def co2() -> Series:
    r"""Loads carbon dioxide in the air of Mauna Loa by the month, April 1958 to December 2001: 525 steps of one number.

    Training: to December 1983, 309 steps; validation: 1984–1992, 108; test: 1993–2001, 108.

    `levels` are monthly means in parts per million: of the weekly values whose Saturday is in the month. Five months
    have none (June and October 1958, February to April 1964, all in the training part): they lie on the line from the
    month before to the month after. March 1958 is only where the differences begin.

    `values` are first differences, levels_t − levels_{t−1}: levels rise beyond all that was seen in training, and no
    model of standardised levels could follow. **Their densities are those of the levels**: a difference is the level
    less a number that the past holds, whose Jacobian is one, so log p(values_t | past) = log p(levels_t | past), and
    models of seasonal differences, levels_t − levels_{t−12}, can be compared by the same nats where both are in raw
    units. The season is left in: of 12 months. No limit is known: good for ranking models only.

    Raises:
        ImportError: If statsmodels is not installed.

    Source: statsmodels's copy of weekly flask samples, Keeling and Whorf 2004, "Atmospheric CO2 concentrations derived
    from flask air samples at sites in the SIO network".

    Example:
        >>> series = co2()
        >>> series.values.shape, series.windows(60, stride=12)["x"].shape
        ((525, 1), (21, 60, 1))
    """
    try:
        from statsmodels.datasets import co2 as source
    except ImportError as error:
        raise ImportError(_MISSING) from error
    months = source.load_pandas().data["co2"].resample("MS").mean().interpolate("linear")
    levels = months.to_numpy(np.float64)[:, None]
    time = np.asarray(months.index.year + (months.index.month - 1) / 12, np.float64)
    return _series(
        "co2", values=np.diff(levels, axis=0), levels=levels[1:], time=time[1:], validation=1984.0, test=1993.0
    )


def _series(
    name: str,
    *,
    values: NDArray[np.float64],
    levels: NDArray[np.float64],
    time: NDArray[np.float64],
    validation: float,
    test: float,
) -> Series:
    """Splits at the years in which validation and test begin."""
    starts = np.searchsorted(time, [validation, test])
    return Series(
        name=name,
        values=values,
        levels=levels,
        time=time,
        validation_start=int(starts[0]),
        test_start=int(starts[1]),
    )
