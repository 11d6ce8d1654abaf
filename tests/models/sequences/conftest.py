"""Small models of sequences, every weight moved."""

import keras
import numpy as np
import pytest

import tfgen

SMALL = {"units": 4, "hidden": (3,), "activation": "tanh"}
LATENT = {**SMALL, "latent_dim": 2, "latent_units": (2,), "num_samples": 4}

MODELS = {
    "rnn": lambda **more: tfgen.RNNDensity(event_shape=(2,), **SMALL, **more),
    "rnn-stack": lambda **more: tfgen.RNNDensity(
        event_shape=(2,), **{**SMALL, "units": (3, 2), "cell": "lstm"}, **more
    ),
    "vrnn": lambda **more: tfgen.VRNN(event_shape=(2,), feature_units=(3,), **LATENT, **more),
    "vrnn-fivo": lambda **more: tfgen.VRNN(event_shape=(2,), feature_units=(3,), bound_kind="fivo", **LATENT, **more),
    "storn": lambda **more: tfgen.STORN(event_shape=(2,), **LATENT, **more),
    "vrae": lambda **more: tfgen.VRAE(event_shape=(2,), **SMALL, latent_dim=2, num_samples=4, **more),
}
CAUSAL = [name for name in MODELS if name != "vrae"]


def make(name, **more):
    keras.utils.set_random_seed(0)
    model = MODELS[name](**more)
    rng = np.random.default_rng(0)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def sequences(rows=6, steps=5, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, steps, 2)).astype(np.float32)


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return make(name)
