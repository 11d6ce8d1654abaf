from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import MLP

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0, x),
}


def inputs(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape)


def perturb(layer: keras.layers.Layer) -> None:
    """No weight stays nought, not even a bias."""
    rng = np.random.default_rng(1)
    layer.set_weights([weight + 0.3 * rng.normal(size=weight.shape) for weight in layer.get_weights()])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(5,), (4, 3, 6)])
def test_numpy_agrees(activation: str, hidden: tuple[int, ...]) -> None:
    mlp = MLP(hidden=hidden, activation=activation, dtype="float64")
    mlp.build((None, 2))
    perturb(mlp)
    x = inputs(7, 2)
    expected = x
    weights = iter(mlp.get_weights())
    for kernel, bias in zip(weights, weights, strict=True):
        expected = ACTIVATIONS[activation](expected @ kernel + bias)
    found = mlp(x)
    assert found.shape == (7, hidden[-1])
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    assert [tuple(weight.shape) for weight in mlp.trainable_weights[::2]] == list(
        zip((2, *hidden), hidden, strict=False)
    )


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_all_but_the_batch_is_flattened(shape: tuple[int, ...]) -> None:
    mlp = MLP(hidden=(4,))
    x = inputs(5, *shape).astype(np.float32)
    found = mlp(x)
    assert found.shape == mlp.compute_output_shape((5, *shape)) == (5, 4)
    np.testing.assert_allclose(found, np.tanh(x.reshape(5, -1) @ mlp.get_weights()[0]), rtol=1e-5, atol=1e-6)


def test_without_hidden_layers() -> None:
    mlp = MLP(hidden=())
    x = inputs(5, 2, 3).astype(np.float32)
    np.testing.assert_array_equal(mlp(x), x.reshape(5, 6))
    assert mlp.weights == []
    assert mlp.compute_output_shape((None, 2, 3)) == (None, 6)


def test_every_weight_learns() -> None:
    mlp = MLP(hidden=(4, 3))
    mlp.build((None, 2))
    perturb(mlp)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(mlp(inputs(9, 2).astype(np.float32)) ** 2)
    assert len(mlp.trainable_weights) == 4
    for gradient in tape.gradient(loss, [weight.value for weight in mlp.trainable_weights]):
        assert (gradient.numpy() != 0).all()


@pytest.mark.parametrize("activation", ["relu", keras.activations.relu])
def test_relu_weights_begin_twice_as_wide(activation: Any) -> None:
    # He's variance is 2 / inputs, Glorot's 2 / (inputs + outputs).
    for mlp, variance in ((MLP(hidden=(300,), activation=activation), 0.01), (MLP(hidden=(300,)), 0.004)):
        mlp.build((None, 200))
        assert mlp.get_weights()[0].var() == pytest.approx(variance, rel=0.03)
        again = MLP.from_config(mlp.get_config())
        again.build((None, 200))
        assert again.get_weights()[0].var() == pytest.approx(variance, rel=0.03)


def test_the_regulariser_sees_every_kernel() -> None:
    mlp = MLP(hidden=(4, 3), kernel_regularizer="l2")
    mlp.build((None, 2))
    perturb(mlp)
    expected = [0.01 * (kernel**2).sum() for kernel in mlp.get_weights()[::2]]
    np.testing.assert_allclose(mlp.losses, expected, rtol=1e-5)


@pytest.mark.parametrize(("policy", "compute"), [("mixed_float16", "float16"), ("float64", "float64")])
def test_policies(policy: str, compute: str) -> None:
    mlp = MLP(hidden=(4, 3), dtype=policy)
    assert mlp(inputs(5, 2)).dtype == compute
    assert {weight.dtype for weight in mlp.weights} == {keras.DTypePolicy(policy).variable_dtype}


def test_configuration_and_file_round_trip(tmp_path: Path) -> None:
    mlp = MLP(hidden=(4, 3), activation="gelu", kernel_regularizer=keras.regularizers.L1(0.5), name="own")
    again = MLP.from_config(mlp.get_config())
    assert again.get_config() == mlp.get_config()
    assert (again.hidden, again.name, float(again.kernel_regularizer.l1)) == ((4, 3), "own", 0.5)
    model = keras.Sequential([keras.Input((2, 2)), mlp])
    assert model.output_shape == (None, 3)
    perturb(mlp)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = inputs(5, 2, 2).astype(np.float32)
    np.testing.assert_array_equal(loaded(x), model(x))
    assert loaded.layers[-1].get_config() == mlp.get_config()


@pytest.mark.parametrize("hidden", [(0,), (4, -1), (2.5,), ("4",)])
def test_a_bad_width_is_named(hidden: Any) -> None:
    with pytest.raises(ValueError, match=r"`hidden` must be a tuple of positive integers. Received: hidden="):
        MLP(hidden=hidden)
