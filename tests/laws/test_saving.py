"""A saved model is the same model."""

import types

import keras
import numpy as np
import pytest
from laws.registry import MODELS, build, rows

import tfgen


@pytest.fixture(scope="module", params=sorted(MODELS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def saved(name, tmp_path_factory):
    """A model that was trained and saved, and what it was then."""
    model, path = build(name), tmp_path_factory.mktemp("saved") / "model.keras"
    model.compile("adam")
    model.fit(rows(model, 32), verbose=0, shuffle=False)
    model.save(path)
    inputs = rows(model, 9, seed=1)
    return types.SimpleNamespace(
        model=model,
        path=path,
        inputs=inputs,
        score=model.score(**inputs).numpy(),
        iterations=model.optimizer.iterations.numpy(),
    )


def test_a_saved_model_scores_alike(saved):
    for load in (tfgen.load_model, keras.saving.load_model):
        loaded = load(saved.path)
        np.testing.assert_array_equal(loaded.score(**saved.inputs), saved.score)
        np.testing.assert_array_equal(loaded.optimizer.iterations, saved.iterations)


def test_the_configuration_holds_every_argument(model):
    twin = type(model).from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert [weight.shape for weight in twin.weights] == [weight.shape for weight in model.weights]


def test_a_loaded_model_goes_on_training_as_the_original_does(saved):
    original, loaded = saved.model, tfgen.load_model(saved.path)
    for each in (original, loaded):
        each.fit(rows(each, 32), verbose=0, shuffle=False)
    for weight, copy in zip(original.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(weight, copy, atol=1e-6)
