"""Labels in `fit`, `evaluate` and `predict`: every accepted form, and what is said of the others."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 2)).astype("float32")
LABEL = RNG.integers(-1, 3, size=48)
KNOWN = LABEL >= 0
SLICES = tf.data.Dataset.from_tensor_slices


def build(**arguments):
    keras.utils.set_random_seed(1)
    vae = tfgen.VAE(event_shape=(2,), latent_dim=1, context_shape=(3,), likelihood="gaussian", hidden=(4,), name="vae")
    model = tfgen.M2(vae, **{"hidden": (4,), "num_samples": 2, **arguments})
    model.compile(keras.optimizers.SGD(0.01))
    return model


@functools.cache
def traced():
    """A model, compiled once, and what it began with."""
    model = build()
    return model, model.get_weights()


def fitted(*data, **arguments):
    """Two epochs' figures, from the same beginning each time."""
    model, weights = traced()
    model.set_weights(weights)
    model.optimizer.iterations.assign(0)
    if not isinstance(data[0], tf.data.Dataset):
        arguments = {"batch_size": 16, "shuffle": False, **arguments}
    return model.fit(*data, epochs=2, verbose=0, **arguments).history


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, err_msg=name)


def test_labelled_forms_agree():
    expected = fitted(X, LABEL)
    assert set(expected) == {"loss", "reconstruction", "kl", "label_kl", "classification", "accuracy"}
    named = {"x": X, "label": LABEL}
    same(fitted(named), expected)
    same(fitted(X, LABEL.astype("int8")), expected)
    same(fitted(X, LABEL.astype("float32")), expected)
    same(fitted(X.tolist(), LABEL.tolist()), expected)
    same(fitted(SLICES((X, LABEL)).batch(16)), expected)
    same(fitted(SLICES((X, LABEL.astype("float64"))).batch(16)), expected)
    same(fitted(SLICES(named).batch(16)), expected)


def test_forms_without_labels_agree():
    expected = fitted(X)
    assert np.isnan(expected["accuracy"]).all()
    assert expected["classification"] == [0, 0]
    for data in ({"x": X}, SLICES(X).batch(16), SLICES((X,)).batch(16), SLICES({"x": X}).batch(16)):
        same(fitted(data), expected)
    same(fitted(X, np.full(48, -1)), expected)
    assert fitted(X, LABEL)["loss"] != expected["loss"]


def test_accuracy_counts_what_has_a_label():
    model = build()
    right = (model.predict_label(X).numpy() == LABEL)[KNOWN]
    assert 0 < right.mean() < 1
    results = model.evaluate(X, LABEL, batch_size=16, verbose=0, return_dict=True)
    assert results["accuracy"] == pytest.approx(right.mean())
    assert results["classification"] == 0
    # A batch without any label adds nothing.
    order = np.argsort(KNOWN, kind="stable")
    assert model.evaluate(X[order], LABEL[order], batch_size=4, verbose=0)[-1] == pytest.approx(right.mean())


@pytest.mark.parametrize("form", ["arrays", "named", "dataset", "named dataset"])
def test_sample_weight_weighs_accuracy_and_terms(form):
    weight = np.linspace(0, 3, 48).astype("float32")
    model, named = build(), {"x": X, "label": LABEL, "sample_weight": weight}
    if form == "arrays":
        results = model.evaluate(X, LABEL, sample_weight=weight, batch_size=16, verbose=0, return_dict=True)
    elif form == "named":
        results = model.evaluate(named, batch_size=16, verbose=0, return_dict=True)
    else:
        data = SLICES((X, LABEL, weight) if form == "dataset" else named)
        results = model.evaluate(data.batch(16), verbose=0, return_dict=True)
    right = model.predict_label(X).numpy() == LABEL
    assert results["accuracy"] == pytest.approx((weight * right)[KNOWN].sum() / weight[KNOWN].sum(), rel=1e-5)
    seeds = np.stack([np.zeros(48), np.arange(48)], axis=1).astype("int32")  # row r of the data: (0, r)
    terms = model({"x": X, "label": LABEL}, seeds=seeds)
    for name in ("reconstruction", "kl", "label_kl"):
        assert results[name] == pytest.approx(np.mean(weight * terms[name].numpy()), rel=1e-5)


def test_a_row_of_no_weight_teaches_nothing():
    one, other = build(), build()
    weight = np.tile([2.0, 0.0], 24).astype("float32")
    one.fit(X, LABEL, sample_weight=weight, batch_size=48, shuffle=False, verbose=0)
    lies = np.where(weight == 0, (LABEL + 2) % 3, LABEL)
    other.fit(X, lies, sample_weight=weight, batch_size=48, shuffle=False, verbose=0)
    for value, twin in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(value, twin, atol=1e-6)


