"""Doubly reparameterised gradients: the same value, the right mean, less noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.noise import seed_rows

REPEATS = 1500


def linear(samples, estimator, posterior="diagonal"):
    keras.utils.set_random_seed(0)
    model = tfgen.VAE(
        event_shape=(2,),
        latent_dim=1 if posterior == "diagonal" else 2,
        likelihood="gaussian",
        posterior=posterior,
        hidden=(),
        training_samples=samples,
        gradient_estimator=estimator,
        dtype="float64",
    )
    rng = np.random.default_rng(1)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def gradients(model, seed=0):
    """Of each repetition's own loss the gradients by the encoder's and the decoder's last biases, and that loss."""
    x = tf.constant([[0.7, -0.4]], "float64")
    weights = [model.posterior.projection.bias, model.likelihood.projection.bias]

    @tf.function
    def one(row):
        with tf.GradientTape() as tape:
            terms = model({"x": x}, training=True, seeds=row[tf.newaxis])
            loss = tf.add_n([terms[name] for name in model.term_names])
        return *tape.gradient(loss, [weight.value for weight in weights]), loss[0]

    return [np.array(each) for each in zip(*map(one, tf.constant(seed_rows(REPEATS, seed))), strict=True)]


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
def test_the_mean_is_the_gradient_and_the_value_the_bound(posterior):
    """Both estimate the same gradient without bias; of the decoder they are one and the same."""
    plain, plain_decoder, plain_loss = gradients(linear(4, "reparameterisation", posterior))
    dreg, dreg_decoder, dreg_loss = gradients(linear(4, "dreg", posterior))
    np.testing.assert_allclose(dreg_loss, plain_loss, rtol=1e-10)
    np.testing.assert_allclose(dreg_decoder, plain_decoder, rtol=1e-8, atol=1e-10)
    difference = dreg - plain
    error = difference.std(axis=0, ddof=1) / np.sqrt(REPEATS)
    assert (np.abs(difference.mean(axis=0)) < 4 * error).all()
    assert error.min() > 0


def test_with_many_samples_it_has_less_noise():
    plain, *_ = gradients(linear(32, "reparameterisation"))
    dreg, *_ = gradients(linear(32, "dreg"))
    assert (dreg.std(axis=0) < 0.5 * plain.std(axis=0)).all()


def test_fit_with_it_reaches_the_bound():
    truth = tfgen.datasets.ProbabilisticPCA()
    model = tfgen.VAE(
        event_shape=(10,), latent_dim=3, likelihood="gaussian", hidden=(), training_samples=4, gradient_estimator="dreg"
    )
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=True, steps_per_execution=50)
    model.fit(truth.sample(80_000, seed=1)["x"], batch_size=200, epochs=2, verbose=0)
    x = truth.sample(4000, seed=2)["x"]
    gap = tfgen.judging.paired_gap(truth.log_prob(x), model.bound(x, num_samples=64, seed=0))
    assert gap.mean < 0.1
