"""The baselines of series against SciPy, statsmodels, loops, and an autoregression whose density is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.tsa.api import VAR
from statsmodels.tsa.ar_model import AutoReg, ar_select_order

from tfgen.judging import autoregressive, autoregressive_order, paired_gap, seasonal_naive

FIRST, SECOND, CONSTANT, DEVIATION = 1.2, -0.6, 0.5, 0.7


def _second_order(seed: int, steps: int) -> np.ndarray:
    """[steps] of x_t = 0.5 + 1.2 x_{t−1} − 0.6 x_{t−2} + N(0, 0.7²), after a hundred more."""
    noise = DEVIATION * np.random.default_rng(seed).standard_normal(steps + 100)
    x = np.zeros(steps + 100)
    for step in range(2, len(x)):
        x[step] = CONSTANT + FIRST * x[step - 1] + SECOND * x[step - 2] + noise[step]
    return x[100:]


def _scored(shape: tuple[int, ...], start: int) -> np.ndarray:
    return np.broadcast_to(np.arange(shape[1]) >= start, shape[:2])


def _of_one(x: np.ndarray) -> np.ndarray:
    return x[None, :, None]


@pytest.mark.parametrize(("rows", "size"), [(1, 1), (3, 1), (1, 2), (3, 2)])
@pytest.mark.parametrize("period", [1, 4])
def test_the_seasonal_naive_is_a_gaussian_about_the_last_season(rows: int, size: int, period: int) -> None:
    rng = np.random.default_rng(period)
    train = rng.normal(size=(rows, 30, size)).cumsum(axis=1)
    x = rng.normal(size=(2, 12, size)).cumsum(axis=1)
    scored = rng.random((2, 12)) < 0.5
    scored[:, :period] = False
    covariance, count = np.zeros((size, size)), 0
    for sequence in train:
        for step in range(period, 30):
            error = sequence[step] - sequence[step - period]
            covariance += np.outer(error, error)
            count += 1
    expected = [
        stats.multivariate_normal(sequence[step - period], covariance / count).logpdf(sequence[step])
        for sequence, chosen in zip(x, scored, strict=True)
        for step in np.flatnonzero(chosen)
    ]
    found = seasonal_naive(train, x, scored, period=period)
    assert (found.dtype, found.shape) == (np.float64, (scored.sum(),))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("order", [0, 1, 3, 7])
def test_training_steps_have_statsmodels_s_likelihood(order: int) -> None:
    x = _second_order(0, 200)
    found = autoregressive(_of_one(x), _of_one(x), _scored((1, 200), order), order=order)
    assert len(found) == 200 - order
    np.testing.assert_allclose(found.sum(), AutoReg(x, order, trend="c").fit().llf, rtol=1e-9)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_held_out_steps_are_statsmodels_s_predictions_one_step_ahead(order: int) -> None:
    x = _second_order(1, 300)
    train, start = x[:200], 240  # what lies between is history
    fitted = AutoReg(train, order, trend="c").fit()
    mean = fitted.append(x[200:]).predict(start=start, end=299, dynamic=False)
    expected = stats.norm(mean, np.sqrt((fitted.resid**2).mean())).logpdf(x[start:])
    found = autoregressive(_of_one(train), _of_one(x), _scored((1, 300), start), order=order)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_vectors_of_several_sequences_by_loops() -> None:
    """No lag reaches from one sequence into another."""
    rng = np.random.default_rng(2)
    mixing = np.array([[0.5, 0.3], [-0.4, 0.2]])
    train, x = rng.normal(size=(4, 15, 2)) + 3, rng.normal(size=(3, 9, 2)) + 3
    for sequences in (train, x):
        for step in range(1, sequences.shape[1]):
            sequences[:, step] += sequences[:, step - 1] @ mixing.T
    scored = rng.random((3, 9)) < 0.6
    scored[:, :2] = False

    def past(sequence: np.ndarray, step: int) -> list[float]:
        return [1.0, *sequence[step - 1], *sequence[step - 2]]

    design = np.array([past(sequence, step) for sequence in train for step in range(2, 15)])
    targets = np.array([sequence[step] for sequence in train for step in range(2, 15)])
    coefficients = np.linalg.solve(design.T @ design, design.T @ targets)
    covariance = np.cov((targets - design @ coefficients).T, bias=True)
    expected = [
        stats.multivariate_normal(past(sequence, step) @ coefficients, covariance).logpdf(sequence[step])
        for sequence, chosen in zip(x, scored, strict=True)
        for step in np.flatnonzero(chosen)
    ]
    np.testing.assert_allclose(autoregressive(train, x, scored, order=2), expected, rtol=1e-8)


def _true_log_prob(x: np.ndarray, start: int) -> np.ndarray:
    mean = CONSTANT + FIRST * x[start - 1 : -1] + SECOND * x[start - 2 : -2]
    return stats.norm(mean, DEVIATION).logpdf(x[start:])


def test_the_gap_to_a_known_autoregression_vanishes() -> None:
    x = _second_order(3, 20_000)
    truth = _true_log_prob(x, 2)
    gaps = []
    for steps in (50, 500, 50_000):
        found = autoregressive(_of_one(_second_order(4, steps)), _of_one(x), _scored((1, len(x)), 2), order=2)
        gaps.append(paired_gap(truth, found))
    # Four parameters: about 4/(2 · steps) nats a step.
    assert gaps[0].mean > gaps[1].mean > gaps[2].mean
    assert gaps[1].mean < 0.02
    assert abs(gaps[2].mean) < 0.0005
    assert np.abs(truth - found).max() < 0.1


@pytest.mark.parametrize("disturb", [lambda x: x[::2], lambda x: np.random.default_rng(0).permutation(x)])
def test_steps_out_of_order_are_scored_worse(disturb: Callable[[np.ndarray], np.ndarray]) -> None:
    """What the past says is lost: the scores are not those of the numbers alone."""
    train, x = _of_one(_second_order(5, 5000)), _second_order(6, 2000)
    other = disturb(x)
    good = autoregressive(train, _of_one(x), _scored((1, len(x)), 2), order=2).mean()
    bad = autoregressive(train, _of_one(other), _scored((1, len(other)), 2), order=2).mean()
    assert good - bad > 0.5


@pytest.mark.parametrize("score", [lambda *a: seasonal_naive(*a, period=3), lambda *a: autoregressive(*a, order=3)])
def test_a_score_sees_its_past_and_no_future(score: Callable[..., np.ndarray]) -> None:
    train, x = _of_one(_second_order(7, 300)), _of_one(_second_order(8, 40))
    scored = _scored((1, 40), 20)
    before = score(train, x, scored)
    moved = [x + 5 * (np.arange(40) == step)[:, None] for step in range(40)]
    changed = [np.abs(score(train, other, scored) - before) > 1e-9 for other in moved]
    for step, reached in enumerate(changed):
        assert set(np.flatnonzero(reached) + 20) <= set(range(step, step + 4))
        assert reached.any() == (step >= 17)  # the three steps before the part are history
    assert all(changed[step][step - 20] for step in range(20, 40))


@pytest.mark.parametrize("criterion", ["aic", "bic"])
@pytest.mark.parametrize("seed", range(6))
def test_the_order_is_statsmodels_s(criterion: str, seed: int) -> None:
    x = _second_order(seed, 80 + 40 * seed) if seed else np.random.default_rng(0).normal(size=150)
    chosen = ar_select_order(x, 9, ic=criterion, trend="c").ar_lags
    order = max(chosen) if chosen else 0
    assert autoregressive_order(_of_one(x), max_order=9, criterion=criterion) == order


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_the_order_of_vectors_is_statsmodels_s(criterion: str) -> None:
    """Where orders are many enough to tell one count of parameters from another."""
    found, expected = [], []
    for seed in range(12):
        noise = np.random.default_rng(seed).normal(size=(90, 3))
        x = noise.copy()
        for step in range(4, 90):
            x[step] += 0.4 * np.roll(x[step - 1], 1) + 0.3 * np.roll(x[step - 4], 1)
        found.append(autoregressive_order(x[None], max_order=6, criterion=criterion))
        expected.append(int(VAR(x).select_order(6, trend="c").selected_orders[criterion]))
    assert found == expected
    assert len(set(found)) > 1


def test_bic_finds_the_order_of_data_that_have_one() -> None:
    train = np.stack([_second_order(seed, 100) for seed in range(20)])[:, :, None]
    assert autoregressive_order(train, criterion="bic") == autoregressive_order(train, max_order=2) == 2
    # Two numbers, the second of which follows the first after three steps.
    pair = np.concatenate(
        [train[:, 3:], train[:, :-3] + 0.1 * np.random.default_rng(0).normal(size=(20, 97, 1))], axis=2
    )
    assert autoregressive_order(pair, max_order=6, criterion="bic") == 3


def test_the_order_is_chosen_by_aic_where_it_is_not_given() -> None:
    train, x, scored = _of_one(_second_order(10, 400)), _of_one(_second_order(11, 100)), _scored((1, 100), 50)
    order = autoregressive_order(train)
    np.testing.assert_array_equal(autoregressive(train, x, scored), autoregressive(train, x, scored, order=order))
    assert np.abs(autoregressive(train, x, scored) - autoregressive(train, x, scored, order=order + 1)).max() > 1e-6


def test_lists_and_float32_are_taken() -> None:
    train, x = _of_one(_second_order(12, 50)).astype("float32"), _of_one(_second_order(13, 10)).astype("float32")
    scored = _scored((1, 10), 5)
    for score in (lambda *a: seasonal_naive(*a, period=2), lambda *a: autoregressive(*a, order=2)):
        found = score(train.tolist(), x.tolist(), scored.tolist())
        assert found.dtype == np.float64
        np.testing.assert_allclose(score(train, x, scored), found, rtol=1e-9)


_X = np.random.default_rng(0).normal(size=(2, 9, 1))
_LATE = _scored((2, 9), 4)


@pytest.mark.parametrize(
    ("train", "x", "scored", "message"),
    [
        (_X[0], _X, _LATE, r"`train` must have shape \[n, T, size\]\. Received: shape=\(9, 1\)"),
        (_X[:0], _X, _LATE, r"`train` must have shape \[n, T, size\]\. Received: shape=\(0, 9, 1\)"),
        (_X, _X[..., 0], _LATE, r"`x` must have shape \[n, T, size\]\. Received: shape=\(2, 9\)"),
        (_X * np.nan, _X, _LATE, r"`train` must be finite\. Received: nan"),
        (_X, _X - np.inf, _LATE, r"`x` must be finite\. Received: -?inf"),
        (_X, np.repeat(_X, 2, axis=2), _LATE, r"`x` must have the size of `train`, 1\. Received: shape=\(2, 9, 2\)"),
        (_X, _X, _LATE[:, 1:], r"`scored` must be bool of shape \(2, 9\).*Received: dtype=bool, shape=\(2, 8\)"),
        (_X, _X, _LATE.astype(int), r"`scored` must be bool of shape \(2, 9\).*Received: dtype=int64"),
        (_X, _X, ~(_LATE | True), r"`scored` must be True somewhere\. Received: none of 18"),
        (_X, _X, _scored((2, 9), 2), r"only where 3 steps, the (period|order), are before\. Received: scored\[0, 2\]"),
        (_X * 0, _X, _LATE, r"covariance of full rank\. Received: rank 0 of 1"),
    ],
)
@pytest.mark.parametrize("score", [lambda *a: seasonal_naive(*a, period=3), lambda *a: autoregressive(*a, order=3)])
def test_what_does_not_fit_is_refused(score: Callable[..., Any], train: Any, x: Any, scored: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score(train, x, scored)


def test_periods_and_orders_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`period` must be an integer, at least 1\. Received: 0"):
        seasonal_naive(_X, _X, _LATE, period=0)
    with pytest.raises(ValueError, match=r"`period` must be less than 9, the steps of `train`\. Received: 9"):
        seasonal_naive(_X, _X, _LATE, period=9)
    with pytest.raises(ValueError, match=r"`order` must be an integer, at least 0\. Received: -1"):
        autoregressive(_X, _X, _LATE, order=-1)
    with pytest.raises(TypeError, match=r"`order` must be an integer, at least 0\. Received: 1\.0"):
        autoregressive(_X, _X, _LATE, order=1.0)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"`order` must leave 7 training steps.*\(1, 9, 1\)\. Received: order=5.*leaves 4"
    ):
        autoregressive(_X[:1], _X, _LATE, order=5)
    with pytest.raises(ValueError, match=r"`max_order` must leave 17 .*Received: max_order=15, which leaves 0"):
        autoregressive(_X, _X, _LATE)
    with pytest.raises(ValueError, match=r"`criterion` must be 'aic' or 'bic'\. Received: 'hqic'"):
        autoregressive_order(_X, max_order=1, criterion="hqic")
