"""An opened bundle: the choice of a version, its manifest and the check of its files."""

import os
from dataclasses import dataclass
from pathlib import Path

from tfgen_serving.errors import BundleError
from tfgen_serving.files import hash_files
from tfgen_serving.manifest import MANIFEST_NAME, Manifest

__all__ = ["Bundle", "version_number"]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One version folder of a bundle.

    A bundle is a folder of integer-named version folders, which is a TensorFlow Serving base path. Each
    version is a SavedModel folder that also holds ``manifest.json``, ``model.keras`` and
    ``onnx/<endpoint>.onnx``.

    Attributes:
        path: The version folder.
        version: Its number; None for a version folder that was moved under a name that is no integer.
        manifest: Its manifest.

    Example:
        >>> Bundle.open("no/such/bundle")
        Traceback (most recent call last):
        tfgen_serving.errors.BundleError: path must be a folder that exists. Received: 'no/such/bundle'
    """

    path: Path
    version: int | None
    manifest: Manifest

    @classmethod
    def open(cls, path: str | os.PathLike[str], version: int | None = None) -> "Bundle":
        """Opens a bundle's version.

        Args:
            path: A base path, or a version folder itself (known by its ``manifest.json``).
            version: The version to open; None picks a base path's highest. The highest is never passed over
                for lack of a manifest: TensorFlow Serving would serve it, and the two must not differ in
                silence.

        Raises:
            BundleError: There is no such folder or version, or its manifest is missing or not valid.
        """
        folder = Path(path)
        _check_folder(folder)
        if (folder / MANIFEST_NAME).is_file():
            number = _number_of(folder)
            if version is not None and version != number:
                raise BundleError(f"version must be {number}, the one in {str(folder)!r}. Received: {version!r}")
        else:
            found = _version_folders(folder)
            if not found:
                raise BundleError(
                    f"path must hold {MANIFEST_NAME} or folders named by an integer version. Received: {str(folder)!r}"
                )
            number = max(found) if version is None else version
            if isinstance(number, bool) or number not in found:
                raise BundleError(f"version must be one of {sorted(found)} in {str(folder)!r}. Received: {version!r}")
            folder = found[number]
        return cls(path=folder, version=number, manifest=Manifest.read(folder))

    @classmethod
    def open_base(cls, path: str | os.PathLike[str]) -> "Bundle":
        """Opens a base path's highest version, as a server does that looks there for new ones.

        Raises:
            BundleError: As of `open`; or `path` is itself a version folder, in which no version would be found.
        """
        if (Path(path) / MANIFEST_NAME).is_file():
            raise BundleError(f"path must be a base path, not one of its versions. Received: {str(path)!r}")
        return cls.open(path)

    @staticmethod
    def versions(path: str | os.PathLike[str]) -> tuple[int, ...]:
        """Returns the integer versions in the base path `path`, ascending; other names are passed over.

        Raises:
            BundleError: `path` is not a folder, or two folders have one number (``1`` and ``01``).
        """
        _check_folder(Path(path))
        return tuple(sorted(_version_folders(Path(path))))

    def verify_files(self) -> None:
        """Compares the SHA-256 of every file in the version folder with the manifest.

        This finds what was damaged, lost or left behind. It does not stop someone who can write the manifest.

        Raises:
            BundleError: A file is missing, changed or not listed; the message names every such file.
        """
        found, listed = hash_files(self.path), self.manifest.files
        problems = [f"missing {name!r}" for name in sorted(listed.keys() - found.keys())]
        problems += [
            f"changed {name!r}" for name in sorted(listed.keys() & found.keys()) if found[name] != listed[name]
        ]
        problems += [f"not listed {name!r}" for name in sorted(found.keys() - listed.keys())]
        if problems:
            raise BundleError(
                f"{str(self.path)!r} must hold the files that its {MANIFEST_NAME} lists, with their SHA-256. "
                f"Received: {', '.join(problems)}"
            )


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise BundleError(f"path must be a folder that exists. Received: {str(path)!r}")


def _version_folders(path: Path) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for folder in sorted(path.iterdir()):
        number = version_number(folder.name)
        if number is None or not folder.is_dir():
            continue
        if number in found:
            raise BundleError(
                f"path must hold one folder for version {number}. "
                f"Received: {found[number].name!r} and {folder.name!r} in {str(path)!r}"
            )
        found[number] = folder
    return found


def _number_of(folder: Path) -> int | None:
    # "." and "bundle/latest" have their number only once resolved, a link named "3" only before.
    number = version_number(folder.name)
    return version_number(folder.resolve().name) if number is None else number


def version_number(name: str) -> int | None:
    """The version that a folder of this name holds; None where the name is none."""
    # int() would also take " 1", "+1", "1_0" and digits of other scripts, which TensorFlow Serving does not.
    return int(name) if name.isascii() and name.isdigit() else None
