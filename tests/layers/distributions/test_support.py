"""What events are, of a support and of each layer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen import layers
from tfgen.layers.distributions.support import Support

INF = float("inf")


@pytest.mark.parametrize(
    ("support", "words", "levels", "inside", "outside"),
    [
        (Support(), "numbers", None, [-1e9, 0.5, 3.0], []),
        (Support(low=0), "numbers of at least 0", None, [0.0, 0.5], [-1e-6]),
        (Support(high=2.5), "numbers of at most 2.5", None, [-9.0, 2.5], [2.6]),
        (Support(low=-1, high=1), "numbers from -1 to 1", None, [-1.0, 0.3, 1.0], [1.1, -2.0]),
        (Support(integer=True), "whole numbers", None, [-3.0, 0.0, 1e9], [0.5]),
        (Support(low=0, integer=True), "whole numbers of at least 0", None, [0.0, 7.0], [-1.0, 0.5]),
        (Support(low=0, high=255, integer=True), "whole numbers from 0 to 255", 256, [0.0, 255.0], [256.0, -1.0, 0.1]),
    ],
)
def test_support(support: Support, words: str, levels: int | None, inside: list[float], outside: list[float]) -> None:
    assert (support.words, support.levels) == (words, levels)
    assert support.everything == (words == "numbers")
    assert support.first_outside(np.array(inside)) is None
    for value in outside:
        assert support.first_outside(np.array([*inside, value, *inside])) == (len(inside),)
    assert bool(support.holds(tf.constant(inside)))
    for value in outside:
        assert not bool(support.holds(tf.constant([*inside, value])))


@pytest.mark.parametrize(
    ("support", "words", "inside", "outside"),
    [
        (Support(low=0, open_ends=True), "numbers greater than 0", [1.2e-38, 3e38], [0.0, 1e-39, -1.0]),
        (Support(high=2.5, open_ends=True), "numbers less than 2.5", [-3e38, 2.4999998], [2.5, 2.49999999, 3.0]),
        (
            Support(low=-1, high=1, open_ends=True),
            "numbers between -1 and 1, the ends excluded",
            [-0.99999994, 0.0, 0.99999994],
            [-1.0, 1.0, 0.99999999, -0.99999999, 2.0],
        ),
        (
            Support(low=-1, high=1, open_ends=True, precision="float64"),
            "numbers between -1 and 1, the ends excluded",
            [0.99999999, 1 - 2.0**-53],
            [1.0, 1 - 2.0**-55],
        ),
        (Support(low=0, open_ends=True), "numbers greater than 0", [1.0], [1e300]),  # infinite in float32
    ],
)
def test_open_ends(support: Support, words: str, inside: list[float], outside: list[float]) -> None:
    """What rounds to an end is none either: the model would read the end."""
    assert support.words == words
    assert not support.everything
    assert support.first_outside(np.array(inside)) is None
    assert bool(support.holds(tf.constant(inside, tf.float64)))
    for value in outside:
        assert support.first_outside(np.array([*inside, value, *inside])) == (len(inside),)
        assert not bool(support.holds(tf.constant([*inside, value], tf.float64)))
    assert support.first_outside(np.array([1, 1, 2])) in (None, (0,), (2,))  # integers are read too


def test_rounding_is_said_where_it_matters() -> None:
    support = Support(low=0, high=1, open_ends=True)
    assert support.rounding(np.float64(0.9999999999)) == ", which is 1.0 in float32,"
    assert support.rounding(1.5) == support.rounding(1.0) == ""
    assert Support(low=0, high=1).rounding(0.9999999999) == ""


def test_integers_are_whole() -> None:
    support = Support(low=0, high=3, integer=True)
    assert support.first_outside(np.array([0, 3])) is None
    assert support.first_outside(np.array([[0, 3], [4, -1]])) == (1, 0)
    assert bool(support.holds(tf.constant([0, 3], tf.uint8)))
    assert not bool(support.holds(tf.constant([0, 4], tf.int64)))
    # A number of 25 binary digits, which float32 would round into the support.
    assert not bool(Support(high=2**24).holds(tf.constant([2**24 + 1])))


def test_the_first_of_many() -> None:
    values = np.zeros((300, 1000), np.float32)
    values[217, 31], values[250, 0] = 0.5, 2.0
    assert Support(low=0, high=1, integer=True).first_outside(values) == (217, 31)


WORDS = {
    "normal vector": "numbers",
    "triangle": "numbers",
    "logistic mixture": "numbers",
    "student vector": "numbers",
    "bernoulli vector": "whole numbers from 0 to 1",
    "categorical vector": "whole numbers from 0 to 3",
    "discretised mixture": "whole numbers from 0 to 15",
    "poisson matrix": "whole numbers of at least 0",
    "negative binomial vector": "whole numbers of at least 0",
    "family weibull": "numbers of at least 0",
    "family fixed": "numbers",
    "family dirichlet": "numbers",
}


@pytest.mark.parametrize("case", WORDS, indirect=True)
def test_support_of_layers(request: pytest.FixtureRequest, case: Any) -> None:
    layer = case.layer()
    assert layer.support.words == WORDS[request.node.callspec.params["case"]]


def test_events_of_every_layer_are_in_its_support(case: Any, features: Callable[..., Any]) -> None:
    layer = case.layer()
    assert layer.support.first_outside(case.events(200)) is None
    estimate = layer.event_estimate(layer(features(20, 3)))
    assert estimate.shape == (20, *case.event_shape)
    if case.kind is layers.IndependentBernoulli:
        return  # whose estimate is a probability, to be shown as a grey level
    assert layer.support.first_outside(estimate.numpy().astype(np.float64)) is None


def test_features_of_every_layer_are_of_unit_size(case: Any) -> None:
    layer, events = case.layer(), case.events(400).astype(np.float32)
    read = layer.to_features(tf.constant(events)).numpy()
    assert read.dtype == np.float32
    assert read.shape[: events.ndim - 1] == events.shape[:-1]
    assert np.isfinite(read).all()
    assert np.abs(read).max() < 12
    if case.kind is layers.IndependentCategorical:
        one_hot = np.eye(layer.classes)[events.astype(int)]
        np.testing.assert_array_equal(read, one_hot.reshape(*events.shape[: max(1, events.ndim - 1)], -1))


def test_grey_levels_become_half_ranges() -> None:
    layer = layers.IndependentDiscretisedLogistic(event_shape=())
    np.testing.assert_allclose(layer.to_features(tf.constant([0.0, 127.5, 255.0])), [-1, 0, 1])


def test_counts_become_logarithms() -> None:
    layer = layers.IndependentPoisson(event_shape=())
    np.testing.assert_allclose(layer.to_features(tf.constant([0.0, 1.0, 1e6])), np.log1p([0, 1, 1e6]), rtol=1e-6)


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("Beta", "numbers from 0 to 1"),
        ("InverseGaussian", "numbers of at least 0"),  # whose bijector falls
        ("Geometric", "whole numbers of at least 0"),
        ("Pareto", "numbers"),  # whose support is a parameter's
        ("MultivariateNormalTriL", "numbers"),
    ],
)
def test_support_of_tfps_families(family: str, words: str) -> None:
    assert layers.TFPDistribution(family=family, event_shape=(2,)).support.words == words
