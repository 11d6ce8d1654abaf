"""The coupling layer against its weights in NumPy, autodiff, and TFP's RealNVP."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.bijectors import Flow, OnePassBijector, OnePassChain
from tfgen.layers import AffineCoupling

tfd, tfb = tfp.distributions, tfp.bijectors

MASKS = st.lists(st.booleans(), min_size=1, max_size=5).filter(lambda mask: not all(mask))
CONTEXT = np.random.default_rng(5).normal(size=(6, 2))


def built(*mask: bool, **arguments: Any) -> AffineCoupling:
    """A small layer, its weights moved away from nought."""
    arguments = {"hidden": (5,), "activation": "tanh", "dtype": "float64", **arguments}
    layer = AffineCoupling(event_shape=(len(mask),), mask=mask, **arguments)
    layer.build()
    rng = np.random.default_rng(sum(2**place for place, kept in enumerate(mask) if kept))
    layer.set_weights([weight + 0.5 * rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def points(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


def condition(layer: AffineCoupling, features: Any) -> Any:
    """Shift and log-scale, from the weights: a tanh perceptron, a projection, and the bound."""
    *hidden, kernel, bias = layer.get_weights()
    for weight, offset in zip(hidden[::2], hidden[1::2], strict=True):
        features = np.tanh(features @ weight + offset)
    shift, raw = np.split(features @ kernel + bias, 2, axis=-1)
    return shift, layer.max_log_scale * np.tanh(raw / layer.max_log_scale)


@pytest.mark.parametrize("context", [None, CONTEXT])
@pytest.mark.parametrize("mask", [(True, False, True), (False, True), (False, False, False)])
def test_numpy_agrees(mask: tuple[bool, ...], context: Any) -> None:
    layer = built(*mask, context_shape=None if context is None else (2,))
    z = points(6, len(mask))
    kept = np.array(mask)
    features = z[:, kept] if context is None else np.concatenate([z[:, kept], context], axis=1)
    if features.shape[1]:
        shift, log_scale = condition(layer, features)
    else:
        shift, log_scale = np.split(layer.get_weights()[0], 2)
        log_scale = 3 * np.tanh(log_scale / 3)
    expected = z.copy()
    expected[:, ~kept] = z[:, ~kept] * np.exp(log_scale) + shift
    bijector = layer() if context is None else layer(tf.constant(context))
    assert isinstance(bijector, OnePassBijector)
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.broadcast_to(log_det, 6), log_scale.sum(-1) * np.ones(6), rtol=0, atol=1e-12)
    back, back_log_det = bijector.inverse_and_log_det(tf.constant(expected))
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_det, -np.asarray(log_det), rtol=0, atol=1e-12)


@settings(deadline=None, database=None, derandomize=True, max_examples=15)
@given(mask=MASKS, conditional=st.booleans())
@example(mask=[False], conditional=False)
@example(mask=[False], conditional=True)
def test_round_trip_and_jacobian(mask: list[bool], conditional: bool) -> None:
    layer = built(*mask, context_shape=(2,) if conditional else None)
    arguments = (tf.constant(CONTEXT),) if conditional else ()
    z = points(6, len(mask))
    value = tf.constant(z)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        x, log_det = layer(*arguments).forward_and_log_det(value)
        outputs = tf.unstack(x, axis=-1)
    rows = [tape.gradient(output, value, unconnected_gradients="zero").numpy() for output in outputs]
    expected = np.linalg.slogdet(np.stack(rows, axis=1))[1]
    np.testing.assert_allclose(np.broadcast_to(log_det, 6), expected, rtol=0, atol=1e-10)
    back, back_log_det = layer(*arguments).inverse_and_log_det(tf.constant(x.numpy()))
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-10)


@pytest.mark.parametrize("conditional", [False, True])
def test_a_new_layer_is_the_identity(conditional: bool) -> None:
    layer = AffineCoupling(event_shape=(3,), mask=(True, False, False), context_shape=(2,) if conditional else None)
    z = points(6, 3).astype(np.float32)
    bijector = layer(tf.constant(CONTEXT)) if conditional else layer()
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x, z)
    np.testing.assert_array_equal(log_det, np.zeros(6))


@pytest.mark.parametrize(("size", "kept"), [(2, 1), (5, 2), (5, 3)])
def test_tfps_realnvp_with_the_same_network_agrees(size: int, kept: int) -> None:
    layer = built(*[place < kept for place in range(size)], max_log_scale=2.0)

    def network(x: tf.Tensor, output_units: int) -> tuple[tf.Tensor, tf.Tensor]:
        shift, raw = tf.split(layer.conditioner.projection(layer.conditioner.network(x)), 2, axis=-1)
        assert shift.shape[-1] == output_units
        return shift, 2.0 * tf.tanh(raw / 2.0)

    def oracle() -> Any:
        return tfb.RealNVP(num_masked=kept, shift_and_log_scale_fn=network)

    z = points(7, size)
    x = layer().forward(z).numpy()
    np.testing.assert_allclose(x, oracle().forward(z), rtol=0, atol=1e-6)
    np.testing.assert_allclose(layer().inverse(z), oracle().inverse(z), rtol=0, atol=1e-6)
    for name in ("forward_log_det_jacobian", "inverse_log_det_jacobian"):
        found = getattr(layer(), name)(x, event_ndims=1)
        np.testing.assert_allclose(found, getattr(oracle(), name)(x, event_ndims=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("conditional", [False, True])
def test_inside_tfps_transformed_distribution(conditional: bool) -> None:
    pair = [built(*mask, context_shape=(2,) if conditional else None) for mask in [(True, False), (False, True)]]
    arguments = (tf.constant(CONTEXT),) if conditional else ()
    base = tfd.MultivariateNormalDiag(np.zeros((6, 2) if conditional else 2), np.ones(2))
    flow = Flow(distribution=base, bijector=OnePassChain([layer(*arguments) for layer in pair]))
    plain = tfd.TransformedDistribution(base, tfb.Chain([layer(*arguments) for layer in pair]))
    x = points(4, 6, 2)
    assert flow.log_prob(x).shape == (4, 6)
    np.testing.assert_allclose(flow.log_prob(x), plain.log_prob(x), rtol=0, atol=1e-10)
    for sample in range(4):
        np.testing.assert_allclose(flow.log_prob(x)[sample], flow.log_prob(x[sample]), rtol=0, atol=1e-10)


@pytest.mark.parametrize("mask", [(True, False), (False, False), (False,)])
def test_sample_dimensions_repeat_the_context(mask: tuple[bool, ...]) -> None:
    layer = built(*mask, context_shape=(2,))
    z = points(3, 4, 6, len(mask))
    x, log_det = layer(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(z))
    assert x.shape == z.shape
    assert log_det.shape == (3, 4, 6)
    for row in range(6):
        alone, alone_log_det = layer(tf.constant(CONTEXT[row : row + 1])).forward_and_log_det(
            tf.constant(z[1, :, row : row + 1])
        )
        np.testing.assert_allclose(x[1, :, row], alone[:, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(log_det[1, :, row], alone_log_det[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("context_shape", [None, (2,)])
@pytest.mark.parametrize("mask", [(True, False, False), (False, False)])
def test_every_weight_learns(mask: tuple[bool, ...], context_shape: Any) -> None:
    layer = built(*mask, context_shape=context_shape)
    count = 1 if context_shape is None and not any(mask) else 4
    assert len(layer.trainable_weights) == count
    with tf.GradientTape() as tape:
        bijector = layer() if context_shape is None else layer(tf.constant(CONTEXT))
        z, log_det = bijector.inverse_and_log_det(tf.constant(points(6, len(mask))))
        loss = tf.reduce_mean(tf.reduce_sum(z**2, -1) / 2 - log_det)
    for gradient in tape.gradient(loss, [weight.value for weight in layer.trainable_weights]):
        assert (gradient.numpy() != 0).all()


def test_the_log_scale_is_bounded() -> None:
    layer = built(True, False, max_log_scale=0.5)
    layer.set_weights([1e6 * weight for weight in layer.get_weights()])
    log_det = layer().forward_and_log_det(tf.constant(points(50, 2)))[1].numpy()
    assert np.abs(log_det).max() <= 0.5
    assert np.abs(log_det).max() > 0.49


def test_new_weights_need_no_new_tensor() -> None:
    # TFP caches by the tensor's identity: the same z must not bring back the old weights' x.
    layer = built(True, False)
    z = tf.constant(points(4, 2))
    before = layer().forward(z).numpy()
    layer.set_weights([2 * weight for weight in layer.get_weights()])
    after = layer().forward(z).numpy()
    assert (after[:, 1] != before[:, 1]).all()
    shift, log_scale = condition(layer, z.numpy()[:, :1])
    np.testing.assert_allclose(after[:, 1:], z.numpy()[:, 1:] * np.exp(log_scale) + shift, rtol=0, atol=1e-12)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_touches_the_network_only(policy: str) -> None:
    layer = built(True, False, dtype=policy, context_shape=(2,))
    assert layer.conditioner.network.compute_dtype == policy.removeprefix("mixed_")
    assert layer.conditioner.projection.compute_dtype == "float32"
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    context = CONTEXT.astype(np.float32)
    z = np.tile(np.array([[1000.3, 0.1]], np.float32), (6, 1))
    bijector = layer(context)
    assert bijector.dtype == tf.float32
    x = bijector.forward(z)
    assert x.dtype == tf.float32
    np.testing.assert_array_equal(x[:, 0], z[:, 0])
    np.testing.assert_allclose(layer(context).inverse(x.numpy()), z, rtol=1e-5)


def test_a_context_of_another_dtype_is_cast() -> None:
    layer = built(True, False, context_shape=(2,))
    whole = np.arange(12).reshape(6, 2)
    z = points(6, 2)
    expected = layer(tf.constant(whole, tf.float64)).forward(z)
    np.testing.assert_array_equal(layer(tf.constant(whole, tf.int32)).forward(z), expected)


def test_the_regulariser_sees_every_kernel() -> None:
    layer = built(True, False, kernel_regularizer="l2")
    expected = [0.01 * (kernel**2).sum() for kernel in layer.get_weights()[::2]]
    np.testing.assert_allclose(layer.losses, expected, rtol=1e-6)


@pytest.mark.parametrize(("mask", "context_shape"), [((True, False), None), ((True, False), (2,)), ((False,), None)])
def test_configuration_round_trip(mask: tuple[bool, ...], context_shape: Any) -> None:
    layer = built(
        *mask,
        context_shape=context_shape,
        hidden=(4, 3),
        activation="gelu",
        max_log_scale=1.5,
        kernel_regularizer=keras.regularizers.L1(0.25),
        name="own",
    )
    config = layer.get_config()
    assert config["mask"] == mask
    assert config["hidden"] == (4, 3)
    assert config["max_log_scale"] == 1.5
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == config
    assert (again.name, again.dtype_policy.name) == ("own", "float64")
    again.build()
    again.set_weights(layer.get_weights())
    arguments = () if context_shape is None else (tf.constant(CONTEXT),)
    z = points(6, len(mask))
    np.testing.assert_array_equal(again(*arguments).forward(z), layer(*arguments).forward(z))


def test_weights_survive_a_file(tmp_path: Any) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.coupling = built(True, False, dtype="float32")

        def call(self, z: tf.Tensor) -> tf.Tensor:
            return self.coupling().forward(z)

    z = points(4, 2).astype(np.float32)
    model, other = Model(), Model()
    expected = model(z).numpy()
    other(z)
    model.save_weights(tmp_path / "all.weights.h5")
    other.coupling.set_weights([np.zeros_like(weight) for weight in other.coupling.get_weights()])
    np.testing.assert_array_equal(other(z), z)
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_array_equal(other(z), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mask": (True,)}, r"`mask` must have 2 entries. Received: mask=\(True,\)"),
        ({"mask": (True, True)}, r"`mask` must leave something to change. Received: mask=\(True, True\)"),
        ({"max_log_scale": 0.0}, r"`max_log_scale` must be positive and finite. Received: max_log_scale=0.0"),
        ({"max_log_scale": -1.0}, r"`max_log_scale` must be positive and finite. Received: max_log_scale=-1.0"),
        ({"max_log_scale": float("inf")}, r"`max_log_scale` must be positive and finite. Received: max_log_scale=inf"),
        ({"event_shape": (2, 1)}, r"`event_shape` must have rank 1 or 3. Received: event_shape=\(2, 1\)"),
        ({"event_shape": ()}, r"`event_shape` must have rank 1 or 3. Received: event_shape=\(\)"),
        ({"event_shape": 2}, r"`event_shape` must be a tuple of positive integers. Received: event_shape=2"),
        ({"context_shape": (2, 3)}, r"`context_shape` must have rank 1. Received: context_shape=\(2, 3\)"),
        ({"context_shape": (0,)}, r"`context_shape` must be a tuple of positive integers"),
        ({"hidden": (0,)}, r"`hidden` must be a tuple of positive integers. Received: hidden=\(0,\)"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AffineCoupling(**{"event_shape": (2,), "mask": (True, False), **arguments})


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="`value` must have 2 entries in its last axis"):
        built(True, False)().forward(points(4, 3))
