"""Groups of operators that become one, and what looks alike and does not."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special  # type: ignore[import-untyped, unused-ignore]

INF, NAN = np.inf, np.nan
AWKWARD = np.array([[-INF, -INF], [INF, 1], [INF, -INF], [NAN, 1], [1000, 1000], [-1000, -1001], [-INF, 3], [0, -0.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [-1, 0, (0, 2), None])
def test_logsumexp_is_one_operator(axis: Any, keepdims: bool, dtype: str, converted: Any) -> None:
    model = converted(
        lambda x: tf.reduce_logsumexp(x, axis, keepdims), [tf.TensorSpec([None, None, 2], dtype, name="x")]
    )
    assert model.operators == {"ReduceLogSumExp"}
    # No slice has both NaN and +∞, of which ONNX Runtime makes +∞.
    awkward = AWKWARD if axis == -1 else np.where(np.isposinf(AWKWARD), 88, AWKWARD)
    x = np.stack([awkward, awkward[::-1], np.random.default_rng(0).normal(size=AWKWARD.shape) * 30]).astype(dtype)
    with np.errstate(all="ignore"):
        expected = special.logsumexp(x.astype(np.float64), axis, keepdims=keepdims)
    rtol, atol = (2e-6, 1e-6) if dtype == "float32" else (1e-14, 1e-15)
    np.testing.assert_allclose(model(x)["output"], expected, rtol=rtol, atol=atol)


def test_logsumexp_in_a_loop_is_one_operator(converted: Any) -> None:
    def function(x: tf.Tensor) -> tf.Tensor:
        return tf.scan(lambda total, row: tf.reduce_logsumexp(total[:, None] + row[None], axis=0), x)[-1]

    model = converted(function, [tf.TensorSpec([None, 3], tf.float64, name="x")])
    (loop,) = (node for node in model.model.graph.node if node.op_type == "Loop")
    operators = [node.op_type for entry in loop.attribute for node in entry.g.node]
    assert "ReduceLogSumExp" in operators
    assert "Exp" not in operators


@pytest.mark.parametrize(
    "alike",
    [
        # Another axis, another shift, nothing added back, something else added back.
        lambda x, m: tf.math.log(tf.reduce_sum(tf.exp(x - m), axis=0, keepdims=True)) + m,
        lambda x, m: tf.math.log(tf.reduce_sum(tf.exp(x - 2 * m), axis=1, keepdims=True)) + m,
        lambda x, m: tf.math.log(tf.reduce_sum(tf.exp(x - m), axis=1, keepdims=True)),
        lambda x, m: tf.math.log(tf.reduce_sum(tf.exp(x - m), axis=1, keepdims=True)) + x,
        lambda x, m: tf.math.log(tf.reduce_mean(tf.exp(x - m), axis=1, keepdims=True)) + m,
    ],
)
def test_what_looks_alike_is_left_as_it_is(alike: Any, converted: Any) -> None:
    def function(x: tf.Tensor) -> tf.Tensor:
        largest = tf.reduce_max(x, axis=1, keepdims=True)
        return alike(x, tf.where(tf.math.is_finite(largest), largest, 0.0))

    model = converted(function, [tf.TensorSpec([None, 3], tf.float32, name="x")])
    assert "ReduceLogSumExp" not in model.operators
