"""What is sliced out of a concatenation is taken from before it, where it is one part of it."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

tfb, tfd = tfp.bijectors, tfp.distributions
A, B = (tf.TensorSpec([None, size], tf.float32, name=name) for name, size in (("a", 2), ("b", 3)))
COUPLINGS = 4


def operators(model: Any) -> list[str]:
    return [node.op_type for node in model.model.graph.node]


@pytest.mark.parametrize(
    "slices",
    [
        lambda x: x[:, :2],
        lambda x: x[:, 2:],
        lambda x: x[:, -3:],
        lambda x: x[..., 2:100],
    ],
)
def test_a_part_is_taken_as_it_was(slices: Any, converted: Any) -> None:
    model = converted(lambda a, b: slices(tf.concat([tf.exp(a), tf.tanh(b)], axis=1)), [A, B])
    assert "Slice" not in operators(model)
    a, b = np.random.default_rng(0).normal(size=(4, 2)).astype("f4"), np.full((4, 3), 0.5, "f4")
    joined = tf.concat([tf.exp(a), tf.tanh(b)], axis=1)
    np.testing.assert_allclose(model(a, b)["output"], slices(joined), rtol=1e-6)


@pytest.mark.parametrize(
    "slices",
    [
        lambda x: x[:, :3],
        lambda x: x[:, 1:2],
        lambda x: x[:, 0:4:2],
        lambda x: x[:2],
        lambda x: x[:, ::-1],
        lambda x: x[:, 5:],
    ],
)
def test_what_is_no_part_is_sliced(slices: Any, converted: Any) -> None:
    model = converted(lambda a, b: slices(tf.concat([tf.exp(a), tf.tanh(b)], axis=1)), [A, B])
    a, b = np.random.default_rng(0).normal(size=(4, 2)).astype("f4"), np.full((4, 3), 0.5, "f4")
    joined = tf.concat([tf.exp(a), tf.tanh(b)], axis=1)
    np.testing.assert_allclose(model(a, b)["output"], slices(joined), rtol=1e-6)


def test_parts_of_dynamic_sizes_are_sliced(converted: Any) -> None:
    model = converted(
        lambda x, y: tf.concat([x, y], axis=0)[:3], [tf.TensorSpec([None], tf.float32, name=n) for n in "xy"]
    )
    x, y = np.arange(2, dtype="f4"), np.arange(10, 14, dtype="f4")
    np.testing.assert_array_equal(model(x, y)["output"], [0, 1, 10])


def test_a_coupling_s_network_is_evaluated_once(converted: Any) -> None:
    """TFP evaluates it for the inverse, and again for the log-determinant."""
    kernels = np.random.default_rng(0).normal(size=(COUPLINGS, 2, 4)).astype("f4")

    def log_prob(x: tf.Tensor) -> tf.Tensor:
        bijectors = []
        for kernel in kernels:

            def network(x: tf.Tensor, units: int, kernel: np.ndarray = kernel, **_: Any) -> list[tf.Tensor]:
                return tf.split(tf.tanh(x @ kernel), 2, axis=-1)

            bijectors += [tfb.RealNVP(2, shift_and_log_scale_fn=network), tfb.Permute([2, 3, 0, 1])]
        base = tfd.MultivariateNormalDiag(tf.zeros(4))
        return tfd.TransformedDistribution(base, tfb.Chain(bijectors)).log_prob(x)

    model = converted(log_prob, [tf.TensorSpec([None, 4], tf.float32, name="x")])
    assert operators(model).count("MatMul") == COUPLINGS
    assert operators(model).count("Tanh") == COUPLINGS
