"""Layers of intervals: RealNVP's logit, margins, ends that the dtype has, and arguments."""

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import Bounded, Positive


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.3])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-2, 6)])
def test_a_margin_is_that_of_the_paper(autodiff_jacobian: Any, low: float, high: float, margin: float) -> None:
    """z = logit(α + (1 − 2α)·(x − low)/(high − low)), as RealNVP's section 4.1 has it, with its Jacobian."""
    layer = Bounded(event_shape=(3,), low=low, high=high, margin=margin, dtype="float64")
    x = np.random.default_rng(0).uniform(low, high, size=(5, 3))
    share = margin + (1 - 2 * margin) * (x - low) / (high - low)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z, np.log(share) - np.log(1 - share), rtol=1e-9, atol=1e-12)
    jacobian = autodiff_jacobian(lambda value: layer().inverse(value), x)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], rtol=1e-9)
    np.testing.assert_allclose(layer().forward(z), x, rtol=1e-9)


def test_with_a_margin_data_may_lie_on_the_ends() -> None:
    layer = Bounded(event_shape=(2,), low=0, high=1, margin=0.05)
    z, log_det = layer().inverse_and_log_det(tf.constant([[0.0, 1.0]]))
    np.testing.assert_allclose(z, [[math.log(0.05 / 0.95), math.log(0.95 / 0.05)]], rtol=1e-6)
    assert np.isfinite(log_det).all()
    assert layer.support.first_outside(np.array([0.0, 1.0])) is None
    # The density goes on to the wider ends: 0.05/0.9 further.
    assert layer.support.low == pytest.approx(-0.05 / 0.9)
    assert layer.support.first_outside(np.array([0.5, 1.06])) == (1,)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Bounded(event_shape=(1,), low=-1, high=3), "numbers between -1 and 3, the ends excluded"),
        (Bounded(event_shape=(1,), high=3), "numbers less than 3"),
        (Bounded(event_shape=(1,), low=2.5), "numbers greater than 2.5"),
        (Positive(event_shape=(1,)), "numbers greater than 0"),
        (Positive(event_shape=(1,), low=-1), "numbers greater than -1"),
    ],
)
def test_supports(layer: Bounded, words: str) -> None:
    assert layer.support.words == words


def test_the_ends_are_numbers_of_the_dtype() -> None:
    """0.1 in single precision is more than 0.1: a datum that is exactly this would be inside, and at no finite z."""
    layer = Bounded(event_shape=(1,), low=0.1)
    x = np.array([[np.float32(0.1)]])
    assert layer.support.low == float(np.float32(0.1)) > 0.1
    assert layer.support.first_outside(x) == (0, 0)
    nearest = np.nextafter(np.float32(0.1), np.float32(1))
    assert layer.support.first_outside(np.array([nearest])) is None
    assert np.isfinite(layer().inverse([[nearest]])).all()
    assert Bounded(event_shape=(1,), low=0.1, dtype="float64").support.low == 0.1


def test_units_of_positive_numbers_are_a_shift() -> None:
    """The reason for an exponential: what `Standardization` takes up."""
    layer = Positive(event_shape=(1,), dtype="float64")
    x = tf.constant(np.random.default_rng(0).lognormal(size=(9, 1)))
    shift = layer().inverse(1000 * x) - layer().inverse(x)
    np.testing.assert_allclose(shift, np.full((9, 1), math.log(1000)), rtol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [
        Bounded(event_shape=(2,), context_shape=(3,), low=0, high=1, margin=0.05, name="own", dtype="float64"),
        Bounded(event_shape=(4, 4, 1), high=7),
        Positive(event_shape=(2,), low=-2),
    ],
)
def test_the_configuration_comes_back(layer: Bounded) -> None:
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert again.support == layer.support
    assert again.weights == []


def test_a_context_changes_nothing() -> None:
    layer = Bounded(event_shape=(2,), context_shape=(3,), low=0, high=1)
    x = tf.constant([[0.2, 0.7]])
    plain = Bounded(event_shape=(2,), low=0, high=1)().inverse(x)
    np.testing.assert_array_equal(layer(tf.zeros([1, 3])).inverse(x), plain)


def test_images() -> None:
    layer = Bounded(event_shape=(2, 2, 3), low=0, high=1, dtype="float64")
    x = np.random.default_rng(0).uniform(size=(5, 2, 2, 3))
    _, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(log_det, -(np.log(x) + np.log(1 - x)).sum(axis=(1, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, r"`low` or `high` must be a number\. Received: low=None, high=None"),
        ({"low": math.nan}, r"`low` must be a finite number or None\. Received: low=nan"),
        ({"high": math.inf}, r"`high` must be a finite number or None\. Received: high=inf"),
        ({"low": "0"}, r"`low` must be a finite number or None\. Received: low='0'"),
        ({"low": True, "high": 2}, r"`low` must be a finite number or None\. Received: low=True"),
        ({"low": [0, 1]}, r"`low` must be a finite number or None\. Received: low=\[0, 1\]"),
        ({"low": 1, "high": 0}, r"`low` and `high` must be .*Received: low=1.0, high=0.0"),
        ({"low": 16777216, "high": 16777217}, r"`low` and `high` must be two numbers of float32"),
        ({"low": 0, "high": 1e39}, r"`low` and `high` must be two numbers of float32"),
        ({"low": 0, "high": 1, "margin": 0.5}, r"`margin` must be from 0 to less than 0\.5\. Received: margin=0\.5"),
        ({"low": 0, "high": 1, "margin": -0.1}, r"`margin` must be from 0"),
        ({"low": 0, "high": 1, "margin": math.nan}, r"`margin` must be from 0"),
        ({"low": 0, "margin": 0.1}, r"`margin` must be 0 without both `low` and `high`\. Received: margin=0\.1"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Bounded(event_shape=(2,), **arguments)
