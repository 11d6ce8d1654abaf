"""M2's objective against a sum over classes in NumPy, of the public parts of the model and its VAE."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfgen
from tfgen.models.noise_streams import POSTERIOR
from tfgen.noise import Noise, draw

CLASSES, ROWS = 3, 8
PRIOR = (0.5, 0.3, 0.2)
LABEL = np.array([-1, 0, 2, -1, 1, 1, -1, 0])
KNOWN = LABEL >= 0
LIKELIHOODS = ("bernoulli", "gaussian")


def build(likelihood="gaussian", **arguments):
    """Of random weights, and of the numbers that an oracle in double precision has too."""
    keras.utils.set_random_seed(0)
    vae = tfgen.VAE(
        event_shape=(4,),
        latent_dim=2,
        context_shape=(CLASSES,),
        likelihood=likelihood,
        hidden=(6,),
        activation="tanh",
        dtype="float64",
        name="vae",
    )
    model = tfgen.M2(vae, **{"hidden": (5,), "class_prior": PRIOR, **arguments})
    rng = np.random.default_rng(1)
    model.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def events(likelihood, rows=ROWS):
    rng = np.random.default_rng(2)
    return rng.normal(size=(rows, 4)) if likelihood == "gaussian" else rng.integers(2, size=(rows, 4)).astype(float)


def seeds(rows=ROWS):
    return np.stack([np.full(rows, 5), np.arange(rows)], axis=1).astype("int32")


def one_hot(label):
    return np.tile(np.eye(CLASSES)[label], (ROWS, 1))


def log_likelihood(model, likelihood, x, z, context):
    """SciPy's log p(x | z, y)."""
    mean = model.vae.decode(z, context).numpy()
    if likelihood == "bernoulli":
        return stats.bernoulli.logpmf(x, mean).sum(axis=1)
    scale = model.vae.build_likelihood(tf.constant(z), tf.constant(context)).stddev().numpy()
    return stats.norm.logpdf(x, mean, scale).sum(axis=1)


def each_class(model, likelihood, x):
    """−log p(x | y, z) of the z that a row's noise gives, and KL(q(z | x, y) ‖ N(0, I)): [rows, classes] each."""
    reconstruction, kl = np.empty((2, ROWS, CLASSES))
    for label in range(CLASSES):
        context = one_hot(label)
        z = model.vae.run("encode_sample", x=x, context=context, seed=seeds())["z"].numpy()
        posterior = model.vae.run("encode", x=x, context=context)
        mean, scale = posterior["z"].numpy(), posterior["scale"].numpy()
        reconstruction[:, label] = -log_likelihood(model, likelihood, x, z, context)
        kl[:, label] = 0.5 * (mean**2 + scale**2 - 1 - 2 * np.log(scale)).sum(axis=1)
    return reconstruction, kl


def posterior_of(model, x):
    return model.run("classify", x=x)["probabilities"].numpy()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_terms_are_sums_over_the_classes(likelihood, training):
    model = build(likelihood, classification_weight=1.7)
    x = events(likelihood)
    terms = model({"x": x, "label": LABEL}, training=training, seeds=seeds())
    q = posterior_of(model, x)
    share = np.where(KNOWN[:, None], np.eye(CLASSES)[LABEL], q)
    reconstruction, kl = each_class(model, likelihood, x)
    np.testing.assert_allclose(terms["reconstruction"], (share * reconstruction).sum(axis=1), rtol=1e-10)
    np.testing.assert_allclose(terms["kl"], (share * kl).sum(axis=1), rtol=1e-10)
    unknown = special.rel_entr(q, PRIOR).sum(axis=1)  # KL(q(y | x) ‖ p(y))
    known = -np.log(np.array(PRIOR)[LABEL])
    np.testing.assert_allclose(terms["label_kl"], np.where(KNOWN, known, unknown), rtol=1e-10)
    missed = -1.7 * np.log(q[np.arange(ROWS), LABEL]) * KNOWN * training
    np.testing.assert_allclose(terms["classification"], missed, rtol=1e-10)
    right = np.where(KNOWN, q.argmax(axis=1) == LABEL, np.nan)
    np.testing.assert_array_equal(terms["accuracy"], right)
    assert {0, 1} <= set(right[KNOWN]), "an accuracy of which both cases were seen"


def test_classes_are_equally_probable_unless_told():
    model = build(class_prior=None)
    x = events("gaussian")
    kl = model({"x": x, "label": LABEL})["label_kl"].numpy()
    np.testing.assert_allclose(kl[KNOWN], np.log(3), rtol=1e-12)
    entropy = -special.xlogy(q := posterior_of(model, x), q).sum(axis=1)
    np.testing.assert_allclose(kl[~KNOWN], (np.log(3) - entropy)[~KNOWN], rtol=1e-10)


def test_no_labels_are_missing_labels():
    model, x = build(), events("gaussian")
    missing = model({"x": x, "label": np.full(ROWS, -1)}, training=True)
    for name, value in model(x, training=True).items():
        np.testing.assert_array_equal(value, missing[name])
    assert np.isnan(missing["accuracy"]).all()
    assert (missing["classification"].numpy() == 0).all()


def test_a_known_label_has_nothing_from_the_classifier_but_its_own_term():
    model, x = build(), events("gaussian")
    before = model({"x": x, "label": LABEL}, training=True)
    for part in (model.classifier, model.class_head):
        part.set_weights([value + 0.5 for value in part.get_weights()])
    after = model({"x": x, "label": LABEL}, training=True)
    for name in ("reconstruction", "kl", "label_kl"):
        np.testing.assert_array_equal(after[name][KNOWN], before[name][KNOWN])
        assert (after[name].numpy() != before[name].numpy())[~KNOWN].all()
    assert (after["classification"].numpy() != before["classification"].numpy())[KNOWN].all()


