"""How far ONNX Runtime and TensorFlow are apart."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import onnxruntime
import tensorflow as tf

from tfgen_export.errors import ConversionError, ConversionMismatch
from tfgen_export.signature import traced_specs

__all__ = [
    "Difference",
    "compare",
    "discrete_difference",
    "few_unequal",
    "generate_inputs",
    "is_discrete",
    "largest_relative",
    "run_tensorflow",
]

_TOLERANCES = {np.dtype(np.float64): (1e-9, 1e-10), np.dtype(np.float16): (4e-3, 1e-3)}
_UNEQUAL = 1e-3
_FEWEST = 50


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far one output is off.

    Attributes:
        output: its name.
        batch: the rows compared.
        relative: max |onnx − tf| / max(1, |tf|); infinite where types, shapes, NaN or infinities
            differ.
        unequal: the share of entries that differ, of a discrete output; `relative` is then 0 where these are few.
        within: whether all of it is within the tolerance.
        rtol: the relative tolerance that it was held to; 0 for integers and truth values.
        atol: the absolute one.
        finite: whether any of TensorFlow's numbers is finite; if none is, there was nothing to compare.
    """

    output: str
    batch: int
    relative: float
    within: bool
    rtol: float = 0.0
    atol: float = 0.0
    unequal: float = 0.0
    finite: bool = True

    def __str__(self) -> str:
        if self.unequal:
            return f"output {self.output!r}, batch of {self.batch}: {self.unequal:.3g} of the entries differ"
        return f"output {self.output!r}, batch of {self.batch}: largest relative difference {self.relative:.3g}"


def compare(
    session: onnxruntime.InferenceSession,
    function: Any,
    inputs: Sequence[np.ndarray],
    output_names: Sequence[str],
    *,
    discrete: Collection[str] = (),
    rtol: float | None = None,
    atol: float | None = None,
) -> list[Difference]:
    """Runs both on the same inputs.

    Args:
        session: the ONNX model's.
        function: TensorFlow's, traced.
        inputs: in the order of the function's arguments.
        output_names: the model's outputs in the order in which TensorFlow flattens the function's.
        discrete: the outputs that are rounded or picked (see `few_unequal`).
        rtol: the relative tolerance of floating-point outputs; where it is None, 10⁻⁹ for float64, so that no part
            was computed in float32, 4·10⁻³ for float16, and 10⁻⁴ for others.
        atol: their absolute tolerance; where it is None, 10⁻¹⁰ for float64, 10⁻³ for float16 and 10⁻⁵ for others.

    Returns:
        A difference for each output.

    Raises:
        ConversionError: where TensorFlow's function fails on the inputs: a batch size is built into it, or
            they are not in its domain.
        ConversionMismatch: where ONNX Runtime fails on what TensorFlow computes.
    """
    specs = traced_specs(function)
    expected = run_tensorflow(function, inputs)
    batch = _rows(inputs, specs)
    arrays = [np.asarray(value, spec.dtype.as_numpy_dtype) for value, spec in zip(inputs, specs, strict=True)]
    try:
        found = session.run(
            list(output_names),
            {spec.name: array for spec, array in zip(specs, arrays, strict=True)},
        )
    except Exception as error:  # raised from C++
        raise ConversionMismatch(
            f"ONNX Runtime fails on a batch of {batch}, which TensorFlow computes: {error}"
        ) from error
    return [
        _difference(name, batch, actual, wanted, discrete=name in discrete, rtol=rtol, atol=atol)
        for name, actual, wanted in zip(output_names, found, expected, strict=True)
    ]


