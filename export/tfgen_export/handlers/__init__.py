"""Translations of TensorFlow operators that tf2onnx lacks, or has too inaccurately: a family a file."""

import importlib

__all__ = ["register"]

_FAMILIES = (
    "arrangement",
    "band",
    "bessel",
    "bessel_k",
    "bits",
    "branches",
    "cholesky",
    "determinants",
    "diagonals",
    "einsum",
    "elementary",
    "elementwise",
    "error_functions",
    "gradients",
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
    "orthogonal",
    "padding",
    "passing",
    "polygamma",
    "products",
    "random",
    "reductions",
    "scans",
    "scattering",
    "search",
    "segments",
    "shapes",
    "slicing",
    "sums",
    "systems",
    "triangular",
    "tridiagonal",
    "trigonometric",
    "vectors",
)


def register() -> None:
    """Registers every handler with tf2onnx, once; Keras's own ONNX export then has them too at `opset_version=18`.

    tf2onnx takes the handler of the highest opset version: ours, at version 18, win over its own.
    """
    for family in _FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
