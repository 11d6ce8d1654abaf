"""The VRNN's equations, by Keras's cells, NumPy and TFP."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import make, sequences
from tensorflow_probability import distributions as tfd

import tfgen
from tfgen.models.noise_streams import EVENT, POSTERIOR, PRIOR
from tfgen.noise import Noise


def _layer(layer, features):
    """A layer of independent normals as TFP's."""
    kernel, bias = layer.projection.get_weights()
    location, scale = np.split(features @ kernel + bias, 2, axis=-1)
    scale = np.logaddexp(0, scale + np.log(np.e - 1)) + layer.min_scale
    return tfd.Independent(tfd.Normal(location, scale.astype(np.float32)), 1)


@pytest.mark.parametrize("prior", ["recurrent", "standard"])
def test_the_terms_follow_the_paper_s_equations(prior):
    model, x = make("vrnn", prior=prior), sequences()
    rows, seeds = len(x), np.stack([np.full(6, 3), np.arange(6)], axis=1).astype(np.int32)
    cell = model.recurrence.cells[0]
    first = np.concatenate([model.recurrence.start_known.numpy(), model.recurrence.start_rest.numpy()])
    h, state = cell(np.tile(first, (rows, 1)), [np.tile(model.recurrence.initial_state.numpy(), (rows, 1))])
    reconstruction, kl = np.zeros(rows), np.zeros(rows)
    for step in range(x.shape[1]):
        phi_x = model.feature_network(x[:, step])
        posterior = _layer(model.posterior, model.encoder.network(np.concatenate([phi_x, h], axis=-1)).numpy())
        noise = Noise(tf.constant(seeds)).child(POSTERIOR).at_step(step).normal((2,))
        z = posterior.mean() + posterior.stddev() * noise
        if prior == "recurrent":
            p_z = _layer(model.prior, model.prior_network(h).numpy())
        else:
            p_z = tfd.Independent(tfd.Normal(tf.zeros_like(z), 1.0), 1)
        phi_z = model.latent_network(z)
        p_x = _layer(model.likelihood, model.network(np.concatenate([phi_z, h], axis=-1)).numpy())
        reconstruction -= p_x.log_prob(x[:, step])
        kl += tfd.kl_divergence(posterior, p_z)
        h, state = cell(np.concatenate([phi_x, phi_z], axis=-1), state)
    terms = model({"x": x}, seeds=tf.constant(seeds))
    np.testing.assert_allclose(terms["reconstruction"], reconstruction, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.kl_steps(x, seed=3).numpy().sum(axis=1), kl, rtol=1e-4, atol=1e-5)


