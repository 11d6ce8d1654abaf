"""The KL's weight step by step."""

import keras
import numpy as np
import pytest

import tfgen

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def vae(**arguments):
    keras.utils.set_random_seed(1)
    return tfgen.VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(4,), **arguments)


class _Weights(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(self.model.kl_weight.numpy()))


def weights(model, steps, **arguments):
    seen = _Weights()
    model.fit(X, batch_size=3, verbose=0, callbacks=[tfgen.callbacks.KLWarmUp(steps), seen], **arguments)
    return seen.seen


@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_the_weight_rises_to_beta_and_stays(beta):
    model = vae(beta=beta)
    model.compile("adam")
    np.testing.assert_allclose(weights(model, 5, epochs=2), beta * np.minimum(1, np.arange(8) / 5), rtol=1e-6)


def test_it_goes_on_where_a_training_was_interrupted():
    model = vae(beta=1.0)
    model.compile("adam")
    weights(model, 10, epochs=1)
    np.testing.assert_allclose(weights(model, 10, epochs=1), np.arange(4, 8) / 10, rtol=1e-6)


def test_a_compiled_step_sees_the_weight():
    """Of weight nought the KL has no gradient: the encoder's scales stay where a training without it leaves them."""
    losses = []
    for steps in (1, 10**6):
        model = vae(beta=1.0)
        model.compile(keras.optimizers.SGD(0.1), jit_compile=True, steps_per_execution=2)
        history = model.fit(X, batch_size=3, epochs=5, verbose=0, callbacks=[tfgen.callbacks.KLWarmUp(steps)]).history
        losses.append(history)
    assert losses[1]["kl"][-1] > losses[0]["kl"][-1]
    np.testing.assert_allclose(losses[1]["loss"][-1], losses[1]["reconstruction"][-1], rtol=1e-3)


def test_free_bits_can_be_warmed_up_too():
    model = vae(free_bits=0.1)
    model.compile("adam")
    assert weights(model, 4, epochs=1) == pytest.approx([0, 0.25, 0.5, 0.75])


@pytest.mark.parametrize("make", [vae, lambda: tfgen.RealNVP(event_shape=(3,), couplings=2, hidden=(4,))])
def test_a_model_without_a_weight_is_refused(make):
    model = make()
    model.compile("adam")
    with pytest.raises(ValueError, match=r"KLWarmUp needs a model with a weight of its KL.*Received: "):
        model.fit(X, verbose=0, callbacks=[tfgen.callbacks.KLWarmUp(3)])


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_the_steps_are_checked(steps):
    with pytest.raises(ValueError, match="`steps` must be an integer of at least 1"):
        tfgen.callbacks.KLWarmUp(steps)
