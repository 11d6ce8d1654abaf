"""β and free bits: what they add to the loss, to gradients, and to nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen
from tfgen.models.kl_penalty import kl_penalty

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
SEEDS = np.stack([np.zeros(40, np.int32), np.arange(40, dtype=np.int32)], axis=1)


def vae(**arguments):
    keras.utils.set_random_seed(1)
    model = tfgen.VAE(
        event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(4,), activation="tanh", **arguments
    )
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.3 * rng.normal(size=weight.shape))
    return model


def kl_by_hand(model):
    """KL(N(μ, σ²) ‖ N(0, 1)) in each dimension, by SciPy's entropies: −H(q) − E_q[log p]."""
    encoded = {name: value.numpy().astype(np.float64) for name, value in model.run("encode", x=X).items()}
    cross = 0.5 * (encoded["z"] ** 2 + encoded["scale"] ** 2 + np.log(2 * np.pi))
    return cross - stats.norm.entropy(scale=encoded["scale"])


@pytest.mark.parametrize(("beta", "free_bits"), [(4.0, 0.0), (0.25, 0.0), (1.0, 0.3), (None, 5.0), (2.0, 0.3)])
def test_the_loss_is_the_objective(beta, free_bits):
    model = vae(beta=beta, free_bits=free_bits)
    terms = model({"x": X}, training=True, seeds=tf.constant(SEEDS))
    kl = kl_by_hand(model)
    np.testing.assert_allclose(terms["kl"], kl.sum(axis=1), rtol=1e-4)
    objective = (1 if beta is None else beta) * np.maximum(kl.mean(axis=0), free_bits).sum()
    found = np.mean(terms["kl"]) + np.mean(terms["penalty"])
    np.testing.assert_allclose(found, objective, rtol=1e-5)


@pytest.mark.parametrize("free_bits", [0.1, 5.0])
def test_where_dimensions_cannot_be_told_apart_their_bits_are_free_together(free_bits):
    model = vae(posterior="full", free_bits=free_bits)
    terms = model({"x": X}, training=True, seeds=tf.constant(SEEDS))
    kl = float(np.mean(terms["kl"]))
    assert 0.2 < kl < 10  # between the two
    np.testing.assert_allclose(kl + np.mean(terms["penalty"]), max(kl, 2 * free_bits), rtol=1e-5)


@pytest.mark.parametrize("arguments", [{"beta": 4.0}, {"free_bits": 5.0}])
def test_nothing_is_added_outside_training(arguments):
    model, plain = vae(**arguments), vae()
    terms = model({"x": X}, seeds=tf.constant(SEEDS))
    np.testing.assert_array_equal(terms["penalty"], np.zeros(40))
    np.testing.assert_allclose(model.score(X), plain.score(X), rtol=1e-6)
    model.compile("adam")
    history = model.fit(X, validation_data=(X,), batch_size=16, verbose=0).history
    assert history["val_penalty"] == [0]
    assert history["penalty"][0] > 0
    total = sum(history[name][0] for name in ("reconstruction", "kl", "penalty"))
    np.testing.assert_allclose(history["loss"][0], total, rtol=1e-5)


def test_below_the_free_bits_a_dimension_has_no_gradient():
    kl = tf.constant([[0.1, 2.0], [0.3, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(kl)
        loss = tf.reduce_mean(tf.reduce_sum(kl, axis=-1) + kl_penalty(kl, tf.constant(2.0), 0.5))
    np.testing.assert_allclose(loss, 2 * (0.5 + 1.5), rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(loss, kl), [[0, 1], [0, 1]], atol=1e-7)


def test_a_posterior_that_collapses_is_kept_by_free_bits_and_lost_by_beta():
    """Noise without structure: nothing is gained by a latent, so the ELBO gives it up."""
    noise = np.random.default_rng(3).normal(size=(2000, 3)).astype("float32")
    active = {}
    for name, arguments in {"plain": {}, "free": {"free_bits": 0.5}}.items():
        model = vae(**arguments)
        model.compile(keras.optimizers.Adam(1e-2), steps_per_execution=20)
        model.fit(noise, batch_size=100, epochs=20, verbose=0)
        usage = tfgen.judging.latent_usage(lambda model=model, **inputs: model.run("encode", **inputs), noise)
        active[name] = usage.kl
    assert (active["plain"] < 0.05).all()
    assert (active["free"] > 0.4).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": -1.0}, "`beta` must be a finite number of at least 0"),
        ({"beta": "big"}, "`beta` must be a finite number of at least 0"),
        ({"free_bits": float("nan")}, "`free_bits` must be a finite number of at least 0"),
        ({"beta": 2.0, "training_samples": 4}, "must be left out with several training samples"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        vae(**arguments)


def test_bits_per_dim_are_of_the_bound_alone():
    x = np.random.default_rng(0).integers(2, size=(40, 6)).astype("float32")
    model = tfgen.VAE(event_shape=(6,), latent_dim=2, hidden=(4,), beta=50.0)
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(x, epochs=1, verbose=0).history
    expected = (history["reconstruction"][0] + history["kl"][0]) / (6 * np.log(2))
    np.testing.assert_allclose(history["bits_per_dim"][0], expected, rtol=1e-5)
    assert history["penalty"][0] > 0.1
