"""Layers of images alone and in random chains: their Jacobian, their way back, and what each channel is told."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    BijectorLayer,
    Bounded,
    Chain,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Scale,
    SplineCoupling,
    Squeeze,
    Standardization,
)

SHAPE = (2, 2, 2)
CONTEXTS = [None, (2,), (2, 2, 1)]
COUPLINGS: list[Any] = [AdditiveCoupling, AffineCoupling, SplineCoupling]
SCALES: list[Any] = [Scale, ActNorm, Standardization]
KINDS = [*COUPLINGS, LULinear, Permutation, *SCALES]


def images(*shape: int, seed: int = 6) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def arguments_of(kind: Any, mask: tuple[bool, ...] = (True, False)) -> dict[str, Any]:
    return {"mask": mask, "hidden": (3,), "activation": "tanh"} if kind in COUPLINGS else {}


def built(moved: Any, kind: Any, context_shape: Any, *, seed: int = 0, **arguments: Any) -> BijectorLayer:
    layer = kind(event_shape=SHAPE, context_shape=context_shape, dtype="float64", **arguments)
    moved(layer, scale=0.4, seed=seed)
    if kind is Standardization:
        layer.adapt(1.5 * images(20, *SHAPE, seed=seed) + 0.5)
    return layer


def check(autodiff_jacobian: Any, layer: BijectorLayer, *, rows: int = 3) -> None:
    shape = layer.context_shape
    arguments = () if shape is None else (tf.constant(images(rows, *shape, seed=5)),)

    def flat(direction: str, event_shape: tuple[int, ...]) -> Any:
        def function(value: tf.Tensor) -> tf.Tensor:
            event = tf.reshape(value, [rows, *event_shape])
            return tf.reshape(getattr(layer(*arguments), direction)(event)[0], [rows, -1])

        return function

    z = images(rows, *layer.latent_shape)
    x, log_det = layer(*arguments).forward_and_log_det(tf.constant(z))
    assert x.shape == (rows, *layer.event_shape)
    assert log_det.shape == (rows,)
    forward = autodiff_jacobian(flat("forward_and_log_det", layer.latent_shape), z.reshape(rows, -1))
    np.testing.assert_allclose(log_det, np.linalg.slogdet(forward)[1], rtol=0, atol=1e-8)
    back, back_log_det = layer(*arguments).inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-8)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-8)
    inverse = autodiff_jacobian(flat("inverse_and_log_det", layer.event_shape), x.numpy().reshape(rows, -1))
    np.testing.assert_allclose(inverse @ forward, np.tile(np.eye(z[0].size), (rows, 1, 1)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("context_shape", CONTEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_layer_alone(moved: Any, autodiff_jacobian: Any, kind: Any, context_shape: Any) -> None:
    check(autodiff_jacobian, built(moved, kind, context_shape, **arguments_of(kind)))


@pytest.mark.parametrize("context_shape", CONTEXTS)
@pytest.mark.parametrize("kind", COUPLINGS)
def test_a_coupling_that_keeps_nothing(moved: Any, autodiff_jacobian: Any, kind: Any, context_shape: Any) -> None:
    layer = built(moved, kind, context_shape, **arguments_of(kind, (False, False)))
    check(autodiff_jacobian, layer)
    assert len(layer.weights) == (1 if context_shape is None else 4)


@pytest.mark.parametrize("inverse", [False, True])
def test_squeezes_and_intervals(autodiff_jacobian: Any, inverse: bool) -> None:
    check(autodiff_jacobian, Squeeze(event_shape=(2, 2, 4), inverse=inverse, dtype="float64"))
    check(autodiff_jacobian, Bounded(event_shape=SHAPE, low=-1, high=2, dtype="float64"))


@st.composite
def parts(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A class and its arguments."""
    kind = draw(st.sampled_from(KINDS))
    arguments = arguments_of(kind, draw(st.sampled_from([(True, False), (False, True), (False, False)])))
    if kind is LULinear and draw(st.booleans()):
        arguments = {"initializer": "orthogonal", "seed": draw(st.integers(0, 9))}
    return kind, arguments


