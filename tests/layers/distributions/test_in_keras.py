"""Distribution layers at work in Keras: fit, evaluate, predict, save, export."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

import tfgen_export
from tfgen import NegativeLogLikelihood, layers

WIDTH = 3
FEWER = ["bernoulli matrix", "categorical scalar", "mixture full"]


def sequential(case: Any, **more: Any) -> keras.Model:
    return keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(4, "tanh"), case.layer(**more)])


def hidden(model: keras.Model, inputs: Any) -> Any:
    """What the distribution layer gets, in float64."""
    kernel, bias = (np.asarray(weight, np.float64) for weight in model.layers[-2].get_weights())
    return np.tanh(inputs @ kernel + bias)


def metric(case: Any) -> Any:
    return "sparse_categorical_accuracy" if case.kind is layers.IndependentCategorical else "mae"


def expected_metric(case: Any, point: Any, x: Any) -> Any:
    if case.kind is layers.IndependentCategorical:
        return (point.argmax(-1) == x).mean()
    return np.abs(point - x).mean()


def assert_scores(case: Any, model: keras.Model, inputs: Any, x: Any, scores: dict[str, float]) -> None:
    raw = case.raw(model.layers[-1], hidden(model, inputs))
    assert scores["loss"] == pytest.approx(-case.log_prob(raw, x).mean(), rel=1e-4)
    assert scores[metric(case)] == pytest.approx(expected_metric(case, case.points(raw), x), rel=1e-4)


def test_fit_evaluate_and_predict(few: Any, features: Callable[..., Any]) -> None:
    keras.utils.set_random_seed(0)
    inputs, x = features(50, WIDTH), few.events(50)
    model = sequential(few)
    assert model.output_shape == (None, *model.layers[-1].point_shape)
    model.compile(keras.optimizers.Adam(0.05), loss=NegativeLogLikelihood(), metrics=[metric(few)])
    # One batch: Keras averages the metrics of scalars over batches, whatever their sizes.
    before = model.evaluate(inputs, x, batch_size=50, verbose=0, return_dict=True)
    assert_scores(few, model, inputs, x, before)
    weights = model.get_weights()
    history = model.fit(inputs, x, epochs=4, batch_size=16, verbose=0, validation_split=0.1).history
    assert set(history) == {"loss", "val_loss", metric(few), f"val_{metric(few)}"}
    after = model.evaluate(inputs, x, batch_size=50, verbose=0, return_dict=True)
    assert after["loss"] < before["loss"] - 0.02
    assert_scores(few, model, inputs, x, after)
    for old, new in zip(weights, model.get_weights(), strict=True):
        assert (old != new).all()
    # Three batches, the last one uneven.
    predicted = model.predict(inputs, batch_size=20, verbose=0)
    point = few.points(few.raw(model.layers[-1], hidden(model, inputs)))
    np.testing.assert_allclose(predicted, point, rtol=1e-4, atol=1e-5)


def test_sample_weights_reach_the_loss(few: Any, features: Callable[..., Any]) -> None:
    inputs, x = features(12, WIDTH), few.events(12)
    weights = np.arange(12, dtype=np.float32)
    model = sequential(few)
    model.compile(loss=NegativeLogLikelihood())
    log_prob = few.log_prob(few.raw(model.layers[-1], hidden(model, inputs)), x)
    found = model.evaluate(inputs, x, sample_weight=weights, batch_size=12, verbose=0)
    assert found == pytest.approx(-(weights * log_prob).mean(), rel=1e-4)


def test_save_and_load(few: Any, features: Callable[..., Any], tmp_path: Path) -> None:
    inputs = features(6, WIDTH)
    model = sequential(few, kernel_regularizer=keras.regularizers.L2(0.5))
    model.compile("adam", loss=NegativeLogLikelihood(name="nats"), metrics=[metric(few)])
    model.optimizer.build(model.trainable_variables)
    x = tf.constant(few.events(6), model(inputs).dtype)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs).log_prob(x), model(inputs).log_prob(x))
    assert again.layers[-1].get_config() == model.layers[-1].get_config()
    kernel = model.layers[-1].get_weights()[0]
    np.testing.assert_allclose(again.losses, [0.5 * (kernel**2).sum()], rtol=1e-5)
    assert isinstance(again.loss, NegativeLogLikelihood)
    assert again.loss.name == "nats"


def test_a_loaded_model_goes_on_where_the_saved_one_stopped(features: Callable[..., Any], tmp_path: Path) -> None:
    inputs, x = features(8, WIDTH), features(8, 2)
    model = keras.Sequential([keras.Input((WIDTH,)), layers.IndependentNormal(event_shape=(2,))])
    model.compile("adam", loss=NegativeLogLikelihood())
    model.fit(inputs, x, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for each in (model, again):
        each.fit(inputs, x, epochs=2, verbose=0)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=1e-7)


def test_the_regulariser_is_part_of_the_loss(features: Callable[..., Any]) -> None:
    layer = layers.IndependentNormal(event_shape=(2,), kernel_regularizer=keras.regularizers.L2(0.5))
    model = keras.Sequential([keras.Input((WIDTH,)), layer])
    model.compile(loss=NegativeLogLikelihood())
    inputs, x = features(8, WIDTH), features(8, 2)
    likelihood = -np.mean(model(inputs).log_prob(x))
    penalty = 0.5 * (layer.get_weights()[0] ** 2).sum()
    assert model.evaluate(inputs, x, verbose=0) == pytest.approx(likelihood + penalty, rel=1e-5)


POLICIES = ["mixed_float16", "mixed_bfloat16", "float64"]


def under(policy: str, case: Any) -> keras.Model:
    return keras.Sequential(
        [keras.Input((WIDTH,)), keras.layers.Dense(4, "tanh", dtype=policy), case.layer(dtype=policy)]
    )


@pytest.mark.parametrize("few", FEWER, indirect=True)
@pytest.mark.parametrize("policy", POLICIES)
def test_policies_are_saved(few: Any, features: Callable[..., Any], policy: str, tmp_path: Path) -> None:
    model = under(policy, few)
    precision = "float64" if policy == "float64" else "float32"
    assert model.layers[-1].projection.compute_dtype == precision
    assert model.outputs[0].dtype == precision
    inputs, x = features(32, WIDTH), few.events(32)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[-1].dtype_policy.name == policy
    log_prob = [each(inputs).log_prob(tf.constant(x, each(inputs).dtype)) for each in (model, again)]
    assert log_prob[1].dtype == precision
    np.testing.assert_array_equal(*log_prob)


@pytest.mark.parametrize("few", ["mixture full"], indirect=True)
@pytest.mark.parametrize("policy", POLICIES)
def test_policies_train(few: Any, features: Callable[..., Any], policy: str) -> None:
    model = under(policy, few)
    precision = "float64" if policy == "float64" else "float32"
    model.compile(keras.optimizers.Adam(0.05), loss=NegativeLogLikelihood(dtype=precision))
    inputs, x = features(32, WIDTH), few.events(32)
    losses = model.fit(inputs, x, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.predict(inputs, verbose=0).dtype == precision


@pytest.mark.parametrize("few", FEWER, indirect=True)
def test_functional_model_of_sequences(few: Any, features: Callable[..., Any]) -> None:
    source = keras.Input((None, WIDTH))
    model = keras.Model(source, few.layer()(keras.layers.Dense(4, "tanh")(source)))
    assert model.output_shape == (None, None, *model.layers[-1].point_shape)
    model.compile("adam", loss=NegativeLogLikelihood())
    inputs, x = features(6, 5, WIDTH), few.events(6, 5)
    raw = few.raw(model.layers[-1], hidden(model, inputs))
    assert model.evaluate(inputs, x, verbose=0) == pytest.approx(-few.log_prob(raw, x).mean(), rel=1e-4)
    model.fit(inputs, x, verbose=0)
    assert model.predict(inputs[:, :2], verbose=0).shape == (6, 2, *model.layers[-1].point_shape)


def test_beside_another_output(features: Callable[..., Any]) -> None:
    source = keras.Input((WIDTH,))
    outputs = {
        "x": layers.MixtureNormal(event_shape=(2,), components=2, name="x")(source),
        "label": keras.layers.Dense(1, name="label")(source),
    }
    model = keras.Model(source, outputs)
    model.compile("adam", loss={"x": NegativeLogLikelihood(), "label": "mse"})
    inputs, x, label = features(8, WIDTH), features(8, 2), features(8, 1)
    scores = model.evaluate(inputs, {"x": x, "label": label}, verbose=0, return_dict=True)
    both = model(inputs)
    likelihood, square = -np.mean(both["x"].log_prob(x)), np.mean((both["label"] - label) ** 2)
    assert scores["loss"] == pytest.approx(likelihood + square, rel=1e-5)
    model.fit(inputs, {"x": x, "label": label}, verbose=0)


@pytest.mark.parametrize("name", ["IndependentNormal", "MixtureNormal"])
def test_xla_trains_alike(features: Callable[..., Any], name: str) -> None:
    more = {"components": 2, "covariance": "full"} if name == "MixtureNormal" else {}
    inputs, x = features(8, WIDTH), features(8, 2)
    weights = []
    for compiled in (False, True):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((WIDTH,)), getattr(layers, name)(event_shape=(2,), **more)])
        model.compile("sgd", loss=NegativeLogLikelihood(), jit_compile=compiled)
        model.fit(inputs, x, epochs=2, batch_size=8, verbose=0)
        weights.append(model.get_weights())
    for plain, xla in zip(*weights, strict=True):
        np.testing.assert_allclose(xla, plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("few", FEWER, indirect=True)
def test_saved_model_gives_the_point_estimate(few: Any, features: Callable[..., Any], tmp_path: Path) -> None:
    model = sequential(few)
    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    inputs = features(7, WIDTH)
    expected = few.points(few.raw(model.layers[-1], hidden(model, inputs)))
    np.testing.assert_allclose(served.serve(inputs), expected, rtol=1e-4, atol=1e-5)
    signature = served.signatures["serving_default"](tf.constant(inputs))
    (found,) = signature.values()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("few", FEWER, indirect=True)
def test_saved_model_of_the_density(few: Any, features: Callable[..., Any], tmp_path: Path) -> None:
    model = sequential(few)
    dtype = model(features(1, WIDTH)).dtype
    archive = keras.export.ExportArchive()
    archive.track(model)
    specs = [tf.TensorSpec([None, WIDTH]), tf.TensorSpec([None, *few.event_shape], dtype)]
    archive.add_endpoint("log_prob", lambda inputs, x: model(inputs).log_prob(x), input_signature=specs)
    archive.write_out(tmp_path / "served", verbose=False)
    inputs, x = features(7, WIDTH), few.events(7)
    expected = few.log_prob(few.raw(model.layers[-1], hidden(model, inputs)), x)
    served = tf.saved_model.load(tmp_path / "served")
    np.testing.assert_allclose(served.log_prob(inputs, tf.constant(x, dtype)), expected, rtol=1e-4, atol=1e-4)


def test_onnx_gives_the_density(few: Any, features: Callable[..., Any]) -> None:
    model = sequential(few)
    dtype = model(features(1, WIDTH)).dtype
    converted = tfgen_export.convert(
        lambda x, context: model(context).log_prob(x),
        [
            tf.TensorSpec([None, *few.event_shape], dtype, name="x"),
            tf.TensorSpec([None, WIDTH], tf.float32, name="context"),
        ],
        inputs=lambda batch: [few.events(batch).astype(dtype.as_numpy_dtype), features(batch, WIDTH)],
    )
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    inputs, x = features(11, WIDTH), few.events(11)
    feed = {"x": x.astype(dtype.as_numpy_dtype), "context": inputs}
    expected = few.log_prob(few.raw(model.layers[-1], hidden(model, inputs)), x)
    np.testing.assert_allclose(session.run(None, feed)[0], expected, rtol=1e-4, atol=1e-4)
