"""The incomplete beta function over its whole domain, against sums of binomial probabilities in extended precision."""

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

tfd = tfp.distributions
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]

# a, b, x and I(a, b, x), by Arb's hypergeometric series in at least 200 bits. The first are where SciPy 1.17 or
# TensorFlow is off by more than 10⁻⁹.
KNOWN = [
    (856.2260365492415, 0.04156140577936124, 0.9999427260222506, 0.09937956534923666),
    (121396.94372454387, 0.025677410985226516, 0.9999994323826781, 0.05455367557406007),
    (13.970379829406738, 899722.875, 1.5657973563065752e-05, 0.5480204939543696),
    (423.33807373046875, 443.5695495605469, 0.44127798080444336, 0.002713719934812982),
    (55338.48828125, 90088.9375, 0.379818856716156, 0.2901950505836117),
    (7330.19384765625, 7679.8203125, 0.4741537272930145, 0.0002484748059164737),
    (0.5, 0.5, 0.25, 0.3333333333333333),
    (2.5, 1.5, 0.75, 0.6666666666666666),
    (0.009999999776482582, 10.0, 0.0010000000474974513, 0.9598738637031375),
    (10.0, 0.009999999776482582, 0.9990000128746033, 0.04012625923257951),
    (9.999999747378752e-05, 0.0010000000474974513, 0.5, 0.9090909823023028),
    (1.5, 1.0, 0.984375, 0.9766542925609524),
    (2.0, 1.875, 0.96875, 0.9957583083911166),
    (300.0, 0.001953125, 0.9921875, 5.964550499494339e-05),
    (1000000.0, 1.5, 0.9999979734420776, 0.2557848631290267),
    (1000000.0, 0.125, 0.9999997019767761, 0.11524836169288377),
    (1000000.0, 1000000.0, 0.5009765625, 0.9971287912796314),
    (1000000.0, 1000000.0, 0.4990234375, 0.0028712087203686316),
    (60.0, 61.0, 0.5, 0.5363424894550584),
    (61.0, 59.0, 0.40625, 0.012168243621391855),
    (10000000.0, 30.0, 0.9999949932098389, 0.0008895509202818638),
    (1000.0, 1000000.0, 0.0010000000474974513, 0.5168120541933824),
    (0.25, 100000.0, 9.999999974752427e-07, 0.6083383892609742),
    (3.0, 500000.0, 7.499999810534064e-06, 0.7229351065223582),
    (40.0, 40.0, 0.125, 2.558824893771893e-16),
    (1024.0, 2048.0, 0.25, 2.685982797029467e-25),
    (2.5, 700.0, 0.5, 1.0),
    (12.5, 0.75, 0.5, 8.69237126046095e-05),
    (1.0, 1.0, 0.30000001192092896, 0.30000001192092896),
    (9.999999974752427e-07, 2.0, 0.949999988079071, 0.9999999987067038),
    (150.5, 149.5, 0.5, 0.476947854618298),
]


@functools.cache
def model_of(dtype: str, converted: Any) -> Any:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("a", "b", "x")]

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.linspace(first, last, batch) for first, last in ((0.5, 8), (2, 0.3), (0.1, 0.9))]

    return converted(tf.math.betainc, signature, inputs=inputs)


def binomial_tails(rng: np.random.Generator, count: int, largest: int) -> Arrays:
    """Whole a and b, and x near the mean or anywhere: I(a, b, x) is a sum of binomial probabilities."""
    a, b = rng.integers(1, largest, (2, count)).astype(float)
    mean = a / (a + b)
    near = mean + np.sqrt(mean * (1 - mean) / (a + b)) * rng.normal(0, 2, count)
    x = np.where(rng.random(count) < 0.7, near, rng.random(count))
    return a, b, np.clip(x, 1e-3, 1 - 1e-3)


def sum_of_binomials(a: float, b: float, x: float) -> np.longdouble:
    """Σ from j = a to n of C(n, j)·xʲ·(1 − x)ⁿ⁻ʲ with n = a + b − 1: terms of one sign, each from the one before."""
    wide, n = np.longdouble(x), int(a + b) - 1
    rest, term = 1 - wide, np.longdouble(1)
    terms = []
    # First in units of the first term, which follows from the sum of all.
    for j in range(n):
        terms.append(term)
        term = term * (n - j) / (j + 1) * wide / rest
        if term > 1e2000:
            terms = [value / np.longdouble("1e2000") for value in terms]
            term /= np.longdouble("1e2000")
    terms.append(term)
    values = np.array(terms)
    return values[int(a) :].sum() / values.sum()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_known_values(dtype: str, converted: Any) -> None:
    a, b, x, exact = (np.array(column) for column in zip(*KNOWN, strict=True))
    fits = np.isin(x, x.astype(dtype)) & np.isin(a, a.astype(dtype)) & np.isin(b, b.astype(dtype))
    fits &= exact > np.finfo(dtype).tiny
    assert fits.sum() >= (10 if dtype == "float32" else len(KNOWN))
    arrays = [value[fits].astype(dtype) for value in (a, b, x)]
    errors = np.abs(model_of(dtype, converted)(*arrays)["output"] / exact[fits] - 1)
    assert errors.max() < (7e-8 if dtype == "float32" else 4e-14)


@pytest.mark.parametrize("largest", [12, 150, 1500])
def test_whole_parameters_give_sums_of_binomial_probabilities(largest: int, converted: Any) -> None:
    arrays = binomial_tails(np.random.default_rng(0), 300, largest)
    exact = np.array([sum_of_binomials(*entry) for entry in zip(*arrays, strict=True)])
    found = model_of("float64", converted)(*arrays)["output"]
    usual = exact > 1e-300
    errors, theirs = (np.abs(value[usual] / exact[usual] - 1) for value in (found, tf.math.betainc(*arrays).numpy()))
    assert (errors / (4 - np.log(exact[usual]))).max() < 7e-16
    assert errors.max() <= 2 * theirs.max()


