"""pyarrow, loaded where a file needs it."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfgen_serving.errors import InputError

__all__ = ["arrow", "whole_file"]


def arrow(module: str = "pyarrow") -> Any:
    """Returns pyarrow, or a module of it such as ``"pyarrow.parquet"``.

    Raises:
        ImportError: The extra `tables` is not installed.

    Example:
        >>> arrow().array([1, None]).null_count
        1
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            "Parquet and CSV files need pyarrow, which is not installed: pip install 'tfgen[tables]'"
        ) from error


@contextmanager
def whole_file(path: Path, kind: str) -> Iterator[None]:
    """Turns what pyarrow says of a broken file into InputError, in one line.

    Args:
        path: The file that the block reads.
        kind: What it should be, such as ``"Parquet"``.
    """
    try:
        yield
    except arrow("pyarrow.lib").ArrowException as error:
        told = " ".join(str(error).split())
        raise InputError(f"the file must be a whole {kind} file ({told}). Received: {path}") from error
