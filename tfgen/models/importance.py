"""Means of importance weights, streamed: the memory that they take does not grow with their number."""

import itertools
import operator
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfgen.noise import Noise

__all__ = ["Inferred", "Weigh", "importance_statistics", "log_mean_exp", "repeat_noise", "repeat_rows", "sample_rows"]

Weigh = Callable[[tf.Tensor, int], tf.Tensor]
"""From the number of the first sample, an int32 scalar, and a count to log-weights [batch, count]."""

Inferred = Any
"""What is computed once for each example: a tensor, batch first, or several."""

_AT_ONCE = 8
"""The most samples that are weighed in one pass: enough to fill a processor with one row, few enough for a batch."""


def log_mean_exp(weigh: Weigh, num_samples: int) -> tf.Tensor:
    """log (1/K) Σ_k exp(w_k) for each row, of weights that are made a few at a time.

    A running maximum and a running sum are kept, never the weights. Sample k is the same whatever K is, so that
    estimates of growing K share their samples.

    Args:
        weigh: what makes the log-weights w.
        num_samples: K.

    Returns:
        [batch].

    Example:
        >>> table = tf.constant([[0.0, 2.0, 4.0]])
        >>> float(tf.exp(log_mean_exp(lambda first, count: tf.math.log(table[:, first : first + count]), 3))[0])
        2.0
    """
    maximum, (total,) = _power_sums(weigh, num_samples, powers=1)
    return maximum + tf.math.log(total / num_samples)


def importance_statistics(weigh: Weigh, num_samples: int) -> tuple[tf.Tensor, tf.Tensor]:
    r"""`log_mean_exp`, and the effective sample size of the weights, in the same pass.

    $$\mathrm{ESS} = \frac{(\sum_k e^{w_k})^2}{\sum_k e^{2 w_k}}$$

    It is K where all weights are equal and 1 where one of them is all; of a row that has no weight at all, every w_k
    being −∞, it is nought. Beside the running maximum and sum a running sum of squares is kept.

    Args:
        weigh: what makes the log-weights w.
        num_samples: K.

    Returns:
        log (1/K) Σ_k exp(w_k), [batch], the very number that `log_mean_exp` gives; and the effective sample size,
        [batch], from 1 to K but for rounding.

    Reference:
        Kong, *A note on importance sampling using standardized weights*, technical report 348, University of Chicago,
        1992: K/(1 + cv²), with cv the weights' coefficient of variation, which is the same number.

    Example:
        >>> table = tf.constant([[1.0, 1.0, 1.0], [2.0, 2.0, 0.0]])
        >>> _, size = importance_statistics(lambda first, count: tf.math.log(table[:, first : first + count]), 3)
        >>> size.numpy().tolist()
        [3.0, 2.0]
    """
    maximum, (total, squares) = _power_sums(weigh, num_samples, powers=2)
    return maximum + tf.math.log(total / num_samples), tf.math.divide_no_nan(tf.square(total), squares)


def _power_sums(weigh: Weigh, num_samples: int, *, powers: int) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
    """The greatest log-weight m of each row, and Σ_k exp(w_k − m)^p for p from 1 to `powers`, each [batch]."""
    count = next(size for size in range(min(_AT_ONCE, num_samples), 0, -1) if num_samples % size == 0)

    def sums(weights: tf.Tensor, maximum: tf.Tensor) -> tuple[tf.Tensor, ...]:
        scaled = tf.exp(weights - maximum[:, tf.newaxis])
        return tuple(tf.reduce_sum(value, axis=-1) for value in _powers(scaled, powers))

    def add(first: tf.Tensor, maximum: tf.Tensor, *totals: tf.Tensor) -> tuple[tf.Tensor, ...]:
        weights = weigh(first, count)
        larger = tf.maximum(maximum, tf.reduce_max(weights, axis=-1))
        factors = _powers(tf.exp(maximum - larger), powers)  # what the sums so far were relative to has grown
        terms = zip(totals, factors, sums(weights, larger), strict=True)
        return first + count, larger, *(total * factor + added for total, factor, added in terms)

    # The first pass stands outside the loop: where it is the only one, there is no loop to export.
    weights = weigh(tf.constant(0), count)
    # Never −∞: a row without any weight has the logarithm of nought, not NaN.
    maximum = tf.maximum(tf.reduce_max(weights, axis=-1), weights.dtype.min)
    totals = sums(weights, maximum)
    if num_samples > count:
        _, maximum, *totals = tf.while_loop(
            lambda first, *_: first < num_samples,
            add,
            (tf.constant(count), maximum, *totals),
            maximum_iterations=num_samples // count - 1,
            parallel_iterations=1,  # else TensorFlow may hold ten passes' tensors at once
        )
    return maximum, tuple(totals)


def _powers(value: tf.Tensor, count: int) -> tuple[tf.Tensor, ...]:
    """(value, value², …), `count` of them; the first is the value itself, so that it costs no node of a graph."""
    return tuple(itertools.accumulate(itertools.repeat(value, count), operator.mul))


def repeat_rows(values: tf.Tensor, count: int) -> tf.Tensor:
    """Each row `count` times in succession: [batch, ...] to [batch · count, ...]."""
    if count == 1:
        return values
    shape = values.shape.as_list()[1:]
    tiled = tf.tile(values[:, tf.newaxis], [1, count, *[1] * len(shape)])
    if None not in shape:
        return tf.reshape(tiled, [-1, *shape])
    # Of sequences the number of steps is not known.
    rows = tf.reshape(tiled, [-1, *tf.unstack(tf.shape(values)[1:])])
    rows.set_shape([None, *shape])
    return rows


def repeat_noise(noise: Noise, count: int) -> Noise:
    """The noise of each row `count` times in succession: the repetitions of a row have the same."""
    places = [
        repeat_rows(place, count) if isinstance(place, tf.Tensor) and place.shape.rank == 2 else place
        for place in (noise.index, noise.step)  # each row may be at one of its own
    ]
    return Noise(repeat_rows(noise.seeds, count), stream=noise.stream, index=places[0], step=places[1])


def sample_rows(
    inputs: dict[str, tf.Tensor], inferred: Inferred, seeds: tf.Tensor, first: tf.Tensor, count: int, *, axis: int = 0
) -> tuple[dict[str, tf.Tensor], Inferred, Noise]:
    """A row for each of some samples of each example, with its noise: what `BoundModel.log_weights` takes.

    Args:
        inputs: named inputs, batch first.
        inferred: what `BoundModel.infer` gave of them.
        seeds: int32 [batch, 2].
        first: the first sample's number, an int32 scalar.
        count: how many samples.
        axis: which of what was inferred is the batch.

    Returns:
        Inputs, inferred and noise of batch · count rows, an example's beside each other.
    """
    rows = {name: repeat_rows(value, count) for name, value in inputs.items()}
    # Sample k has noise index k, however many are weighed and however many at once.
    index = tf.tile(first + tf.range(count), [tf.shape(seeds)[0]])[:, tf.newaxis]
    repeated = tf.nest.map_structure(
        lambda value: repeat_rows(value, count) if axis == 0 else tf.repeat(value, count, axis=axis), inferred
    )
    return rows, repeated, Noise(repeat_rows(seeds, count), index=index)
