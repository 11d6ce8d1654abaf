"""Glow against TFP's own and its Jacobian: what it begins as, what its context reaches, what it refuses."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.bijectors import glow as tfp_glow

import tfgen
from tfgen.layers import ActNorm, AffineCoupling, LULinear

tfb = tfp.bijectors


def made(*, moved: float = 0.2, **arguments: Any) -> Any:
    """A small Glow whose trainable weights are moved from where they begin."""
    given = {"event_shape": (4, 4, 1), "depth": 2, "hidden": (5, 5), "activation": "tanh", "dtype": "float64"}
    flow = tfgen.Glow(**{**given, **arguments})
    rng = np.random.default_rng(1)
    for weight in flow.trainable_weights:
        weight.assign(weight.numpy() + moved * rng.normal(size=weight.shape))
    return flow


def images(*shape: int, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def layers_of(flow: Any, kind: Any) -> list[Any]:
    return [layer for chain in flow.own_layers[0].scales for layer in chain.bijector_layers if isinstance(layer, kind)]


def matrix(layer: LULinear) -> Any:
    """W, from what the layer makes of the unit vectors."""
    eye = tf.eye(layer.event_shape[-1], dtype=tf.float64)[:, tf.newaxis, tf.newaxis]
    return layer().inverse_and_log_det(eye)[0].numpy()[:, 0, 0].T


class _Conditioned:
    """A conditioner of ours as TFP's Glow wants its networks: from kept channels to a bijector, from x to z."""

    def __init__(self, conditioner: Any) -> None:
        self.conditioner = conditioner

    def __call__(self, kept: tf.Tensor) -> Any:
        shift, raw = tf.split(self.conditioner(kept), 2, axis=-1)
        return tfb.Invert(tfb.Shift(shift)(tfb.Scale(log_scale=3 * tf.tanh(raw / 3))))


