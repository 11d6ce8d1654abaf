"""Additive and spline couplings, and networks of one's own in all of them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.saving.serialization_lib import ObjectSharingScope

from tfgen.bijectors import Additive, RationalQuadraticSpline
from tfgen.layers import AdditiveCoupling, AffineCoupling, SplineCoupling
from tfgen.layers.bijectors.conditioner import copied_layer

CONTEXT = np.random.default_rng(5).normal(size=(6, 2))
MASK = (True, False, True, False)
KINDS = [AdditiveCoupling, AffineCoupling, SplineCoupling]


def coupling(kind: Any, **arguments: Any) -> Any:
    given = {"hidden": (5,), "activation": "tanh", "dtype": "float64", **arguments}
    return kind(event_shape=(4,), mask=MASK, **given)


def points(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


def network(width: int) -> keras.Sequential:
    return keras.Sequential([keras.layers.Dense(width, activation="softplus", dtype="float64")])


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("kind", [AdditiveCoupling, SplineCoupling])
def test_the_transformer_of_the_networks_parameters(moved: Any, kind: Any, conditional: bool) -> None:
    arguments = {} if kind is AdditiveCoupling else {"bins": 3, "bound": 2.0}
    layer = moved(coupling(kind, context_shape=(2,) if conditional else None, **arguments))
    transformer = Additive() if kind is AdditiveCoupling else RationalQuadraticSpline(bins=3, bound=2.0)
    z = points(6, 4)
    features = np.concatenate([z[:, [0, 2]], CONTEXT], axis=1) if conditional else z[:, [0, 2]]
    first, first_bias, kernel, bias = layer.get_weights()
    parameters = np.tanh(features @ first + first_bias) @ kernel + bias
    expected, log_slope = transformer.forward(tf.constant(z[:, [1, 3]]), tf.constant(parameters))
    x, log_det = layer(*([tf.constant(CONTEXT)] if conditional else [])).forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x.numpy()[:, [0, 2]], z[:, [0, 2]])
    np.testing.assert_allclose(x.numpy()[:, [1, 3]], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, log_slope.numpy().sum(axis=1), rtol=0, atol=1e-12)
    assert np.abs(x - z).max() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_a_given_network_takes_the_perceptrons_place(moved: Any, kind: Any) -> None:
    given = network(3)
    layer = moved(coupling(kind, network=given, context_shape=(2,)))
    assert layer.conditioner.network is given
    assert [tuple(weight.shape) for weight in layer.weights[:2]] == [(4, 3), (3,)]
    z = points(6, 4)
    x, log_det = layer(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(z))
    features = tf.constant(np.concatenate([z[:, [0, 2]], CONTEXT], axis=1))
    parameters = layer.conditioner.projection(given(features))
    expected = layer.transformer.forward(tf.constant(z[:, [1, 3]]), parameters)[0]
    np.testing.assert_allclose(x.numpy()[:, [1, 3]], expected, rtol=0, atol=1e-12)
    repeated = layer(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(np.tile(z, (2, 1, 1))))
    np.testing.assert_allclose(repeated[0][1], x, rtol=0, atol=1e-12)
    np.testing.assert_allclose(repeated[1][1], log_det, rtol=0, atol=1e-12)


def test_a_network_that_was_built_before(moved: Any) -> None:
    given = network(3)
    given.build((None, 2))
    before = [weight.numpy() for weight in given.weights]
    layer = coupling(AffineCoupling, network=given)
    layer.build()
    for weight, old in zip(layer.weights[:2], before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), old)
    z = points(6, 4)
    np.testing.assert_array_equal(layer().forward(z), z)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", [False, True])
def test_configuration_round_trip(moved: Any, kind: Any, given: bool) -> None:
    own = {SplineCoupling: {"bins": 3, "bound": 2.0}, AffineCoupling: {"max_log_scale": 1.5}}.get(kind, {})
    layer = moved(coupling(kind, network=network(3) if given else None, name="own", **own))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert {name: getattr(again, name) for name in own} == own
    moved(again)
    np.testing.assert_array_equal(again().forward(points(6, 4)), layer().forward(points(6, 4)))
    assert (again.name, again.conditioner.network.name) == ("own", layer.conditioner.network.name)


@pytest.mark.parametrize("given", [False, True])
def test_weights_survive_a_file(moved: Any, tmp_path: Path, given: bool) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.coupling = coupling(SplineCoupling, network=network(3) if given else None, bins=3)
            self.coupling.build()

        def call(self, z: tf.Tensor) -> tf.Tensor:
            return self.coupling().forward(tf.cast(z, tf.float64))

    model, other = Model(), Model()
    z = points(6, 4)
    other(z)
    moved(model.coupling)
    expected = model(z).numpy()
    model.save_weights(tmp_path / "all.weights.h5")
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_array_equal(other(z), expected)


def test_where_nothing_is_seen_a_given_network_is_not_used(moved: Any) -> None:
    layer = moved(AffineCoupling(event_shape=(2,), mask=(False, False), network=network(3), dtype="float64"))
    assert [tuple(weight.shape) for weight in layer.weights] == [(4,)]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert layer.get_config()["network"] is None
    moved(again)
    np.testing.assert_array_equal(again().forward(points(6, 2)), layer().forward(points(6, 2)))


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("functional", [False, True])
def test_copies_share_nothing(built: bool, functional: bool) -> None:
    if functional:
        entrance = keras.Input((3,))
        original: Any = keras.Model(entrance, keras.layers.Dense(2, activation="tanh")(entrance))
    else:
        original = keras.layers.Dense(2, activation="tanh", kernel_regularizer="l2")
    if built and not functional:
        original.build((None, 3))
    first, second = copied_layer(original, "first"), copied_layer(original, "second")
    x = points(5, 3).astype(np.float32)
    assert first is not None
    assert second is not None
    assert (first(x).shape, first.name, second.name) == ((5, 2), "first", "second")
    original(x)
    for one, other in ((first, second), (first, original)):
        second(x)
        assert not {id(weight) for weight in one.weights} & {id(weight) for weight in other.weights}
        assert len(one.weights) == len(other.weights) == 2
    assert copied_layer(None, "none") is None


def test_copies_made_while_a_model_is_loaded_share_nothing() -> None:
    # Keras then marks what it describes for a second time, and makes one object of all that bear a mark.
    original = keras.Sequential([keras.layers.Dense(2)])
    with ObjectSharingScope():
        copies: list[Any] = [copied_layer(original, f"network_{index}") for index in range(4)]
    assert len({id(copy.layers[0]) for copy in copies}) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": 1}, "`bins` must be an integer of at least 2. Received: bins=1"),
        ({"bound": 0.0}, "`bound` must be positive and finite. Received: bound=0.0"),
        ({"mask": (True,)}, r"`mask` must have 2 entries. Received: mask=\(True,\)"),
        ({"hidden": (0,)}, r"`hidden` must be a tuple of positive integers. Received: hidden=\(0,\)"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SplineCoupling(**{"event_shape": (2,), "mask": (True, False), **arguments})
