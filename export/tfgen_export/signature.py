"""What a conversion is asked for: names of inputs and outputs, and options, checked before any work."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfgen_export.errors import ConversionError

__all__ = ["check_options", "signature_names", "traced_specs"]


def check_options(
    input_signature: Sequence[tf.TensorSpec],
    *,
    inputs: Callable[..., Any] | None,
    metadata: Mapping[str, str] | None,
    rtol: float | None,
    atol: float | None,
) -> None:
    """Refuses what `convert` cannot work with.

    Raises:
        ConversionError: naming the argument, what was expected and what was received.
    """
    single = isinstance(input_signature, tf.TensorSpec)
    if single or not all(isinstance(spec, tf.TensorSpec) for spec in input_signature):
        raise ConversionError(
            "`input_signature` must be a list of tf.TensorSpec, one an argument (wrap a function of nested ones). "
            f"Received: {input_signature}"
        )
    if any(spec.shape.rank is None for spec in input_signature):
        raise ConversionError(f"`input_signature` must give each input a rank. Received: {list(input_signature)}")
    if any(spec.dtype in (tf.string, tf.resource, tf.variant) for spec in input_signature):
        raise ConversionError(f"`input_signature` must be of numbers. Received: {list(input_signature)}")
    given = [spec.name for spec in input_signature if spec.name is not None]
    if not all(given) or len(set(given)) < len(given):
        raise ConversionError(f"`input_signature` must give each input a name of its own. Received: {given}")
    if inputs is not None and not callable(inputs):
        raise ConversionError(
            f"`inputs` must be a function from a batch size to arrays. Received: {type(inputs).__name__}"
        )
    if not all(isinstance(text, str) for entry in (metadata or {}).items() for text in entry):
        raise ConversionError(f"`metadata` must be text by text. Received: {metadata}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not value >= 0:
            raise ConversionError(f"`{name}` must not be negative. Received: {name}={value}")


def traced_specs(concrete: Any) -> list[tf.TensorSpec]:
    """The inputs of a traced function; specs that had no name have that of the function's argument."""
    # Python's default values stand in the signature too.
    return [spec for spec in tf.nest.flatten(concrete.structured_input_signature) if isinstance(spec, tf.TensorSpec)]


def signature_names(concrete: Any, arguments: int, discrete: Collection[str]) -> tuple[list[str], list[str]]:
    """What the inputs and the outputs are called.

    Args:
        concrete: the traced function.
        arguments: how many inputs it was traced with.
        discrete: outputs that are said to be rounded or picked.

    Raises:
        ConversionError: where two share a name, an array as a default value has become an input, the outputs are
            not tensors, or `discrete` names none of them.
    """
    names, outputs = [spec.name for spec in traced_specs(concrete)], _output_names(concrete)
    if len(names) != arguments:
        raise ConversionError(
            "`function` must not have arrays or tensors as default values, which TensorFlow makes inputs of. "
            f"Received: {names} for {arguments} in the signature"
        )
    if len(set(names)) < len(names):
        raise ConversionError(f"`input_signature` must give each input a name of its own. Received: {names}")
    if set(outputs) & set(names):
        raise ConversionError(f"Inputs and outputs must not share a name. Received: {names} and {outputs}")
    if isinstance(discrete, str) or not set(discrete) <= set(outputs):
        raise ConversionError(f"`discrete` must name outputs, of {outputs}. Received: discrete={discrete!r}")
    return names, outputs


def _output_names(concrete: Any) -> list[str]:
    """Names in the order in which TensorFlow flattens the outputs."""
    structured = concrete.structured_outputs
    if isinstance(structured, dict):
        names, values = list(structured), list(structured.values())
        usable = all(isinstance(name, str) and name for name in names)
    else:
        values = list(structured) if isinstance(structured, tuple | list) else [structured]
        names = ["output"] if len(values) == 1 else [f"output_{index}" for index in range(len(values))]
        usable = True
    usable = usable and bool(values) and not any(value is None or tf.nest.is_nested(value) for value in values)
    if not usable or len(names) != len(concrete.outputs):
        raise ConversionError(
            "`function` must return a tensor, a tuple of tensors, or a dictionary of tensors by name. "
            f"Received: {structured}"
        )
    return sorted(names) if isinstance(structured, dict) else names
