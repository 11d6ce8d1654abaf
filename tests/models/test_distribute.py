"""Two replicas train as one device does, an uneven last batch included."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen

RNG = np.random.default_rng(0)
CONTEXT = RNG.normal(size=(103, 3)).astype("float32")
X = RNG.normal(size=(103, 2)).astype("float32")


def _train(strategy, rows, batch_size):
    keras.utils.set_random_seed(1)
    with strategy.scope():
        mdn = tfgen.MDN(event_shape=(2,), context_shape=(3,), components=2, hidden=(8,), kernel_regularizer="l2")
        mdn.compile(keras.optimizers.SGD(0.05))
    weight = np.linspace(0, 2, rows).astype("float32")
    data = (CONTEXT[:rows], X[:rows])
    history = mdn.fit(
        *data, sample_weight=weight, validation_data=data, epochs=2, batch_size=batch_size, shuffle=False, verbose=0
    ).history
    return mdn, history


# 103 = 3·34 + 1: the last batch has one row, and one replica none.
@pytest.mark.parametrize(("rows", "batch_size"), [(103, 34), (103, 50), (96, 32)])
def test_two_replicas_give_the_loss_and_weights_of_one_device(two_devices, rows, batch_size):
    one, history = _train(tf.distribute.get_strategy(), rows, batch_size)
    two, distributed = _train(two_devices, rows, batch_size)
    for name, values in history.items():
        assert distributed[name] == pytest.approx(values, rel=1e-5), name
    for first, second in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)
    scores = two.predict({"x": X, "context": CONTEXT}, batch_size=34, verbose=0)
    np.testing.assert_allclose(scores, one.log_prob(X, CONTEXT), rtol=1e-4, atol=1e-5)


def test_a_model_trained_on_replicas_is_saved_as_any_other(two_devices, tmp_path):
    mdn, _ = _train(two_devices, 96, 32)
    mdn.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.log_prob(X, CONTEXT), mdn.log_prob(X, CONTEXT), rtol=1e-6)
