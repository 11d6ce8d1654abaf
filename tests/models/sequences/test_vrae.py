"""The VRAE: one z for a sequence."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import make, sequences
from tensorflow_probability import distributions as tfd

import tfgen
from tfgen.noise import Noise

MASK = np.arange(5) < np.array([5, 3, 1, 4, 2, 5])[:, None]


def test_given_z_it_is_an_rnn_density_with_that_context():
    model = make("vrae")
    twin = tfgen.RNNDensity(event_shape=(2,), context_shape=(2,), units=4, hidden=(3,), activation="tanh")
    for part in ("recurrence", "network", "likelihood"):
        getattr(twin, part).set_weights(getattr(model, part).get_weights())
    z = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    inputs = model.ready({"x": tf.constant(sequences()), "mask": tf.constant(MASK)})
    expected = twin.log_prob(sequences(), z, mask=MASK)
    np.testing.assert_allclose(model.log_likelihood(inputs, tf.constant(z)), expected, rtol=1e-4, atol=1e-5)
    drawn = model.decode(z, steps=4, seed=3)
    seeds = np.stack([np.full(6, 3), np.arange(6)], axis=1)
    expected = twin.run("sample", seed=seeds, steps=np.full(6, 4), context=z)["x"]
    np.testing.assert_allclose(drawn, expected, rtol=1e-4, atol=1e-5)


def test_the_terms_are_the_vae_s():
    model = make("vrae")
    seeds = np.stack([np.full(6, 3), np.arange(6)], axis=1).astype(np.int32)
    inputs = model.ready({"x": tf.constant(sequences()), "mask": tf.constant(MASK)})
    posterior = model.make_posterior(model.infer(inputs))
    z = posterior.mean() + posterior.stddev() * Noise(tf.constant(seeds)).child(0).normal((2,))
    terms = model(dict(inputs), seeds=tf.constant(seeds))
    kl = tfd.kl_divergence(posterior, tfd.Independent(tfd.Normal(tf.zeros(2), tf.ones(2)), 1))
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(terms["reconstruction"], -model.log_likelihood(inputs, z), rtol=1e-4, atol=1e-5)


def test_a_code_does_not_see_the_padding():
    model = make("vrae")
    x = np.where(MASK[..., None], sequences(), np.nan)
    codes = model.encode(x, mask=MASK).numpy()
    for row, length in enumerate(MASK.sum(axis=1)):
        np.testing.assert_allclose(codes[row], model.encode(x[row : row + 1, :length])[0], rtol=1e-4, atol=1e-5)
    draws = model.encode(np.repeat(x[:1], 500, axis=0), seed=0).numpy()
    scale = model.run("encode", x=x, mask=MASK)["scale"].numpy()[0]
    np.testing.assert_allclose(draws.std(axis=0), scale, rtol=0.15)
    np.testing.assert_allclose(draws.mean(axis=0), codes[0], atol=0.2 * scale.max())


def test_z_tells_what_kind_of_sequence_it_is():
    """Two kinds of waves, which one number can tell apart."""
    rng = np.random.default_rng(0)
    kind = rng.integers(2, size=(600, 1))
    x = np.where(kind, 1.0, -1.0)[..., None] * np.sin(np.arange(12) / 2)[:, None] + 0.3 * rng.normal(size=(600, 12, 1))
    model = tfgen.VRAE(event_shape=(1,), latent_dim=1, units=8, context_as="both", free_bits=0.3)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=True, steps_per_execution=6)
    model.fit(x.astype(np.float32), batch_size=100, epochs=40, verbose=0)
    z = model.encode(x.astype(np.float32)).numpy()[:, 0]
    share = ((z > np.median(z)) == kind[:, 0].astype(bool)).mean()
    assert max(share, 1 - share) > 0.9


def test_it_has_no_stream():
    names = [endpoint.name for endpoint in make("vrae").endpoints()]
    assert names == ["score", "sample", "encode", "encode_sample", "decode"]
    with pytest.raises(ValueError, match="truncation"):
        make("vrae", truncation=3)
