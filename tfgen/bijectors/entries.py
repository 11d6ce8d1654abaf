"""Entries of the last axis, and events in other shapes."""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["checked_order", "inverse_order", "refuse_other_size", "reshape_events", "take"]


def take(value: tf.Tensor, indices: Sequence[int]) -> tf.Tensor:
    """Entries by their indices: by a slice where they are evenly spaced, which is cheaper than a gather everywhere."""
    if not indices:
        return value[..., :0]
    first, last = indices[0], indices[-1]
    if list(indices) == list(range(first, last + 1)):
        return value if len(indices) == value.shape[-1] else value[..., first : last + 1]
    step = indices[1] - first
    if step > 1 and list(indices) == list(range(first, last + 1, step)):
        return value[..., first : last + 1 : step]
    if list(indices) == list(range(len(indices)))[::-1] and len(indices) == value.shape[-1]:
        return tf.reverse(value, axis=[-1])
    return tf.gather(value, tf.constant(list(indices)), axis=-1)


def inverse_order(order: Sequence[int]) -> list[int]:
    """Where each index stands in a permutation."""
    return sorted(range(len(order)), key=lambda place: order[place])


def checked_order(order: Sequence[int], size: int | None = None) -> tuple[int, ...]:
    """A permutation, of so many entries where a size is given.

    Raises:
        ValueError: where it is none of 0 … n − 1.
    """
    found = tuple(int(place) for place in order)
    if sorted(found) != list(range(len(found) if size is None else size)):
        last = "n − 1" if size is None else size - 1
        raise ValueError(f"`order` must hold each of 0 to {last} once. Received: order={found}")
    return found


def refuse_other_size(value: tf.Tensor, event_shape: Sequence[int]) -> None:
    """Refuses a value whose last axes are known to be others: a slice or a broadcast would take it in silence.

    Raises:
        ValueError: where it is one.
    """
    ndims = len(event_shape)
    if not value.shape[value.shape.rank - ndims :].is_compatible_with(event_shape):
        wanted = ", ".join(map(str, event_shape))
        raise ValueError(f"`value` must have last axes of sizes {wanted}. Received: shape={value.shape}")


def reshape_events(value: tf.Tensor, event_ndims: int, shape: Sequence[int]) -> tf.Tensor:
    """The last axes in another shape, the rows before them as they are.

    Args:
        value: [..., *event].
        event_ndims: how many axes an event has.
        shape: of as many numbers as an event.

    Returns:
        [..., *shape].
    """
    lead = value.shape.rank - event_ndims
    if lead == 1:  # the usual case needs no shape computed
        return tf.reshape(value, [-1, *shape])
    return tf.reshape(value, tf.concat([tf.shape(value)[:lead], list(shape)], axis=0))
