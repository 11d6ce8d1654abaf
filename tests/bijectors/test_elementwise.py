"""Maps of each entry against their formulas and TFP's own bijectors."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.bijectors import ElementwiseBijector, OnePassChain, ScaleBijector

tfb = tfp.bijectors


def points(*shape: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("event_shape", [(1,), (3,), (2, 4, 3)])
@pytest.mark.parametrize("leading", [(), (6,), (2, 6)])
def test_scale(event_shape: tuple[int, ...], leading: tuple[int, ...]) -> None:
    shift, log_scale, z = points(*event_shape, seed=2), points(*event_shape, seed=3), points(*leading, *event_shape)
    bijector = ScaleBijector(shift=tf.constant(shift), log_scale=tf.constant(log_scale), event_shape=event_shape)
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, z * np.exp(log_scale) + shift, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, np.full(leading, log_scale.sum()), rtol=1e-12)
    back, back_log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_det, np.full(leading, -log_scale.sum()), rtol=1e-12)
    assert (bijector.dtype, bijector.forward_min_event_ndims) == (tf.float64, len(event_shape))


@pytest.mark.parametrize("shape", [(), (3,), (4, 1), (1, 1, 3)])
def test_a_scale_that_broadcasts_counts_for_each_entry(autodiff_log_det: Any, shape: tuple[int, ...]) -> None:
    log_scale, z = points(*shape, seed=3) * np.ones(shape), points(5, 24)
    bijector = ScaleBijector(
        shift=tf.constant(0.5, tf.float64), log_scale=tf.constant(log_scale), event_shape=(2, 4, 3)
    )

    def flat(value: tf.Tensor) -> tf.Tensor:
        return tf.reshape(bijector.forward_and_log_det(tf.reshape(value, [-1, 2, 4, 3]))[0], [-1, 24])

    log_det = bijector.forward_and_log_det(tf.constant(z.reshape(5, 2, 4, 3)))[1]
    np.testing.assert_allclose(log_det, autodiff_log_det(flat, z), rtol=0, atol=1e-10)


@pytest.mark.parametrize("shape", [(5, 1), (5, 2), (3,), (4,)])
def test_a_value_of_another_size_is_refused(shape: tuple[int, ...]) -> None:
    bijector = ScaleBijector(shift=tf.zeros([5, 3]), log_scale=tf.zeros([5, 3]), event_shape=(5, 3))
    for function in (bijector.forward_and_log_det, bijector.inverse_and_log_det):
        with pytest.raises(ValueError, match=r"`value` must have last axes of sizes 5, 3. Received: shape="):
            function(tf.zeros([7, *shape]))


BIJECTORS: dict[str, Any] = {
    "sigmoid": tfb.Sigmoid,
    "softplus": tfb.Softplus,
    "tanh": tfb.Tanh,
    "constant slope": lambda: tfb.Scale(np.float64(3.0)),
    "entry by entry": lambda: tfb.Shift(np.array([1.0, 2.0, 3.0]))(tfb.Scale(np.array([0.5, 2.0, 4.0]))),
}


@pytest.mark.parametrize("kind", BIJECTORS)
@pytest.mark.parametrize("leading", [(), (6,), (2, 6)])
@pytest.mark.parametrize("event_shape", [(3,), (2, 2, 3)])
def test_tfps_bijector(kind: str, leading: tuple[int, ...], event_shape: tuple[int, ...]) -> None:
    ours = ElementwiseBijector(BIJECTORS[kind](), event_ndims=len(event_shape), dtype="float64")
    theirs = BIJECTORS[kind]()
    z = points(*leading, *event_shape)
    x, log_det = ours.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, theirs.forward(z), rtol=0, atol=1e-12)
    axes = tuple(range(-len(event_shape), 0))
    slopes = theirs.forward_log_det_jacobian(z, event_ndims=0) + np.zeros(z.shape)
    np.testing.assert_allclose(log_det, slopes.numpy().sum(axis=axes), rtol=0, atol=1e-12)
    back, back_log_det = ours.inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-10)
    assert log_det.shape == back_log_det.shape == leading


@pytest.mark.parametrize("kind", BIJECTORS)
def test_the_jacobian_is_autodiffs(autodiff_log_det: Any, kind: str) -> None:
    bijector = ElementwiseBijector(BIJECTORS[kind](), dtype="float64")
    z = points(6, 3)
    log_det = bijector.forward_and_log_det(tf.constant(z))[1]
    np.testing.assert_allclose(log_det, autodiff_log_det(lambda z: bijector.bijector.forward(z), z), atol=1e-10)


def test_at_the_end_of_a_chain() -> None:
    scale = ScaleBijector(
        shift=tf.constant([1.0], tf.float64), log_scale=tf.constant([0.5], tf.float64), event_shape=(1,)
    )
    chain = OnePassChain([ElementwiseBijector(tfb.Exp(), dtype="float64"), scale])
    z = points(6, 1)
    x, log_det = chain.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, np.exp(z * np.exp(0.5) + 1), rtol=1e-12)
    np.testing.assert_allclose(log_det, (z * np.exp(0.5) + 1)[:, 0] + 0.5, rtol=1e-12)


def test_a_bijector_of_vectors_is_refused() -> None:
    for bijector in (tfb.SoftmaxCentered(), tfb.Reshape([4], [2, 2])):
        with pytest.raises(ValueError, match="`bijector` must map single numbers"):
            ElementwiseBijector(bijector)
