"""The autoregressive layer: its order, its directions, its context, its configuration."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.bijectors import MaskedAutoregressiveBijector, OnePassInverse
from tfgen.layers import MaskedAutoregressive

tfb = tfp.bijectors

CONTEXT = np.random.default_rng(5).normal(size=(6, 2))
KINDS = ["affine", "rational_quadratic_spline"]


def layer_of(size: int, **arguments: Any) -> MaskedAutoregressive:
    given = {"hidden": (7,), "activation": "tanh", "dtype": "float64", "bins": 3, **arguments}
    return MaskedAutoregressive(event_shape=(size,), **given)


def points(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


@pytest.mark.parametrize("order", [None, (2, 0, 1)])
def test_tfp_agrees(moved: Any, order: Any) -> None:
    layer = moved(layer_of(3, order=order, max_log_scale=0.75))

    def shift_and_log_scale(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shift, raw = tf.split(layer.network(x), 2, axis=-1)
        return shift, 0.75 * tf.tanh(raw / 0.75)

    oracle = tfb.MaskedAutoregressiveFlow(shift_and_log_scale)
    z = points(7, 3)
    x = layer().forward(z).numpy()
    np.testing.assert_allclose(x, oracle.forward(z), rtol=0, atol=1e-12)
    np.testing.assert_allclose(layer().inverse(z), oracle.inverse(z), rtol=0, atol=1e-12)
    found = layer().inverse_log_det_jacobian(x, event_ndims=1)
    np.testing.assert_allclose(found, oracle.inverse_log_det_jacobian(x, event_ndims=1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_triangular_in_its_order(
    moved: Any, autodiff_jacobian: Any, kind: str, inverse: bool, conditional: bool, order: tuple[int, ...]
) -> None:
    layer = moved(
        layer_of(4, transformer=kind, inverse=inverse, order=order, context_shape=(2,) if conditional else None)
    )
    arguments = (tf.constant(CONTEXT),) if conditional else ()
    z = points(6, 4)
    x, log_det = layer(*arguments).forward_and_log_det(tf.constant(z))
    jacobian = autodiff_jacobian(lambda z: layer(*arguments).forward_and_log_det(z)[0], z)
    ranked = np.argsort(order)
    jacobian = jacobian[:, ranked][:, :, ranked]
    np.testing.assert_array_equal(jacobian, np.tril(jacobian))
    assert (np.abs(jacobian[:, *np.tril_indices(4)]).max(axis=0) > 0).all()
    expected = np.log(np.diagonal(jacobian, axis1=1, axis2=2)).sum(-1)
    np.testing.assert_allclose(log_det, expected, rtol=0, atol=1e-10)
    back, back_log_det = layer(*arguments).inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-10)


def test_inverse_exchanges_the_directions(moved: Any) -> None:
    plain, turned = moved(layer_of(3)), moved(layer_of(3, inverse=True))
    value = points(5, 3)
    assert isinstance(plain(), MaskedAutoregressiveBijector)
    assert isinstance(turned(), OnePassInverse)
    assert (plain().name, turned().name) == (plain.name, turned.name)
    np.testing.assert_array_equal(turned().forward(value), plain().inverse(value))
    np.testing.assert_array_equal(turned().inverse(value), plain().forward(value))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("conditional", [False, True])
def test_a_new_layer_is_the_identity(kind: str, conditional: bool) -> None:
    layer = MaskedAutoregressive(event_shape=(3,), transformer=kind, context_shape=(2,) if conditional else None)
    z = points(6, 3).astype(np.float32)
    bijector = layer(tf.constant(CONTEXT)) if conditional else layer()
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, z, rtol=0, atol=1e-6)
    np.testing.assert_allclose(log_det, np.zeros(6), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_sample_dimensions_repeat_the_context(moved: Any, kind: str) -> None:
    layer = moved(layer_of(2, context_shape=(2,), transformer=kind))
    z = points(3, 4, 6, 2)
    x, log_det = layer(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(z))
    assert (x.shape, log_det.shape) == (z.shape, (3, 4, 6))
    back = layer(tf.constant(CONTEXT)).inverse_and_log_det(x)[0]
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
    for row in range(6):
        alone, alone_log_det = layer(tf.constant(CONTEXT[row : row + 1])).forward_and_log_det(
            tf.constant(z[1, :, row : row + 1])
        )
        np.testing.assert_allclose(x[1, :, row], alone[:, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(log_det[1, :, row], alone_log_det[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context_shape", [None, (2,)])
def test_every_weight_learns(moved: Any, kind: str, context_shape: Any) -> None:
    layer = moved(layer_of(3, transformer=kind, context_shape=context_shape))
    assert len(layer.trainable_weights) == 4
    with tf.GradientTape() as tape:
        bijector = layer() if context_shape is None else layer(tf.constant(CONTEXT))
        z, log_det = bijector.inverse_and_log_det(tf.constant(points(6, 3)))
        loss = tf.reduce_mean(tf.reduce_sum(z**2, -1) / 2 - log_det)
    for gradient in tape.gradient(loss, [weight.value for weight in layer.trainable_weights]):
        assert (gradient.numpy() != 0).any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_touches_the_network_only(moved: Any, policy: str) -> None:
    layer = moved(layer_of(2, dtype=policy, context_shape=(2,)))
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    bijector = layer(CONTEXT.astype(np.float32))
    assert bijector.dtype == tf.float32
    z = points(6, 2).astype(np.float32)
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    assert x.dtype == log_det.dtype == tf.float32
    np.testing.assert_allclose(bijector.inverse_and_log_det(x)[0], z, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context_shape", [None, (2,)])
def test_configuration_round_trip(moved: Any, kind: str, context_shape: Any) -> None:
    layer = moved(
        layer_of(
            3,
            order=(2, 0, 1),
            transformer=kind,
            context_shape=context_shape,
            inverse=True,
            max_log_scale=1.5,
            bound=3.0,
            kernel_regularizer=keras.regularizers.L1(0.25),
            name="own",
        )
    )
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert (again.network.order, again.kind, again.inverse, again.bins, again.bound) == ((2, 0, 1), kind, True, 3, 3.0)
    moved(again)
    arguments = () if context_shape is None else (tf.constant(CONTEXT),)
    np.testing.assert_array_equal(again(*arguments).forward(points(6, 3)), layer(*arguments).forward(points(6, 3)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": (0,)}, r"`order` must have 2 entries. Received: order=\(0,\)"),
        ({"order": (1, 1)}, r"`order` must hold each of 0 to n − 1 once. Received: order=\(1, 1\)"),
        ({"transformer": "cubic"}, r"`transformer` must be one of \('affine', .* Received: transformer='cubic'"),
        ({"max_log_scale": 0.0}, "`max_log_scale` must be positive and finite. Received: max_log_scale=0.0"),
        ({"transformer": KINDS[1], "bins": 1}, "`bins` must be an integer of at least 2. Received: bins=1"),
        ({"transformer": KINDS[1], "bound": -1.0}, "`bound` must be positive and finite. Received: bound=-1.0"),
        ({"hidden": (0,)}, r"`hidden` must be a tuple of positive integers. Received: hidden=\(0,\)"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MaskedAutoregressive(**{"event_shape": (2,), **arguments})