@settings(deadline=None, database=None, derandomize=True, max_examples=6)
@given(
    chosen=st.lists(parts(), min_size=2, max_size=4),
    context_shape=st.sampled_from(CONTEXTS),
    squeezed=st.integers(0, 4),
)
@example(chosen=[(kind, arguments_of(kind)) for kind in KINDS], context_shape=(2,), squeezed=3)
def test_random_chains(
    moved: Any, autodiff_jacobian: Any, chosen: list[Any], context_shape: Any, squeezed: int
) -> None:
    """Of images whose blocks become channels somewhere on the way, but beside a context that is an image."""
    shared: dict[str, Any] = {"context_shape": context_shape, "dtype": "float64"}
    layers, shape = [], SHAPE
    for seed, (kind, arguments) in enumerate(chosen):
        if seed == squeezed and context_shape != (2, 2, 1):
            layers.append(Squeeze(event_shape=shape, **shared))
            shape = layers[-1].latent_shape
        own = {**arguments, "mask": arguments["mask"] * (shape[-1] // 2)} if "mask" in arguments else arguments
        layers.append(moved(kind(event_shape=shape, **shared, **own), scale=0.4, seed=seed))
        if kind is Standardization:
            layers[-1].adapt(1.5 * images(20, *shape, seed=seed) + 0.5)
    check(autodiff_jacobian, Chain(layers=layers))


def test_what_a_convolution_sees_of_a_vector_is_the_same_at_each_pixel(moved: Any) -> None:
    layer = built(moved, AffineCoupling, (2,), **arguments_of(AffineCoupling))
    context, z = images(3, 2, seed=5), images(3, *SHAPE)
    x = layer(tf.constant(context)).forward(z)
    features = np.concatenate([z[..., :1], np.broadcast_to(context[:, None, None], (3, 2, 2, 2))], axis=-1)
    assert layer.conditioner.network.convolutions[0].kernel.shape == (3, 3, 3, 3)
    parameters = layer.conditioner.projection(layer.conditioner.network(tf.constant(features)))
    expected = layer.transformer.forward(tf.constant(z[..., 1:]), parameters)[0]
    np.testing.assert_allclose(x.numpy()[..., 1:], expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(x.numpy()[..., :1], z[..., :1])


@pytest.mark.parametrize("context_shape", CONTEXTS[1:])
@pytest.mark.parametrize("mask", [(True, False), (False, False)])
def test_sample_dimensions_repeat_the_context(moved: Any, mask: tuple[bool, ...], context_shape: Any) -> None:
    layer = built(moved, AffineCoupling, context_shape, **arguments_of(AffineCoupling, mask))
    context, z = images(3, *context_shape, seed=5), images(4, 3, *SHAPE)
    x, log_det = layer(tf.constant(context)).forward_and_log_det(tf.constant(z))
    assert log_det.shape == (4, 3)
    for row in range(4):
        alone, alone_log_det = layer(tf.constant(context)).forward_and_log_det(tf.constant(z[row]))
        np.testing.assert_allclose(x[row], alone, rtol=0, atol=1e-12)
        np.testing.assert_allclose(log_det[row], alone_log_det, rtol=0, atol=1e-12)
    # One image under many contexts.
    wide = layer(tf.constant(context)).forward(z[0, 0])
    np.testing.assert_allclose(wide, layer(tf.constant(context)).forward(np.stack([z[0, 0]] * 3)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", COUPLINGS)
def test_a_network_of_one_s_own(moved: Any, autodiff_jacobian: Any, kind: Any) -> None:
    network = keras.Sequential([keras.layers.Conv2D(3, 3, padding="same", activation="tanh", dtype="float64")])
    layer = built(moved, kind, (2,), mask=(True, False), network=network)
    assert layer.conditioner.network is network
    check(autodiff_jacobian, layer)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("kind", COUPLINGS)
def test_new_couplings_are_the_identity(kind: Any) -> None:
    layer = kind(event_shape=SHAPE, mask=(True, False), hidden=(4, 4))
    z = images(5, *SHAPE).astype(np.float32)
    np.testing.assert_allclose(layer().forward(z), z, rtol=0, atol=1e-6)
    assert [weight.shape[0] for weight in layer.conditioner.network.weights[::2]] == [3, 1]


@pytest.mark.parametrize("kind", [Scale, ActNorm, Standardization])
def test_scales_are_each_channel_s(kind: Any) -> None:
    layer = kind(event_shape=(3, 2, 2), dtype="float64")
    layer.build()
    assert layer.shift.shape == layer.log_scale.shape == (2,)
    if kind is Scale:
        return
    x = images(50, 3, 2, 2) * [0.1, 20] + [3, -5]
    weight = np.arange(50.0)
    layer.adapt(x, sample_weight=weight)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    for moment, expected in ((z, 0), (z.numpy() ** 2, 1)):
        found = np.average(np.mean(moment, axis=(1, 2)), axis=0, weights=weight)
        np.testing.assert_allclose(found, expected, atol=1e-10)
    np.testing.assert_allclose(log_det, -6 * layer.log_scale.numpy().sum() * np.ones(50), rtol=1e-12)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
@pytest.mark.parametrize("kind", [*KINDS, Squeeze])
def test_densities_are_never_in_half_precision(moved: Any, kind: Any, policy: str) -> None:
    layer = moved(kind(event_shape=SHAPE, dtype=policy, **arguments_of(kind)), scale=0.3)
    dtype = "float64" if policy == "float64" else "float32"
    z = images(3, *layer.latent_shape).astype(dtype)
    x, log_det = layer().forward_and_log_det(tf.constant(z))
    assert layer().dtype == x.dtype == log_det.dtype == dtype
    np.testing.assert_allclose(layer().inverse_and_log_det(x)[0], z, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Scale(event_shape=(2, 2)), r"`event_shape` must have rank 1 or 3. Received: event_shape=\(2, 2\)"),
        (lambda: Squeeze(event_shape=(4,)), r"`event_shape` must have rank 3. Received: event_shape=\(4,\)"),
        (lambda: MaskedAutoregressive(event_shape=SHAPE), r"`event_shape` must have rank 1. Received: event_shape="),
        (lambda: Scale(event_shape=(2,), context_shape=SHAPE), "`context_shape` must have rank 1. Received: "),
        (lambda: Scale(event_shape=SHAPE, context_shape=(2, 2)), r"`context_shape` must have rank 1, or be \(2, 2\)"),
        (lambda: Scale(event_shape=SHAPE, context_shape=(2, 3, 1)), r"`context_shape` must have rank 1, or be"),
        (lambda: Squeeze(event_shape=(3, 2, 1)), r"even height and width. Received: event_shape=\(3, 2, 1\)"),
        (lambda: Squeeze(event_shape=(2, 5, 1)), "even height and width"),
        (lambda: Squeeze(event_shape=(2, 2, 6), inverse=True), "channels that 4 divides"),
        (lambda: AffineCoupling(event_shape=SHAPE, mask=(True, True)), "`mask` must leave something to change"),
        (lambda: AffineCoupling(event_shape=SHAPE, mask=(True,) * 4), "`mask` must have 2 entries"),
        (
            lambda: AffineCoupling(event_shape=(2,), mask=(True, False), kernel_sizes=(3, 1)),
            r"`kernel_sizes` must be None for vectors. Received: kernel_sizes=\(3, 1\)",
        ),
    ],
)
def test_errors_name_the_argument(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_a_wrong_context_is_refused() -> None:
    layer = Scale(event_shape=SHAPE, context_shape=(2, 2, 3))
    with pytest.raises(ValueError, match=r"`context` must be \[batch, 2, 2, 3\].*Received: shape=\(4, 3\)"):
        layer(tf.zeros([4, 3]))
