"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["atomic_file"]


@contextmanager
def atomic_file(path: str | os.PathLike[str], *, sync: bool = False) -> Iterator[Path]:
    """Gives a hidden name beside `path`, with its ending, to write to; it becomes `path` when the block ends well.

    Whatever goes wrong in the block, `path` stays as it was, and what was written goes.

    Args:
        path: What is to be; an old file is replaced.
        sync: Whether what was written reaches the disk first, so that not even a power cut leaves half a file.

    Yields:
        The path to write to, on the same file system.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "scores.txt"
        >>> with atomic_file(target) as partial:
        ...     _ = partial.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    target = Path(path)
    partial = target.with_name(f".{target.stem}.partial-{secrets.token_hex(4)}{target.suffix}")
    try:
        yield partial
        if sync:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
