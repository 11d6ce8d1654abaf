"""Translations of TensorFlow operators that tf2onnx lacks, or has too inaccurately: a family a file."""

import importlib

__all__ = ["register"]

_FAMILIES = (
    "arrangement",
    "bessel",
    "bessel_k",
    "bits",
    "branches",
    "cholesky",
    "determinants",
    "diagonals",
    "elementary",
    "elementwise",
    "error_functions",
    "hyperbolic",
    "incomplete_beta",
    "incomplete_gamma",
    "indexing",
    "integers",
    "inverse_trigonometric",
    "joining",
    "lists",
    "log_gamma",
    "loops",
    "padding",
    "polygamma",
    "products",
    "random",
    "reductions",
    "scans",
    "search",
    "shapes",
    "slicing",
    "sums",
    "systems",
    "triangular",
    "trigonometric",
)


def register() -> None:
    """Registers every handler with tf2onnx, once; Keras's own ONNX export then has them too at `opset_version=18`.

    tf2onnx takes the handler of the highest opset version: ours, at version 18, win over its own.
    """
    for family in _FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
