"""Conditional VAEs: the closed form of linear ones, where the context goes, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen

RNG = np.random.default_rng(0)
CONTEXT = RNG.normal(size=(7, 2))
X = RNG.normal(size=(7, 3))


def linear(**arguments):
    keras.utils.set_random_seed(3)
    model = tfgen.VAE(
        event_shape=(3,),
        latent_dim=2,
        context_shape=(2,),
        likelihood="gaussian",
        hidden=(),
        activation="linear",
        dtype="float64",
        **arguments,
    )
    model.set_weights([value + 0.4 * RNG.normal(size=value.shape) for value in model.get_weights()])
    return model


@pytest.mark.parametrize("prior", ["standard", "conditional"])
def test_a_linear_one_is_a_gaussian_of_the_context(prior):
    """x = W z + V c + b + σε: p(x | c) in closed form, from the distributions' own moments at the unit vectors."""
    model = linear(prior=prior)
    kernel, bias = model.posterior.get_weights()
    # Wider than any true posterior: no draw then has a weight that decides alone.
    model.posterior.set_weights([0 * kernel, np.where(np.arange(len(bias)) < 2, 0.0, 2.0)])
    bound = np.mean([model.bound(X, CONTEXT, num_samples=20_000, seed=seed) for seed in range(3)], axis=0)
    expected = []
    for x, context in zip(X, CONTEXT[:, np.newaxis], strict=True):

        def mean(z, context=context):
            return model.build_likelihood(tf.constant(z), tf.constant(context)).mean().numpy()[0]

        zero = mean(np.zeros((1, 2)))
        weights = np.stack([mean(np.eye(2)[i : i + 1]) - zero for i in range(2)], axis=1)
        noise = model.build_likelihood(tf.zeros([1, 2], "float64"), tf.constant(context)).stddev().numpy()[0]
        prior_of = model.build_prior(tf.constant(context))
        location, scale = (np.reshape(value, -1) for value in (prior_of.mean(), prior_of.stddev()))
        covariance = (weights * scale**2) @ weights.T + np.diag(noise**2)
        expected.append(stats.multivariate_normal(zero + weights @ location, covariance).logpdf(x))
    np.testing.assert_allclose(bound, expected, atol=0.02)


def test_every_part_sees_the_context():
    model = linear(prior="conditional")
    other = CONTEXT[::-1].copy()
    assert (np.abs(model.encode(X, CONTEXT) - model.encode(X, other))[[0, 1, 2, 4, 5, 6]] > 1e-6).all()
    z = RNG.normal(size=(7, 2))
    assert (np.abs(model.decode(z, CONTEXT) - model.decode(z, other))[[0, 1, 2, 4, 5, 6]] > 1e-6).all()
    priors = [model.build_prior(tf.constant(value)).mean().numpy() for value in (CONTEXT, other)]
    assert (priors[0] != priors[1])[0].all()


def test_maps_get_the_context_as_channels():
    shapes = []

    class Encoder(keras.layers.Layer):
        def call(self, x):
            shapes.append(tuple(x.shape))
            constant = x[..., 1:]
            assert tuple(constant.shape[1:]) == (4, 4, 3)
            return tf.reshape(x, [-1, 4 * 4 * 4])

        def compute_output_shape(self, shape):
            return (shape[0], 64)

    model = tfgen.VAE(event_shape=(4, 4, 1), latent_dim=2, context_shape=(3,), encoder=Encoder(), hidden=(4,))
    assert all(shape[1:] == (4, 4, 4) for shape in shapes)
    x, context = np.zeros((2, 4, 4, 1), "float32"), np.float32([[1, 2, 3], [4, 5, 6]])
    seen = []
    model.encoder.call = lambda x: seen.append(x.numpy()) or tf.reshape(x, [-1, 64])
    model.infer({"x": tf.constant(x), "context": tf.constant(context)})
    np.testing.assert_array_equal(seen[0][..., 1:], np.broadcast_to(context[:, None, None], (2, 4, 4, 3)))


def test_fit_with_labels_learns_each_class():
    """x ~ N(±3, 1) by the label: without it half a nat a number and more would be lost."""
    rng = np.random.default_rng(1)
    label = rng.integers(2, size=4000)
    x = (rng.normal(size=(4000, 1)) + 6 * label[:, None] - 3).astype("float32")
    context = np.eye(2, dtype="float32")[label]
    keras.utils.set_random_seed(0)
    model = tfgen.VAE(event_shape=(1,), latent_dim=1, context_shape=(2,), likelihood="gaussian", hidden=(8,))
    model.compile(keras.optimizers.Adam(1e-2), steps_per_execution=20)
    model.fit(context, x, batch_size=100, epochs=10, verbose=0)
    scores = model.bound(x, context, num_samples=16, seed=0).numpy()
    assert -np.mean(scores) < 0.5 * np.log(2 * np.pi * np.e) + 0.05
    draws = model.sample(500, np.eye(2, dtype="float32"), seed=0).numpy()
    np.testing.assert_allclose(draws.mean(axis=0)[:, 0], [-3, 3], atol=0.3)


def test_interpolation_keeps_the_context():
    model = linear()
    path = model.interpolate(X[:3], X[3:6], CONTEXT[:3], steps=4)
    assert tuple(path.shape) == (4, 3, 3)
    np.testing.assert_allclose(path[0], model.reconstruct(X[:3], CONTEXT[:3]), rtol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"context_shape": (2, 2)}, "`context_shape` must have rank 1"),
        ({"prior": "conditional"}, "`context_shape` must be given with a conditional prior"),
        ({"prior": "flat"}, r"`prior` must be one of \('standard', 'conditional', 'vamp'\), or a model"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        tfgen.VAE(event_shape=(3,), latent_dim=2, **arguments)


def test_a_missing_context_is_named():
    with pytest.raises(ValueError, match="context"):
        linear().score(X)
