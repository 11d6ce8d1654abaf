"""Masses against TFP's quantised distribution and against SciPy's tails, and what TFP expects of a distribution."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from numpy.typing import NDArray
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

from tfgen.distributions import DiscretisedLogistic

tfd, tfb = tfp.distributions, tfp.bijectors
CASES = [(3.0, 1.0, 0, 7), (0.2, 0.3, 0, 7), (-50.0, 5.0, 0, 7), (7.4, 40.0, -2, 12), (128.0, 20.0, 0, 255)]


def double(loc: Any, scale: Any, low: int, high: int) -> DiscretisedLogistic:
    return DiscretisedLogistic(tf.constant(loc, tf.float64), tf.constant(scale, tf.float64), low, high)


def log_masses(loc: float, scale: float, low: int, high: int) -> NDArray[np.float64]:
    """From the nearer tail, whose numbers do not cancel; written apart from the closed form."""
    levels = np.arange(low, high + 1)
    lower, upper = (levels - 0.5 - loc) / scale, (levels + 0.5 - loc) / scale
    lower[0], upper[-1] = -np.inf, np.inf
    flip = lower > 0
    near, far = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    with np.errstate(divide="ignore", invalid="ignore"):
        # log σ(far) + log(σ(near)/σ(far) − 1), the ratio by its logarithm
        ratio = special.log_expit(near) - special.log_expit(far)
        inside = special.log_expit(far) + ratio + np.log(-np.expm1(-ratio))
    return np.where(np.isinf(far), special.log_expit(near), inside)


@pytest.mark.parametrize(("loc", "scale", "low", "high"), CASES)
def test_tfps_quantised_distribution_agrees(loc: float, scale: float, low: int, high: int) -> None:
    """Whose P(x) is F(x) − F(x − 1), so that the logistic is moved down by a half."""
    wide = tfd.TransformedDistribution(
        tfd.Logistic(tf.constant(loc, tf.float64), tf.constant(scale, tf.float64)),
        tfb.Shift(tf.constant(-0.5, tf.float64)),
    )
    # TFP gives the top level what lies above high − 1, and the lowest what lies below low, as here.
    quantised = tfd.QuantizedDistribution(wide, low=low, high=high)
    levels = tf.range(low, high + 1, dtype=tf.float64)
    ours = double(loc, scale, low, high)
    np.testing.assert_allclose(ours.prob(levels), quantised.prob(levels), rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(ours.cdf(levels), quantised.cdf(levels), rtol=1e-12)


@pytest.mark.parametrize(
    ("loc", "scale", "low", "high"), [*CASES, (0.0, 1e-3, 0, 9), (4.0, 1e6, 0, 9), (900.0, 2.0, 0, 9)]
)
def test_masses(loc: float, scale: float, low: int, high: int) -> None:
    levels = np.arange(low, high + 1)
    distribution = double(loc, scale, low, high)
    found = distribution.log_prob(levels.astype(np.float64)).numpy()
    np.testing.assert_allclose(found, log_masses(loc, scale, low, high), rtol=1e-9, atol=1e-14)
    mass = np.exp(found)
    assert mass.sum() == pytest.approx(1, abs=1e-12)
    assert distribution.mean().numpy() == pytest.approx((mass * levels).sum(), rel=1e-10)
    assert distribution.variance().numpy() == pytest.approx((mass * (levels - mass @ levels) ** 2).sum(), abs=1e-9)
    assert distribution.entropy().numpy() == pytest.approx(stats.entropy(mass), abs=1e-9)
    assert mass[int(distribution.mode().numpy()) - low] == pytest.approx(mass.max(), rel=1e-9)
    np.testing.assert_allclose(distribution.cdf(levels.astype(np.float64)), np.cumsum(mass), atol=1e-12)


def test_single_precision_reaches_the_tails() -> None:
    levels = np.arange(256, dtype=np.float32)
    for loc, scale in [(20.0, 0.05), (-3.0, 1e-2), (128.0, 3000.0), (1e4, 1.0)]:
        found = DiscretisedLogistic(loc, scale, 0, 255).log_prob(levels)
        np.testing.assert_allclose(found, log_masses(loc, np.float64(np.float32(scale)), 0, 255), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e8, 1e20])
@pytest.mark.parametrize("loc", [-1e6, 0.0, 17.3, 255.0, 1e6])
def test_gradients_are_finite(loc: float, scale: float) -> None:
    location, spread = tf.constant(loc), tf.constant(scale)
    x = tf.constant([0.0, 1.0, 17.0, 128.0, 254.0, 255.0, -1.0, 0.5])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([location, spread])
        inside = DiscretisedLogistic(location, spread, 0, 255).log_prob(x)
    assert np.isfinite(inside[:6]).all()
    for gradient in tape.gradient(inside, [location, spread]):
        assert np.isfinite(gradient)


def test_gradients_are_right() -> None:
    location, scale, x = 3.2, 0.7, np.arange(8.0)
    parameters = tf.constant([location, scale], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        log_prob = double(0, 1, 0, 7).copy(loc=parameters[0], scale=parameters[1]).log_prob(x)
    step = 1e-6
    by_location = (log_masses(location + step, scale, 0, 7) - log_masses(location - step, scale, 0, 7)) / (2 * step)
    by_scale = (log_masses(location, scale + step, 0, 7) - log_masses(location, scale - step, 0, 7)) / (2 * step)
    np.testing.assert_allclose(
        tape.jacobian(log_prob, parameters), np.stack([by_location, by_scale], 1), rtol=1e-6, atol=1e-7
    )


def test_other_values_are_impossible() -> None:
    distribution = DiscretisedLogistic(3.0, 1.0, 0, 7)
    assert np.isneginf(distribution.log_prob([-1.0, 8.0, 0.5, 3.0001, 1e9])).all()
    np.testing.assert_array_equal(distribution.cdf([-0.5, -3.0, 7.0, 9.0]), [0, 0, 1, 1])
    assert distribution.cdf(2.7).numpy() == distribution.cdf(2.0).numpy()


@pytest.mark.parametrize(("loc", "scale", "mode"), [(3.4, 1.0, 3), (-20.0, 3.0, 0), (90.0, 3.0, 7), (4.0, 50.0, 7)])
def test_the_mode_may_be_an_end(loc: float, scale: float, mode: int) -> None:
    assert DiscretisedLogistic(loc, scale, 0, 7).mode().numpy() == mode
    assert log_masses(loc, scale, 0, 7).argmax() == mode


def test_quantiles_invert_the_distribution_function() -> None:
    distribution = double(3.0, 1.5, 0, 7)
    uniform = np.random.default_rng(0).uniform(size=1000)
    level = distribution.quantile(uniform).numpy()
    assert (distribution.cdf(level).numpy() >= uniform).all()
    assert (distribution.cdf(level - 1).numpy() < uniform).all()


def test_samples_follow_the_masses() -> None:
    x = DiscretisedLogistic([3.0, 0.0], [1.5, 4.0], 0, 7).sample(20_000, seed=1).numpy()
    assert x.shape == (20_000, 2)
    for column, (loc, scale) in enumerate([(3.0, 1.5), (0.0, 4.0)]):
        counts = np.bincount(x[:, column].astype(int), minlength=8)
        assert stats.chisquare(counts, 20_000 * np.exp(log_masses(loc, scale, 0, 7))).pvalue > 1e-3


def test_batch_shapes_broadcast() -> None:
    distribution = DiscretisedLogistic(tf.zeros([3, 1]), tf.ones([2]), 0, 7)
    assert distribution.batch_shape == (3, 2)
    assert distribution.event_shape == ()
    for each in (distribution.mean(), distribution.variance(), distribution.mode(), distribution.entropy()):
        assert each.shape == (3, 2)
    assert distribution.log_prob(tf.zeros([5, 1, 1])).shape == (5, 3, 2)
    assert distribution[1].batch_shape == (2,)
    assert tfd.Independent(distribution, 2).log_prob(tf.zeros([3, 2])).shape == ()
    mixture = tfd.MixtureSameFamily(tfd.Categorical(probs=[0.3, 0.7]), distribution)
    assert mixture.log_prob(tf.zeros([3])).shape == (3,)
    np.testing.assert_allclose(mixture.mean(), distribution.mean().numpy() @ [0.3, 0.7], rtol=1e-6)


def test_parameters() -> None:
    properties = DiscretisedLogistic.parameter_properties()
    assert set(properties) == {"loc", "scale"}
    assert (properties["scale"].default_constraining_bijector_fn().forward([-1e3, 0.0]).numpy() > 0).all()
    distribution = DiscretisedLogistic(3.0, 2.0, -1, 7)
    assert (distribution.low, distribution.high, distribution.dtype) == (-1, 7, tf.float32)
    assert distribution.copy(scale=5.0).scale.numpy() == 5.0
    assert distribution.experimental_default_event_space_bijector() is None
    with pytest.raises(tf.errors.InvalidArgumentError, match="`scale` must be positive"):
        DiscretisedLogistic(3.0, -2.0, 0, 7, validate_args=True)


@pytest.mark.parametrize(("low", "high"), [(3, 3), (4, 2), (0, 7.5), ("0", 7)])
def test_bad_levels_are_named(low: Any, high: Any) -> None:
    with pytest.raises(ValueError, match=r"`low` and `high` must be integers, low < high. Received: low="):
        DiscretisedLogistic(0.0, 1.0, low, high)
