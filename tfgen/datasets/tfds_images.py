"""MNIST, Fashion-MNIST and CIFAR-10 through TensorFlow Datasets."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.binarisation import binarised, check_binarisation
from tfgen.datasets.images import Images

__all__ = ["cifar10", "fashion_mnist", "mnist"]

_LEVELS = 256
_READ_ROWS = 1000
# Half a second more for a network that is there; TensorFlow Datasets' own ten take over three minutes to fail.
_RETRIES = 3


def mnist(*, binarisation: str | None = None, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Loads MNIST: 28×28 grey images of handwritten digits.

    The last 10,000 of the 60,000 training rows, in the order of TensorFlow Datasets, are validation; the
    10,000 test rows are test. The first use downloads 11 MB and prepares them in `data_dir`.

    Args:
        binarisation: ``"threshold"``: 1 where the grey value is at least 128. ``"static"``: each pixel drawn
            once with probability grey/255, the same draw for everybody. ``"dynamic"``: validation and test
            images as by ``"static"``; ``train["x"]`` holds the intensities grey/255, for
            `dynamic_binarisation`. None: grey values from 0 to 255.
        data_dir: Where the prepared data are or will be; None for the environment variable ``TFDS_DATA_DIR``
            or, where it is not set, ``~/tensorflow_datasets``.

    Returns:
        Images of shape [28, 28, 1] with 256 levels; 2 where they were binarised.

    Raises:
        ConnectionError: If the data are not prepared and cannot be downloaded.
        ImportError: If TensorFlow Datasets, or a package that it needs, is not installed.
        ValueError: If there is no such binarisation.

    Source: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-Based Learning Applied to Document Recognition".
    """
    check_binarisation(binarisation)
    return binarised(_load("mnist", "mnist:3.*.*", validation_rows=10_000, data_dir=data_dir), binarisation)


def fashion_mnist(*, binarisation: str | None = None, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Loads Fashion-MNIST: 28×28 grey images of clothes, in the shapes and splits of `mnist`.

    The first use downloads 29 MB and prepares them in `data_dir`.

    Args:
        binarisation: As in `mnist`.
        data_dir: As in `mnist`.

    Returns:
        Images of shape [28, 28, 1] with 256 levels; 2 where they were binarised.

    Raises:
        ConnectionError: If the data are not prepared and cannot be downloaded.
        ImportError: If TensorFlow Datasets, or a package that it needs, is not installed.
        ValueError: If there is no such binarisation.

    Source: Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
    Learning Algorithms".
    """
    check_binarisation(binarisation)
    images = _load("fashion-mnist", "fashion_mnist:3.*.*", validation_rows=10_000, data_dir=data_dir)
    return binarised(images, binarisation)


def cifar10(*, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Loads CIFAR-10: 32×32 colour images of ten classes of things.

    The last 5,000 of the 50,000 training rows, in the order of TensorFlow Datasets, are validation; the
    10,000 test rows are test. The first use downloads 162 MB and prepares them in `data_dir`.

    Args:
        data_dir: As in `mnist`.

    Returns:
        Images of shape [32, 32, 3] with 256 levels.

    Raises:
        ConnectionError: If the data are not prepared and cannot be downloaded.
        ImportError: If TensorFlow Datasets, or a package that it needs, is not installed.

    Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
    """
    return _load("cifar10", "cifar10:3.*.*", validation_rows=5_000, data_dir=data_dir)


def _load(name: str, tfds_name: str, *, validation_rows: int, data_dir: str | os.PathLike[str] | None) -> Images:
    try:
        import tensorflow_datasets as tfds

        builder = tfds.builder(tfds_name, data_dir=None if data_dir is None else os.fspath(data_dir))
        _prepare(builder, name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{name} needs TensorFlow Datasets: pip install 'tfgen[train]' (missing: {error.name})"
        ) from error
    which = {
        "train": f"train[:-{validation_rows}]",
        "validation": f"train[-{validation_rows}:]",
        "test": "test",
    }
    # One file at a time, so that the order of the rows is that in which they were written.
    read = tfds.ReadConfig(interleave_cycle_length=1)
    data = {
        split: _arrays(builder.as_dataset(split=rows, as_supervised=True, shuffle_files=False, read_config=read))
        for split, rows in which.items()
    }
    return Images(
        name=name,
        train={"x": data["train"][0]},
        validation={"x": data["validation"][0]},
        test={"x": data["test"][0]},
        labels={split: labels for split, (_, labels) in data.items()},
        levels=_LEVELS,
    )


def _arrays(dataset: Any) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    batches = [(images.astype(np.uint8), labels) for images, labels in dataset.batch(_READ_ROWS).as_numpy_iterator()]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return images.astype(np.float32), labels.astype(np.int32)


def _prepare(builder: Any, name: str) -> None:
    """Downloads and prepares what is not prepared yet; a failure leaves nothing behind and does not take long."""
    import requests  # what TensorFlow Datasets downloads with
    import tensorflow_datasets as tfds

    folder = Path(builder.data_path).parent
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        # TensorFlow Datasets keeps half-written downloads, and the archives of finished ones.
        with _no_empty_folders(folder), tempfile.TemporaryDirectory(prefix="tfgen-") as downloads, _few_retries():
            builder.download_and_prepare(download_dir=downloads, download_config=config)
    except (requests.exceptions.RequestException, tfds.download.DownloadError) as error:
        raise ConnectionError(
            f"{name} is not prepared in `data_dir` and cannot be downloaded: connect to the Internet once, or copy "
            f"the prepared folder {builder.name}/{builder.version} of another machine into a folder and pass it "
            f"as `data_dir` or set TFDS_DATA_DIR to it. Received: data_dir={str(folder.parent)!r} "
            f"({type(error).__name__})"
        ) from error


@contextlib.contextmanager
def _no_empty_folders(folder: Path) -> Iterator[None]:
    """Removes, after a failure, the folder and those above it that were not there before and are empty."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):  # somebody else may have put something there
                path.rmdir()
        raise


@contextlib.contextmanager
def _few_retries() -> Iterator[None]:
    """Within it, TensorFlow Datasets tries a download a few times only; it has no option for that."""
    from tensorflow_datasets.core.download import downloader

    usual = downloader.MAX_RETRIES
    downloader.MAX_RETRIES = min(usual, _RETRIES)
    try:
        yield
    finally:
        downloader.MAX_RETRIES = usual
