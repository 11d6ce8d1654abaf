"""Cells stepped here do what Keras's own call does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers.products import Products
from tfgen.layers.recurrent.steppers import advance, checked_cells, project, projected_width, state_sizes

CELLS = {
    "lstm": lambda: keras.layers.LSTMCell(5, dtype="float64"),
    "lstm-without-bias": lambda: keras.layers.LSTMCell(5, use_bias=False, activation="relu", dtype="float64"),
    "gru": lambda: keras.layers.GRUCell(5, dtype="float64"),
    "gru-without-bias": lambda: keras.layers.GRUCell(5, use_bias=False, dtype="float64"),
    "gru-reset-before": lambda: keras.layers.GRUCell(5, reset_after=False, dtype="float64"),
    "simple": lambda: keras.layers.SimpleRNNCell(5, dtype="float64"),
}


@pytest.mark.parametrize("known", [0, 3, 7])
@pytest.mark.parametrize("name", CELLS)
def test_a_step_is_keras_s(name, known):
    rng, cell = np.random.default_rng(0), CELLS[name]()
    cell.build((None, 7))
    cell.set_weights([rng.normal(size=weight.shape) for weight in cell.get_weights()])
    x = tf.constant(rng.normal(size=(3, 7)))
    states = tuple(tf.constant(rng.normal(size=(3, size))) for size in state_sizes(cell))
    single = not isinstance(cell.state_size, list)
    expected, after = cell(x, states[0] if single else list(states))
    ahead = project(cell, x[:, :known]) if known else None
    output, *found = advance(cell, known, Products())(ahead, x[:, known:] if known < 7 else None, states)
    np.testing.assert_allclose(output, expected, rtol=1e-12)
    for one, other in zip(found, after if isinstance(after, list) else [after], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    if known:
        assert ahead.shape[-1] == projected_width(cell, known)


def test_only_known_equations_are_taken_apart():
    for name, complete in (("lstm", True), ("gru", True), ("gru-reset-before", False), ("simple", False)):
        cell, products = CELLS[name](), Products()
        cell.build((None, 7))
        advance(cell, 3, products)
        assert products.complete == complete


@pytest.mark.parametrize(
    "cell",
    [
        keras.layers.LSTM(3),
        keras.layers.Dense(3),
        "rnn",
        keras.layers.GRUCell(3, dropout=0.1),
        keras.layers.StackedRNNCells([keras.layers.GRUCell(3, recurrent_dropout=0.1)]),
        keras.layers.GRUCell(3, dtype="float64"),
    ],
)
def test_what_is_no_cell_is_refused(cell):
    with pytest.raises(ValueError, match=r"`cell` must .*Received: "):
        checked_cells([cell], "float32")
