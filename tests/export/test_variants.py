"""Samplers of which TFP has one implementation for the CPU and another for XLA draw as TensorFlow does on a CPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions
RATE = tf.Variable([2.5, 0.4])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: tfd.Gamma(x, 1.0),
        lambda x: tfd.Gamma(RATE, x[:, None]),
        lambda x: tfd.Poisson(x),
        lambda x: tfd.Binomial(10.0, probs=tf.sigmoid(x)),
        lambda x: tfd.Beta(x, 2.0),
    ],
)
def test_draws_are_those_of_tensorflow_s_graph(make: Callable[[tf.Tensor], Any], converted: Any) -> None:
    def inputs(batch: int) -> list[np.ndarray]:
        return [np.array([-5, batch], np.int32), np.random.default_rng(batch).gamma(2.0, size=batch) + 0.1]

    def sample(seed: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return make(x).sample(4, seed=seed)

    signature = [tf.TensorSpec([2], tf.int32, name="seed"), tf.TensorSpec([None], tf.float32, name="x")]
    model = converted(sample, signature, inputs=inputs)
    traced = tf.function(sample, input_signature=signature)
    for seed in ([0, 0], [-1, 2**31 - 1]):
        seed, x = np.array(seed, np.int32), inputs(9)[1].astype("f4")
        np.testing.assert_allclose(model(seed, x)["output"], traced(seed, x), rtol=2e-6)
