"""An MLP of two inputs is the MLP of both beside each other."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers.networks import JointMLP


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
def test_it_is_the_mlp_of_the_concatenation(hidden):
    rng = np.random.default_rng(0)
    network = JointMLP(hidden=hidden, activation="tanh", dtype="float64")
    network.build_for(3, 2)
    network.set_weights([rng.normal(size=weight.shape) for weight in network.get_weights()])
    known, rest = rng.normal(size=(6, 4, 3)), rng.normal(size=(6, 4, 2))
    ahead, step = network.prepare(tf.constant(known)), network.stepper()
    for time in range(6):
        both = tf.constant(np.concatenate([known[time], rest[time]], axis=-1))
        np.testing.assert_allclose(step(ahead[time], tf.constant(rest[time])), network.network(both), rtol=1e-12)
    assert network.width == step(ahead[0], tf.constant(rest[0])).shape[-1]
