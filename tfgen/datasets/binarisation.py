"""Grey images made binary: by a threshold, by one draw for everybody, or by a new draw every epoch."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.arguments import integer_at_least
from tfgen.datasets.images import Images

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["BINARISATIONS", "binarise", "binarised", "check_binarisation", "dynamic_binarisation"]

BINARISATIONS = ("threshold", "static", "dynamic")
"""The ways in which grey images can be made binary."""

# Keeps the draws apart from data that were made with the same seed: those would be their own noise.
_STREAM = 0x62696E61

# The draws of "static", and of the held-out splits of "dynamic", are part of the data set: the same for everybody.
_STATIC_SEEDS = {"train": 0, "validation": 1, "test": 2}


def binarise(intensities: ArrayLike, *, seed: int) -> NDArray[np.float32]:
    r"""Draws every pixel once: $x \sim \mathrm{Bernoulli}(\mathrm{intensity})$.

    Args:
        intensities: Probabilities, any shape.
        seed: A non-negative integer; the same (intensities, seed) gives the same draw.

    Returns:
        0 and 1, of the shape of `intensities`.

    Raises:
        TypeError: If `seed` is no integer.
        ValueError: If an intensity is outside [0, 1], or `seed` is negative.

    Source: Salakhutdinov and Murray 2008, "On the Quantitative Analysis of Deep Belief Networks", who
    binarised MNIST so.

    Example:
        >>> binarise([0.0, 1.0], seed=0)
        array([0., 1.], dtype=float32)
    """
    probabilities = _checked_intensities(intensities, name="intensities")
    rng = np.random.default_rng((_STREAM, integer_at_least(seed, 0, name="seed")))
    # Uniform numbers below 1: an intensity of 0 is never lit and an intensity of 1 always.
    return (rng.random(probabilities.shape, dtype=np.float32) < probabilities).astype(np.float32)


def check_binarisation(binarisation: str | None) -> None:
    """Raises an error for what is neither None nor one of `BINARISATIONS`.

    Raises:
        ValueError: If there is no such binarisation.

    Example:
        >>> check_binarisation("static")
    """
    if binarisation is not None and binarisation not in BINARISATIONS:
        raise ValueError(
            f"`binarisation` must be None or one of {', '.join(BINARISATIONS)}. Received: {binarisation!r}"
        )


def binarised(images: Images, binarisation: str | None) -> Images:
    """Makes grey images binary; intensities are grey values over ``levels - 1``.

    Args:
        images: Grey images.
        binarisation: ``"threshold"``: 1 where the intensity is at least one half. ``"static"``: one draw by
            `binarise`, of fixed seeds. ``"dynamic"``: validation and test images as by ``"static"``; training
            images stay intensities, for `dynamic_binarisation`. None: the images as they are.

    Returns:
        Images of two levels, or `images` itself.

    Raises:
        ValueError: If there is no such binarisation.

    Example:
        >>> x = np.full((1, 1, 1, 1), 16, np.float32)
        >>> grey = Images(name="dot", train={"x": x}, validation={"x": x}, test={"x": x}, labels={}, levels=17)
        >>> binarised(grey, "threshold").train["x"].ravel()
        array([1.], dtype=float32)
    """
    check_binarisation(binarisation)
    if binarisation is None:
        return images

    def split(which: str, grey: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        intensities = grey / np.float32(images.levels - 1)
        if binarisation == "threshold":
            return {"x": (intensities >= 0.5).astype(np.float32)}
        if binarisation == "dynamic" and which == "train":
            return {"x": intensities}
        return {"x": binarise(intensities, seed=_STATIC_SEEDS[which])}

    return dataclasses.replace(
        images,
        train=split("train", images.train["x"]),
        validation=split("validation", images.validation["x"]),
        test=split("test", images.test["x"]),
        levels=2,
        binarisation=binarisation,
    )


def dynamic_binarisation(
    images: Images | ArrayLike, *, batch_size: int, seed: int, shuffle: bool = True
) -> tf.data.Dataset:
    """Batches of training images that are binarised anew in every epoch, for ``fit``.

    The e-th pass over the dataset is a function of (`seed`, e) alone, e = 0, 1, ...: TensorFlow's global seed
    plays no part, and two datasets of the same seed yield the same epochs. Every beginning of an iteration
    counts as a pass.

    Args:
        images: Images loaded with ``binarisation="dynamic"``, of which the training split is taken, or
            intensities in [0, 1], [n, height, width, channels].
        batch_size: Rows of a batch, at least 1; the last batch of an epoch may be smaller.
        seed: A non-negative integer.
        shuffle: Whether every epoch has its own order of the rows; if not, it is the order of `images`.

    Returns:
        A dataset of ``{"x": float32[batch, height, width, channels]}``, of 0 and 1.

    Raises:
        ImportError: If TensorFlow is not installed.
        TypeError: If `batch_size` or `seed` is no integer.
        ValueError: If `images` are not meant for this, an intensity is outside [0, 1], `batch_size` is less
            than 1 or `seed` is negative.

    Source: Burda, Grosse and Salakhutdinov 2016, "Importance Weighted Autoencoders", section 5.

    Example:
        >>> from tfgen.datasets import digits
        >>> batches = dynamic_binarisation(digits(binarisation="dynamic"), batch_size=100, seed=0)
        >>> len(batches), next(iter(batches))["x"].shape
        (12, TensorShape([100, 8, 8, 1]))
    """
    if isinstance(images, Images):
        if images.binarisation != "dynamic":
            raise ValueError(
                "`images` must have been loaded with binarisation='dynamic', or be an array of intensities. "
                f"Received: {images}"
            )
        images = images.train["x"]
    intensities = _checked_intensities(images, name="images")
    if intensities.ndim != 4 or len(intensities) == 0:
        raise ValueError(
            "`images` must have shape [n, height, width, channels] with at least one row. "
            f"Received: shape {intensities.shape}"
        )
    size = integer_at_least(batch_size, 1, name="batch_size")
    key = _key(integer_at_least(seed, 0, name="seed"))
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError("dynamic_binarisation needs TensorFlow: pip install 'tfgen[train]'") from error

    table = tf.constant(intensities, tf.float32)
    # The only state. A dataset cannot know its epoch without one, and tf.data's own seeds, which could make
    # each iteration differ, depend on TensorFlow's global seed.
    epochs = tf.Variable(-1, dtype=tf.int64, trainable=False)

    def batches_of(epoch: tf.Tensor) -> tf.data.Dataset:
        epoch_key = tf.random.fold_in(key, epoch)
        rows = tf.range(len(intensities))
        if shuffle:
            rows = tf.random.experimental.stateless_shuffle(rows, seed=tf.random.fold_in(epoch_key, 0))

        def draw(number: tf.Tensor, batch: tf.Tensor) -> dict[str, tf.Tensor]:
            chosen = tf.gather(table, batch)
            uniform = tf.random.stateless_uniform(tf.shape(chosen), seed=tf.random.fold_in(epoch_key, number + 1))
            return {"x": tf.cast(uniform < chosen, tf.float32)}

        return tf.data.Dataset.from_tensor_slices(rows).batch(size).enumerate().map(draw)

    once = tf.data.Dataset.from_tensors(0).map(lambda _: epochs.assign_add(1))
    count = -(-len(intensities) // size)
    return once.flat_map(batches_of).apply(tf.data.experimental.assert_cardinality(count)).prefetch(tf.data.AUTOTUNE)


def _checked_intensities(values: ArrayLike, *, name: str) -> NDArray[np.float32]:
    try:
        intensities = np.asarray(values, np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` must be an array of numbers in [0, 1]. Received: {type(values).__name__}") from None
    valid = (intensities >= 0) & (intensities <= 1)  # false for NaN too
    if not valid.all():
        raise ValueError(f"`{name}` must lie in [0, 1]. Received: {intensities[~valid][0]:g}")
    return intensities


def _key(seed: int) -> NDArray[np.int64]:
    """Returns two words for TensorFlow's stateless functions, for a seed of any size."""
    return np.random.SeedSequence((_STREAM, seed)).generate_state(2, np.uint64).view(np.int64)
