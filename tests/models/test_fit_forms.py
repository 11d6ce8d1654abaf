"""Every accepted form of data trains the same model; others are refused by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen


def _data(count=96):
    rng = np.random.default_rng(0)
    context = rng.normal(size=(count, 3)).astype("float32")
    return context, (context[:, :2] + rng.normal(size=(count, 2))).astype("float32")


def _mdn():
    keras.utils.set_random_seed(1)
    mdn = tfgen.MDN(event_shape=(2,), context_shape=(3,), components=2, hidden=(8,))
    mdn.compile(keras.optimizers.SGD(0.01))
    return mdn


def _flow():
    keras.utils.set_random_seed(1)
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(8,))
    flow.compile(keras.optimizers.SGD(0.01))
    return flow


def _losses(model, *data, **arguments):
    if not isinstance(data[0], tf.data.Dataset):
        arguments = {"batch_size": 32, "shuffle": False, **arguments}
    return model.fit(*data, epochs=2, verbose=0, **arguments).history["loss"]


def test_conditional_forms_agree():
    context, x = _data()
    named = {"x": x, "context": context}
    slices = tf.data.Dataset.from_tensor_slices
    expected = _losses(_mdn(), context, x)
    assert _losses(_mdn(), named) == pytest.approx(expected)
    assert _losses(_mdn(), slices((context, x)).batch(32)) == pytest.approx(expected)
    assert _losses(_mdn(), slices(named).batch(32)) == pytest.approx(expected)
    assert _losses(_mdn(), [context, x]) == pytest.approx(expected)


def test_unconditional_forms_agree():
    x = _data()[1]
    slices = tf.data.Dataset.from_tensor_slices
    expected = _losses(_flow(), x)
    assert _losses(_flow(), {"x": x}) == pytest.approx(expected)
    assert _losses(_flow(), slices(x).batch(32)) == pytest.approx(expected)
    assert _losses(_flow(), slices((x,)).batch(32)) == pytest.approx(expected)
    assert _losses(_flow(), slices({"x": x}).batch(32)) == pytest.approx(expected)


@pytest.mark.parametrize("form", ["arrays", "named", "dataset", "named dataset"])
def test_sample_weight_weighs_each_row(form):
    """The loss is Keras's weighted mean, Σ w·nll / N, by every way to give weights."""
    context, x = _data()
    weight = np.linspace(0, 3, len(x)).astype("float32")
    mdn = _mdn()
    expected = float(np.mean(-weight * mdn.log_prob(x, context).numpy()))
    if form == "arrays":
        results = mdn.evaluate(context, x, sample_weight=weight, batch_size=32, verbose=0, return_dict=True)
    elif form == "named":
        named = {"x": x, "context": context}
        results = mdn.evaluate(named, sample_weight=weight, batch_size=32, verbose=0, return_dict=True)
    else:
        named = {"x": x, "context": context, "sample_weight": weight}
        data = tf.data.Dataset.from_tensor_slices((context, x, weight) if form == "dataset" else named)
        results = mdn.evaluate(data.batch(32), verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(expected, rel=1e-5)
    assert results["nll"] == pytest.approx(expected, rel=1e-5)


def test_sample_weight_reaches_the_gradient():
    """A row of weight two counts as two rows of weight one; one of weight nought does not count."""
    x = _data(32)[1]
    weighted, repeated = _flow(), _flow()
    weight = np.array([2.0, 0.0] * 16, "float32")
    weighted.fit(x, sample_weight=weight, batch_size=32, shuffle=False, verbose=0)
    repeated.fit(np.repeat(x[::2], 2, axis=0), batch_size=32, shuffle=False, verbose=0)
    for one, other in zip(weighted.get_weights(), repeated.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_validation_reports_every_term():
    context, x = _data()
    mdn = _mdn()
    history = mdn.fit(context, x, validation_split=0.25, verbose=0).history
    assert set(history) == {"loss", "nll", "val_loss", "val_nll"}
    held_out = slice(72, None)
    assert history["val_nll"][0] == pytest.approx(
        -mdn.log_prob(x[held_out], context[held_out]).numpy().mean(), rel=1e-5
    )
    again = mdn.fit(context, x, validation_data=(context, x), verbose=0).history
    named = mdn.fit(context, x, validation_data=({"x": x, "context": context},), verbose=0).history
    assert {"val_loss", "val_nll"} <= set(again) & set(named)


def test_predict_scores_batch_by_batch():
    context, x = _data()
    mdn = _mdn()
    expected = mdn.log_prob(x, context).numpy()
    data = tf.data.Dataset.from_tensor_slices((context, x)).batch(7)
    np.testing.assert_allclose(mdn.predict(data, verbose=0), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(mdn.predict_on_batch({"x": x, "context": context}), expected, rtol=1e-5, atol=1e-5)


def test_predict_of_a_context_alone_says_what_to_call():
    context, _ = _data()
    with pytest.raises(ValueError, match=r"distribution\(context\).*sample\(n, context\)"):
        _mdn().predict(context, verbose=0)


def test_train_on_batch():
    context, x = _data()
    mdn = _mdn()
    assert mdn.train_on_batch(context, x, return_dict=True).keys() == {"loss", "nll"}
    assert mdn.test_on_batch(context, x, return_dict=True)["nll"] == pytest.approx(
        -mdn.log_prob(x, context).numpy().mean(), rel=1e-5
    )


def test_an_image_and_label_pair_is_refused_by_name():
    """TFDS's as_supervised=True gives (image, label), which is not Keras's (context, x)."""
    tfds = pytest.importorskip("tensorflow_datasets")
    with tfds.testing.mock_data(num_examples=4):
        data = tfds.load("mnist", split="train", as_supervised=True).batch(2)
    image, label = next(iter(data))
    flow = _flow()
    with pytest.raises(ValueError, match=r"as_supervised=True.*data\.map\(lambda image, label: image\)"):
        flow.fit(data, verbose=0)
    conditional = tfgen.MDN(event_shape=tuple(image.shape[1:]), context_shape=(10,), components=1, hidden=())
    conditional.compile()
    with pytest.raises(ValueError, match=r"\(image, label\) pairs.*tf\.one_hot\(label, classes\)"):
        conditional.fit(data, verbose=0)
    assert label.shape == (2,)


def test_swapped_arguments_are_refused():
    context, x = _data()
    with pytest.raises(ValueError, match=r"looks like \(x, context\)"):
        _mdn().fit(x, context, verbose=0)


@pytest.mark.parametrize("argument", ["loss", "metrics", "loss_weights", "weighted_metrics"])
def test_a_loss_or_metric_is_refused(argument):
    with pytest.raises(ValueError, match=f"`{argument}` must be None.*nll.*Received"):
        _flow().compile("adam", **{argument: ["mse"]})


def test_class_weight_is_refused():
    with pytest.raises(ValueError, match="`class_weight` must be None"):
        _flow().fit(_data()[1], class_weight={0: 1.0}, verbose=0)


def test_names_beside_x_and_context_are_refused():
    context, x = _data()
    with pytest.raises(ValueError, match=r"Received: \['context', 'label', 'x'\]"):
        _mdn().fit({"x": x, "context": context, "label": x}, verbose=0)


def test_keras_s_positional_arguments_are_checked_too():
    """evaluate(x, y, batch_size, verbose, sample_weight) and fit(x, y, batch_size, …) in Keras's own order."""
    x = _data()[1]
    flow = _flow()
    weight = np.full(len(x), 3.0, "float32")
    plain, weighted = flow.evaluate(x, verbose=0), flow.evaluate(x, None, 16, 0, weight)
    assert weighted[0] == pytest.approx(3 * plain[0], rel=1e-5)
    with pytest.raises(ValueError, match="`x` must be finite"):
        flow.fit(x, None, 16, 1, 0, None, 0.0, (x * np.nan,))
    with pytest.raises(ValueError, match="`class_weight` must be None"):
        flow.fit(x, None, 16, 1, 0, None, 0.0, None, True, {0: 1.0})


def test_a_second_value_beside_a_data_set_is_refused():
    context, x = _data()
    data = tf.data.Dataset.from_tensor_slices((context, x)).batch(8)
    with pytest.raises(ValueError, match="`y` must be None with a data set"):
        _mdn().fit(data, x, verbose=0)


def test_a_frozen_model_is_only_evaluated():
    x = _data()[1]
    flow = _flow()
    flow.trainable = False
    flow.compile("adam")
    before = flow.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        flow.fit(x, verbose=0)
    for one, other in zip(before, flow.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
