"""The autoregressive bijector against TFP's with the same network, a loop in NumPy, and autodiff."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.bijectors import Additive, Affine, MaskedAutoregressiveBijector, OnePassInverse, RationalQuadraticSpline

tfb = tfp.bijectors

CONTEXT = np.random.default_rng(9).normal(size=(5, 2))


class Network:
    """tanh(x·K + c·C + b), K's columns for an entry having rows for the entries of lower rank alone."""

    def __init__(self, order: list[int], outputs: int = 2, context: Any = None) -> None:
        rng = np.random.default_rng([len(order), outputs])
        rank = np.array(order)
        self.context, self.calls = context, 0
        self.kernel = rng.normal(size=(len(order), outputs * len(order))) * (rank[:, None] < np.tile(rank, outputs))
        self.from_context = rng.normal(size=(2, self.kernel.shape[1]))
        self.bias = rng.normal(size=self.kernel.shape[1])

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        self.calls += 1
        total = tf.matmul(x[..., tf.newaxis, :], self.kernel)[..., 0, :] + self.bias
        return tf.tanh(total if self.context is None else total + self.context @ self.from_context)

    def by_numpy(self, x: Any) -> Any:
        offset = self.bias if self.context is None else self.bias + self.context @ self.from_context
        return np.tanh(x @ self.kernel + offset)


def bijector(network: Any, transformer: Any = None) -> MaskedAutoregressiveBijector:
    return MaskedAutoregressiveBijector(
        conditioner=network, transformer=transformer or Affine(max_log_scale=0.75), dtype="float64"
    )


def in_turn(network: Network, order: list[int], z: Any) -> tuple[Any, Any]:
    """Forward, one entry after the other: what has not had its turn is not a number."""
    size = len(order)
    x, log_det = np.full(np.broadcast_shapes(z.shape, (*np.shape(network.context)[:-1], size)), np.nan), 0.0
    for entry in np.argsort(order):
        parameters = network.by_numpy(np.nan_to_num(x, nan=7.0))
        log_scale = 0.75 * np.tanh(parameters[..., size + entry] / 0.75)
        x[..., entry] = z[..., entry] * np.exp(log_scale) + parameters[..., entry]
        log_det = log_det + log_scale
    return x, log_det


def points(*shape: int) -> Any:
    return np.random.default_rng(1).normal(size=shape)


