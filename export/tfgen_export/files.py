"""Folders that appear whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_folder"]


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a new folder beside `path`, which becomes `path` by one rename when the block ends well.

    Whatever goes wrong in the block, `path` does not appear, and what was written goes, with the parents made
    for it. A killed process leaves a folder whose name begins with a dot, which TensorFlow Serving and the
    readers here pass over.

    Args:
        path: what is to be; must not exist. Its parents are made.

    Yields:
        The folder to write into, on the same file system.

    Raises:
        FileExistsError: where `path` exists, before the block or after it.
        PermissionError: where its parent cannot be written; before any work is done.
    """
    target = Path(path)
    _refuse(target)
    made = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        _remove_empty(made)
        raise PermissionError(
            f"`path` must lie in a folder that can be written ({error.strerror}). Received: path={str(target)!r}"
        ) from error
    except OSError as error:
        _remove_empty(made)
        raise OSError(
            error.errno, f"`path` cannot be written ({error.strerror}). Received: path", str(target)
        ) from error
    try:
        yield folder
        folder.chmod(0o755)  # mkdtemp makes it private; a server runs as another user
        _refuse(target)  # a rename would silently replace an empty folder
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(made)
        raise


def _refuse(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise FileExistsError(f"`path` must not exist yet. Received: path={str(target)!r}")


def _remove_empty(folders: Sequence[Path]) -> None:
    """Removes folders, the innermost first, unless something else has come into them."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
