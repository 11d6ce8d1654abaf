"""A saved model is the same model."""

import keras
import numpy as np
from laws.registry import rows

import tfgen


def test_a_saved_model_scores_alike(model, tmp_path):
    model.compile("adam")
    model.fit(rows(model, 16), verbose=0)
    model.save(tmp_path / "model.keras")
    for load in (tfgen.load_model, keras.saving.load_model):
        loaded = load(tmp_path / "model.keras")
        inputs = rows(model, 9, seed=1)
        np.testing.assert_array_equal(loaded.score(**inputs), model.score(**inputs))
        np.testing.assert_array_equal(loaded.optimizer.iterations, model.optimizer.iterations)


def test_the_configuration_holds_every_argument(model):
    twin = type(model).from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert [weight.shape for weight in twin.weights] == [weight.shape for weight in model.weights]


def test_a_loaded_model_goes_on_training_as_the_original_does(model, tmp_path):
    data = rows(model, 32)
    model.compile("adam")
    model.fit(data, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        each.fit(data, verbose=0, shuffle=False)
    for original, copy in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(original, copy, atol=1e-6)
