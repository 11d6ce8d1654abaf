"""Keras's machinery around the steps: callbacks, several steps an execution, regularisers, interruptions."""

import keras
import numpy as np
import pytest

import tfgen

X = np.random.default_rng(0).normal(size=(103, 2)).astype("float32")


def _flow(**arguments):
    keras.utils.set_random_seed(1)
    return tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(8,), **arguments)


def _weights_equal(one, other, atol=1e-6):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=atol)


def test_the_model_is_built_by_its_constructor():
    flow = _flow()
    assert flow.built
    assert all(layer.built for layer in flow.layers)
    assert flow.count_params() > 0


@pytest.mark.parametrize(("batch_size", "compiled"), [(16, {"steps_per_execution": 4}), (64, {"run_eagerly": True})])
def test_several_steps_an_execution_and_eager_steps_change_nothing(batch_size, compiled):
    flows = []
    for arguments in ({}, compiled):
        flow = _flow()
        flow.compile(keras.optimizers.SGD(0.01), **arguments)
        flow.fit(X, batch_size=batch_size, shuffle=False, verbose=0)
        flows.append(flow)
    _weights_equal(*flows)


def test_regularisers_are_part_of_the_loss_and_not_of_the_terms():
    plain, regularised = _flow(), _flow(kernel_regularizer=keras.regularizers.L2(0.1))
    penalty = 0.1 * sum(float((weight.numpy() ** 2).sum()) for weight in regularised.weights if weight.name == "kernel")
    for flow in (plain, regularised):
        flow.compile(keras.optimizers.SGD(0.01))
    bare, full = (flow.evaluate(X, verbose=0, return_dict=True) for flow in (plain, regularised))
    assert full["nll"] == pytest.approx(bare["nll"])
    assert penalty > 0.1
    assert full["loss"] == pytest.approx(bare["loss"] + penalty, rel=1e-5)
    for flow in (plain, regularised):
        flow.fit(X, batch_size=103, verbose=0)
    one, other = (flow.trainable_weights[0].numpy() for flow in (plain, regularised))
    assert np.abs(one - other).max() > 1e-4


def test_early_stopping_restores_the_best_weights():
    flow = _flow()
    flow.compile(keras.optimizers.SGD(0.5))  # far too fast: the loss soon rises
    stopping = keras.callbacks.EarlyStopping("val_nll", mode="min", patience=2, restore_best_weights=True)
    history = flow.fit(X[:64], validation_data=(X[64:],), epochs=40, verbose=0, callbacks=[stopping]).history
    assert len(history["val_nll"]) < 40
    assert flow.evaluate(X[64:], verbose=0, return_dict=True)["nll"] == pytest.approx(min(history["val_nll"]), rel=1e-5)


class _Interruption(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_fit_resumes(tmp_path):
    whole, broken = _flow(), _flow()
    for flow in (whole, broken):
        flow.compile("adam")
    whole.fit(X, epochs=4, shuffle=False, verbose=0)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        broken.fit(X, epochs=4, shuffle=False, verbose=0, callbacks=[backup, _Interruption()])
    resumed = _flow()
    resumed.compile("adam")
    resumed.fit(
        X, epochs=4, shuffle=False, verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "backup")]
    )
    assert int(resumed.optimizer.iterations) == int(whole.optimizer.iterations)
    _weights_equal(whole, resumed, atol=1e-5)


def test_checkpoints_hold_the_weights(tmp_path):
    flow = _flow()
    flow.compile("adam")
    saver = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    flow.fit(X, epochs=2, verbose=0, callbacks=[saver])
    other = _flow()
    other.load_weights(tmp_path / "2.weights.h5")
    _weights_equal(flow, other, atol=0)
