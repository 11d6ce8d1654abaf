"""Networks and likelihoods that are given: convolutions, feature maps, functional models, other families."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfgen
from tfgen.layers.distributions import IndependentDiscretisedLogistic, IndependentNormal, IndependentPoisson

RNG = np.random.default_rng(0)
SIDE, LATENT, CHANNELS = 8, 2, 3
LAYERS = keras.layers


def _encoder():
    """Left unbuilt: the model builds it."""
    convolution = LAYERS.Conv2D(4, 3, strides=2, padding="same", activation="relu")
    return keras.Sequential([convolution, LAYERS.Flatten(), LAYERS.Dense(6)])


def _decoder():
    """To a map [batch, 8, 8, 3]."""
    return keras.Sequential(
        [
            LAYERS.Dense(4 * 4 * 2, activation="tanh"),
            LAYERS.Reshape((4, 4, 2)),
            LAYERS.Conv2DTranspose(CHANNELS, 3, strides=2, padding="same"),
        ]
    )


def _convolutional(likelihood="bernoulli", **arguments):
    settings = {"encoder": _encoder(), "decoder": _decoder(), "latent_dim": LATENT, "levels": 4}
    vae = tfgen.VAE(event_shape=(SIDE, SIDE, 1), likelihood=likelihood, **{**settings, **arguments})
    rng = np.random.default_rng(1)
    vae.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in vae.get_weights()])
    return vae


def _images(rows, *, levels=2):
    return np.random.default_rng(2).integers(levels, size=(rows, SIDE, SIDE, 1)).astype("float32")


@pytest.mark.parametrize(("likelihood", "levels"), [("bernoulli", 2), ("categorical", 4)])
def test_every_position_of_a_map_has_the_same_projection(likelihood, levels):
    """The weights of one position, and the sum over positions by SciPy from the map itself."""
    vae = _convolutional(likelihood)
    kernel, bias = (weight.numpy() for weight in vae.likelihood.projection.weights)
    assert kernel.shape == (CHANNELS, 1 if likelihood == "bernoulli" else levels)
    assert vae.likelihood.event_shape == (1,)
    z, x = RNG.normal(size=(5, LATENT)).astype("float32"), _images(5, levels=levels)
    raw = vae.decoder(z).numpy().astype("float64") @ kernel + bias
    if likelihood == "bernoulli":
        expected = stats.bernoulli.logpmf(x, special.expit(raw))
        mean = special.expit(raw)
    else:
        table = special.log_softmax(raw, axis=-1)
        expected = np.take_along_axis(table, x.astype(int), axis=-1)
        mean = raw.argmax(axis=-1)[..., None]
    distribution = vae.build_likelihood(tf.constant(z))
    assert distribution.event_shape == (SIDE, SIDE, 1)
    assert distribution.batch_shape == (5,)
    np.testing.assert_allclose(distribution.log_prob(x), expected.sum(axis=(1, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(vae.decode(z), mean, atol=1e-5)


@pytest.mark.parametrize(("likelihood", "levels"), [("bernoulli", 2), ("categorical", 4)])
def test_a_convolutional_model_trains_and_is_saved(likelihood, levels, tmp_path):
    vae = _convolutional(likelihood)
    # One pattern: what can be learned in a few steps.
    pattern = np.broadcast_to(np.indices((SIDE, SIDE)).sum(axis=0)[None, ..., None] % levels, (64, SIDE, SIDE, 1))
    x = pattern.astype("float32")
    before = vae.bound(x, num_samples=8, seed=0).numpy().mean()
    vae.compile(keras.optimizers.Adam(0.03))
    vae.fit(x, batch_size=32, epochs=15, verbose=0)
    after = vae.bound(x, num_samples=8, seed=0).numpy()
    assert after.mean() > before + 10
    assert vae.sample(3, seed=0).shape == (3, SIDE, SIDE, 1)
    assert np.isfinite(vae.score(vae.sample(3, seed=0))).all()
    assert vae.reconstruct(x[:2]).shape == (2, SIDE, SIDE, 1)

    vae.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.bound(x, num_samples=8, seed=0), after, rtol=1e-5)
    np.testing.assert_array_equal(loaded.sample(3, seed=1), vae.sample(3, seed=1))
    assert len(loaded.trainable_weights) == len(vae.trainable_weights)


@pytest.mark.slow
@pytest.mark.parametrize("likelihood", ["bernoulli", "categorical"])
def test_a_convolutional_model_is_the_same_in_every_runtime(likelihood, tmp_path):
    vae = _convolutional(likelihood, num_samples=16)
    vae.export(tmp_path / "bundle", format="bundle")
    reports = tfgen.verify_bundle(tmp_path / "bundle", rows=16)
    assert {report.endpoint for report in reports} == {
        "score",
        "sample",
        "encode",
        "encode_sample",
        "decode",
        "reconstruct",
    }
    for report in reports:
        assert report.largest < 1e-5, report


def test_functional_models_and_layers_are_taken(tmp_path):
    image, z = keras.Input((4, 4, 1)), keras.Input((LATENT,))
    encoder = keras.Model(image, LAYERS.Dense(5, activation="tanh")(LAYERS.Flatten()(image)))
    wide = LAYERS.Dense(4, activation="tanh")(z)
    decoder = keras.Model(z, LAYERS.Concatenate()([z, wide]))
    vae = tfgen.VAE(event_shape=(4, 4, 1), latent_dim=LATENT, encoder=encoder, decoder=decoder)
    assert vae.encoder is encoder
    assert vae.decoder is decoder
    assert vae.likelihood.projection.kernel.shape == (LATENT + 4, 16)
    assert {id(weight) for part in (encoder, decoder) for weight in part.weights} <= {id(w) for w in vae.weights}
    x = RNG.integers(2, size=(6, 4, 4, 1)).astype("float32")
    vae.compile(keras.optimizers.SGD(0.1))
    before = [weight.copy() for weight in vae.get_weights()]
    vae.fit(x, epochs=1, verbose=0)
    assert all((old != new).any() for old, new in zip(before, vae.get_weights(), strict=True))
    vae.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.score(x), vae.score(x), rtol=1e-6)


def test_one_layer_will_do():
    vae = tfgen.VAE(event_shape=(3,), latent_dim=2, encoder=LAYERS.Dense(4), decoder=LAYERS.Dense(5))
    assert vae.posterior.projection.kernel.shape == (4, 4)
    assert vae.likelihood.projection.kernel.shape == (5, 3)


def test_training_tells_the_networks_that_it_is():
    """Dropout in both networks: `fit`'s step drops, `score` does not."""
    vae = tfgen.VAE(
        event_shape=(50,),
        latent_dim=2,
        encoder=keras.Sequential([LAYERS.Dense(50), LAYERS.Dropout(0.5)]),
        decoder=keras.Sequential([LAYERS.Dense(50), LAYERS.Dropout(0.5)]),
    )
    x = RNG.integers(2, size=(20, 50)).astype("float32")
    np.testing.assert_array_equal(vae.score(x), vae.score(x))
    quiet = [vae({"x": x}, training=False) for _ in range(2)]
    noisy = [vae({"x": x}, training=True) for _ in range(2)]
    for name in ("reconstruction", "kl"):
        np.testing.assert_array_equal(quiet[0][name], quiet[1][name])
        assert (noisy[0][name].numpy() != noisy[1][name].numpy()).any()
    z = tf.ones([20, 2])
    for part in (
        lambda training: vae.build_posterior(x, training=training),
        lambda training: vae.build_likelihood(z, training=training),
    ):
        np.testing.assert_array_equal(part(False).mean(), part(False).mean())
        assert (part(True).mean().numpy() != part(True).mean().numpy()).any()


