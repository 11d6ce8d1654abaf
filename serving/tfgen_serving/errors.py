"""The errors that tfgen_serving raises, one for each party who can mend the cause."""

__all__ = ["BundleError", "InputError", "RunError"]


class BundleError(ValueError):
    """A bundle's folder, manifest or files are not what the bundle format says.

    The message names the file, and within the manifest the field.
    """


class InputError(ValueError):
    """An argument of a call does not fit what was asked for.

    The message names the argument and what was expected, and ends with what was received.
    """


class RunError(RuntimeError):
    """ONNX Runtime failed on inputs that passed every check, or its answer is not what the manifest says."""
