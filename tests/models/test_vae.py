"""The VAE: its KL, its floor without a latent space, and what it encodes, decodes and draws."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

import tfgen
from tfgen.datasets import Bars
from tfgen.judging import paired_gap


def _moved(*, seed=0, **arguments):
    settings = {"event_shape": (3,), "latent_dim": 2, "hidden": (6,), "activation": "tanh", "levels": 5}
    vae = tfgen.VAE(**{**settings, **arguments})
    rng = np.random.default_rng(seed)
    vae.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in vae.get_weights()])
    return vae


def _events(vae, rows, *, seed=0):
    rng = np.random.default_rng(seed)
    levels = vae.inputs_spec.support.levels
    shape = (rows, *vae.event_shape)
    return (rng.normal(size=shape) if levels is None else rng.integers(levels, size=shape)).astype("float32")


def test_the_kl_is_the_integral():
    vae = _moved(latent_dim=1, likelihood="gaussian", dtype="float64")
    x = _events(vae, 4)
    posterior = vae.run("encode", x=x)
    for kl, location, scale in zip(vae({"x": x})["kl"], posterior["z"], posterior["scale"], strict=True):
        q = stats.norm(float(location[0]), float(scale[0]))

        def integrand(z, q=q):
            return q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z))

        around = [q.mean() + step * q.std() for step in (-12, 12)]
        np.testing.assert_allclose(kl, integrate.quad(integrand, *around, epsabs=1e-12)[0], rtol=1e-8)


def test_the_kl_is_the_mean_over_draws():
    vae = _moved(latent_dim=3, likelihood="gaussian", dtype="float64")
    x = _events(vae, 3)
    outputs = vae.run("encode", x=x)
    q = stats.norm(outputs["z"].numpy(), outputs["scale"].numpy())
    z = q.rvs(size=(40_000, 3, 3), random_state=0)
    ratio = (q.logpdf(z) - stats.norm.logpdf(z)).sum(axis=-1)
    error = ratio.std(axis=0, ddof=1) / math.sqrt(len(z))
    assert (np.abs(vae({"x": x})["kl"] - ratio.mean(axis=0)) < 4 * error).all()


@keras.saving.register_keras_serializable(package="tests")
class Cut(keras.layers.Layer):
    """A decoder that does not look at z."""

    def call(self, z):
        return tf.ones_like(z)


def test_without_its_latents_it_lands_on_the_floor():
    """Independent pixels are the best that is left; nothing may look better, and the posterior falls on the prior."""
    truth = Bars(flip=0.05)
    vae = tfgen.VAE(event_shape=(4, 4, 1), latent_dim=2, likelihood="bernoulli", hidden=(16,), decoder=Cut())
    schedule = keras.optimizers.schedules.CosineDecay(2e-2, 1000)
    vae.compile(keras.optimizers.Adam(schedule), steps_per_execution=50)
    history = vae.fit(truth.sample(50_000, seed=1)["x"], batch_size=200, epochs=4, verbose=0).history
    x = truth.sample(4000, seed=2)["x"]
    lit = 0.25 * 0.95 + 0.75 * 0.05
    independent = stats.bernoulli.logpmf(x, lit).sum(axis=(1, 2, 3))
    for num_samples in (1, 64):
        bound = vae.bound(x, num_samples=num_samples, seed=0).numpy()
        assert abs(paired_gap(independent, bound).mean) < 0.02
        gap = paired_gap(truth.log_prob(x), bound)
        assert abs(gap.mean - (truth.independent_cross_entropy - truth.entropy)) < 0.02 + 3 * gap.standard_error
    assert history["kl"][-1] < 0.01
    assert history["kl"][0] > history["kl"][-1]
    np.testing.assert_allclose(vae.decode(np.zeros((1, 2))), np.full((1, 4, 4, 1), lit), atol=0.02)


LIKELIHOODS = ("bernoulli", "gaussian", "discretised_logistic", "categorical")


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_reconstruct_is_decode_of_encode(likelihood):
    vae = _moved(likelihood=likelihood)
    x = _events(vae, 5)
    z = vae.encode(x)
    assert z.shape == (5, 2)
    np.testing.assert_allclose(vae.reconstruct(x), vae.decode(z), atol=1e-5)
    np.testing.assert_array_equal(z, vae.run("encode", x=x)["z"])


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_interpolate_goes_from_one_reconstruction_to_the_other(likelihood):
    vae = _moved(likelihood=likelihood)
    start, end = _events(vae, 4, seed=1), _events(vae, 4, seed=2)
    path = vae.interpolate(start, end, steps=5).numpy()
    assert path.shape == (5, 4, 3)
    first, last = vae.encode(start).numpy(), vae.encode(end).numpy()
    np.testing.assert_allclose(path[0], vae.reconstruct(start), atol=1e-5)
    np.testing.assert_allclose(path[-1], vae.reconstruct(end), atol=1e-5)
    np.testing.assert_allclose(path[2], vae.decode((first + last) / 2), atol=1e-5)
    np.testing.assert_allclose(path[1], vae.decode(0.75 * first + 0.25 * last), atol=1e-5)


def test_interpolate_checks_its_arguments():
    vae = _moved()
    x = _events(vae, 4)
    with pytest.raises(ValueError, match=r"`end` must have as many rows as `start`, 4\. Received: 3 rows"):
        vae.interpolate(x, x[:3])
    for steps in (1, 2.0):
        with pytest.raises(ValueError, match="`steps` must be an integer of at least 2"):
            vae.interpolate(x, x, steps=steps)
    assert vae.interpolate(x, x).shape == (10, 4, 3)


@pytest.mark.parametrize("likelihood", ["discretised_logistic", "categorical"])
def test_what_is_decoded_can_be_scored(likelihood):
    """Levels are whole numbers within their range, as data are."""
    vae = _moved(likelihood=likelihood)
    decoded = vae.decode(3 * np.random.default_rng(0).normal(size=(50, 2))).numpy()
    np.testing.assert_array_equal(decoded, np.clip(np.rint(decoded), 0, 4))
    assert len(np.unique(decoded)) > 2
    assert np.isfinite(vae.score(decoded)).all()


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_samples_come_from_their_latents(likelihood):
    """`sample` gives z too: many draws' mean is the mean of p(x | z), and z is standard normal."""
    vae = _moved(likelihood=likelihood)
    seeds = np.stack([np.full(4000, 7), np.arange(4000)], axis=1).astype("int32")
    drawn = vae.run("sample", seed=seeds)
    np.testing.assert_array_equal(drawn["x"], vae.sample(4000, seed=7))
    np.testing.assert_array_equal(drawn["x"][:10], vae.sample(10, seed=7))
    assert (vae.sample(10, seed=8).numpy() != drawn["x"][:10].numpy()).any()
    for entry in drawn["z"].numpy().T:
        assert stats.kstest(entry, "norm").pvalue > 1e-3
    given = vae.build_likelihood(drawn["z"])
    one_by_one = given.distribution if likelihood == "categorical" else given
    if likelihood == "categorical":
        probabilities = one_by_one.probs_parameter().numpy()
        mean = probabilities @ np.arange(5)
        variance = probabilities @ np.arange(5) ** 2 - mean**2
    else:
        mean, variance = given.mean().numpy(), given.variance().numpy()
    residual = (drawn["x"].numpy() - mean) / np.sqrt(variance)
    # Uncorrelated with anything made of z, and of the right spread.
    assert (np.abs(residual.mean(axis=0)) < 4 / math.sqrt(4000)).all()
    moments = residual[:, :, None] * drawn["z"].numpy()[:, None, :]
    assert (np.abs(moments.mean(axis=0)) < 4 * moments.std(axis=0) / math.sqrt(4000)).all()
    assert abs((residual**2).mean() - 1) < 4 * (residual**2).std() / math.sqrt(residual.size)


