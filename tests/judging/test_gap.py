"""The paired gap against SciPy and a case with a known divergence."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfgen.judging import PairedGap, paired_gap


def test_mean_and_error_are_scipy_s() -> None:
    rng = np.random.default_rng(0)
    truth, model = rng.normal(-1, 3, 50), rng.normal(-2, 3, 50)
    gap = paired_gap(truth, model)
    assert gap.mean == pytest.approx((truth - model).mean())
    assert gap.standard_error == pytest.approx(stats.sem(truth - model))
    assert gap.mean / gap.standard_error == pytest.approx(stats.ttest_rel(truth, model).statistic)
    assert gap.rows == 50


def test_it_estimates_the_divergence() -> None:
    """KL(N(0, 1) ‖ N(0.5, 1)) = 0.125 nats; the pairing keeps the data's scatter of 0.7 nats out."""
    x = np.random.default_rng(1).normal(size=20_000)
    truth, model = stats.norm.logpdf(x), stats.norm.logpdf(x, 0.5)
    gap = paired_gap(truth, model)
    assert abs(gap.mean - 0.125) < 4 * gap.standard_error
    assert gap.standard_error == pytest.approx(0.5 / np.sqrt(20_000), rel=0.02)
    assert gap.standard_error < 0.75 * truth.std() / np.sqrt(20_000)


def test_float32_is_summed_in_float64() -> None:
    truth = np.full(100_001, 1000.1, "float32")
    model = truth - np.float32(0.25)
    gap = paired_gap(truth, model)
    assert gap.mean == pytest.approx(0.25, abs=1e-4)
    assert gap.standard_error == pytest.approx(0, abs=1e-9)


def test_it_says_nats() -> None:
    assert str(PairedGap(mean=0.12345, standard_error=0.00678, rows=3)) == "0.1235 ± 0.0068 nats"


@pytest.mark.parametrize(
    ("truth", "model"),
    [
        ([0.0, 1.0], [0.0, 1.0, 2.0]),
        ([[0.0], [1.0]], [[0.0], [1.0]]),
        ([0.0, 1.0], [[0.0], [1.0]]),  # would broadcast to a table of all differences
        ([0.0], [1.0]),
        ([], []),
        (0.0, 1.0),
    ],
)
def test_what_is_not_two_vectors_of_one_length_is_refused(truth: Any, model: Any) -> None:
    with pytest.raises(ValueError, match=r"`true_log_prob` and `model_log_prob` must be .*Received: shapes"):
        paired_gap(truth, model)
