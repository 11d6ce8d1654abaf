"""Linear maps against the matrix in NumPy, TFP's, and autodiff."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.bijectors import LinearBijector, PermutationBijector

tfb = tfp.bijectors

ORDERS = [[0], [1, 0], [0, 1, 2], [1, 2, 0], [2, 0, 3, 1]]


def numbers(size: int) -> dict[str, Any]:
    rng = np.random.default_rng(size)
    return {
        "lower": rng.normal(size=(size, size)),
        "upper": rng.normal(size=(size, size)),
        "log_diagonal": 0.5 * rng.normal(size=size),
        "signs": rng.choice([-1.0, 1.0], size=size),
    }


def made(order: list[int], event_ndims: int = 1, **given: Any) -> LinearBijector:
    tables = {name: tf.constant(value) for name, value in {**numbers(len(order)), **given}.items()}
    return LinearBijector(order=order, event_ndims=event_ndims, **tables)


def matrix(order: list[int]) -> Any:
    """W = P·L·U, P as a matrix."""
    size, given = len(order), numbers(len(order))
    lower = np.tril(given["lower"], -1) + np.eye(size)
    upper = np.triu(given["upper"], 1) + np.diag(given["signs"] * np.exp(given["log_diagonal"]))
    return np.eye(size)[order] @ lower @ upper


def points(*shape: int) -> Any:
    return np.random.default_rng(1).normal(size=shape)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("leading", [(), (6,), (2, 6)])
def test_numpys_matrix_agrees(order: list[int], leading: tuple[int, ...]) -> None:
    x, whole = points(*leading, len(order)), matrix(order)
    z, log_det = made(order).inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z, x @ whole.T, rtol=0, atol=1e-12)
    expected = np.full(leading, np.linalg.slogdet(whole)[1])
    np.testing.assert_allclose(log_det, expected, rtol=0, atol=1e-12)
    back, back_log_det = made(order).forward_and_log_det(z)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back, np.linalg.solve(whole, z.numpy()[..., None])[..., 0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -expected, rtol=0, atol=1e-12)
    assert log_det.shape == back_log_det.shape == leading


@pytest.mark.parametrize("order", ORDERS)
def test_tfp_agrees(order: list[int]) -> None:
    given, size = numbers(len(order)), len(order)
    both = np.tril(given["lower"], -1) + np.triu(given["upper"], 1)
    both += np.diag(given["signs"] * np.exp(given["log_diagonal"]))
    # TFP's permutation tells where a row goes, ours where it comes from.
    oracle = tfb.ScaleMatvecLU(lower_upper=tf.constant(both), permutation=np.argsort(order))
    x = points(7, size)
    z = made(order).inverse(x)
    np.testing.assert_allclose(z, oracle.forward(x), rtol=0, atol=1e-10)
    np.testing.assert_allclose(made(order).forward(x), oracle.inverse(x), rtol=0, atol=1e-10)
    found = made(order).inverse_log_det_jacobian(x, event_ndims=1)
    np.testing.assert_allclose(found, np.full(7, oracle.forward_log_det_jacobian(x, event_ndims=1)), rtol=1e-12)


def test_the_other_halves_are_not_read() -> None:
    order, x = [2, 0, 1], points(4, 3)
    given = numbers(3)
    noise = np.full((3, 3), 1e6)
    other = made(
        order, lower=np.tril(given["lower"], -1) + np.triu(noise), upper=np.triu(given["upper"], 1) + np.tril(noise)
    )
    np.testing.assert_array_equal(other.inverse(x), made(order).inverse(x))
    np.testing.assert_array_equal(other.forward(x), made(order).forward(x))


def test_an_images_pixels_are_vectors(autodiff_log_det: Any) -> None:
    order, x = [1, 2, 0], points(5, 2, 4, 3)
    z, log_det = made(order, event_ndims=3).inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z, x @ matrix(order).T, rtol=0, atol=1e-12)
    assert log_det.shape == (5,)
    np.testing.assert_allclose(log_det, np.full(5, 8 * np.linalg.slogdet(matrix(order))[1]), rtol=1e-12)

    def flat(values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(made(order, event_ndims=3).inverse(tf.reshape(values, [-1, 2, 4, 3])), [-1, 24])

    np.testing.assert_allclose(log_det, autodiff_log_det(flat, x.reshape(5, 24)), rtol=0, atol=1e-10)
    back, back_log_det = made(order, event_ndims=3).forward_and_log_det(z)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(back_log_det, -log_det)


@pytest.mark.parametrize("jit", [False, True])
def test_sizes_that_only_running_tells(jit: bool) -> None:
    order = [1, 2, 0]

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float64)], jit_compile=jit)
    def inverse(x: tf.Tensor) -> Any:
        return made(order, event_ndims=3).inverse_and_log_det(x)

    for shape in ((5, 2, 4, 3), (1, 3, 3, 3)):
        z, log_det = inverse(points(*shape))
        np.testing.assert_allclose(z, points(*shape) @ matrix(order).T, rtol=0, atol=1e-12)
        expected = shape[1] * shape[2] * np.linalg.slogdet(matrix(order))[1]
        np.testing.assert_allclose(log_det, np.full(shape[0], expected), rtol=1e-12)


@pytest.mark.parametrize("order", [*ORDERS, [3, 2, 1, 0], [0, 1, 3, 2]])
@pytest.mark.parametrize("shape", [(), (6,), (2, 6)])
def test_permutation(order: list[int], shape: tuple[int, ...]) -> None:
    z = points(*shape, len(order))
    bijector = PermutationBijector(order, dtype="float64")
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x, z[..., order])
    np.testing.assert_array_equal(x, tfb.Permute(order).forward(z))
    np.testing.assert_array_equal(log_det, np.zeros(shape))
    back, back_log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_array_equal(back, z)
    np.testing.assert_array_equal(back_log_det, np.zeros(shape))
    assert log_det.dtype == back_log_det.dtype == tf.float64


def test_permuted_channels_of_an_image() -> None:
    z = points(5, 2, 4, 3)
    x, log_det = PermutationBijector([2, 0, 1], event_ndims=3, dtype="float64").forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x, z[..., [2, 0, 1]])
    np.testing.assert_array_equal(log_det, np.zeros(5))


@pytest.mark.parametrize("order", [[0, 0], [1, 2], [0, 2], [-1, 0]])
def test_a_bad_order_is_named(order: list[int]) -> None:
    with pytest.raises(ValueError, match=r"`order` must hold each of 0 to n − 1 once. Received: order=\("):
        PermutationBijector(order)
    with pytest.raises(ValueError, match=r"`order` must hold each of 0 to n − 1 once. Received: order=\("):
        made(order)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
@pytest.mark.parametrize("size", [2, 4])
def test_a_vector_of_another_size_is_refused(order: list[int], size: int) -> None:
    for function in (PermutationBijector(order).forward, PermutationBijector(order).inverse):
        with pytest.raises(ValueError, match=r"`value` must have last axes of sizes 3. Received: shape="):
            function(tf.zeros([5, size]))