@pytest.mark.parametrize(("name", "bad"), [("x", np.full((2, 3), 0.5)), ("x", np.zeros((2, 4)))])
@pytest.mark.parametrize("method", ["encode", "reconstruct", "bound", "score"])
def test_methods_refuse_what_is_no_event(method, name, bad):
    with pytest.raises(ValueError, match=rf"`{name}` must .*Received: "):
        getattr(_moved(), method)(bad)


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros(2), np.full((2, 2), np.nan)])
def test_decode_refuses_what_is_no_latent(bad):
    with pytest.raises(ValueError, match=r"`z` must .*Received: "):
        _moved().decode(bad)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("latent_dim", 0),
        ("latent_dim", 2.0),
        ("levels", 1),
        ("levels", True),
        ("hidden", (0,)),
        ("hidden", "64"),
        ("event_shape", (0,)),
        ("num_samples", 0),
        ("training_samples", 0),
        ("likelihood", "poisson"),
        ("likelihood", None),
    ],
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=rf"`{argument}` must.*Received: {argument}="):
        tfgen.VAE(**{"event_shape": (3,), "latent_dim": 2, argument: value})


def test_the_decoder_s_widths_are_the_encoder_s_reversed():
    vae = tfgen.VAE(event_shape=(3,), latent_dim=2, hidden=(7, 5))
    assert [dense.units for dense in vae.encoder.dense] == [7, 5]
    assert [dense.units for dense in vae.decoder.dense] == [5, 7]