def test_float32_is_rounded_once_everywhere(converted: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = 10.0 ** rng.uniform(-4, 6, (2, 20_000))
    mean = a / (a + b)
    x = np.where(rng.random(a.size) < 0.6, mean + np.sqrt(mean * (1 - mean) / (a + b)) * rng.normal(0, 3, a.size), 0)
    x = np.where((x > 0) & (x < 1), x, rng.random(a.size))
    arrays = [value.astype(np.float32) for value in (a, b, x)]
    exact = special.betainc(*(value.astype(float) for value in arrays))
    found = model_of("float32", converted)(*arrays)["output"]
    usual = (exact > 1e-37) & (arrays[2] > 0) & (arrays[2] < 1)
    errors = np.abs(found[usual] / exact[usual] - 1)
    # SciPy 1.17 itself is off by 10⁻³ at one in some thousand of these.
    assert np.sort(errors)[-20] < 7e-8
    assert np.median(errors) < 3e-8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ends_and_what_lies_beyond(dtype: str, converted: Any) -> None:
    parameters, places = [0, 1, 2.5, np.inf, -1], [0, -0.0, 0.3, 1, -0.1, 1.1]
    a, b, x = (value.ravel().astype(dtype) for value in np.meshgrid(parameters, parameters, places))
    model = model_of(dtype, converted)
    np.testing.assert_allclose(model(a, b, x)["output"], tf.math.betainc(a, b, x), rtol=1e-6)
    a, b, x = np.array([[np.nan, 1, 1], [1, np.nan, 1], [0.5, 0.5, np.nan]], dtype)
    assert np.isnan(model(a, b, x)["output"]).all()


def test_both_sides_add_to_one_and_meet_at_the_seams(converted: Any) -> None:
    """Across each seam between formulas the function goes on as it must: its slope is the density."""
    rng = np.random.default_rng(0)
    a, b = 10.0 ** rng.uniform(-2, 4, (2, 4000))
    x = rng.integers(1, 2**20, 4000) / 2**20
    model = model_of("float64", converted)
    np.testing.assert_allclose(model(a, b, x)["output"] + model(b, a, 1 - x)["output"], 1, rtol=1e-15)
    x, step = x * 0.99 + 0.005, 1e-5
    rise = model(a, b, x + step)["output"] - model(a, b, x - step)["output"]
    nodes, weights = np.polynomial.legendre.leggauss(12)
    density = stats.beta(a, b).pdf(x + step * nodes[:, None])
    smooth = (weights[:, None] * density).sum(0) * step
    np.testing.assert_allclose(rise, smooth, rtol=1e-8, atol=2e-15)


def test_arguments_of_any_rank_and_scalars(converted: Any) -> None:
    signature = [tf.TensorSpec([None, 2, None], tf.float64, name="x")]
    model = converted(
        lambda x: tf.math.betainc(tf.constant(2.5, tf.float64), tf.constant(70.0, tf.float64), x),
        signature,
        inputs=lambda batch: [np.full((batch, 2, batch), 0.1)],
    )
    x = np.random.default_rng(0).random((3, 2, 5))
    np.testing.assert_allclose(model(x)["output"], special.betainc(2.5, 70, x), rtol=1e-13)
    assert model(x[:0])["output"].shape == (0, 2, 5)


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (
            lambda x: tfd.Beta(tf.constant(2.5, tf.float64), tf.constant(0.7, tf.float64)).cdf(x),
            stats.beta(2.5, 0.7).cdf,
        ),
        (lambda x: tfd.StudentT(tf.constant(3.5, tf.float64), 0, 1).cdf(x - 0.5), lambda x: stats.t(3.5).cdf(x - 0.5)),
        (
            lambda x: tfd.Binomial(tf.constant(20.0, tf.float64), probs=x).cdf(tf.constant(7.0, tf.float64)),
            lambda x: stats.binom(20, x).cdf(7),
        ),
        (
            lambda x: tfd.NegativeBinomial(tf.constant(20.0, tf.float64), probs=x).cdf(tf.constant(7.0, tf.float64)),
            lambda x: stats.nbinom(20, 1 - x).cdf(7),
        ),
    ],
    ids=["beta", "student", "binomial", "negative binomial"],
)
def test_distribution_functions(function: Any, exact: Any, converted: Any) -> None:
    signature = [tf.TensorSpec([None], tf.float64, name="x")]
    model = converted(function, signature, inputs=lambda batch: [np.linspace(0.1, 0.9, batch)])
    x = np.linspace(0.001, 0.999, 500)
    np.testing.assert_allclose(model(x)["output"], exact(x), rtol=2e-13)


@pytest.mark.slow
def test_quantiles_of_a_beta_distribution_by_tfp_s_loop(converted: Any) -> None:
    def quantile(p: tf.Tensor) -> tf.Tensor:
        return tfp.math.betaincinv(tf.constant(2.5, tf.float64), tf.constant(0.7, tf.float64), p)

    signature = [tf.TensorSpec([None], tf.float64, name="p")]
    model = converted(quantile, signature, inputs=lambda batch: [np.linspace(0.1, 0.9, batch)])
    p = np.linspace(0.001, 0.999, 500)
    np.testing.assert_allclose(model(p)["output"], special.betaincinv(2.5, 0.7, p), rtol=1e-12)
