"""TFP's samplers with the seed, and the number of samples, as inputs."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

tfd, tfb = tfp.distributions, tfp.bijectors

LOC, SCALE = np.float32([0, 1]), np.float32([1, 2])
CONTINUOUS = {
    "normal": lambda: tfd.Normal(LOC, SCALE),
    "uniform": lambda: tfd.Uniform(-SCALE, SCALE),
    "log-normal": lambda: tfd.LogNormal(LOC, SCALE / 2),
    "laplace": lambda: tfd.Laplace(LOC, SCALE),
    "logistic": lambda: tfd.Logistic(LOC, SCALE),
    "gumbel": lambda: tfd.Gumbel(LOC, SCALE),
    "exponential": lambda: tfd.Exponential(SCALE),
    "cauchy": lambda: tfd.Cauchy(LOC, SCALE),
    "half-normal": lambda: tfd.HalfNormal(SCALE),
    "half-Cauchy": lambda: tfd.HalfCauchy(LOC, SCALE),
    "diagonal": lambda: tfd.MultivariateNormalDiag(LOC, SCALE),
    "triangular matrix": lambda: tfd.MultivariateNormalTriL(LOC, np.float32([[1, 0], [0.5, 2]])),
    "Weibull": lambda: tfd.Weibull(SCALE, SCALE),
    "triangular": lambda: tfd.Triangular(np.float32(0), np.float32(3), np.float32(1)),
    "Kumaraswamy": lambda: tfd.Kumaraswamy(SCALE, SCALE + 1),
    "Pareto": lambda: tfd.Pareto(SCALE, SCALE),
    "relaxed Bernoulli": lambda: tfd.RelaxedBernoulli(0.5, LOC),
    "relaxed one-hot": lambda: tfd.RelaxedOneHotCategorical(0.5, LOC),
    "log of relaxed one-hot": lambda: tfd.ExpRelaxedOneHotCategorical(0.5, LOC),
    "sample": lambda: tfd.Sample(tfd.Normal(LOC, SCALE), 3),
    "independent": lambda: tfd.Independent(tfd.Normal(LOC, SCALE), 1),
    "mixture": lambda: tfd.MixtureSameFamily(tfd.Categorical(LOC), tfd.Normal(LOC, SCALE)),
    "transformed": lambda: tfd.TransformedDistribution(
        tfd.Normal(LOC, SCALE), tfb.Chain([tfb.Shift(1.0), tfb.Softplus()])
    ),
}
DISCRETE = {
    "Bernoulli": lambda: tfd.Bernoulli(LOC),
    "categorical": lambda: tfd.Categorical(np.float32([[0.1, 2, 3], [0, 0, 1]])),
    "geometric": lambda: tfd.Geometric(LOC),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_agree(name: str, beside: Any, count: Any, seeds: Any) -> None:
    both = beside(lambda seed, n: CONTINUOUS[name]().sample(n, seed=seed), count, example=[5])
    for seed in seeds:
        found, expected = both(seed, 9)
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_samples_are_equal(name: str, beside: Any, count: Any, seeds: Any) -> None:
    both = beside(lambda seed, n: DISCRETE[name]().sample(n, seed=seed), count, example=[5])
    for seed in seeds:
        np.testing.assert_array_equal(*both(seed, 33))


def test_the_number_of_samples_may_be_static(beside: Any, seeds: Any) -> None:
    both = beside(lambda seed: tfd.MultivariateNormalDiag(LOC, SCALE).sample(7, seed=seed))
    for seed in seeds:
        found, expected = both(seed)
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_joint_samples_agree(beside: Any, count: Any, seeds: Any) -> None:
    def draw(seed: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        joint = tfd.JointDistributionSequential(
            [tfd.Normal(0.0, 1.0), lambda z: tfd.Normal(z, 2.0), lambda y, z: tfd.Laplace(y * z, 1.0)]
        )
        return tf.stack(joint.sample(n, seed=seed), -1)

    both = beside(draw, count, example=[5])
    for seed in seeds:
        found, expected = both(seed, 9)
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=5e-6)
