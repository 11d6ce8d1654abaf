"""Squeezes and several scales, against NumPy, TensorFlow's own space_to_depth, and Jacobians by autodiff."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import LinearBijector, MultiScaleBijector, SqueezeBijector


def mixing(channels: int, seed: int) -> LinearBijector:
    rng = np.random.default_rng(seed)
    return LinearBijector(
        order=rng.permutation(channels),
        lower=tf.constant(rng.normal(size=(channels, channels)) * 0.3),
        upper=tf.constant(rng.normal(size=(channels, channels)) * 0.3),
        log_diagonal=tf.constant(rng.normal(size=channels) * 0.2),
        signs=tf.ones(channels, tf.float64),
        event_ndims=3,
    )


def prior(channels: int) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    kernel = tf.constant(np.random.default_rng(channels).normal(size=(channels, 2 * channels)) * 0.3)

    def condition(h: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        location, log_scale = tf.split(tf.tensordot(tf.sin(h), kernel, 1), 2, axis=-1)
        return location, log_scale

    return condition


def images(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_a_squeeze_is_space_to_depth(lead: tuple[int, ...]) -> None:
    x = images(*lead, 4, 6, 3)
    z, log_det = SqueezeBijector(dtype="float64").inverse_and_log_det(tf.constant(x))
    expected = tf.nn.space_to_depth(x.reshape(-1, 4, 6, 3), 2).numpy().reshape(*lead, 2, 3, 12)
    np.testing.assert_array_equal(z, expected)
    assert log_det.shape == lead
    assert not np.any(log_det)
    np.testing.assert_array_equal(SqueezeBijector(dtype="float64").forward(z), x)


def test_the_first_and_last_of_a_block_are_a_checkerboard() -> None:
    board = (np.add.outer(np.arange(4), np.arange(4)) % 2 == 0)[None, :, :, None].astype(float)
    z = SqueezeBijector(dtype="float64").inverse(board).numpy()
    np.testing.assert_array_equal(z[..., [0, 3]], 1)
    np.testing.assert_array_equal(z[..., [1, 2]], 0)


def test_an_odd_size_is_refused() -> None:
    with pytest.raises(ValueError, match="`x` must have an even height and width"):
        SqueezeBijector().inverse(tf.zeros([1, 4, 3, 1]))


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_scales_have_the_jacobian_s_log_det(scales: int) -> None:
    size = 2**scales
    channels = [4 * 2**index for index in range(scales)]
    flow = MultiScaleBijector(
        scales=[mixing(count, seed=count) for count in channels],
        priors=[prior(count // 2) for count in channels[:-1]],
        event_shape=(size, size, 1),
    )
    x = tf.constant(images(3, size, size, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        z, log_det = flow.inverse_and_log_det(x)
        flat = tf.reshape(z, [3, -1])
    jacobian = tf.reshape(tape.batch_jacobian(flat, x), [3, size**2, size**2])
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], atol=1e-11)
    assert z.shape == x.shape
    back, back_log_det = flow.forward_and_log_det(z)
    np.testing.assert_allclose(back, x, atol=1e-12)
    np.testing.assert_allclose(back_log_det, -log_det, atol=1e-12)


def test_what_goes_is_standardised_by_what_stays() -> None:
    """By hand, of two scales without flows of their own."""
    one = tf.ones(4, tf.float64)
    still = [
        LinearBijector(
            order=range(count),
            lower=tf.zeros([count, count], tf.float64),
            upper=tf.zeros([count, count], tf.float64),
            log_diagonal=tf.zeros(count, tf.float64),
            signs=tf.concat([one] * (count // 4), axis=0),
            event_ndims=3,
        )
        for count in (4, 8)
    ]
    flow = MultiScaleBijector(scales=still, priors=[prior(2)], event_shape=(4, 4, 1))
    x = images(2, 4, 4, 1)
    squeezed = tf.nn.space_to_depth(x, 2).numpy()
    stays, goes = squeezed[..., :2], squeezed[..., 2:]
    location, log_scale = (value.numpy() for value in prior(2)(tf.constant(stays)))
    first = ((goes - location) / np.exp(log_scale)).reshape(2, -1)
    last = tf.nn.space_to_depth(stays, 2).numpy().reshape(2, -1)
    z, log_det = flow.inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z.numpy().reshape(2, -1), np.concatenate([first, last], axis=1), atol=1e-14)
    np.testing.assert_allclose(log_det, -log_scale.sum((1, 2, 3)), atol=1e-13)


@pytest.mark.parametrize(("priors", "size"), [(0, 4), (2, 4), (1, 6)])
def test_numbers_that_do_not_fit_are_refused(priors: int, size: int) -> None:
    with pytest.raises(ValueError, match="`priors` must be one fewer than `scales`"):
        MultiScaleBijector(scales=[mixing(4, 0), mixing(8, 1)], priors=[prior(2)] * priors, event_shape=(size, size, 1))