def _given(likelihood, event_shape, **arguments):
    return tfgen.VAE(
        event_shape=event_shape, latent_dim=2, likelihood=likelihood, hidden=(6,), activation="tanh", **arguments
    )


def _normal(raw, x):
    return stats.norm.logpdf(x, raw, 0.5)


def _poisson(raw, x):
    return stats.poisson.logpmf(x, np.exp(raw - np.logaddexp(0, raw - 16)))


def _three_logistics(raw, x):
    location, scale, logits = np.split(raw.reshape(len(x), 3, -1), 3, axis=1)
    location, scale, logits = (part.reshape(len(x), 3, 3) for part in (location, scale, logits))
    half = 127.5
    logistic = stats.logistic(half + half * location, half / 2 * np.logaddexp(0, scale + np.log(np.e - 1)) + 1e-2)
    value = x[:, :, None]
    mass = np.where(value == 255, 1, logistic.cdf(value + 0.5)) - np.where(value == 0, 0, logistic.cdf(value - 0.5))
    return special.logsumexp(special.log_softmax(logits, axis=-1) + np.log(mass), axis=-1)


@pytest.mark.parametrize(
    ("make", "oracle", "high"),
    [
        (lambda: IndependentNormal(event_shape=(3,), scale=0.5, dtype="float64"), _normal, None),
        (lambda: IndependentPoisson(event_shape=(3,), dtype="float64"), _poisson, 9),
        (
            lambda: IndependentDiscretisedLogistic(event_shape=(3,), components=3, dtype="float64"),
            _three_logistics,
            256,
        ),
    ],
    ids=["normal", "poisson", "discretised-logistics"],
)
def test_a_given_likelihood_is_the_likelihood(make, oracle, high, tmp_path):
    likelihood = make()
    vae = _given(likelihood, (3,), dtype="float64")
    assert vae.likelihood is likelihood
    x = RNG.normal(size=(7, 3)) if high is None else RNG.integers(high, size=(7, 3)).astype(float)
    z = RNG.normal(size=(7, 2))
    features = vae.decoder(tf.constant(z)).numpy()
    kernel, bias = (weight.numpy() for weight in likelihood.projection.weights)
    expected = oracle(features @ kernel + bias, x).sum(axis=1)
    np.testing.assert_allclose(vae.build_likelihood(tf.constant(z)).log_prob(x), expected, rtol=1e-8)
    vae.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.score(x), vae.score(x), rtol=1e-10)
    assert loaded.likelihood.get_config() == likelihood.get_config()
    if high is not None:
        for bad in (x - 300, x + 0.5):
            with pytest.raises(ValueError, match=r"`x` must hold whole numbers .*Received: "):
                vae.score(bad)


