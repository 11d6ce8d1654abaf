"""Gradients' own operators, against TensorFlow and the derivatives in extended precision."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

OF_RESULT = ["InvGrad", "ReciprocalGrad", "RsqrtGrad", "SigmoidGrad", "SqrtGrad", "TanhGrad"]
AWKWARD = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]


def grid(dtype: str) -> tuple[np.ndarray, ...]:
    """Awkward and other values, with each of the awkward gradients and some others."""
    rng = np.random.default_rng(0)
    values = np.concatenate([AWKWARD, rng.normal(size=1000) * 20, rng.uniform(0, 1, 1000)])
    gradients = np.concatenate([AWKWARD, rng.normal(size=5)])
    return tuple(part.ravel().astype(dtype) for part in np.meshgrid(values, gradients))


def specs(dtype: str) -> list[tf.TensorSpec]:
    return [tf.TensorSpec([None], dtype, name=name) for name in ("x", "gradient")]


def derivatives(x: Any, gradient: Any) -> dict[str, Any]:
    found = {name: getattr(tf.raw_ops, name)(y=x, dy=gradient) for name in OF_RESULT}
    found["ReluGrad"] = tf.raw_ops.ReluGrad(features=x, gradients=gradient)
    return found | {"SoftplusGrad": tf.raw_ops.SoftplusGrad(features=x, gradients=gradient)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_derivatives_are_tensorflow_s(dtype: str, converted: Any) -> None:
    x, gradient = grid(dtype)
    found = converted(derivatives, specs(dtype))(x, gradient)
    for name, expected in derivatives(x, gradient).items():
        # TensorFlow's exponential of float32 is another one, and so is 1 − y of a few entries.
        few = 4 * float(np.finfo(dtype).eps) if name in ("SoftplusGrad", "SigmoidGrad") else 0
        np.testing.assert_allclose(found[name], expected, rtol=few, err_msg=name)
        assert found[name].dtype == dtype


@pytest.mark.parametrize(("dtype", "least"), [("float32", 87), ("float64", 708)])
def test_sigmoids_keep_their_digits(dtype: str, least: int, converted: Any) -> None:
    rng = np.random.default_rng(1)
    model = converted(
        lambda x, y: (
            tf.raw_ops.SoftplusGrad(features=x, gradients=tf.ones_like(x)),
            tf.raw_ops.SigmoidGrad(y=y, dy=tf.ones_like(y)),
        ),
        specs(dtype),
    )
    x = np.concatenate([rng.uniform(-least, least, 50_000), rng.normal(size=50_000)]).astype(dtype)
    y = np.concatenate([rng.uniform(0, 1, 50_000), 10 ** rng.uniform(-30, 0, 50_000)]).astype(dtype)
    found, wide = model(x, y), y.astype(np.longdouble)
    scale = 3 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found["output_0"], 1 / (1 + np.exp(-x.astype(np.longdouble))), rtol=scale)
    np.testing.assert_allclose(found["output_1"], wide * (1 - wide), rtol=scale)


SLICES: dict[str, Callable[[Any], Any]] = {
    "rest": lambda x: x[:, 1:],
    "backwards": lambda x: x[..., ::-2],
    "column": lambda x: x[:, 0],
    "new": lambda x: x[1:-1, tf.newaxis, -1],
    "computed": lambda x: x[: tf.shape(x)[0] - 1, : tf.shape(x)[1] - 1],
}


def slopes(x: tf.Tensor) -> dict[str, tf.Tensor]:
    found = {}
    for name, part in SLICES.items():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.sin(part(x)))
        found[name] = tape.gradient(y, x)
    return found


@pytest.mark.parametrize("width", [4, None])
def test_gradients_of_slices_are_tensorflow_s(width: int | None, converted: Any) -> None:
    model = converted(
        slopes, [tf.TensorSpec([None, width], tf.float64, name="x")], inputs=lambda batch: [np.ones((batch, 4))]
    )
    for shape in [(3, 4), (1, 4), (0, 4)] + ([] if width else [(5, 1)]):
        x = np.random.default_rng(2).normal(size=shape)
        expected = slopes(tf.constant(x))
        for name, found in model(x).items():
            np.testing.assert_allclose(found, expected[name], rtol=1e-12, err_msg=f"{name} {shape}")


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "bool"])
def test_parts_of_zeros(dtype: str, converted: Any) -> None:
    def place(shape: tf.Tensor, part: tf.Tensor) -> tf.Tensor:
        bounds = {"begin": [0, 1], "end": [0, 3], "strides": [1, 1], "begin_mask": 1, "end_mask": 1}
        return tf.raw_ops.StridedSliceGrad(shape=shape, dy=part, **bounds)

    model = converted(
        place,
        [tf.TensorSpec([2], tf.int32, name="shape"), tf.TensorSpec([None, None], dtype, name="part")],
        inputs=lambda batch: [[batch, 4], np.ones((batch, 2))],
    )
    for shape in [(2, 4), (0, 3), (3, 0), (1, 2)]:
        part = np.ones(shape, dtype)[:, 1:3]
        expected = np.zeros(shape, dtype)
        expected[:, 1:3] = part
        np.testing.assert_array_equal(model(np.array(shape, np.int32), part)["output"], expected)


def test_what_only_passes_on(converted: Any) -> None:
    ops = tf.raw_ops

    def passed(x: tf.Tensor) -> list[tf.Tensor]:
        checked = ops.CheckNumericsV2(tensor=x, message="no")
        return [checked, ops.PreventGradient(input=x), ops.Snapshot(input=x), ops.DeepCopy(x=x)]

    model = converted(passed, [tf.TensorSpec([None], tf.float64, name="x")])
    x = np.array([np.nan, -0.0, np.inf, 1.0])
    for found in model(x).values():
        np.testing.assert_array_equal(found, x)
