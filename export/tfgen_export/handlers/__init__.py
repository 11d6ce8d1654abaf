"""Translations of TensorFlow operators that tf2onnx lacks, or has too inaccurately: a family a file."""

import importlib

__all__ = ["register"]

_FAMILIES = (
    "elementwise",
    "error_functions",
    "integers",
    "linear_algebra",
    "polygamma",
    "random",
    "search",
    "shapes",
    "special",
)


def register() -> None:
    """Registers every handler with tf2onnx, once; Keras's own ONNX export then has them too at `opset_version=18`.

    tf2onnx takes the handler of the highest opset version: ours, at version 18, win over its own.
    """
    for family in _FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
