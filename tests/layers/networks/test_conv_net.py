from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import ConvNet


def images(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape)


def perturb(layer: keras.layers.Layer) -> None:
    """No weight stays nought, not even a bias."""
    rng = np.random.default_rng(1)
    layer.set_weights([weight + 0.3 * rng.normal(size=weight.shape) for weight in layer.get_weights()])


def convolved(x: Any, kernel: Any, bias: Any) -> Any:
    """By hand, with zeros around the image."""
    size = len(kernel)
    padded = np.pad(x, [(0, 0), (size // 2, size // 2), (size // 2, size // 2), (0, 0)])
    height, width = x.shape[1:3]
    parts = [
        padded[:, row : row + height, column : column + width] @ kernel[row, column]
        for row in range(size)
        for column in range(size)
    ]
    return np.sum(parts, axis=0) + bias


@pytest.mark.parametrize(("filters", "kernel_sizes"), [((5,), None), ((4, 3, 6), None), ((4, 3), (1, 5))])
def test_numpy_agrees(filters: tuple[int, ...], kernel_sizes: Any) -> None:
    net = ConvNet(filters=filters, kernel_sizes=kernel_sizes, activation="tanh", dtype="float64")
    net.build((None, 4, 5, 2))
    perturb(net)
    x = images(3, 4, 5, 2)
    expected = x
    weights = iter(net.get_weights())
    for kernel, bias in zip(weights, weights, strict=True):
        expected = np.tanh(convolved(expected, kernel, bias))
    found = net(x)
    assert found.shape == net.compute_output_shape((3, 4, 5, 2)) == (3, 4, 5, filters[-1])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_glow_s_kernels_are_the_default() -> None:
    net = ConvNet(filters=(4, 4, 4))
    net.build((None, 4, 4, 1))
    assert [weight.shape[0] for weight in net.weights[::2]] == [3, 1, 3]


def test_without_filters_the_images_pass() -> None:
    net = ConvNet(filters=())
    x = images(5, 2, 3, 4).astype(np.float32)
    np.testing.assert_array_equal(net(x), x)
    assert net.compute_output_shape((None, 2, 3, 4)) == (None, 2, 3, 4)


def test_every_weight_learns_and_the_regulariser_sees_every_kernel() -> None:
    net = ConvNet(filters=(4, 3), activation="tanh", kernel_regularizer="l2")
    net.build((None, 3, 3, 2))
    perturb(net)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(images(9, 3, 3, 2).astype(np.float32)) ** 2)
    assert len(net.trainable_weights) == 4
    for gradient in tape.gradient(loss, [weight.value for weight in net.trainable_weights]):
        assert (gradient.numpy() != 0).all()
    expected = [0.01 * (kernel**2).sum() for kernel in net.get_weights()[::2]]
    np.testing.assert_allclose(net.losses, expected, rtol=1e-5)


@pytest.mark.parametrize(("policy", "compute"), [("mixed_bfloat16", "bfloat16"), ("float64", "float64")])
def test_policies(policy: str, compute: str) -> None:
    net = ConvNet(filters=(4, 3), dtype=policy)
    assert net(images(5, 2, 2, 2)).dtype == compute
    assert {weight.dtype for weight in net.weights} == {keras.DTypePolicy(policy).variable_dtype}


def test_configuration_and_file_round_trip(tmp_path: Path) -> None:
    net = ConvNet(filters=(4, 3), kernel_sizes=(3, 3), activation="gelu", kernel_regularizer="l1", name="own")
    model = keras.Sequential([keras.Input((2, 2, 1)), net])
    perturb(net)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = images(5, 2, 2, 1).astype(np.float32)
    np.testing.assert_array_equal(loaded(x), model(x))
    assert loaded.layers[-1].get_config() == net.get_config()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"filters": (0,)}, r"`filters` must be a tuple of positive integers. Received: filters=\(0,\)"),
        ({"kernel_sizes": (3, "a")}, "`kernel_sizes` must be a tuple of positive integers"),
        ({"kernel_sizes": (3,)}, r"`kernel_sizes` must be as many as `filters`, 2. Received: kernel_sizes=\(3,\)"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ConvNet(**{"filters": (4, 4), **arguments})