def test_a_given_likelihood_of_each_position():
    likelihood = IndependentNormal(event_shape=(1,), scale="shared")
    vae = _convolutional(likelihood)
    assert likelihood.projection.kernel.shape == (CHANNELS, 1)
    x = RNG.normal(size=(3, SIDE, SIDE, 1)).astype("float32")
    assert np.isfinite(vae.score(x)).all()
    assert vae.decode(np.zeros((3, LATENT))).shape == (3, SIDE, SIDE, 1)


@pytest.mark.parametrize(("shape", "event"), [((8, 3), (8, 1)), ((8, 8, 3), (1,)), ((8, 8, 1, 3), ())])
def test_a_map_may_have_any_number_of_axes(shape, event):
    decoder = keras.Sequential([LAYERS.Dense(int(np.prod(shape))), LAYERS.Reshape(shape)])
    vae = tfgen.VAE(event_shape=(8, 8, 1), latent_dim=2, hidden=(4,), decoder=decoder)
    assert vae.likelihood.event_shape == event
    assert vae.likelihood.projection.kernel.shape == (3, np.prod(event, dtype=int))
    x = _images(5)
    assert vae.score(x).shape == (5,)
    assert vae.decode(np.zeros((5, 2))).shape == x.shape
    assert vae.sample(5, seed=0).shape == x.shape


def _map(height, width, channels):
    return keras.Sequential([LAYERS.Dense(height * width * channels), LAYERS.Reshape((height, width, channels))])


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (r"`decoder` must .*Received: positions \(4, 8\), event \(1,\)", {"decoder": _map(4, 8, 3)}),
        (r"`decoder` must .*Received: positions \(4,\), event", {"decoder": LAYERS.Reshape((4, 1)), "latent_dim": 4}),
        (r"`encoder` must .*Received: shape=\(None, 8, 8, 2\)", {"encoder": LAYERS.Conv2D(2, 3, padding="same")}),
        (r"`decoder` must .*likelihood.*Received: .*\(3,\)", {"likelihood": IndependentNormal(event_shape=(3,))}),
        (
            r"`decoder` must .*likelihood.*Received: .*",
            {"decoder": _map(8, 8, 3), "likelihood": IndependentNormal(event_shape=(8, 8, 1))},
        ),
        (
            "`likelihood` must have the model's dtype, float32. Received: float64",
            {"likelihood": IndependentNormal(event_shape=(8, 8, 1), dtype="float64")},
        ),
        (
            "`likelihood` must have the model's dtype, float64. Received: float32",
            {"likelihood": IndependentNormal(event_shape=(8, 8, 1)), "dtype": "float64"},
        ),
        ("`likelihood` must be one of .*Received: likelihood='normal'", {"likelihood": "normal"}),
    ],
    ids=["map", "short-map", "encoder", "event", "both", "float64", "float32", "name"],
)
def test_parts_that_do_not_fit_are_named(message, arguments):
    with pytest.raises(ValueError, match=message):
        tfgen.VAE(**{"event_shape": (8, 8, 1), "latent_dim": 2, "hidden": (4,), **arguments})
