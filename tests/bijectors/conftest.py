"""Affine couplings in double precision, with NumPy's version of each beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tfgen.bijectors import Affine, CouplingBijector, Partition


@dataclass
class Coupling:
    """t and r are the halves of tanh(features · kernel + bias), features being kept entries and context.

    The log-scale is s = m·tanh(r/m), and m small enough for that to matter.

    Attributes:
        mask: True for kept entries.
        context: [batch, width], or None.
        calls: how many times the conditioner has run.
    """

    mask: Sequence[bool]
    seed: int = 0
    context: NDArray[Any] | None = None
    dtype: str = "float64"
    max_log_scale: float = 0.75
    calls: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, *self.mask])
        self.kept = np.array(self.mask, bool)
        width = self.kept.sum() + (0 if self.context is None else self.context.shape[-1])
        changed = (~self.kept).sum()
        self.kernel = rng.normal(size=(width, 2 * changed)).astype(self.dtype)
        self.bias = rng.normal(size=2 * changed).astype(self.dtype)

    def condition(self, kept: tf.Tensor) -> tf.Tensor:
        self.calls += 1
        features = kept
        if self.context is not None:
            shape = tf.concat([tf.shape(kept)[:-1], self.context.shape[-1:]], 0)
            features = tf.concat([kept, tf.broadcast_to(tf.constant(self.context, self.dtype), shape)], -1)
        return tf.tanh(tf.tensordot(features, self.kernel, 1) + self.bias)

    def bijector(self) -> CouplingBijector:
        """A fresh one, whose cache is empty."""
        return CouplingBijector(
            partition=Partition(self.mask),
            conditioner=self.condition,
            transformer=Affine(max_log_scale=self.max_log_scale),
            dtype=self.dtype,
        )

    def shift_and_log_scale(self, features: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """NumPy's, with the bound."""
        shift, raw = np.split(np.tanh(features @ self.kernel + self.bias), 2, -1)
        return shift, self.max_log_scale * np.tanh(raw / self.max_log_scale)

    def forward(self, z: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The oracle: x and log |det ∂x/∂z|."""
        features = z[..., self.kept]
        if self.context is not None:
            context = np.broadcast_to(self.context, (*z.shape[:-1], self.context.shape[-1]))
            features = np.concatenate([features, context], -1)
        shift, log_scale = self.shift_and_log_scale(features)
        x = z.copy()
        x[..., ~self.kept] = z[..., ~self.kept] * np.exp(log_scale) + shift
        return x, log_scale.sum(-1)


@pytest.fixture(scope="session")
def coupling() -> type[Coupling]:
    return Coupling


@pytest.fixture(scope="session")
def autodiff_jacobian() -> Any:
    """∂f_i/∂x_j for each row of x [batch, size], from one gradient for each output."""

    def jacobian(function: Any, x: NDArray[Any]) -> NDArray[Any]:
        value = tf.constant(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(value)
            outputs = tf.unstack(function(value), axis=-1)
        rows = [tape.gradient(output, value, unconnected_gradients="zero").numpy() for output in outputs]
        return np.stack(rows, axis=1)

    return jacobian


@pytest.fixture(scope="session")
def autodiff_log_det(autodiff_jacobian: Any) -> Any:
    """log |det ∂f/∂x| for each row of x [batch, size]."""

    def log_det(function: Any, x: NDArray[Any]) -> NDArray[Any]:
        return np.linalg.slogdet(autodiff_jacobian(function, x))[1]

    return log_det
