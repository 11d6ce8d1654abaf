"""The 8×8 digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.binarisation import binarised, check_binarisation
from tfgen.datasets.images import Images

__all__ = ["digits"]

_SPLIT_SEED = 0
_TRAIN, _VALIDATION = 1200, 200
_LEVELS = 17


def digits(*, binarisation: str | None = "threshold") -> Images:
    """Loads 1797 handwritten digits of 8×8 pixels, binarised unless asked for grey values.

    One fixed permutation, ``numpy.random.default_rng(0).permutation(1797)``, puts its first 1200 rows into
    training, the next 200 into validation and the last 397 into test. No limit is known: good for ranking
    models only. Thresholded, and fitted on training and validation images together, independent pixels need
    25.25 nats a test image and a mixture of 60 Bernoulli components 17.6 (`tfgen.judging`).

    Args:
        binarisation: ``"threshold"``: 1 where the grey value is at least 8 of 16. ``"static"``: each pixel
            drawn once with probability grey/16, the same draw for everybody. ``"dynamic"``: validation and
            test images as by ``"static"``; ``train["x"]`` holds the intensities grey/16, for
            `dynamic_binarisation`. None: grey values from 0 to 16.

    Returns:
        Images of shape [8, 8, 1] with 2 levels; 17 where `binarisation` is None.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If there is no such binarisation.

    Source: scikit-learn's copy of the test set of "Optical Recognition of Handwritten Digits", Alpaydin and
    Kaynak 1998.

    Example:
        >>> digits().train["x"].shape, digits(binarisation=None).levels
        ((1200, 8, 8, 1), 17)
    """
    check_binarisation(binarisation)
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("The digits need scikit-learn: pip install 'tfgen[train]'") from error
    data = load_digits()
    rows = _split_indices(len(data.target))
    x = {split: data.images[chosen].astype(np.float32)[..., None] for split, chosen in rows.items()}
    grey = Images(
        name="digits",
        train={"x": x["train"]},
        validation={"x": x["validation"]},
        test={"x": x["test"]},
        labels={split: data.target[chosen].astype(np.int32) for split, chosen in rows.items()},
        levels=_LEVELS,
    )
    return binarised(grey, binarisation)


def _split_indices(n: int) -> dict[str, NDArray[np.int64]]:
    order = np.random.default_rng(_SPLIT_SEED).permutation(n)
    second = _TRAIN + _VALIDATION
    return {"train": order[:_TRAIN], "validation": order[_TRAIN:second], "test": order[second:]}
