"""Layers made of layers: chains, and flows of several scales."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import (
    ActNorm,
    AffineCoupling,
    BijectorLayer,
    Chain,
    LULinear,
    MultiScale,
    Permutation,
    Scale,
    Squeeze,
)

CONTEXTS = [None, (2,), (4, 4, 1)]


def images(*shape: int, seed: int = 6) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def several(context_shape: Any = None, *, scales: int = 2, dtype: str = "float64", **arguments: Any) -> MultiScale:
    """Scales of a linear map and a coupling each, the first with an ActNorm in between."""
    layers: list[list[BijectorLayer]] = []
    for index, shape in enumerate(MultiScale.shapes((4, 4, 1), context_shape, scales=scales)):
        shared: dict[str, Any] = {"event_shape": shape.event, "context_shape": shape.context, "dtype": dtype}
        half = shape.event[-1] // 2
        mask = (True,) * half + (False,) * half
        layers.append(
            [
                LULinear(initializer="orthogonal", seed=index, **shared),
                *([ActNorm(**shared)] if index == 0 else []),
                AffineCoupling(mask=mask, hidden=(3,), activation="tanh", **shared),
            ]
        )
    return MultiScale(event_shape=(4, 4, 1), context_shape=context_shape, scales=layers, dtype=dtype, **arguments)


@pytest.mark.parametrize("learn_priors", [True, False])
@pytest.mark.parametrize("context_shape", CONTEXTS)
def test_the_jacobian(moved: Any, autodiff_jacobian: Any, context_shape: Any, learn_priors: bool) -> None:
    layer = moved(several(context_shape, learn_priors=learn_priors, prior_hidden=(3,)), scale=0.3)
    arguments = () if context_shape is None else (tf.constant(images(3, *context_shape, seed=5)),)
    x = images(3, 4, 4, 1)
    z, log_det = layer(*arguments).inverse_and_log_det(tf.constant(x))
    assert z.shape == x.shape

    def flat(value: tf.Tensor) -> tf.Tensor:
        inverse = layer(*arguments).inverse_and_log_det(tf.reshape(value, [3, 4, 4, 1]))[0]
        return tf.reshape(inverse, [3, 16])

    jacobian = autodiff_jacobian(flat, x.reshape(3, 16))
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], rtol=0, atol=1e-10)
    back, back_log_det = layer(*arguments).forward_and_log_det(z)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-10)


@pytest.mark.parametrize("context_shape", CONTEXTS)
def test_priors_standardise_what_goes(moved: Any, context_shape: Any) -> None:
    """By hand, of the layer's own parts."""
    layer = moved(several(context_shape, max_log_scale=0.5), scale=0.3)
    context = None if context_shape is None else images(3, *context_shape, seed=5)
    x = images(3, 4, 4, 1)
    fine, coarse = context, context
    if context_shape == (4, 4, 1):  # squeezed along with the event
        fine = tf.nn.space_to_depth(context, 2)
        coarse = tf.nn.space_to_depth(fine, 2)
    given = [() if each is None else (tf.constant(each),) for each in (fine, coarse)]
    h = layer.scales[0](*given[0]).inverse(tf.nn.space_to_depth(x, 2))
    stays, goes = h[..., :2], h[..., 2:]
    location, raw = tf.split(layer.priors[0](stays, *given[0]), 2, axis=-1)
    first = (goes - location) * tf.exp(-0.5 * tf.tanh(raw / 0.5))
    last = layer.scales[1](*given[1]).inverse(tf.nn.space_to_depth(stays, 2))
    arguments = () if context is None else (tf.constant(context),)
    z = layer(*arguments).inverse(x).numpy().reshape(3, 16)
    np.testing.assert_allclose(z[:, :8], tf.reshape(first, [3, 8]), rtol=0, atol=1e-12)
    np.testing.assert_allclose(z[:, 8:], tf.reshape(last, [3, 8]), rtol=0, atol=1e-12)
    assert np.abs(first - goes).max() > 0.1


def test_priors_begin_as_standard_normals() -> None:
    one, other = several(learn_priors=True), several(learn_priors=False)
    for layer in (one, other):
        layer.build()
    x = images(3, 4, 4, 1)
    np.testing.assert_array_equal(one().inverse(x), other().inverse(x))
    assert (len(one.priors), len(other.priors)) == (1, 0)


def test_a_context_that_only_a_prior_sees_widens_all(moved: Any) -> None:
    shared: dict[str, Any] = {"context_shape": (2,), "dtype": "float64"}
    shapes = MultiScale.shapes((4, 4, 1), (2,), scales=2)
    layers = [[Permutation(event_shape=shape.event, **shared)] for shape in shapes]
    layer = moved(MultiScale(event_shape=(4, 4, 1), scales=layers, **shared))
    context, x = images(5, 2), images(4, 4, 1)
    z, log_det = layer(tf.constant(context)).inverse_and_log_det(tf.constant(x))
    assert (z.shape, log_det.shape) == ((5, 4, 4, 1), (5,))
    rows, row_log_det = layer(tf.constant(context)).inverse_and_log_det(tf.constant(np.stack([x] * 5)))
    np.testing.assert_allclose(z, rows, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, row_log_det, rtol=0, atol=1e-12)
    wide = layer(tf.constant(context)).forward(x)
    np.testing.assert_allclose(wide, layer(tf.constant(context)).forward(np.stack([x] * 5)), rtol=0, atol=1e-12)