def log_weights(model, likelihood, x, count):
    """log p(y) + log p(x | y, z) + log p(z) − log q(z | x, y) of each row, sample and class."""
    found = np.empty((ROWS, count, CLASSES))
    for label in range(CLASSES):
        context = one_hot(label)
        posterior = model.vae.build_posterior(tf.constant(x), tf.constant(context))
        mean, scale = posterior.mean().numpy(), posterior.stddev().numpy()
        for k in range(count):
            noise = Noise(tf.constant(seeds()), index=tf.fill([ROWS, 1], k))
            z = draw(posterior, noise.child(POSTERIOR)).numpy()
            ratio = stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, scale)
            joint = log_likelihood(model, likelihood, x, z, context)
            found[:, k, label] = np.log(PRIOR[label]) + joint + ratio.sum(axis=1)
    return found


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_several_samples_weigh_the_sum_over_the_classes(likelihood):
    model, x, count = build(likelihood, training_samples=5), events(likelihood), 5
    weights = log_weights(model, likelihood, x, count)
    expected = special.logsumexp(weights, axis=(1, 2)) - np.log(count)
    np.testing.assert_allclose(model.bound(x, num_samples=count, seed=5), expected, rtol=1e-10)
    of_class = special.logsumexp(weights, axis=1)[np.arange(ROWS), LABEL] - np.log(count)
    terms = model({"x": x, "label": LABEL}, training=True, seeds=seeds())
    total = sum(terms[name].numpy() for name in ("reconstruction", "kl", "label_kl"))
    np.testing.assert_allclose(-total, np.where(KNOWN, of_class, expected), rtol=1e-10)


def test_one_sample_is_the_elbo():
    model, x = build(), events("gaussian")
    terms = model(x, seeds=seeds())
    total = sum(terms[name].numpy() for name in model.term_names)
    np.testing.assert_allclose(model.bound(x, num_samples=1, seed=5), -total, rtol=1e-12)


def test_the_bound_tends_to_the_sum_over_classes_and_latents():
    """p(x) = Σ_y p(y) ∫ p(x | y, z) N(z; 0, I) dz, on a grid of z."""
    model, x = build("bernoulli"), events("bernoulli", rows=3)
    line, step = np.linspace(-7, 7, 141, retstep=True)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    prior = stats.norm.pdf(grid).prod(axis=1) * step**2
    total = np.zeros(3)
    for label, chance in enumerate(PRIOR):
        mean = model.vae.decode(grid, np.tile(np.eye(CLASSES)[label], (len(grid), 1))).numpy()
        pixels = np.where(x[:, None] == 1, mean, 1 - mean).prod(axis=-1)
        total += chance * pixels @ prior
    # Wider than any true posterior: no draw then has a weight that decides alone.
    kernel, bias = model.vae.posterior.get_weights()
    model.vae.posterior.set_weights([0 * kernel, np.where(np.arange(len(bias)) < 2, 0.0, 1.5)])
    bound = np.mean([model.bound(x, num_samples=10_000, seed=seed) for seed in range(4)], axis=0)
    np.testing.assert_allclose(bound, np.log(total), atol=0.01)


@pytest.mark.parametrize("bad", [3, -2])
def test_a_label_that_no_one_looked_at_is_no_number(bad):
    """A generator's values are not checked: its loss shows it."""
    terms = build()({"x": events("gaussian")[:2], "label": np.array([bad, 1])})
    for name in ("reconstruction", "kl", "label_kl"):
        np.testing.assert_array_equal(np.isnan(terms[name]), [True, False])


VAE = {"event_shape": (4,), "latent_dim": 2, "hidden": (4,)}


@pytest.mark.parametrize(
    ("vae", "arguments", "message"),
    [
        ({}, {}, r"`vae` must be a VAE with context_shape=\(classes,\)"),
        ({"context_shape": (3,), "beta": 0.5}, {}, "`vae` must have neither beta nor free_bits"),
        ({"context_shape": (3,), "free_bits": 0.5}, {}, "`vae` must have neither beta nor free_bits"),
        (
            {"context_shape": (3,), "training_samples": 2, "gradient_estimator": "dreg"},
            {},
            "`vae` must have .* nor another gradient_estimator",
        ),
        ({"context_shape": (1,)}, {}, "`classes` must be an integer of at least 2"),
        ({"context_shape": (3,)}, {"class_prior": (0.5, 0.5)}, "`class_prior` must be 3 positive probabilities"),
        ({"context_shape": (3,)}, {"class_prior": (0.5, 0.5, 0.5)}, "`class_prior` must be .* that sum to 1"),
        ({"context_shape": (3,)}, {"class_prior": (0.5, 0.5, 0.0)}, "`class_prior` must be 3 positive"),
        ({"context_shape": (3,)}, {"hidden": (0,)}, "`hidden` must"),
        ({"context_shape": (3,)}, {"classification_weight": -1.0}, "`classification_weight` must"),
        ({"context_shape": (3,)}, {"dtype": "float64"}, "`vae` must have the model's dtype, float64"),
        ({"context_shape": (3,)}, {"classifier": keras.layers.Reshape((2, 2))}, "`classifier` must give features"),
        (
            {"context_shape": (3,), "dtype": "float64"},
            {"classifier": keras.layers.Dense(2)},
            "`classifier` must have the model's dtype, float64",
        ),
    ],
)
def test_bad_arguments_are_named(vae, arguments, message):
    with pytest.raises(ValueError, match=message + ".*Received: "):
        tfgen.M2(tfgen.VAE(**VAE, **vae), **arguments)
