"""TensorFlow functions to a SavedModel with named signatures."""

import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

__all__ = ["write_saved_model"]


def write_saved_model(folder: str | os.PathLike[str], signatures: Mapping[str, Any], *, default: str) -> None:
    """Writes a SavedModel whose signatures are the given functions.

    Args:
        folder: where to; it may exist and be empty.
        signatures: functions by the signatures' names, each a `tf.function` with an input signature of named
            tensors, returning a dictionary of tensors.
        default: which of them is `serving_default` too: what a request without a signature's name gets.

    Raises:
        ValueError: where `default` is none of them, or another of them is called `serving_default`.

    Example:
        >>> import tempfile
        >>> x = tf.TensorSpec([None], tf.float32, name="x")
        >>> double = tf.function(lambda x: {"y": 2 * x}, input_signature=[x])
        >>> folder = tempfile.mkdtemp()
        >>> write_saved_model(folder, {"double": double}, default="double")
        >>> sorted(tf.saved_model.load(folder).signatures)
        ['double', 'serving_default']
    """
    if default not in signatures or "serving_default" in set(signatures) - {default}:
        raise ValueError(
            "`default` must be one of the signatures, and no other may be called 'serving_default'. "
            f"Received: default={default!r} with signatures {sorted(signatures)}"
        )
    concrete = {name: function.get_concrete_function() for name, function in signatures.items()}
    module = tf.Module()
    # A SavedModel must own the variables that its functions use.
    module.used_variables = list(
        {id(variable): variable for function in concrete.values() for variable in function.graph.variables}.values()
    )
    tf.saved_model.save(module, os.fspath(folder), signatures={"serving_default": concrete[default], **concrete})
