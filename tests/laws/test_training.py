"""Training reaches every weight, lowers the loss, and means the same compiled and not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from laws.registry import build, rows


def test_the_constructor_builds_everything(model):
    assert all(layer.built for layer in model._flatten_layers())


def test_a_gradient_reaches_every_weight(model):
    inputs = rows(model, 64)
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_mean(term) for term in model(inputs, training=True).values())
    gradients = tape.gradient(loss, model.trainable_weights)
    assert len(gradients) == len(model.trainable_weights) > 0
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.abs(gradient.numpy()).max() > 0, weight.path


def test_every_weight_is_trained_and_saved(model):
    """No weight hides in a TFP object, where Keras would not see it; what data set, as a standardisation, is saved."""
    used = {variable.ref() for function in map(_traced, model.endpoints()) for variable in function.graph.variables}
    assert {weight.value.ref() for weight in model.trainable_weights} <= used
    assert used <= {weight.value.ref() for weight in model.weights}


def _traced(endpoint):
    return endpoint.traced().get_concrete_function()


def test_fit_lowers_the_loss(own_model):
    own_model.compile(keras.optimizers.Adam(1e-2))
    history = own_model.fit(rows(own_model, 256), epochs=8, batch_size=64, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert set(history) == {"loss", *own_model.term_names, *own_model.figure_names, *own_model.rate_names}
    assert ("bits_per_dim" in history) == (own_model.inputs_spec.support.levels is not None)
    assert history["loss"] == pytest.approx(np.sum([history[term] for term in own_model.term_names], axis=0))


def test_compiled_by_xla_a_step_is_the_same(name):
    weights = []
    for compiled in (False, True):
        model = build(name)
        model.compile(keras.optimizers.SGD(1e-2), jit_compile=compiled)
        model.fit(rows(model, 32), epochs=1, batch_size=32, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for plain, compiled in zip(*weights, strict=True):
        np.testing.assert_allclose(plain, compiled, rtol=1e-4, atol=1e-5)
