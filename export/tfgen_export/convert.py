"""A TensorFlow function to an ONNX model that is known to work."""

import importlib.metadata
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import tensorflow as tf

from tfgen_export.check import check_operators, open_session
from tfgen_export.compare import compare, generate_inputs, run_tensorflow
from tfgen_export.errors import ConversionError, ConversionMismatch, UnsupportedOperators
from tfgen_export.freeze import attach
from tfgen_export.hazards import find_hazards
from tfgen_export.signature import check_options, signature_names, traced_specs
from tfgen_export.simplify import simplify
from tfgen_export.translate import OPSET, translate

__all__ = ["OPSET", "convert"]

_BATCH_SIZES = (1, 7)


def convert(
    function: Callable[..., Any],
    input_signature: Sequence[tf.TensorSpec],
    *,
    name: str | None = None,
    inputs: Callable[[int], Sequence[np.ndarray]] | None = None,
    discrete: Collection[str] = (),
    metadata: Mapping[str, str] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> onnx.ModelProto:
    """Turns a TensorFlow or TFP function into an ONNX model, and tries it before it returns.

    The model holds standard-domain operators of opset 18 only. It passes ONNX's checker, ONNX Runtime loads
    it, and for two batch sizes its outputs agree with TensorFlow's: |onnx − tf| ≤ atol + rtol·|tf|
    everywhere, NaN and infinities in the same places, integers and truth values equal. Variables and captured
    tensors become constants; every input stays one, used or not.

    Args:
        function: of as many tensors as the signature has; returns a tensor, a tuple, or a dictionary by the
            names that the outputs shall have. It is traced as it is: `if` and `while` on tensors need
            `tf.function` around it. What it only checks, as TFP does under `validate_args`, is left out.
        input_signature: what the function takes, by position; the model's inputs keep its names, or have the
            function's arguments' where a spec has none. None dimensions stay dynamic.
        name: the graph's name; the function's own where it is None.
        inputs: from a batch size (for every None dimension) to arrays to compare on; where it is None, standard
            normals, integers from 0 to 9, and any int32 for what is called `seed`.
        discrete: the names of outputs that are rounded or picked, as a sampler's of whole numbers: one entry in a
            thousand may differ, by however much.
        metadata: what the model shall say of itself beyond who made it.
        rtol: the relative tolerance of floating-point outputs; where it is None, 10⁻⁹ for float64, 4·10⁻³ for
            float16 and 10⁻⁴ for others.
        atol: their absolute tolerance; where it is None, 10⁻¹⁰ for float64, 10⁻³ for float16 and 10⁻⁵ for others.

    Returns:
        The model. Its producer is `tfgen_export` in tfgen's version. Its metadata hold the `opset`, the versions of
        `tensorflow` and `tf2onnx`, what `metadata` gives, and `largest_difference`: max |onnx − tf| / max(1, |tf|) of
        all compared.

    Raises:
        ConversionError: where the signature lacks a rank or repeats a name, outputs and inputs share a name, an
            option is out of range, the function returns something else than tensors, a handler refuses a node, or
            the function itself fails on a batch, as one does that has a batch size built in. (What it raises while
            TensorFlow traces it comes through as it is.)
        UnsupportedOperators: where an operator has no translation, or its translation would not be the function: a
            draw whose seed is a constant or state, a callback, a table. It names each, where it arose, and what to
            use instead.
        ConversionMismatch: where the outputs disagree, or ONNX Runtime fails where TensorFlow does not.

    Warns:
        UserWarning: where an output was nowhere finite, so that the comparison says nothing of it.

    Example:
        >>> model = convert(lambda x: {"y": tf.math.log1p(x)}, [tf.TensorSpec([None], tf.float32, name="x")],
        ...                 inputs=lambda batch: [np.linspace(0, 1, batch, dtype="float32")])
        >>> [output.name for output in model.graph.output]
        ['y']
    """
    check_options(input_signature, inputs=inputs, metadata=metadata, rtol=rtol, atol=atol)
    traced = isinstance(function, tf.types.experimental.PolymorphicFunction)
    # A tf.function that has been traced for the signature is not traced again.
    polymorphic: Any = function if traced else tf.function(function, autograph=False)
    concrete = polymorphic.get_concrete_function(*input_signature)
    names, output_names = signature_names(concrete, len(input_signature), discrete)
    hazards = find_hazards(concrete, len(names))
    if hazards:
        raise UnsupportedOperators(hazards)
    model, weights = translate(concrete, names, output_names)
    model.graph.name = name or getattr(function, "__name__", "function")
    check_operators(model, concrete.graph)
    make = inputs or (lambda batch: generate_inputs(traced_specs(concrete), batch))
    _complete_ranks(model, concrete, make)

    def tried(candidate: onnx.ModelProto) -> tuple[onnx.ModelProto, float]:
        attach(candidate, weights)
        found = [value.name for value in candidate.graph.input]
        if found != names:
            raise ConversionError(f"The translated model must take what the function takes, {names}. Received: {found}")
        tolerances = {"discrete": discrete, "rtol": rtol, "atol": atol}
        return candidate, _largest_difference(open_session(candidate), concrete, make, output_names, **tolerances)

    try:
        smaller = simplify(model)
    except Exception:  # onnxslim raises whatever it runs into
        smaller = model
    try:
        model, largest = tried(smaller)
    except ConversionError:  # an optimiser's fault shall not be the model's: without it, it passes or says why not
        if smaller is model:
            raise
        model, largest = tried(model)
    _describe(model, {**(metadata or {}), "largest_difference": repr(largest)})
    return model


def _largest_difference(
    session: Any,
    concrete: Any,
    inputs: Callable[[int], Sequence[np.ndarray]],
    output_names: Sequence[str],
    **tolerances: Any,
) -> float:
    """Over both batch sizes; raises where one is beyond the tolerance, warns of what nothing finite was compared of."""
    largest, finite = 0.0, set()
    for batch in _BATCH_SIZES:
        for difference in compare(session, concrete, inputs(batch), output_names, **tolerances):
            if difference.finite:
                finite.add(difference.output)
            if not difference.within:
                tolerance = f"rtol={difference.rtol:g}, atol={difference.atol:g}"
                raise ConversionMismatch(f"ONNX Runtime disagrees with TensorFlow: {difference} ({tolerance})")
            largest = max(largest, difference.relative)
    if set(output_names) - finite:
        warnings.warn(
            f"Nothing finite was compared of {sorted(set(output_names) - finite)}: give `inputs` in the domain of the "
            "function",
            stacklevel=4,
        )
    return largest


def _complete_ranks(model: onnx.ModelProto, concrete: Any, inputs: Callable[[int], Sequence[np.ndarray]]) -> None:
    """Gives outputs whose rank TensorFlow's trace leaves open that of its results: ONNX wants one."""
    if all(value.type.tensor_type.HasField("shape") for value in model.graph.output):
        return
    for value, result in zip(model.graph.output, run_tensorflow(concrete, inputs(_BATCH_SIZES[-1])), strict=True):
        if not value.type.tensor_type.HasField("shape"):
            dimensions = [onnx.TensorShapeProto.Dimension()] * result.ndim
            value.type.tensor_type.shape.CopyFrom(onnx.TensorShapeProto(dim=dimensions))


def _describe(model: onnx.ModelProto, metadata: Mapping[str, str]) -> None:
    """Says in the model who made it, of what, and what is known of it."""
    model.producer_name, model.producer_version = "tfgen_export", importlib.metadata.version("tfgen")
    versions = {package: importlib.metadata.version(package) for package in ("tensorflow", "tf2onnx")}
    for key, value in {"opset": str(OPSET), **versions, **metadata}.items():
        model.metadata_props.add(key=key, value=value)
