"""How far ONNX Runtime and TensorFlow are apart."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime
import tensorflow as tf

__all__ = ["Difference", "compare", "generate_inputs", "largest_relative"]


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far one output is off.

    Attributes:
        output: its name.
        batch: the rows compared.
        relative: max |onnx − tf| / max(1, |tf|); infinite where shapes, NaN or infinities differ.
        within: whether all of it is within the tolerance.
    """

    output: str
    batch: int
    relative: float
    within: bool

    def __str__(self) -> str:
        return f"output {self.output!r}, batch of {self.batch}: largest relative difference {self.relative:.3g}"


def compare(
    session: onnxruntime.InferenceSession,
    function: Callable[..., Any],
    inputs: Sequence[np.ndarray],
    output_names: Sequence[str],
    *,
    rtol: float,
    atol: float,
) -> list[Difference]:
    """Runs both on the same inputs.

    Args:
        session: the ONNX model's.
        function: TensorFlow's.
        inputs: in the order of the function's arguments.
        output_names: the model's outputs in the order in which TensorFlow flattens the function's.
        rtol: the relative tolerance.
        atol: the absolute tolerance.

    Returns:
        A difference for each output.
    """
    expected = [tensor.numpy() for tensor in tf.nest.flatten(function(*map(tf.constant, inputs)))]
    names = [entry.name for entry in session.get_inputs()]
    feed = {name: value for name, value in zip(_argument_names(function), inputs, strict=True) if name in names}
    found = session.run(list(output_names), feed)
    batch = len(inputs[0]) if np.ndim(inputs[0]) else 1
    differences = []
    for name, actual, wanted in zip(output_names, found, expected, strict=True):
        within = actual.shape == wanted.shape and np.allclose(actual, wanted, rtol=rtol, atol=atol, equal_nan=True)
        differences.append(Difference(name, batch, largest_relative(actual, wanted), bool(within)))
    return differences


def largest_relative(actual: np.ndarray, expected: np.ndarray) -> float:
    """max |actual − expected| / max(1, |expected|), equal NaN and infinities counting as no difference.

    Example:
        >>> largest_relative(np.array([100.0, np.inf]), np.array([101.0, np.inf]))
        0.009900990099009901
    """
    if actual.shape != expected.shape:
        return float("inf")
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
        relative = np.abs(actual - expected) / np.maximum(1.0, np.abs(expected))
    relative = np.where(same, 0.0, np.where(np.isnan(relative), np.inf, relative))
    return float(relative.max(initial=0.0))


def generate_inputs(signature: Sequence[tf.TensorSpec], batch: int) -> list[np.ndarray]:
    """Standard normals, integers from 0 to 9 and truth values, with `batch` for each dynamic dimension."""
    rng = np.random.default_rng(batch)
    values = []
    for spec in signature:
        shape = [batch if size is None else size for size in spec.shape.as_list()]
        if spec.dtype.is_floating:
            value = rng.normal(size=shape)
        elif spec.dtype.is_bool:
            value = rng.random(shape) < 0.5
        else:
            value = rng.integers(0, 10, shape)
        values.append(np.asarray(value, spec.dtype.as_numpy_dtype))
    return values


def _argument_names(function: Any) -> list[str]:
    """The names of a concrete function's arguments, captured variables left out."""
    return [spec.name for spec in tf.nest.flatten(function.structured_input_signature)]
