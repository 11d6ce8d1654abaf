"""Truncated back-propagation through time."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import CAUSAL, make, sequences

import tfgen


def _trained(name, truncation, *, x, mask=None, rate=1e-2, jit=False, epochs=1):
    model = make(name, truncation=truncation)
    model.compile(keras.optimizers.SGD(rate), jit_compile=jit)
    data = x if mask is None else {"x": x, "mask": mask}
    history = model.fit(data, batch_size=3, shuffle=False, epochs=epochs, verbose=0).history
    return model, history


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("size", [5, 7])
def test_a_chunk_as_long_as_the_sequence_is_plain_training(name, size):
    plain, expected = _trained(name, None, x=sequences())
    chunked, found = _trained(name, size, x=sequences())
    for one, other in zip(plain.get_weights(), chunked.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-4)


@pytest.mark.parametrize("jit", [False, True])
def test_what_is_reported_is_of_whole_sequences(jit):
    """With steps of nought length the chunks' terms add up to the sequences'."""
    x = sequences()
    mask = np.arange(5) < np.array([5, 2, 1, 4, 3, 5])[:, None]
    model, history = _trained("rnn", 2, x=x, mask=mask, rate=0.0, jit=jit)
    np.testing.assert_allclose(history["nll"][0], -model.log_prob(x, mask=mask).numpy().mean(), rtol=1e-4)
    np.testing.assert_allclose(history["nats_per_step"][0], -model.log_prob(x, mask=mask).numpy().sum() / 20, rtol=1e-4)


@pytest.mark.parametrize("truncation", [1, 2, 5])
def test_a_regulariser_is_of_the_batch_and_not_of_each_chunk(truncation):
    """With steps too short to change a weight, the chunks' updates add up to plain training's."""
    changes = []
    for size in (None, truncation):
        keras.utils.set_random_seed(0)
        cell = keras.layers.GRUCell(3, kernel_regularizer=keras.regularizers.L2(100.0), dtype="float64")
        model = tfgen.RNNDensity(event_shape=(2,), cell=cell, truncation=size, dtype="float64")
        kernel = cell.kernel.numpy()
        model.compile(keras.optimizers.SGD(1e-7))
        model.fit(sequences().astype(np.float64), batch_size=6, verbose=0)
        changes.append(cell.kernel.numpy() - kernel)
    np.testing.assert_allclose(changes[1], changes[0], rtol=0.03, atol=2e-7)


def test_an_update_for_each_chunk():
    model, _ = _trained("rnn", 2, x=sequences())
    assert model.optimizer.iterations.numpy() == 2 * 3  # two batches of three chunks


def test_errors_end_where_the_chunk_begins():
    """With chunks of one step nothing of the past is learned: x_t = x_{t−1} needs the state of one step before."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(500, 1, 1)).astype(np.float32)
    x = np.concatenate([first, rng.normal(size=(500, 2, 1)).astype(np.float32), first], axis=1)
    scores = {}
    for truncation in (None, 1):
        keras.utils.set_random_seed(0)
        model = tfgen.RNNDensity(event_shape=(1,), units=16, truncation=truncation)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x, batch_size=100, epochs=60, verbose=0)
        scores[truncation] = model.log_prob_steps(x).numpy()[:, -1].mean()
    assert scores[None] > scores[1] + 0.7


def test_the_state_is_carried():
    """Else a chunk would begin as the sequence does."""
    x = sequences(3, 4)
    carried, _ = _trained("rnn", 2, x=x, rate=0.0)
    halves = -carried.log_prob(np.concatenate([x[:, :2], x[:, 2:]])).numpy().reshape(2, 3).sum(axis=0).mean()
    carried.compile(keras.optimizers.SGD(0.0))
    found = carried.fit(x, batch_size=3, verbose=0).history["nll"][0]
    assert abs(found - halves) > 1e-3


def test_it_trains_in_one_program():
    model = make("vrnn", truncation=2)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=True, steps_per_execution=2)
    history = model.fit(sequences(), batch_size=3, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_several_training_samples_are_refused():
    with pytest.raises(ValueError, match=r"`truncation` must be None with several training samples.*Received: "):
        make("vrnn", truncation=2, training_samples=3)


@pytest.mark.parametrize("truncation", [None, 2])
@pytest.mark.parametrize("name", ["rnn", "vrnn"])
def test_two_replicas_train_as_one_device_does(two_devices, name, truncation):
    """An uneven last batch included, of which one replica gets nothing."""
    x = sequences(7, 4)
    mask = np.arange(4) < np.array([4, 3, 1, 2, 4, 4, 3])[:, None]
    found = []
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            model = make(name, truncation=truncation)
            model.compile(keras.optimizers.SGD(1e-2))
        history = model.fit({"x": x, "mask": mask}, batch_size=3, shuffle=False, epochs=2, verbose=0).history
        found.append((model.get_weights(), history))
    for one, other in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    for key, values in found[0][1].items():
        np.testing.assert_allclose(found[1][1][key], values, rtol=1e-4)