def test_the_classifier_is_taught_by_labels_in_training_only():
    """Its term is in the loss of `fit`, and weighs what it is told."""
    heavy, light = build(classification_weight=5.0), build(classification_weight=0.0)
    q = heavy.run("classify", x=X)["probabilities"].numpy()
    expected = -5 * np.where(KNOWN, np.log(q[np.arange(48), LABEL]), 0).mean()
    terms = heavy.fit(X, LABEL, batch_size=48, verbose=0).history
    assert terms["classification"][0] == pytest.approx(expected, rel=1e-5)
    assert terms["loss"][0] == pytest.approx(sum(terms[name][0] for name in heavy.term_names), rel=1e-5)
    assert light.fit(X, LABEL, batch_size=48, verbose=0).history["classification"] == [0]


def test_validation_with_and_without_labels():
    split = fitted(X, LABEL, validation_split=0.25)
    told = fitted(X[:36], LABEL[:36], validation_data=(X[36:], LABEL[36:]))
    same(split, told)
    assert {"val_loss", "val_accuracy", "val_label_kl", "val_classification"} <= set(split)
    assert split["val_classification"] == [0, 0]
    named = ({"x": X[36:], "label": LABEL[36:]},)
    same(fitted(X[:36], LABEL[:36], validation_data=named), told)
    same(fitted(X[:36], LABEL[:36], validation_data=SLICES((X[36:], LABEL[36:])).batch(16)), told)
    without = fitted(X[:36], LABEL[:36], validation_data=(X[36:],))
    assert np.isnan(without["val_accuracy"]).all()
    assert np.isfinite(without["val_loss"]).all()


def test_predict_passes_over_labels():
    model = build()
    expected = model.score(X)
    given = SLICES((X, LABEL)).batch(16), SLICES({"x": X, "label": LABEL}).batch(16), {"x": X, "label": LABEL}, X
    for data in given:
        np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch({"x": X, "label": LABEL}), expected, rtol=1e-5)


def test_several_training_samples():
    model = build(training_samples=4)
    history = model.fit(X, LABEL, epochs=2, batch_size=16, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


WORDS = "`label` must hold class numbers from 0 to 2, or -1 where one is missing. Received: "


def changed(value, row=5):
    label = LABEL.astype("float64" if isinstance(value, float) else "int64")
    label[row] = value
    return label


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (changed(2.5), WORDS + "2.5 in row 5"),
        (changed(3), WORDS + "3 in row 5"),
        (changed(-2), WORDS + "-2 in row 5"),
        (changed(float("nan")), "`label` must be finite. Received: nan in row 5"),
        (np.eye(3)[LABEL], r"`label` must have shape \[batch\]. Received: shape=\(48, 3\)"),
        (LABEL[:, None], r"`label` must have shape \[batch\]. Received: shape=\(48, 1\)"),
        (LABEL[:40], "`x` and `label` must have as many rows as each other. Received: .*48.*40"),
        (np.array(["a"] * 48), "`label` must be numeric"),
    ],
)
def test_bad_labels_in_arrays_are_named_before_any_step(label, message):
    model = build()
    before = model.get_weights()
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(X, label, verbose=0)
        with pytest.raises(ValueError, match=message):
            call({"x": X, "label": label}, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.fit(X, LABEL, validation_data=(X, label), verbose=0)
    assert model.optimizer.iterations == 0
    for value, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.parametrize("value", [2.5, 3, -2, 3.0])
@pytest.mark.parametrize("named", [False, True])
def test_bad_labels_in_a_data_set_are_errors_of_its_pipeline(value, named):
    label = changed(value)
    data = SLICES({"x": X, "label": label} if named else (X, label)).batch(16)
    for call in (build().fit, build().evaluate):
        with pytest.raises(tf.errors.InvalidArgumentError, match="`label` must hold class numbers below 3, or -1"):
            call(data, verbose=0)


def test_a_data_set_of_one_hot_labels_is_refused_at_once():
    data = SLICES((X, np.eye(3, dtype="float32")[LABEL])).batch(16)
    with pytest.raises(ValueError, match=r"`label` must have shape \[batch\]. Received: shape=\(None, 3\)"):
        build().fit(data, verbose=0)


def test_other_names_are_refused():
    with pytest.raises(ValueError, match=r"takes the keys \['label', 'x'\]. Received: \['labels', 'x'\]"):
        build().fit({"x": X, "labels": LABEL}, verbose=0)
    with pytest.raises(ValueError, match="takes no second value"):
        build().fit({"x": X}, LABEL, verbose=0)