def run_tensorflow(function: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """TensorFlow's outputs, in the order in which it flattens them.

    Args:
        function: traced.
        inputs: in the order of its arguments.

    Raises:
        ConversionError: where the inputs are not what the function takes, or it fails on them: a batch size is built
            into it, or they are not in its domain.
    """
    specs = traced_specs(function)
    if len(inputs) != len(specs):
        raise ConversionError(f"`inputs` must give {len(specs)} arrays. Received: {len(inputs)}")
    fitting = all(spec.shape.is_compatible_with(np.shape(value)) for value, spec in zip(inputs, specs, strict=True))
    if not fitting:
        raise ConversionError(
            f"`inputs` must give arrays of the signature's shapes. Received: {[np.shape(value) for value in inputs]}"
        )
    try:
        tensors = [tf.constant(value, spec.dtype) for value, spec in zip(inputs, specs, strict=True)]
        return [tensor.numpy() for tensor in tf.nest.flatten(function(*tensors))]
    except Exception as error:  # TensorFlow's kinds are many
        raise ConversionError(
            f"`function` itself fails on a batch of {_rows(inputs, specs)}: a size may be built into it, or `inputs` "
            f"must give values of its domain. TensorFlow says: {error}"
        ) from error


def _rows(inputs: Sequence[np.ndarray], specs: Sequence[tf.TensorSpec]) -> int:
    """How many rows the first input has whose rows are not counted in the signature, as those of a seed are."""
    counted = (spec.shape.rank and spec.shape[0] is None for spec in specs)
    return next((len(value) for value, free in zip(inputs, counted, strict=True) if free), 1)


def _difference(
    name: str,
    batch: int,
    actual: np.ndarray,
    expected: np.ndarray,
    *,
    discrete: bool,
    rtol: float | None,
    atol: float | None,
) -> Difference:
    if not np.issubdtype(expected.dtype, np.inexact):
        rtol, atol = 0.0, 0.0
    defaults = _TOLERANCES.get(expected.dtype, (1e-4, 1e-5))
    rtol, atol = defaults[0] if rtol is None else rtol, defaults[1] if atol is None else atol
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return Difference(name, batch, float("inf"), False, rtol, atol)
    if discrete and is_discrete(expected):
        relative, unequal = discrete_difference(actual, expected)
        return Difference(name, batch, relative, few_unequal(actual, expected), unequal=unequal)
    if np.issubdtype(expected.dtype, np.inexact):
        within = np.allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    else:
        within = np.array_equal(actual, expected)  # np.allclose would go by way of float64
    finite = expected.size == 0 or bool(np.isfinite(expected).any())
    return Difference(name, batch, largest_relative(actual, expected), bool(within), rtol, atol, finite=finite)


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


def is_discrete(values: np.ndarray) -> bool:
    """Whether an output that may be discrete is so: all of it whole numbers."""
    return bool(np.isfinite(values).all() and np.array_equal(values, np.rint(values)))


def few_unequal(actual: np.ndarray, expected: np.ndarray) -> bool:
    """Whether whole numbers that were rounded or picked are the same but for an entry in a thousand.

    One may differ of fifty to a thousand, none of fewer.

    What a sampler rounds, or picks by comparing with a uniform, moves by a whole level where the last digit of the
    arithmetic before it differs: no tolerance in levels can tell that from a fault, but how rare it is can.

    Example:
        >>> few_unequal(np.arange(5000), np.arange(5000) + (np.arange(5000) == 7))
        True
    """
    allowed = max(1, int(_UNEQUAL * expected.size)) if expected.size >= _FEWEST else 0
    return bool(np.isfinite(actual).all()) and int(np.sum(actual != expected)) <= allowed


def discrete_difference(actual: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """How far whole numbers that were rounded or picked are off.

    Returns:
        The largest relative difference, 0 where few entries differ (`few_unequal`); and the share of those that do.
    """
    unequal = float(np.mean(actual != expected)) if expected.size else 0.0
    return 0.0 if few_unequal(actual, expected) else largest_relative(actual, expected), unequal


def generate_inputs(signature: Sequence[tf.TensorSpec], batch: int) -> list[np.ndarray]:
    """Standard normals, integers from 0 to 9 and truth values, with `batch` for each dynamic dimension.

    What is called `seed` has integers from the whole of its type: seeds of the users' have either sign.
    """
    rng = np.random.default_rng(batch)
    values = []
    for spec in signature:
        if spec.shape.rank is None or not (spec.dtype.is_floating or spec.dtype.is_integer or spec.dtype.is_bool):
            raise ConversionError(f"`inputs` must be given where the signature does not tell values. Received: {spec}")
        shape = [batch if size is None else size for size in spec.shape.as_list()]
        value: np.ndarray
        if spec.dtype.is_floating:
            value = rng.normal(size=shape)
        elif spec.dtype.is_bool:
            value = rng.random(shape) < 0.5
        elif spec.name == "seed":
            limits = np.iinfo(spec.dtype.as_numpy_dtype)
            value = rng.integers(limits.min, limits.max, shape, spec.dtype.as_numpy_dtype, endpoint=True)
        else:
            value = rng.integers(0, 10, shape)
        values.append(np.asarray(value, spec.dtype.as_numpy_dtype))
    return values