def test_every_weight_is_seen_learned_and_filed(moved: Any, tmp_path: Path) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.flow = several(dtype="float32")
            self.flow.build()

        def call(self, x: tf.Tensor) -> tf.Tensor:
            return self.flow().inverse(x)

    x = images(4, 4, 4, 1).astype(np.float32)
    model, other = Model(), Model()
    model(x)
    other(x)
    moved(model.flow, scale=0.3)
    model.flow.adapt(x)
    # Two linear maps of two weights, two couplings of four, an ActNorm of two and its mark, a prior's convolution.
    assert (len(model.weights), len(model.trainable_weights)) == (4 + 8 + 3 + 2, 4 + 8 + 2 + 2)
    with tf.GradientTape() as tape:
        z, log_det = model.flow().inverse_and_log_det(tf.constant(x))
        loss = tf.reduce_sum(z**2) / 2 - tf.reduce_sum(log_det)
    for gradient in tape.gradient(loss, [weight.value for weight in model.trainable_weights]):
        assert np.abs(gradient).max() > 0
    model.save_weights(tmp_path / "all.weights.h5")
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_array_equal(other(x), model(x))
    assert other.flow.is_adapted


@pytest.mark.parametrize("context_shape", CONTEXTS)
def test_configuration_round_trip(moved: Any, context_shape: Any) -> None:
    layer = moved(several(context_shape, max_log_scale=1.5, prior_hidden=(3,), kernel_regularizer="l2", name="own"))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    moved(again)
    arguments = () if context_shape is None else (images(3, *context_shape, seed=5),)
    np.testing.assert_array_equal(
        again(*arguments).inverse(images(3, 4, 4, 1)), layer(*arguments).inverse(images(3, 4, 4, 1))
    )
    chain = Chain(layers=layer.scales[0].bijector_layers, name="chain")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(chain))
    assert again.get_config() == chain.get_config()
    assert (again.event_shape, again.context_shape) == (chain.event_shape, chain.context_shape)


def test_a_chain_is_its_layers_in_order(moved: Any) -> None:
    layers = [moved(kind(event_shape=(3,), dtype="float64")) for kind in (Scale, Permutation, LULinear)]
    x = images(5, 3)
    value, total = tf.constant(x), 0.0
    for layer in layers:
        value, log_det = layer().inverse_and_log_det(value)
        total += log_det
    z, log_det = Chain(layers=layers)().inverse_and_log_det(tf.constant(x))
    np.testing.assert_array_equal(z, value)
    np.testing.assert_allclose(log_det, total, rtol=1e-12)
    rearranged = Chain(layers=[Squeeze(event_shape=(4, 4, 1)), Scale(event_shape=(2, 2, 4))])
    assert (rearranged.event_shape, rearranged.latent_shape) == ((4, 4, 1), (2, 2, 4))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Chain(layers=[]), "`layers` must hold at least one layer"),
        (
            lambda: Chain(layers=[Squeeze(event_shape=(4, 4, 1)), Scale(event_shape=(4, 4, 1), name="second")]),
            r"`second` is to have event_shape=\(2, 2, 4\).*Received: event_shape=\(4, 4, 1\)",
        ),
        (
            lambda: Chain(layers=[Scale(event_shape=(2,)), Scale(event_shape=(2,), context_shape=(1,))]),
            r"context_shape=None. Received: .*context_shape=\(1,\)",
        ),
        (
            lambda: MultiScale(event_shape=(4, 4, 1), scales=[[Scale(event_shape=(4, 4, 1))]]),
            r"`scales` must hold layers of event_shape=\(2, 2, 4\).*Received: from \(4, 4, 1\)",
        ),
        (
            lambda: MultiScale(event_shape=(4, 4, 1), scales=[[Squeeze(event_shape=(2, 2, 4))]]),
            r"`scales` must hold layers .*Received: from \(2, 2, 4\) to \(1, 1, 16\)",
        ),
        (
            lambda: MultiScale(event_shape=(4, 4, 1), context_shape=(2,), scales=[[Scale(event_shape=(2, 2, 4))]]),
            r"`scales` must hold layers .*context_shape=\(2,\).*Received: .*context_shape=None",
        ),
        (lambda: MultiScale(event_shape=(4, 4, 1), scales=[]), "`scales` must be an integer of at least 1"),
        (lambda: MultiScale.shapes((4, 6, 1), scales=2), "images 4×6 at most 1 fit. Received: scales=2"),
        (lambda: MultiScale.shapes((3, 4, 1), scales=1), "images 3×4 none fits. Received: scales=1"),
        (lambda: several(max_log_scale=0.0), "`max_log_scale` must be positive and finite"),
    ],
)
def test_errors_name_the_argument(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
