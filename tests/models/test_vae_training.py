"""What `fit` does to a VAE: the numbers that it reports, the step that it takes, devices and precisions."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.noise import Noise

ROWS, SIZE, LEVELS = 12, 3, 5
RNG = np.random.default_rng(0)
QUANTISED = {"bernoulli": 2, "discretised_logistic": LEVELS, "categorical": LEVELS}


def _vae(likelihood="bernoulli", **arguments):
    keras.utils.set_random_seed(3)
    return tfgen.VAE(
        event_shape=(SIZE,),
        latent_dim=2,
        likelihood=likelihood,
        levels=LEVELS,
        hidden=(6,),
        activation="tanh",
        **arguments,
    )


def _data(likelihood="bernoulli", *, rows=ROWS):
    rng = np.random.default_rng(4)
    levels = QUANTISED.get(likelihood)
    shape = (rows, SIZE)
    return (rng.normal(size=shape) if levels is None else rng.integers(levels, size=shape)).astype("float32")


@pytest.mark.parametrize(
    ("likelihood", "training_samples"),
    [("bernoulli", 4), ("gaussian", 1), ("discretised_logistic", 1), ("categorical", 1)],
)
def test_the_history_has_the_terms_and_their_sum(likelihood, training_samples):
    vae, x = _vae(likelihood, training_samples=training_samples), _data(likelihood)
    vae.compile("adam")
    history = vae.fit(x, validation_data=(x,), epochs=2, batch_size=5, verbose=0).history
    names = {"loss", "reconstruction", "kl"} | ({"bits_per_dim"} if likelihood in QUANTISED else set())
    assert set(history) == names | {f"val_{name}" for name in names}
    for prefix in ("", "val_"):
        loss = np.array(history[f"{prefix}loss"])
        total = np.add(history[f"{prefix}reconstruction"], history[f"{prefix}kl"])
        np.testing.assert_allclose(loss, total, rtol=1e-5)
        if likelihood in QUANTISED:
            np.testing.assert_allclose(history[f"{prefix}bits_per_dim"], loss / (SIZE * math.log(2)), rtol=1e-5)
    assert np.min(history["kl"]) >= 0
    assert set(vae.evaluate(x, verbose=0, return_dict=True)) == names


def test_a_flat_likelihood_costs_the_bits_of_its_levels():
    """Zero weights: every pixel costs one bit, and the KL nothing."""
    vae = _vae()
    vae.set_weights([np.zeros_like(value) for value in vae.get_weights()])
    vae.posterior.projection.bias.assign(
        [0.0, 0.0, *[math.log(math.expm1(1 - vae.posterior.min_scale)) - math.log(math.e - 1)] * 2]
    )
    vae.compile()
    found = vae.evaluate(_data(), verbose=0, return_dict=True)
    assert found["bits_per_dim"] == pytest.approx(1, rel=1e-6)
    assert found["kl"] == pytest.approx(0, abs=1e-6)


def test_weights_of_rows_and_regularisers_count_in_the_loss():
    vae, x = _vae(encoder=keras.layers.Dense(4, kernel_regularizer="l2")), _data()
    vae.compile()
    weight = np.linspace(0, 3, ROWS).astype("float32")
    found = vae.evaluate(x, sample_weight=weight, verbose=0, return_dict=True)
    terms = -vae.bound(x, num_samples=1, seed=0).numpy()
    penalty = 0.01 * (vae.encoder.kernel.numpy() ** 2).sum()
    assert found["loss"] == pytest.approx((weight * terms).mean() + penalty, rel=1e-5)
    rate = (weight @ terms) / weight.sum() / (SIZE * math.log(2))
    assert found["bits_per_dim"] == pytest.approx(rate, rel=1e-5)


def _noise(step, num_samples, dtype):
    """[samples, rows, 2]: the latent stream of the seed rows (step, row)."""
    seeds = np.stack([np.full(ROWS, step), np.arange(ROWS)], axis=1).astype("int32")
    return tf.stack([Noise(tf.constant(seeds)).child(0).at(k).normal((2,), dtype) for k in range(num_samples)])


def _directly(vae, x, normals):
    """The negative mean bound of a Bernoulli VAE from its weights and the given normals, in TensorFlow alone."""

    def dense(layer, values):
        return tf.einsum("...i,ij->...j", values, layer.kernel) + layer.bias

    x = tf.constant(x, normals.dtype)
    raw = dense(vae.posterior.projection, tf.tanh(dense(vae.encoder.dense[0], x)))
    location = raw[:, :2]
    scale = tf.math.log(1 + tf.exp(raw[:, 2:]) * (math.e - 1)) + vae.posterior.min_scale
    z = location + scale * normals
    logits = dense(vae.likelihood.projection, tf.tanh(dense(vae.decoder.dense[0], z)))
    likelihood = tf.reduce_sum(x * tf.math.log_sigmoid(logits) + (1 - x) * tf.math.log_sigmoid(-logits), axis=-1)
    if len(normals) == 1:
        kl = tf.reduce_sum((location**2 + scale**2 - 1) / 2 - tf.math.log(scale), axis=-1)
        return tf.reduce_mean(kl - likelihood[0])
    log_ratio = tf.reduce_sum(-(z**2) / 2 + normals**2 / 2 + tf.math.log(scale), axis=-1)
    return -tf.reduce_mean(tf.reduce_logsumexp(likelihood + log_ratio, axis=0) - math.log(len(normals)))


@pytest.mark.parametrize("training_samples", [1, 5, 11])  # 5 at once, and 11 one by one
def test_a_step_follows_the_gradient_of_the_bound(training_samples):
    """SGD of rate 1: what the weights lose in each of two steps is the gradient, of the noise of (step, row)."""
    vae, x = _vae(training_samples=training_samples, dtype="float64"), _data()
    vae.compile(keras.optimizers.SGD(1.0))
    for step in range(2):
        normals = _noise(step, training_samples, tf.float64)
        before = [tf.identity(variable.value) for variable in vae.trainable_variables]
        with tf.GradientTape() as tape:
            loss = _directly(vae, x, normals)
        gradients = tape.gradient(loss, [variable.value for variable in vae.trainable_variables])
        found = vae.fit(x, batch_size=ROWS, shuffle=False, verbose=0).history["loss"][0]
        assert found == pytest.approx(float(loss), rel=1e-6)
        for variable, old, gradient in zip(vae.trainable_variables, before, gradients, strict=True):
            np.testing.assert_allclose(old - variable.value, gradient, rtol=1e-8, atol=1e-12)


def test_the_loss_of_several_samples_is_their_bound():
    """`evaluate` and `bound` have the noise of (0, row) both; the KL's part is reported as it is."""
    vae, x = _vae(training_samples=6), _data()
    vae.compile()
    found = vae.evaluate(x, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(-vae.bound(x, num_samples=6, seed=0).numpy().mean(), rel=1e-5)
    one = _vae()
    one.set_weights(vae.get_weights())
    one.compile()
    assert found["kl"] == pytest.approx(one.evaluate(x, verbose=0, return_dict=True)["kl"], rel=1e-6)


def _trained(training_samples, strategy=None, **compiled):
    with (strategy or tf.distribute.get_strategy()).scope():
        vae = _vae(training_samples=training_samples)
        vae.compile(keras.optimizers.SGD(0.2), **compiled)
    # The last batch is uneven.
    history = vae.fit(_data(rows=23), batch_size=9, epochs=2, shuffle=False, verbose=0).history
    return vae, history


def _same_training(plain, other):
    (one, expected), (two, history) = plain, other
    for first, second in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(second, first, atol=1e-5)
    for key, values in expected.items():
        assert history[key] == pytest.approx(values, rel=1e-4, abs=1e-5), key
    assert any((old != new).any() for old, new in zip(_vae().get_weights(), two.get_weights(), strict=True))


def test_replicas_and_several_steps_at_once_train_alike(two_devices):
    plain = _trained(3)
    _same_training(plain, _trained(3, two_devices))
    _same_training(plain, _trained(3, steps_per_execution=3))


@pytest.mark.slow
@pytest.mark.parametrize("training_samples", [1, 11])  # 11 one by one: a loop, which XLA differentiates
def test_xla_trains_alike(training_samples):
    _same_training(_trained(training_samples), _trained(training_samples, jit_compile=True))


@pytest.mark.slow
def test_replicas_train_alike_by_a_loop(two_devices):
    _same_training(_trained(11), _trained(11, two_devices))


@pytest.mark.parametrize("likelihood", ["gaussian", "discretised_logistic"])
def test_float64_is_float64_throughout(likelihood):
    vae = _vae(likelihood, dtype="float64")
    x = _data(likelihood)
    outputs = [vae.score(x), vae.bound(x, num_samples=1), vae.encode(x), vae.decode(np.zeros((2, 2)))]
    outputs += [vae.reconstruct(x), vae.interpolate(x, x, steps=2), vae.sample(2, seed=0), *vae({"x": x}).values()]
    assert {output.dtype for output in outputs} == {tf.float64}
    assert {np.dtype(variable.dtype) for variable in vae.weights} == {np.dtype("float64")}
    single = _vae(likelihood)
    single.set_weights(vae.get_weights())
    np.testing.assert_allclose(single.score(x), vae.score(x), rtol=1e-4)


@pytest.mark.parametrize(
    ("likelihood", "policy"),
    [("bernoulli", "mixed_float16"), ("gaussian", "mixed_bfloat16"), ("categorical", "mixed_bfloat16")],
)
def test_half_precision_stays_in_the_networks(likelihood, policy):
    vae, x = _vae(likelihood, dtype=policy), _data(likelihood)
    assert vae.encoder.dense[0].compute_dtype == policy.removeprefix("mixed_")
    terms = vae({"x": x})
    outputs = [vae.score(x), vae.bound(x, seed=0), vae.encode(x), vae.sample(2, seed=0), *terms.values()]
    assert {output.dtype for output in outputs} == {tf.float32}
    full = _vae(likelihood)
    full.set_weights(vae.get_weights())
    np.testing.assert_allclose(vae.score(x), full.score(x), rtol=0.05)
    vae.compile("adam")
    history = vae.fit(x, epochs=3, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert np.isfinite(vae.score(x)).all()
