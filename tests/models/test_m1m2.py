"""M1+M2: its bound by hand from the public parts of its two models, and M1 held while M2 learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfgen
from tfgen.models.noise_streams import FIRST_POSTERIOR, POSTERIOR
from tfgen.noise import Noise, draw

CLASSES, ROWS = 3, 6
PRIOR = (0.2, 0.5, 0.3)
LABEL = np.array([-1, 0, 2, -1, 1, 1])
KNOWN = LABEL >= 0
X = np.random.default_rng(2).integers(2, size=(ROWS, 5)).astype(float)


def parts(**arguments):
    """M1 of five black and white pixels, with three latents, and M2 of these."""
    own = {"hidden": (6,), "activation": "tanh", "dtype": "float64", **arguments}
    m1 = tfgen.VAE(event_shape=(5,), latent_dim=3, likelihood="bernoulli", name="m1", **own)
    vae = tfgen.VAE(event_shape=(3,), latent_dim=2, context_shape=(CLASSES,), likelihood="gaussian", name="vae", **own)
    return m1, tfgen.M2(vae, hidden=(5,), class_prior=PRIOR, name="m2")


def build(**arguments):
    keras.utils.set_random_seed(0)
    model = tfgen.M1M2(*parts(), **arguments)
    rng = np.random.default_rng(1)
    model.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def seeds():
    return np.stack([np.full(ROWS, 5), np.arange(ROWS)], axis=1).astype("int32")


def first(model, k=0):
    """z₁ by the rows' noise, −log p(x | z₁) and log q(z₁ | x), by SciPy."""
    posterior = model.m1.build_posterior(tf.constant(X))
    noise = Noise(tf.constant(seeds()), index=tf.fill([ROWS, 1], k))
    z = draw(posterior, noise.child(FIRST_POSTERIOR)).numpy()
    log_q = stats.norm.logpdf(z, posterior.mean().numpy(), posterior.stddev().numpy()).sum(axis=1)
    return z, -stats.bernoulli.logpmf(X, model.m1.decode(z).numpy()).sum(axis=1), log_q


@pytest.mark.parametrize("training", [False, True])
def test_terms_are_m2_s_of_a_draw_from_m1(training):
    model = build(classification_weight=2.0)
    terms = model({"x": X, "label": LABEL}, training=training, seeds=seeds())
    z, reconstruction, log_q = first(model)
    inner = model.m2({"x": z, "label": LABEL}, training=training, seeds=seeds())
    np.testing.assert_allclose(terms["reconstruction"], reconstruction, rtol=1e-10)
    np.testing.assert_allclose(terms["kl_z1"], log_q + inner["reconstruction"], rtol=1e-10)
    np.testing.assert_allclose(terms["kl_z2"], inner["kl"], rtol=1e-10)
    np.testing.assert_allclose(terms["label_kl"], inner["label_kl"], rtol=1e-10)
    # The classifier looks at the mean of q(z₁ | x), not at a draw.
    q = model.m2.run("classify", x=model.m1.encode(X))["probabilities"].numpy()
    missed = -2 * np.log(q[np.arange(ROWS), LABEL]) * KNOWN * training
    np.testing.assert_allclose(terms["classification"], missed, rtol=1e-10)
    np.testing.assert_array_equal(terms["accuracy"], np.where(KNOWN, q.argmax(axis=1) == LABEL, np.nan))


def test_one_sample_is_the_elbo():
    """log p(x | z₁) − log q(z₁ | x) + M2's own ELBO of z₁."""
    model = build()
    z, reconstruction, log_q = first(model)
    inner = model.m2(z, seeds=seeds())
    elbo = -reconstruction - log_q - sum(inner[name].numpy() for name in model.m2.term_names)
    np.testing.assert_allclose(model.bound(X, num_samples=1, seed=5), elbo, rtol=1e-10)


def m2_weights(model, z, k):
    """log p(y) p(z₁ | y, z₂) p(z₂) / q(z₂ | z₁, y) for each class, with z₂ of the rows' noise."""
    vae, found = model.m2.vae, np.empty((ROWS, CLASSES))
    for label in range(CLASSES):
        context = np.tile(np.eye(CLASSES)[label], (ROWS, 1))
        posterior = vae.build_posterior(tf.constant(z), tf.constant(context))
        mean, scale = posterior.mean().numpy(), posterior.stddev().numpy()
        noise = Noise(tf.constant(seeds()), index=tf.fill([ROWS, 1], k))
        style = draw(posterior, noise.child(POSTERIOR)).numpy()
        likelihood = vae.build_likelihood(tf.constant(style), tf.constant(context))
        joint = stats.norm.logpdf(z, likelihood.mean().numpy(), likelihood.stddev().numpy()).sum(axis=1)
        ratio = (stats.norm.logpdf(style) - stats.norm.logpdf(style, mean, scale)).sum(axis=1)
        found[:, label] = np.log(PRIOR[label]) + joint + ratio
    return found


def test_several_samples_are_weighed_by_hand():
    model, count = build(training_samples=4), 4
    each = np.empty((ROWS, count, CLASSES))
    for k in range(count):
        z, reconstruction, log_q = first(model, k)
        each[:, k] = m2_weights(model, z, k) - (reconstruction + log_q)[:, None]
    expected = special.logsumexp(each, axis=(1, 2)) - np.log(count)
    np.testing.assert_allclose(model.bound(X, num_samples=count, seed=5), expected, rtol=1e-10)
    of_class = special.logsumexp(each, axis=1)[np.arange(ROWS), LABEL] - np.log(count)
    terms = model({"x": X, "label": LABEL}, seeds=seeds())
    total = sum(terms[name].numpy() for name in model.term_names)
    np.testing.assert_allclose(-total, np.where(KNOWN, of_class, expected), rtol=1e-10)


