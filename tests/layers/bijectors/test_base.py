"""What all bijector layers have in common."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import OnePassBijector
from tfgen.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    BijectorLayer,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Scale,
    SplineCoupling,
    Standardization,
)

KINDS: list[Any] = [
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Scale,
    SplineCoupling,
    Standardization,
]


def made(kind: Any, **arguments: Any) -> BijectorLayer:
    return kind(
        event_shape=(3,), **({"mask": (True, False, False)} if "Coupling" in kind.__name__ else {}), **arguments
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_densities_are_never_in_half_precision(moved: Any, kind: Any, policy: str) -> None:
    dtype = "float64" if policy == "float64" else "float32"
    layer = made(kind, dtype=policy)
    layer.build()
    assert {weight.dtype for weight in layer.trainable_weights} <= {dtype}
    moved(layer, scale=0.3)
    z = np.random.default_rng(1).normal(size=(6, 3)).astype(dtype)
    bijector = layer()
    assert bijector.dtype == dtype
    for direction in (bijector.forward_and_log_det, bijector.inverse_and_log_det):
        value, log_det = direction(tf.constant(z))
        assert value.dtype == log_det.dtype == dtype
        assert (value.shape, log_det.shape) == ((6, 3), (6,))
    back = layer().inverse_and_log_det(bijector.forward_and_log_det(tf.constant(z))[0])[0]
    np.testing.assert_allclose(back, z, rtol=0, atol=2e-4)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Permutation])
def test_not_even_within_a_layer_of_half_precision(moved: Any, kind: Any) -> None:
    z = tf.constant(np.random.default_rng(1).normal(size=(6, 3)), tf.float32)

    class Caller(BijectorLayer):
        """Calls a layer, and the bijector too, where Keras rounds its own weights to half precision."""

        def __init__(self, layer: BijectorLayer, **arguments: Any) -> None:
            super().__init__(event_shape=(3,), **arguments)
            self.layer = layer

        def build(self, input_shape: Any = None) -> None:
            del input_shape

        def make_bijector(self, context: tf.Tensor | None) -> Any:
            return self.layer(context).forward_and_log_det(z)

    found = []
    for policy in ("mixed_float16", "float32"):
        # What nothing is known to, or only a layer in the density's precision, meets no half precision at all.
        own: dict[str, Any] = {"hidden": ()} if kind is MaskedAutoregressive else {}
        own |= {"mask": (False,) * 3} if "Coupling" in kind.__name__ else {}
        layer = moved(kind(event_shape=(3,), dtype=policy, **own), scale=0.3)
        found.append(Caller(layer, dtype=policy)())
    for half, single in zip(*found, strict=True):
        np.testing.assert_allclose(half, single, rtol=0, atol=1e-6)


def test_a_wrong_context_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`context` must be \[batch, 2\].*Received: shape=\(4, 3\)"):
        Permutation(event_shape=(2,), context_shape=(2,))(tf.zeros([4, 3]))
    with pytest.raises(ValueError, match=r"`context` must be \[batch, 2\].*Received: shape=None"):
        Permutation(event_shape=(2,), context_shape=(2,))()
    with pytest.raises(ValueError, match=r"`context` must be None.*Received: shape=\(4, 3\)"):
        Permutation(event_shape=(2,))(tf.zeros([4, 3]))


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        BijectorLayer(event_shape=(2,))


def test_a_family_of_ones_own() -> None:
    class Scaling(OnePassBijector):
        def __init__(self, log_scale: tf.Tensor) -> None:
            self.log_scale = log_scale
            super().__init__(dtype=log_scale.dtype, name="scaling", parameters={"log_scale": log_scale})

        def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return z * tf.exp(self.log_scale), tf.reduce_sum(self.log_scale, -1)

        def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return x * tf.exp(-self.log_scale), -tf.reduce_sum(self.log_scale, -1)

    class ScalingLayer(BijectorLayer):
        def build(self, input_shape: Any = None) -> None:
            self.log_scale = self.add_weight(shape=self.event_shape, initializer="ones", dtype=self.density_dtype)

        def make_bijector(self, context: tf.Tensor | None) -> OnePassBijector:
            return Scaling(self.log_scale if context is None else self.log_scale * context)

    layer = ScalingLayer(event_shape=(2,), context_shape=(2,), dtype="mixed_float16")
    bijector = layer(tf.constant([[1, 2], [3, 4]], tf.float16))
    assert bijector.log_scale.dtype == tf.float32
    np.testing.assert_allclose(bijector.forward_log_det_jacobian(np.ones((2, 2), np.float32), 1), [3, 7])
    assert len(layer.trainable_weights) == 1
    config = layer.get_config()
    assert (config["event_shape"], config["context_shape"]) == ((2,), (2,))