def test_draws_follow_them_too():
    model = make("vrnn")
    seeds = np.stack([np.full(4, 5), np.arange(4)], axis=1).astype(np.int32)
    drawn = model.run("sample", seed=seeds, steps=np.full(4, 3))
    state = model.begin(tf.constant(4), None)
    for step in range(3):
        h = model.recurrence.output(state)
        noise = Noise(tf.constant(seeds)).at_step(step)
        prior = _layer(model.prior, model.prior_network(h).numpy())
        z = prior.mean() + prior.stddev() * noise.child(PRIOR).normal((2,))
        phi_z = model.latent_network(z)
        p_x = _layer(model.likelihood, model.network(np.concatenate([phi_z, h], axis=-1)).numpy())
        x = p_x.mean() + p_x.stddev() * noise.child(EVENT).normal((2,))
        np.testing.assert_allclose(drawn["z"][:, step], z, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(drawn["x"][:, step], x, rtol=1e-4, atol=1e-5)
        state = model.recurrence.stepper()(model.one(tf.cast(x, tf.float32), None), phi_z, state)


def test_gradients_of_the_loop_by_hand_are_tensorflow_s():
    """Of all weights, with a mask, beside the same model whose cells are no known ones."""
    x, seeds = sequences(), tf.constant(np.stack([np.zeros(6), np.arange(6)], axis=1).astype(np.int32))
    mask = tf.constant(np.arange(5) < np.array([5, 3, 1, 4, 2, 5])[:, None])

    class Unknown(keras.layers.GRUCell):
        pass

    gradients = []
    for cell in (keras.layers.GRUCell(4), Unknown(4)):
        model = tfgen.VRNN(
            event_shape=(2,), latent_dim=2, cell=cell, hidden=(3,), feature_units=(3,), latent_units=(2,)
        )
        rng = np.random.default_rng(0)
        model.set_weights([0.5 * rng.normal(size=value.shape) for value in model.get_weights()])
        with tf.GradientTape() as tape:
            terms = model({"x": x, "mask": mask}, training=True, seeds=seeds)
            loss = tf.reduce_mean(terms["reconstruction"] + 0.3 * terms["kl"])
        gradients.append(tape.gradient(loss, model.trainable_weights))
    for by_hand, plain in zip(*gradients, strict=True):
        np.testing.assert_allclose(by_hand, plain, rtol=2e-3, atol=2e-5)


def test_training_lowers_the_bound_of_several_samples_too():
    model = make("vrnn", training_samples=4)
    model.compile(keras.optimizers.Adam(1e-2))
    history = model.fit(sequences(64), batch_size=32, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_storn_s_posterior_knows_nothing_of_z_and_only_the_past():
    model, x = make("storn"), sequences()
    known = model.infer(model.ready({"x": tf.constant(x)}), False)
    changed = x.copy()
    changed[:, 3:] += 1.0
    other = model.infer(model.ready({"x": tf.constant(changed)}), False)
    for before, after in zip(known[:2], other[:2], strict=True):
        np.testing.assert_allclose(before[:3], after[:3], rtol=1e-5, atol=1e-6)
        assert np.abs(before[3:] - after[3:]).max() > 1e-3


def test_storn_s_terms_are_the_sums_by_its_equations():
    model, x = make("storn"), sequences()
    seeds = np.stack([np.full(6, 3), np.arange(6)], axis=1).astype(np.int32)
    cell, recognition = model.recurrence.cells[0], model.recognition.cells[0]

    def begun(recurrence, own):
        first = [recurrence.start_known.numpy()]
        first += [recurrence.start_rest.numpy()] if recurrence.start_rest is not None else []
        initial = np.tile(recurrence.initial_state.numpy(), (6, 1))
        return own(np.tile(np.concatenate(first), (6, 1)), [initial])[1]

    state, seen = begun(model.recurrence, cell), begun(model.recognition, recognition)
    last, reconstruction, kl = np.tile(model.first_features.numpy(), (6, 1)), np.zeros(6), np.zeros(6)
    for step in range(x.shape[1]):
        summary, seen = recognition(x[:, step], seen)
        posterior = _layer(model.posterior, summary.numpy())
        noise = Noise(tf.constant(seeds)).child(POSTERIOR).at_step(step).normal((2,))
        z = posterior.mean() + posterior.stddev() * noise
        h, state = cell(np.concatenate([last, model.latent_network(z)], axis=-1), state)
        reconstruction -= _layer(model.likelihood, model.network(h).numpy()).log_prob(x[:, step])
        kl += tfd.kl_divergence(posterior, tfd.Independent(tfd.Normal(tf.zeros_like(z), 1.0), 1))
        last = x[:, step]
    terms = model({"x": x}, seeds=tf.constant(seeds))
    np.testing.assert_allclose(terms["reconstruction"], reconstruction, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("argument", ["prior", "latent_dim", "latent_units", "num_samples"])
def test_bad_arguments(argument):
    with pytest.raises(ValueError, match=f"`{argument}` must .*Received: "):
        make("vrnn", **{argument: -1}) if argument == "prior" else tfgen.VRNN(
            **{"event_shape": (2,), "latent_dim": 2, argument: -1}
        )
