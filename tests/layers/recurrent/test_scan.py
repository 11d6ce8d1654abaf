"""A loop over time, its gradients by hand, and steps as rows."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers.products import Products
from tfgen.layers.recurrent import over_time, scan, swapped

STEPS, ROWS = 5, 3


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    shapes = {"kernel": (4, 4), "bias": (4,), "second": (4, 2), "inputs": (STEPS, ROWS, 4), "state": (ROWS, 4)}
    return {name: tf.Variable(rng.normal(size=shape)) for name, shape in shapes.items()}


def loss(tensors, *, lean, unrolled=False):
    """A nonlinear recurrence with a mask, two maps, two outputs, one of which also goes on."""
    products = Products()
    first = products.add(tf.identity(tensors["kernel"]), tf.identity(tensors["bias"]))
    second = products.add(tf.identity(tensors["second"]))
    mask = tf.constant(np.tile([[True], [False], [True], [True], [False]], (1, ROWS)))

    def step(time, state, given):
        value, valid = given
        following = tf.tanh(products(first, state[0] * value))
        made = tf.sigmoid(products(second, following))
        following = tf.where(valid[:, tf.newaxis], following + tf.reduce_sum(made, -1, keepdims=True), state[0])
        return (following,), [made, following * tf.cast(time + 1, tf.float64)]

    outputs = [tf.TensorSpec([None, 2], tf.float64), tf.TensorSpec([None, 4], tf.float64)]
    state, inputs = (tf.identity(tensors["state"]),), [tf.identity(tensors["inputs"]), mask]
    if unrolled:
        made = []
        for time in range(STEPS):
            state, found = step(tf.constant(time), state, [value[time] for value in inputs])
            made.append(found)
        made = [tf.stack(value) for value in zip(*made, strict=True)]
    else:
        given = products if lean else None
        state, made = scan(step, state, inputs, outputs, steps=tf.constant(STEPS), products=given)
    return tf.reduce_sum(tf.sin(state[0])) + sum(tf.reduce_sum(tf.square(value)) for value in made)


def gradients(tensors, *, graph=True, jit=False, **kwargs):
    def run():
        with tf.GradientTape() as tape:
            value = loss(tensors, **kwargs)
        return value, tape.gradient(value, list(tensors.values()))

    return tf.function(run, jit_compile=jit, autograph=False)() if graph else run()


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("lean", [False, True])
def test_value_and_gradients_are_those_of_the_steps_one_by_one(tensors, lean, jit):
    expected, by_hand = gradients(tensors, lean=False, unrolled=True, graph=False)
    found, gradient = gradients(tensors, lean=lean, jit=jit)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    for one, other in zip(gradient, by_hand, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_eagerly_too(tensors):
    _, expected = gradients(tensors, lean=False, unrolled=True, graph=False)
    _, found = gradients(tensors, lean=True, graph=False)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_an_incomplete_step_goes_the_plain_way(tensors):
    """Weights that the products do not know of would get no gradient."""
    products = Products()
    products.complete = False

    def step(_, state, given):
        return (tf.matmul(state[0], tensors["kernel"]) * given[0],), [state[0]]

    @tf.function(autograph=False)
    def run():
        with tf.GradientTape() as tape:
            outputs = [tf.TensorSpec([None, 4], tf.float64)]
            state, _ = scan(
                step, (tensors["state"],), [tensors["inputs"]], outputs, steps=tf.constant(STEPS), products=products
            )
            value = tf.reduce_sum(state[0])
        return tape.gradient(value, tensors["kernel"])

    assert np.abs(run()).min() > 0


def test_steps_as_rows():
    value = tf.constant(np.arange(24.0).reshape(2, 3, 4))
    total, twice = over_time(lambda rows: (tf.reduce_sum(rows, axis=-1), 2 * rows), value)
    np.testing.assert_array_equal(total, value.numpy().sum(-1))
    np.testing.assert_array_equal(twice, 2 * value.numpy())
    np.testing.assert_array_equal(swapped(value), value.numpy().swapaxes(0, 1))