def test_class_and_style_are_m2_s_of_m1_s_mean():
    model = build()
    mean = model.m1.encode(X)
    for name, value in model.m2.run("classify", x=mean).items():
        np.testing.assert_allclose(model.run("classify", x=X)[name], value, rtol=1e-12)
    label = np.arange(ROWS) % CLASSES
    np.testing.assert_allclose(model.encode(X, label), model.m2.encode(mean, label), rtol=1e-12)
    np.testing.assert_allclose(model.encode(X), model.m2.encode(mean), rtol=1e-12)
    z = model.encode(X, label)
    decoded = model.m1.decode(model.m2.decode(z, label))
    np.testing.assert_allclose(model.decode(z, label), decoded, rtol=1e-12)
    assert model.analogies(X).shape == (CLASSES, ROWS, 5)


def test_a_draw_of_a_style_is_m2_s_of_a_draw_from_m1():
    model, label = build(), np.arange(ROWS) % CLASSES
    expected = model.m2.encode(first(model)[0], label, seed=5)
    np.testing.assert_allclose(model.encode(X, label, seed=5), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.encode(X, seed=5), model.encode(X, model.predict_label(X), seed=5))


def test_the_classifier_s_weight_is_m2_s_unless_told():
    m1, m2 = parts()
    m2.classification_weight = 7.0
    assert tfgen.M1M2(m1, m2).classification_weight == 7
    assert tfgen.M1M2(*parts(), classification_weight=2.0).classification_weight == 2


def test_draws_are_m1_s_of_m2_s_draws():
    model = build()
    label = np.zeros(4000, int)
    x = model.sample_class(label, seed=3).numpy()
    assert set(np.unique(x)) == {0, 1}
    mean = model.m1.decode(model.m2.sample_class(label, seed=3)).numpy()
    residual = (x - mean) / np.sqrt(mean * (1 - mean))
    assert (np.abs(residual.mean(axis=0)) < 4 / np.sqrt(4000)).all()
    assert abs((residual**2).mean() - 1) < 4 * (residual**2).std() / np.sqrt(residual.size)
    drawn = model.run("sample", seed=np.stack([np.full(50, 3), np.arange(50)], axis=1))
    np.testing.assert_array_equal(drawn["x"], model.sample_class(drawn["label"], seed=3))


def train(model):
    """The weights before and after an epoch."""
    before = [value.copy() for value in model.get_weights()]
    model.fit(np.tile(X, (4, 1)), np.tile(LABEL, 4), batch_size=8, verbose=0, shuffle=False)
    return before, model.get_weights()


def test_m1_is_held_while_m2_learns():
    model = build()
    model.m1.trainable = False
    model.compile(keras.optimizers.Adam(0.01))
    held = [value.copy() for value in model.m1.get_weights()]
    learnt = [value.copy() for value in model.m2.get_weights()]
    train(model)
    for value, old in zip(model.m1.get_weights(), held, strict=True):
        np.testing.assert_array_equal(value, old)
    for value, old in zip(model.m2.get_weights(), learnt, strict=True):
        assert (value != old).any()


def test_both_learn_unless_told():
    model = build()
    model.compile(keras.optimizers.Adam(0.01))
    for old, value in zip(*train(model), strict=True):
        assert (value != old).any()


def test_what_is_held_stays_held_in_a_file(tmp_path):
    """Of the constructor's `trainable=False`, which a file becomes, Keras tells no weight: m1 would go on learning."""
    model = build()
    model.m1.trainable = False
    model.compile(keras.optimizers.Adam(0.01))
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    assert (loaded.m1.trainable, loaded.m2.trainable) == (False, True)
    assert len(loaded.trainable_weights) == len(model.trainable_weights) == len(model.m2.trainable_weights)
    np.testing.assert_array_equal(loaded.score(X), model.score(X))
    np.testing.assert_array_equal(loaded.sample(5, seed=1), model.sample(5, seed=1))
    for each in (model, loaded):
        train(each)
    for value, twin in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(value, twin, rtol=1e-10)
    loaded.m1.trainable = True
    assert len(loaded.trainable_weights) > len(model.trainable_weights)


def of(event_shape, context_shape=None, **arguments):
    own = {"latent_dim": 3, "hidden": (4,), "likelihood": "gaussian", **arguments}
    return tfgen.VAE(event_shape=event_shape, context_shape=context_shape, **own)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: (of((5,), (3,)), tfgen.M2(of((3,), (2,)))), "`m1` must be a VAE without context"),
        (lambda: (of((5,), beta=0.5), tfgen.M2(of((3,), (2,)))), "`m1` must be .* without context, beta"),
        (lambda: (of((5,), prior="vamp"), tfgen.M2(of((3,), (2,)))), "`m1` must be .* with the standard prior"),
        (lambda: (of((5,)), of((3,), (2,))), r"`m2` must be an M2 of event_shape=\(3,\)"),
        (lambda: (of((5,)), tfgen.M2(of((4,), (2,)))), r"`m2` must be an M2 of event_shape=\(3,\)"),
        (lambda: (of((5,)), tfgen.M2(of((3,), (2,), likelihood="bernoulli"))), "`m2` must be .*all real numbers"),
        (lambda: (of((5,)), tfgen.M2(of((3,), (2,), dtype="float64"))), "`m1` and `m2` must have the model's dtype"),
    ],
)
def test_parts_that_do_not_fit_are_named(make, message):
    with pytest.raises(ValueError, match=message + ".*Received: "):
        tfgen.M1M2(*make())
