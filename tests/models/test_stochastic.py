"""Models whose loss needs noise: training gives (step, global row), all else the one recorded seed."""

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfgen.models import GenerativeModel
from tfgen.models.endpoints import Endpoint
from tfgen.models.seeds import prediction_seeds
from tfgen.noise import Noise

ROWS = 21
X = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("float32")


@keras.saving.register_keras_serializable(package="tests")
class NoisyGaussian(GenerativeModel):
    """The smallest model with a bound: log N(x; m + ε, I), one ε ~ N(0, I) for each row."""

    score_kind: ClassVar[str] = "bound"
    stochastic: ClassVar[bool] = True

    def __init__(self, **arguments):
        super().__init__(event_shape=(2,), **arguments)
        self.seen = []
        self.build()

    def build(self, input_shape=None):
        self.location = self.add_weight(shape=(2,), initializer="zeros", name="location")
        super().build(input_shape)

    def call(self, inputs, training=None, seeds=None):
        return {"nll": -self._log_weight(inputs["x"], Noise(seeds))}

    def _log_weight(self, x, noise):
        centred = x - self.location - noise.normal((2,))
        return -0.5 * tf.reduce_sum(centred**2, axis=-1)

    def endpoints(self):
        def score(x):
            return {"score": -self.call({"x": x}, seeds=prediction_seeds(tf.shape(x)[0]))["nll"]}

        return (Endpoint("score", score, self.inputs_spec.specs("float32", "x")),)


def _trained(strategy, batch_size, epochs=2, **compiled):
    with strategy.scope():
        model = NoisyGaussian()
        model.compile(keras.optimizers.SGD(0.1), **compiled)
    model.fit(X, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0)
    return model.location.numpy()


def test_training_noise_is_a_function_of_step_and_row():
    """The update that (step, row) seeds imply, worked out by hand."""
    location = np.zeros(2)
    for step in range(4):
        rows = X[(step % 2) * 11 : (step % 2) * 11 + 11]
        seeds = np.stack([np.full(len(rows), step), np.arange(len(rows))], axis=1).astype("int32")
        noise = Noise(tf.constant(seeds)).normal((2,)).numpy()
        location += 0.1 * (rows - location - noise).mean(axis=0)
    np.testing.assert_allclose(_trained(tf.distribute.get_strategy(), 11), location, atol=1e-6)


def test_replicas_xla_and_several_steps_change_nothing(two_devices):
    expected = _trained(tf.distribute.get_strategy(), 11)
    np.testing.assert_allclose(_trained(two_devices, 11), expected, atol=1e-6)
    np.testing.assert_allclose(_trained(tf.distribute.get_strategy(), 11, jit_compile=True), expected, atol=1e-6)
    np.testing.assert_allclose(_trained(tf.distribute.get_strategy(), 11, steps_per_execution=2), expected, atol=1e-6)


def test_an_exported_bound_gives_every_row_the_one_seed():
    model = NoisyGaussian()
    model.compile()
    score = model.score(np.repeat(X[:1], 5, axis=0)).numpy()
    np.testing.assert_array_equal(score, np.repeat(score[:1], 5))
    np.testing.assert_allclose(model.predict(X, batch_size=4, verbose=0), model.score(X), rtol=1e-6)


def _evaluated(strategy, batch_size, **compiled):
    with strategy.scope():
        model = NoisyGaussian()
        model.compile(**compiled)
    return model.evaluate(X, batch_size=batch_size, verbose=0, return_dict=True)["nll"]


def test_evaluation_gives_each_row_its_own_noise(two_devices):
    """Of the same row many times over, the mean is the mean over noise; however the rows come."""
    seeds = np.stack([np.zeros(ROWS), np.arange(ROWS)], axis=1).astype("int32")
    expected = np.mean(NoisyGaussian().call({"x": X}, seeds=tf.constant(seeds))["nll"])
    plain = tf.distribute.get_strategy()
    for batch_size in (4, 21):
        np.testing.assert_allclose(_evaluated(plain, batch_size), expected, rtol=1e-6)
    np.testing.assert_allclose(_evaluated(two_devices, 8), expected, rtol=1e-6)
    np.testing.assert_allclose(_evaluated(plain, 8, jit_compile=True), expected, rtol=1e-6)
    np.testing.assert_allclose(_evaluated(plain, 4, steps_per_execution=2), expected, rtol=1e-6)


def test_evaluation_begins_anew_each_time():
    model = NoisyGaussian()
    model.compile()
    once, again = (model.evaluate(X, batch_size=size, verbose=0) for size in (4, 21))
    np.testing.assert_allclose(once, again, rtol=1e-6)
