"""Class and style of M2: encoded, decoded, drawn, exported and saved."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen

CLASSES, ROWS = 3, 7
PRIOR = (0.5, 0.3, 0.2)
LIKELIHOODS = {"bernoulli": None, "gaussian": None, "discretised_logistic": 5, "categorical": 5}
X = np.random.default_rng(0).integers(2, size=(ROWS, 4)).astype(float)
LABEL = np.array([0, 1, 2, 2, 1, 0, 2])


def build(likelihood="gaussian", *, dtype="float64", **arguments):
    keras.utils.set_random_seed(0)
    vae = tfgen.VAE(
        event_shape=(4,),
        latent_dim=2,
        context_shape=(CLASSES,),
        likelihood=likelihood,
        levels=LIKELIHOODS[likelihood],
        hidden=(8,),
        dtype=dtype,
        name="vae",
    )
    model = tfgen.M2(vae, **{"hidden": (5,), "class_prior": PRIOR, **arguments})
    rng = np.random.default_rng(1)
    model.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in model.get_weights()])
    kernel, bias = model.class_head.get_weights()
    model.class_head.set_weights([3 * kernel, 0 * bias])  # no class has all
    return model


@pytest.fixture(scope="module")
def model():
    return build()


def one_hot(label):
    return np.eye(CLASSES)[label]


def test_a_missing_label_is_the_most_probable_class(model):
    predicted = model.predict_label(X).numpy()
    probabilities = model.run("classify", x=X)["probabilities"].numpy()
    np.testing.assert_array_equal(predicted, probabilities.argmax(axis=1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert len(set(predicted.tolist())) > 1
    told = model.encode(X, predicted)
    np.testing.assert_array_equal(model.encode(X), told)
    np.testing.assert_array_equal(model.encode(X, np.full(ROWS, -1)), told)
    some = np.where(np.arange(ROWS) < 3, -1, LABEL)
    np.testing.assert_array_equal(model.encode(X, some)[:3], told[:3])
    np.testing.assert_array_equal(model.encode(X, some)[3:], model.encode(X, LABEL)[3:])


def test_style_and_event_are_the_conditional_vae_s(model):
    z = model.encode(X, LABEL)
    np.testing.assert_allclose(z, model.vae.encode(X, one_hot(LABEL)), rtol=1e-12)
    np.testing.assert_allclose(model.decode(z, LABEL), model.vae.decode(z, one_hot(LABEL)), rtol=1e-12)
    assert (model.encode(X, (LABEL + 1) % 3).numpy() != z.numpy()).any(axis=1).all()


def test_a_draw_of_a_style_is_the_conditional_vae_s(model):
    told = model.encode(X, LABEL, seed=4)
    np.testing.assert_allclose(told, model.vae.encode(X, one_hot(LABEL), seed=4), rtol=1e-12)
    assert (told.numpy() != model.encode(X, LABEL).numpy()).all()
    assert (told.numpy() != model.encode(X, LABEL, seed=5).numpy()).all()
    np.testing.assert_array_equal(model.encode(X, seed=4), model.encode(X, model.predict_label(X), seed=4))


def test_reconstruct_keeps_the_predicted_class(model):
    expected = model.decode(model.encode(X), model.predict_label(X))
    np.testing.assert_allclose(model.reconstruct(X), expected, rtol=1e-10)


@pytest.mark.parametrize("label", [None, LABEL])
def test_analogies_are_one_style_in_every_class(model, label):
    shown = model.analogies(X, label).numpy()
    assert shown.shape == (CLASSES, ROWS, 4)
    z = model.encode(X, label)
    for number in range(CLASSES):
        np.testing.assert_allclose(shown[number], model.decode(z, np.full(ROWS, number)), rtol=1e-10)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_draws_of_a_class_are_the_conditional_vae_s(likelihood):
    model = build(likelihood)
    for number in range(CLASSES):
        drawn = model.sample_class(np.full(6, number), seed=3)
        np.testing.assert_array_equal(drawn, model.vae.sample(6, one_hot([number]), seed=3)[:, 0])
    mixed = model.sample_class([2, 0, 1], seed=3).numpy()
    for row, number in enumerate((2, 0, 1)):
        np.testing.assert_array_equal(mixed[row], model.sample_class(np.full(3, number), seed=3)[row])


def test_draws_take_their_class_by_the_prior(model):
    drawn = model.run("sample", seed=np.stack([np.full(4000, 9), np.arange(4000)], axis=1))
    counts = np.bincount(drawn["label"], minlength=CLASSES)
    assert stats.chisquare(counts, 4000 * np.array(PRIOR)).pvalue > 1e-3
    np.testing.assert_array_equal(drawn["x"], model.sample_class(drawn["label"], seed=9))
    np.testing.assert_allclose(drawn["x"][:5], model.sample(5, seed=9), rtol=1e-12)
    # Of its own stream: a class says nothing of the style's noise.
    z = drawn["z"].numpy()
    for number in range(CLASSES):
        assert stats.kstest(z[drawn["label"] == number, 0], "norm").pvalue > 1e-3


def test_unseeded_draws_are_governed_by_keras(model):
    keras.utils.set_random_seed(5)
    first, second = model.sample_class(LABEL), model.sample_class(LABEL)
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(model.sample_class(LABEL), first)
    assert (first.numpy() != second.numpy()).any()


Z = np.zeros((ROWS, 2))
MISSING = np.where(np.arange(ROWS) == 4, -1, LABEL)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.decode(Z, MISSING), "`label` must be known of every row here. Received: -1 in row 4"),
        (lambda m: m.sample_class(MISSING), "`label` must be known of every row here. Received: -1 in row 4"),
        (lambda m: m.decode(Z, LABEL + 1), "`label` must hold class numbers from 0 to 2, .*Received: 3 in row 2"),
        (lambda m: m.sample_class(LABEL + 1), "`label` must hold class numbers from 0 to 2, .*Received: 3 in row 2"),
        (lambda m: m.encode(X, LABEL - 2), "`label` must hold class numbers .*Received: -2 in row 0"),
        (lambda m: m.encode(X, LABEL[:4]), "`x` and `label` must have as many rows as each other"),
        (lambda m: m.encode(X, one_hot(LABEL)), r"`label` must have shape \[batch\]. Received: shape=\(7, 3\)"),
        (lambda m: m.encode(X, LABEL + 0.5), "`label` must hold integers"),
        (lambda m: m.run("decode", z=Z), r"`label` must be given: \[batch\]"),
        (lambda m: m.run("score", x=X, label=LABEL), "`label` must be None"),
        (lambda m: m.score(X, LABEL), "`context` must be None"),
    ],
)
def test_bad_labels_are_named(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)


@pytest.mark.parametrize("likelihood", ["bernoulli", "categorical"])
def test_a_signature_gives_no_number_of_a_label_that_is_none(likelihood, tmp_path):
    """Neither a ReLU nor what is picked makes one of it, and the rows beside it are what they were."""
    model, x, z = build(likelihood, dtype="float32"), X.astype("float32"), Z.astype("float32")
    signatures = tf.saved_model.load(str(model.export(tmp_path / "saved"))).signatures
    label = np.array([3, 1, -2, 0, 2, 2**31 - 1, 0], np.int32)
    bad = (label < 0) | (label > 2)
    seed = np.stack([np.full(ROWS, 3), np.arange(ROWS)], axis=1).astype(np.int32)
    given = {
        "encode": {"x": x},
        "encode_sample": {"seed": seed, "x": x},
        "decode": {"z": z},
        "sample_class": {"seed": seed},
    }
    for endpoint, inputs in given.items():
        run = functools.partial(signatures[endpoint], **{name: tf.constant(value) for name, value in inputs.items()})
        found, expected = run(label=tf.constant(label)), model.run(endpoint, label=np.where(bad, 0, label), **inputs)
        assert found.keys() == expected.keys()
        for name, value in found.items():
            assert np.isnan(value[bad]).all(), (endpoint, name)
            np.testing.assert_allclose(value[~bad], expected[name][~bad], rtol=1e-5, atol=1e-5)
        # −1 is what an encoder may be asked for, and nobody else.
        for value in run(label=tf.fill([ROWS], -1)).values():
            assert np.isfinite(value).all() if endpoint.startswith("encode") else np.isnan(value).all()


@pytest.mark.parametrize("given", [False, True])
def test_a_saved_model_is_the_same_model(given, tmp_path):
    network = [keras.layers.Dense(4, activation="relu", dtype="float64"), keras.layers.Dropout(0.1, dtype="float64")]
    arguments = {"classifier": keras.Sequential(network, name="own")} if given else {}
    model = build("bernoulli", classification_weight=3.0, num_samples=4, training_samples=2, **arguments)
    model.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.classifier, keras.Sequential) == given
    for name in ("class_prior", "classification_weight", "num_samples", "training_samples", "hidden", "classes"):
        assert getattr(loaded, name) == getattr(model, name), name
    for name, value in model.run("classify", x=X).items():
        np.testing.assert_array_equal(loaded.run("classify", x=X)[name], value)
    np.testing.assert_array_equal(loaded.score(X), model.score(X))
    np.testing.assert_array_equal(loaded.sample(5, seed=0), model.sample(5, seed=0))
    np.testing.assert_array_equal(loaded.encode(X), model.encode(X))


def test_a_given_classifier_is_the_one_that_is_used():
    own = keras.layers.Dense(2, activation="tanh", dtype="float64", name="own")
    model = build(classifier=own)
    kernel, bias = own.get_weights()
    head, offset = model.class_head.get_weights()
    logits = np.tanh(X @ kernel + bias) @ head + offset
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.run("classify", x=X)["probabilities"], expected, rtol=1e-10)