@pytest.mark.parametrize("channels", [1, 3])
def test_agrees_with_tfps_glow(monkeypatch: pytest.MonkeyPatch, channels: int) -> None:
    flow = made(event_shape=(4, 8, channels), standardize=False)
    (top,) = [layer for layer in layers_of(flow, AffineCoupling) if not any(layer.partition.mask)]
    for weight in top.weights:  # TFP's has no prior at the top
        weight.assign(0 * weight.numpy())
    for layer in layers_of(flow, ActNorm):  # nor one that nobody has shown data
        for weight in layer.trainable_weights:
            weight.assign(0 * weight.numpy())

    # TFP makes its parts from the coarsest scale to the finest, and in each from the latents to the data.
    matrices, couplings = [], []
    for chain in flow.own_layers[0].scales[::-1]:
        steps = chain.bijector_layers[1:6:3], chain.bijector_layers[2:6:3]
        couplings += [_Conditioned(layer.conditioner) for layer in steps[1][::-1]]
        step_matrices = [matrix(layer) for layer in steps[0]]
        # Its squeeze has an image's channels before a block's pixels: the first matrix of a scale takes them so.
        size = len(step_matrices[0])
        theirs = np.arange(size).reshape(4, size // 4).T.ravel()
        step_matrices[0] = step_matrices[0][:, theirs]
        matrices += step_matrices[::-1]

    def factors(event_size: Any, **arguments: Any) -> Any:
        del event_size, arguments
        return tf.linalg.lu(tf.constant(matrices.pop(0)))

    monkeypatch.setattr(tfp_glow.OneByOneConv, "trainable_lu_factorization", staticmethod(factors))
    oracle = tfb.Glow(
        output_shape=flow.event_shape,
        num_glow_blocks=2,
        num_steps_per_block=2,
        coupling_bijector_fn=lambda shape: couplings.pop(0),
        exit_bijector_fn=lambda shape, output_chan: _Conditioned(flow.own_layers[0].priors[0]),
        use_actnorm=False,
    )
    assert not matrices
    assert not couplings
    x = tf.constant(images(6, *flow.event_shape))
    z = oracle.inverse(x)
    ours = flow.run("encode", x=x)
    np.testing.assert_allclose(
        np.sort(ours["z"].numpy().reshape(6, -1)), np.sort(z.numpy().reshape(6, -1)), rtol=0, atol=1e-9
    )
    log_det = oracle.inverse_log_det_jacobian(x, event_ndims=3)
    np.testing.assert_allclose(ours["log_det_jacobian"], log_det, rtol=0, atol=1e-9)
    expected = -0.5 * (z.numpy() ** 2 + np.log(2 * np.pi)).reshape(6, -1).sum(axis=1) + log_det
    np.testing.assert_allclose(flow.log_prob(x), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(oracle.forward(z), x, rtol=0, atol=1e-9)
    assert np.abs(log_det).min() > 0.1


@pytest.mark.parametrize(
    ("transformer", "context_shape"),
    [
        ("affine", None),
        ("affine", (3,)),
        ("affine", (4, 4, 2)),
        ("additive", (3,)),
        ("rational_quadratic_spline", None),
    ],
)
def test_the_density_is_that_of_the_jacobian(transformer: str, context_shape: Any) -> None:
    flow = made(transformer=transformer, bins=4, depth=1, context_shape=context_shape)
    context = None if context_shape is None else images(3, *context_shape, seed=5)
    arguments = () if context is None else (tf.constant(context),)
    x = tf.constant(images(3, 4, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = tf.reshape(flow.build_bijector(*arguments).inverse_and_log_det(x)[0], [3, 16])
    jacobian = tape.batch_jacobian(z, x).numpy().reshape(3, 16, 16)
    expected = -0.5 * (z.numpy() ** 2 + np.log(2 * np.pi)).sum(axis=1) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_prob(x, context), expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(flow.decode(flow.encode(x, context), context), x, rtol=0, atol=1e-9)


def test_every_part_sees_the_context() -> None:
    flow = made(context_shape=(3,), moved=0.0)
    x = images(2, 4, 4, 1)
    conditioners = [layer.conditioner for layer in layers_of(flow, AffineCoupling)] + flow.own_layers[0].priors
    assert len(conditioners) == 2 * 2 + 2
    for conditioner in conditioners:
        kernel = conditioner.projection.kernel
        before = kernel.numpy()
        kernel.assign(before + 0.1 * images(*before.shape))
        one, other = (flow.log_prob(x, np.full((2, 3), value)) for value in (0.0, 1.0))
        assert np.abs(one - other).max() > 1e-3, conditioner.path
        kernel.assign(before)


def test_it_begins_as_rotations() -> None:
    """No volume is changed, and norms are kept: the density is a standard normal's."""
    flow = tfgen.Glow(event_shape=(4, 4, 3), depth=3, hidden=(4,), standardize=False, dtype="float64")
    x = images(5, 4, 4, 3)
    expected = -0.5 * (x**2 + np.log(2 * np.pi)).reshape(5, -1).sum(axis=1)
    np.testing.assert_allclose(flow.log_prob(x), expected, rtol=1e-12)
    assert np.abs(flow.encode(x) - x).max() > 1
    found = [matrix(layer) for layer in layers_of(flow, LULinear)]
    for index, one in enumerate(found):
        np.testing.assert_allclose(one @ one.T, np.eye(len(one)), atol=1e-12)
        assert all(one.shape != other.shape or np.abs(one - other).max() > 0.1 for other in found[:index])
    other_seed = tfgen.Glow(event_shape=(4, 4, 3), depth=3, hidden=(4,), seed=1, dtype="float64")
    assert np.abs(matrix(layers_of(other_seed, LULinear)[0]) - found[1]).max() > 0.1


def test_in_single_precision_the_round_trip_holds() -> None:
    flow = made(event_shape=(8, 8, 3), depth=4, hidden=(16, 16), moved=0.05, dtype="float32")
    flow.adapt(images(64, 8, 8, 3))
    x = images(32, 8, 8, 3).astype(np.float32)
    np.testing.assert_allclose(flow.decode(flow.encode(x)), x, rtol=0, atol=1e-4)
    far = 1e4 * x
    assert np.isfinite(flow.log_prob(far)).all()


def test_contexts_broadcast_as_tfp_s_do() -> None:
    flow = made(context_shape=(2,), depth=1)
    x, context = images(5, 4, 4, 1), images(4, 2, seed=6)
    every = np.stack([flow.log_prob(np.repeat(row[None], 4, axis=0), context) for row in x])
    distribution = flow.distribution(context)
    np.testing.assert_allclose(distribution.log_prob(x[0]), every[0], rtol=1e-10)
    np.testing.assert_allclose(distribution.log_prob(x[:, None]), every, rtol=1e-10)
    np.testing.assert_allclose(flow.distribution(context[:1]).log_prob(x), every[:, 0], rtol=1e-10)
    assert distribution.sample([6, 7], seed=1).shape == (6, 7, 4, 4, 4, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"event_shape": (28, 28, 1), "scales": 3}, "images 28×28 at most 2 fit. Received: scales=3"),
        ({"event_shape": (7, 8, 1)}, "images 7×8 none fits. Received: scales=2"),
        ({"event_shape": (16,)}, r"`event_shape` must have rank 3. Received: event_shape=\(16,\)"),
        ({"context_shape": (2, 4, 1)}, r"`context_shape` must have rank 1, or be \(4, 4\)"),
        ({"context_shape": (4, 4)}, r"`context_shape` must have rank 1, or be \(4, 4\)"),
        ({"scales": 0}, "`scales` must be an integer of at least 1"),
        ({"scales": None}, "`scales` must be an integer of at least 1"),
        ({"depth": 0}, "`depth` must be an integer of at least 1"),
        ({"transformer": "cubic"}, "`transformer` must be one of"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"max_log_scale": 0.0}, "`max_log_scale` must be positive and finite"),
        ({"max_log_scale": 0.01}, "`max_log_scale` must leave room for the factors of a rotation"),
        ({"hidden": (4, 4), "kernel_sizes": (3,)}, "`kernel_sizes` must be as many as `filters`, 2"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tfgen.Glow(**{"event_shape": (4, 4, 1), "depth": 1, "hidden": (4,), **arguments})


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1)])
def test_the_defaults_fit_small_images(shape: tuple[int, ...]) -> None:
    flow = tfgen.Glow(event_shape=shape)
    assert (flow.scales, flow.depth, len(layers_of(flow, LULinear))) == (2, 8, 16)
    again = tfgen.Glow.from_config(flow.get_config())
    assert again.get_config() == flow.get_config()
