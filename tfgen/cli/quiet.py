"""Keeping TensorFlow's start-up noise from the user of the command."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tfgen._requirements import check_training_requirements

__all__ = ["import_tensorflow_quietly"]


def import_tensorflow_quietly(command: str) -> None:
    """Imports what training needs without a word on standard error.

    TensorFlow's C++ logs to file descriptor 2 before its log level is read, so that the descriptor itself is turned
    aside during the import. Where the import fails, what it had to say is shown after all.

    Args:
        command: the command's name, for the error where the extra is not installed.

    Raises:
        ImportError: where the extra `train` is missing.
    """
    check_training_requirements(command)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _standard_error_aside():
        import tensorflow as tf
        import tf2onnx  # noqa: F401  (imports TensorFlow's converters, which log too)

        import tfgen.bundles
        import tfgen.models  # noqa: F401

        tf.get_logger().setLevel("ERROR")


@contextmanager
def _standard_error_aside() -> Iterator[None]:
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(saved, aside.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
