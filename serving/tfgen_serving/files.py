"""Hashing of a version folder's files."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from tfgen_serving.errors import BundleError

__all__ = ["MANIFEST_NAME", "hash_files"]

MANIFEST_NAME = "manifest.json"


def hash_files(folder: str | Path) -> dict[str, str]:
    """Returns the SHA-256 of every file below `folder`, except the folder's own ``manifest.json``.

    The manifest holds these digests, so it cannot hold its own. A link to a file counts as that file. A link
    to a folder, a dangling link or a device is refused: its content could change without any digest changing.

    Args:
        folder: A version folder.

    Returns:
        Lower-case hexadecimal digests by POSIX path relative to `folder`, in the order of the paths.

    Raises:
        BundleError: `folder` is not a folder, or holds something that is neither a file nor a folder.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "empty.bin").write_bytes(b"")
        ...     _ = (Path(folder) / "manifest.json").write_text("{}")
        ...     {path: digest[:8] for path, digest in hash_files(folder).items()}
        {'empty.bin': 'e3b0c442'}
    """
    root = Path(folder)
    if not root.is_dir():
        raise BundleError(f"folder must be a folder that exists. Received: {str(root)!r}")
    paths = {path.relative_to(root).as_posix(): path for path in _walk(root)}
    paths.pop(MANIFEST_NAME, None)
    return {name: _sha256(paths[name]) for name in sorted(paths)}


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_file():
            yield entry
        elif entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            raise BundleError(f"a bundle holds files and folders only. Received: {str(entry)!r}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
