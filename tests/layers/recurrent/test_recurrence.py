"""Stacks of cells: against Keras's own, with skip connections by hand, and what a context is to them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers.recurrent import Recurrence


def _made(known=3, rest=2, context=None, **arguments):
    recurrence = Recurrence(dtype="float64", **arguments)
    recurrence.build_for(known, rest, context)
    rng = np.random.default_rng(0)
    recurrence.set_weights([rng.normal(size=weight.shape) for weight in recurrence.get_weights()])
    return recurrence


def _run(recurrence, known, rest, context=None):
    """h_0 … h_T, [time + 1, batch, width]."""
    state = recurrence.begin(tf.constant(known.shape[1]), context)
    prepared, step = recurrence.prepare(tf.constant(known), context), recurrence.stepper()
    outputs = [recurrence.output(state)]
    for time in range(len(known)):
        part = None if rest is None else tf.constant(rest[time])
        state = step([value[time] for value in prepared], part, state)
        outputs.append(recurrence.output(state))
    return np.stack(outputs)


def _data(steps=4, rows=2):
    rng = np.random.default_rng(1)
    return rng.normal(size=(steps, rows, 3)), rng.normal(size=(steps, rows, 2))


def test_without_skip_connections_it_is_keras_s_stack():
    recurrence = _made(
        cell=[keras.layers.LSTMCell(4, dtype="float64"), keras.layers.GRUCell(3, dtype="float64")], skip=False
    )
    known, rest = _data()
    outputs = _run(recurrence, known, rest)
    start = np.concatenate([recurrence.start_known.numpy(), recurrence.start_rest.numpy()])
    inputs = np.concatenate([np.tile(start, (1, 2, 1)), np.concatenate([known, rest], axis=-1)])
    stack = keras.layers.RNN(recurrence.cells, return_sequences=True, dtype="float64")
    first = np.tile(recurrence.initial_state.numpy(), (2, 1))
    states = [[first[:, :4], first[:, 4:8]], first[:, 8:]]
    expected = stack(inputs.swapaxes(0, 1), initial_state=states).numpy().swapaxes(0, 1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)


def test_skip_connections_show_every_cell_the_input_and_every_cell_to_the_output():
    recurrence = _made(cell=[keras.layers.LSTMCell(4, dtype="float64"), keras.layers.SimpleRNNCell(3, dtype="float64")])
    known, rest = _data(steps=1)
    outputs = _run(recurrence, known, rest)
    first, second = recurrence.cells
    state = np.tile(recurrence.initial_state.numpy(), (2, 1))
    states, above = [state[:, :4], state[:, 4:8]], state[:, 8:]
    start = np.concatenate([recurrence.start_known.numpy(), recurrence.start_rest.numpy()])
    for time, inputs in enumerate([np.tile(start, (2, 1)), np.concatenate([known[0], rest[0]], axis=-1)]):
        below, states = first(inputs, states)
        above = second(np.concatenate([inputs, below], axis=-1), above)[0]
        np.testing.assert_allclose(outputs[time], np.concatenate([below, above], axis=-1), rtol=1e-10)


@pytest.mark.parametrize("use", ["initial_state", "input", "both"])
def test_a_context_matters_where_it_should(use):
    recurrence = _made(units=4, context=2, context_as=use)
    known, rest = _data(steps=30)
    contexts = np.array([[1.0, -1.0], [1.0, 1.0]])
    one, other = (_run(recurrence, known, rest, tf.constant(np.tile(row, (2, 1)))) for row in contexts)
    assert np.abs(one[0] - other[0]).min() > 0
    assert np.abs(one[1] - other[1]).min() > 0
    if use == "input":
        assert recurrence.initial is None
    else:
        assert recurrence.initial.kernel.shape == (2, 4)
    assert (recurrence.cells[0].kernel.shape[0] == 3 + 2 + 2) == (use != "initial_state")


def test_gradients_are_clipped_at_each_step_and_values_are_not():
    known, rest = _data(steps=6)

    def gradient(limit):
        recurrence = _made(units=4, gradient_clip=limit)
        prepared = [tf.Variable(value) for value in recurrence.prepare(tf.constant(known))]
        with tf.GradientTape() as tape:
            state, step = recurrence.begin(tf.constant(2)), recurrence.stepper(training=True)
            for time in range(6):
                state = step([value[time] for value in prepared], tf.constant(rest[time]), state)
            value = 1000.0 * tf.reduce_sum(recurrence.output(state))
        return value, np.abs(tape.gradient(value, prepared[0]))

    value, free = gradient(None)
    same, clipped = gradient(0.01)
    np.testing.assert_allclose(value, same)
    assert free.max() > 1
    assert clipped.max() < 0.1


def test_a_limit_of_gradients_is_of_a_row_whatever_the_size_of_the_batch():
    def gradient(limit, copies):
        recurrence = _made(units=4, gradient_clip=limit)
        known, rest = (np.tile(value, (1, copies, 1)) for value in _data(steps=3))
        with tf.GradientTape() as tape:
            state, step = recurrence.begin(tf.constant(2 * copies)), recurrence.stepper(training=True)
            prepared = recurrence.prepare(tf.constant(known))
            for time in range(3):
                state = step([value[time] for value in prepared], tf.constant(rest[time]), state)
            loss = tf.reduce_mean(tf.reduce_sum(recurrence.output(state), axis=1))
        return tape.gradient(loss, recurrence.cells[0].recurrent_kernel.value).numpy()

    one = gradient(0.05, 1)
    np.testing.assert_allclose(gradient(0.05, 4), one, rtol=1e-10)
    assert np.abs(one).max() < 0.2 * np.abs(gradient(None, 1)).max()
    np.testing.assert_allclose(gradient(100.0, 1), gradient(None, 1), rtol=1e-10)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("cell", "rnn"),
        ("cell", []),
        ("units", 0),
        ("units", ()),
        ("units", True),
        ("context_as", "sideways"),
        ("gradient_clip", 0),
    ],
)
def test_bad_arguments(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must .*Received: "):
        Recurrence(**{argument: value})


def test_a_cell_that_was_built_for_other_inputs_is_refused():
    cell = keras.layers.GRUCell(4)
    cell.build((None, 9))
    with pytest.raises(ValueError, match=r"`cell` must be unbuilt, or built for inputs of width 3\. Received: .* 9"):
        Recurrence(cell=cell).build_for(3)
