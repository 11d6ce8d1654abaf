"""Means of what only some examples have."""

import keras
import numpy as np
import pytest

from tfgen.models.figures import MeanOfGiven

NAN = float("nan")
BATCHES = [[1.0, NAN, 0.0, 1.0], [NAN, NAN, NAN, NAN], [0.0, 5.0, NAN, 2.0]]
WEIGHTS = [[1.0, 9.0, 2.0, 0.5], [1.0, 1.0, 1.0, 1.0], [0.0, 0.25, 7.0, 3.0]]


def metric():
    made = MeanOfGiven(name="share")
    for values in BATCHES:
        made.update_state(values)
    return made


def test_it_is_the_mean_of_the_numbers():
    assert float(metric().result()) == pytest.approx(np.nanmean(BATCHES))


@pytest.mark.parametrize("column", [False, True])
def test_weights_are_those_of_the_numbers(column):
    made = MeanOfGiven()
    for values, weight in zip(BATCHES, WEIGHTS, strict=True):
        made.update_state(values, sample_weight=np.reshape(weight, (4, 1)) if column else weight)
    values, weights = np.ravel(BATCHES), np.ravel(WEIGHTS)
    given = ~np.isnan(values)
    assert float(made.result()) == pytest.approx(np.average(values[given], weights=weights[given]))


def test_without_a_number_it_is_none():
    made = MeanOfGiven()
    assert np.isnan(made.result())
    made.update_state([NAN, NAN])
    made.update_state([3.0], sample_weight=[0.0])
    assert np.isnan(made.result())
    made.update_state([3.0])
    assert float(made.result()) == 3


def test_it_begins_anew():
    made = metric()
    made.reset_state()
    made.update_state([7.0])
    assert float(made.result()) == 7


def test_keras_can_save_it():
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric()))
    assert isinstance(twin, MeanOfGiven)
    assert twin.name == "share"
