"""What layers share that give each entry of an event a distribution, or a mixture, of its own."""

from collections.abc import Callable

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import unflatten

__all__ = ["entrywise", "entrywise_estimate", "parameters_per_entry"]


def parameters_per_entry(count: int, components: int) -> int:
    """How many numbers describe an entry by `count` parameters of each component, and the logits of several."""
    return (count + (components > 1)) * components


def entrywise(
    parameters: tf.Tensor,
    event_shape: tuple[int, ...],
    *,
    count: int,
    components: int,
    make: Callable[..., tfd.Distribution],
) -> tfd.Distribution:
    """Independent entries, each a scalar distribution or a mixture of `components` of them.

    Args:
        parameters: [..., `parameters_per_entry` · entries]: all first parameters, then all second ones, …, and last
            the logits.
        event_shape: the shape of one event.
        count: how many parameters a component has.
        components: how many components; of one there is no mixture.
        make: from `count` tensors [..., *event_shape] or [..., *event_shape, components] to scalar distributions.

    Returns:
        A distribution of batch shape [...] and the event shape.
    """
    if components == 1:
        each = make(*(unflatten(part, event_shape) for part in tf.split(parameters, count, axis=-1)))
    else:
        parts = tf.split(parameters, count + 1, axis=-1)
        *parts, logits = (unflatten(part, (*event_shape, components)) for part in parts)
        each = tfd.MixtureSameFamily(tfd.Categorical(logits=logits), make(*parts))
    return tfd.Independent(each, reinterpreted_batch_ndims=len(event_shape))


def entrywise_estimate(
    distribution: tfd.Independent, estimate: Callable[[tfd.Distribution], tf.Tensor], *, components: int
) -> tf.Tensor:
    """The estimate [..., *event_shape] of each entry, over its components' probabilities where it is a mixture.

    Args:
        distribution: what `entrywise` made.
        estimate: from scalar distributions to their estimates.
        components: as it was made.
    """
    each = distribution.distribution
    if components == 1:
        return estimate(each)
    weights = tf.nn.softmax(each.mixture_distribution.logits_parameter(), axis=-1)
    return tf.reduce_sum(weights * estimate(each.components_distribution), axis=-1)