@pytest.mark.parametrize("order", [[0], [0, 1], [1, 0], [0, 1, 2, 3], [2, 0, 3, 1]])
@pytest.mark.parametrize("context", [None, CONTEXT])
def test_the_loop_is_one_entry_after_the_other(order: list[int], context: Any) -> None:
    network = Network(order, context=context)
    z = points(5, len(order))
    x, log_det = bijector(network).forward_and_log_det(tf.constant(z))
    assert network.calls == len(order)
    expected, expected_log_det = in_turn(network, order, z)
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=0, atol=1e-12)
    network.calls = 0
    back, back_log_det = bijector(network).inverse_and_log_det(tf.constant(expected))
    assert network.calls == 1
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_det, -expected_log_det, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_tfp_agrees(order: list[int]) -> None:
    network = Network(order)

    def shift_and_log_scale(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shift, raw = tf.split(network(x), 2, axis=-1)
        return shift, 0.75 * tf.tanh(raw / 0.75)

    def oracle() -> Any:
        return tfb.MaskedAutoregressiveFlow(shift_and_log_scale)

    z = points(7, 3)
    x = bijector(network).forward(z).numpy()
    np.testing.assert_allclose(x, oracle().forward(z), rtol=0, atol=1e-12)
    np.testing.assert_allclose(bijector(network).inverse(x), oracle().inverse(x), rtol=0, atol=1e-12)
    for name, value in (("forward_log_det_jacobian", z), ("inverse_log_det_jacobian", x)):
        found = getattr(bijector(network), name)(value, event_ndims=1)
        np.testing.assert_allclose(found, getattr(oracle(), name)(value, event_ndims=1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("transformer", [Affine(), Additive(), RationalQuadraticSpline(bins=3)])
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_the_jacobian_is_triangular(autodiff_jacobian: Any, transformer: Any, order: list[int]) -> None:
    network = Network(order, outputs=transformer.size)
    made = bijector(network, transformer)
    z = points(6, 4)
    x, log_det = made.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(made.inverse_and_log_det(x)[0], z, rtol=0, atol=1e-10)
    for function, value, found in (
        (lambda value: made.forward_and_log_det(value)[0], z, log_det),
        (lambda value: made.inverse_and_log_det(value)[0], x.numpy(), made.inverse_and_log_det(x)[1]),
    ):
        ranked = np.argsort(order)
        jacobian = autodiff_jacobian(function, value)[:, ranked][:, :, ranked]
        np.testing.assert_array_equal(jacobian, np.tril(jacobian))
        assert (np.abs(jacobian[:, *np.tril_indices(4)]).max(axis=0) > 0).all()
        diagonal = np.diagonal(jacobian, axis1=1, axis2=2)
        assert (diagonal > 0).all()
        np.testing.assert_allclose(found, np.log(diagonal).sum(-1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("context", [False, True])
def test_compiled_once_for_every_batch(jit: bool, context: bool) -> None:
    order = [1, 0, 2]
    signature = [tf.TensorSpec([None, 3], tf.float64), tf.TensorSpec([None, 2], tf.float64)]

    @tf.function(input_signature=signature, jit_compile=jit)
    def both(z: tf.Tensor, given: tf.Tensor) -> Any:
        network = Network(order, context=given if context else None)
        x, log_det = bijector(network).forward_and_log_det(z)
        back, back_log_det = bijector(network).inverse_and_log_det(x)
        return x, log_det, back, back_log_det, tf.gradients(log_det, z)[0]

    for rows in (5, 2):
        z = points(rows, 3)
        x, log_det, back, back_log_det, gradient = both(z, CONTEXT[:rows])
        expected, expected_log_det = in_turn(Network(order, context=CONTEXT[:rows] if context else None), order, z)
        np.testing.assert_allclose(x, expected, rtol=0, atol=1e-10)
        np.testing.assert_allclose(log_det, expected_log_det, rtol=0, atol=1e-10)
        np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
        np.testing.assert_allclose(back_log_det, -expected_log_det, rtol=0, atol=1e-10)
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize(
    ("leading", "conditional"),
    [((), False), ((5,), False), ((3, 5), False), ((), True), ((1,), True), ((3, 5), True), ((2, 3, 1), True)],
)
def test_leading_dimensions(leading: tuple[int, ...], conditional: bool) -> None:
    order = [2, 0, 1]
    network = Network(order, context=CONTEXT if conditional else None)
    z = points(*leading, 3)
    x, log_det = bijector(network).forward_and_log_det(tf.constant(z))
    expected, expected_log_det = in_turn(network, order, z)
    assert log_det.shape == expected.shape[:-1]
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=0, atol=1e-12)
    back = bijector(network).inverse_and_log_det(x)[0]
    np.testing.assert_allclose(back, np.broadcast_to(z, expected.shape), rtol=0, atol=1e-12)


def test_it_is_a_tfp_bijector() -> None:
    network = Network([0, 1])
    made = bijector(network)
    assert isinstance(made, tfb.Bijector)
    assert (made.dtype, made.name, made.forward_min_event_ndims) == (tf.float64, "masked_autoregressive", 1)
    assert set(made.parameters) == {"conditioner", "transformer", "dtype", "name"}
    z = points(4, 2)
    turned = OnePassInverse(bijector(network))
    network.calls = 0
    forward = turned.forward_and_log_det(tf.constant(z))
    assert network.calls == 1
    for found, expected in zip(forward, bijector(network).inverse_and_log_det(tf.constant(z)), strict=True):
        np.testing.assert_array_equal(found, expected)
