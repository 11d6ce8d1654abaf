"""What tests of all bijector layers need."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def moved() -> Callable[..., Any]:
    """Builds a layer; what it learns is moved from where it began, in layers of the same shapes alike."""

    def move(layer: keras.layers.Layer, *, scale: float = 0.5, seed: int = 0) -> keras.layers.Layer:
        if not layer.built:
            layer.build()
        rng = np.random.default_rng(seed)
        for weight in layer.trainable_weights:
            weight.assign(scale * rng.normal(size=weight.shape))
        return layer

    return move


@pytest.fixture(scope="session")
def autodiff_jacobian() -> Callable[..., Any]:
    """∂f_i/∂x_j for each row of x [batch, size], from one gradient for each output."""

    def jacobian(function: Any, x: NDArray[Any]) -> NDArray[Any]:
        value = tf.constant(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(value)
            outputs = tf.unstack(function(value), axis=-1)
        rows = [tape.gradient(output, value, unconnected_gradients="zero").numpy() for output in outputs]
        return np.stack(rows, axis=1)

    return jacobian
