"""Splitting a vector in two by a fixed mask, and putting it together again."""

from collections.abc import Sequence

import tensorflow as tf

from tfgen.bijectors.entries import inverse_order, reshape_events, take

__all__ = ["Partition"]


class Partition:
    """The two parts of a vector that a mask names: those kept (True) and those changed (False).

    Args:
        mask: a truth value for each entry of the vector; at least one is False.

    Raises:
        ValueError: where nothing is changed.

    Example:
        >>> kept, changed = Partition([True, False, True]).split(tf.constant([[1.0, 2.0, 3.0]]))
        >>> kept.numpy().tolist(), changed.numpy().tolist()
        ([[1.0, 3.0]], [[2.0]])
    """

    def __init__(self, mask: Sequence[bool]) -> None:
        self.mask = tuple(bool(kept) for kept in mask)
        self.kept = [index for index, kept in enumerate(self.mask) if kept]
        self.changed = [index for index, kept in enumerate(self.mask) if not kept]
        if not self.changed:
            raise ValueError(f"`mask` must leave something to change. Received: mask={self.mask}")
        order = self.kept + self.changed
        self._back = inverse_order(order)
        size = len(self.mask)
        self._by_turns = size % 2 == 0 and self.mask in ((True, False) * (size // 2), (False, True) * (size // 2))

    def split(self, value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """[..., size] to [..., kept] and [..., changed].

        Raises:
            ValueError: where the last axis is known to have another size: slices would cut it in silence.
        """
        if value.shape[-1] not in (None, len(self.mask)):
            raise ValueError(
                f"`value` must have {len(self.mask)} entries in its last axis. Received: shape={value.shape}"
            )
        return take(value, self.kept), take(value, self.changed)

    def merge(self, kept: tf.Tensor, changed: tf.Tensor) -> tf.Tensor:
        """The reverse of `split`."""
        if self.kept and self.kept[0] == len(self.changed):  # two blocks in the other order: no gather
            return tf.concat([changed, kept], axis=-1)
        if len(self.mask) > 2 and self._by_turns:
            pairs = tf.stack([kept, changed] if self.mask[0] else [changed, kept], axis=-1)
            return reshape_events(pairs, 2, [len(self.mask)])
        return take(tf.concat([kept, changed], axis=-1), self._back)
