"""The noise layout: how seed rows, streams, indices and elements become uniforms and normals."""

import math
from collections.abc import Sequence

import tensorflow as tf

from tfgen.noise.philox import philox_pairs

__all__ = ["LAYOUT_VERSION", "Noise"]

LAYOUT_VERSION = 1
_FANOUT = 16


class Noise:
    """Independent noise for each row of a batch, as a pure function of that row's seed.

    Element e of row i is lane e mod 4 of Philox4x32-10 with

        key = (seed[i, 0], seed[i, 1]),  counter = (⌊e / 4⌋, index, stream, layout version).

    Nothing else enters: neither the batch size, nor the other rows, nor the runtime. A *stream* tells apart the
    uses of noise within one draw (a mixture's component and its location); streams form a tree, `child(k)`
    being node 16·stream + k + 1, so that nested distributions never share one. An *index* tells apart
    repetitions of one use (importance samples, particles) and may be a tensor: a scalar, or [batch, 1] where each row
    is at an index of its own. Row i of that is row i at the scalar index[i]. At *step* t of a sequence the first
    element of a draw of n numbers is lane 0 of block t·⌈n/4⌉: what is drawn at step 0 is what is drawn without steps.

    Changing any of this changes every recorded sample: raise `LAYOUT_VERSION`, which is itself part of the
    counter and of every bundle's manifest.

    Args:
        seeds: int32 [batch, 2], a seed row for each row of the batch; the whole range is used.
        stream: the stream's number.
        index: Python integer, or integer tensor of shape [] or [batch, 1], from 0 to 2³¹ − 1.
        step: the like.

    Example:
        >>> noise = Noise(tf.constant([[3, 0], [3, 1]]))
        >>> noise.normal((2,)).shape.as_list()
        [2, 2]
    """

    def __init__(
        self, seeds: tf.Tensor, *, stream: int = 0, index: int | tf.Tensor = 0, step: int | tf.Tensor = 0
    ) -> None:
        self.seeds = tf.convert_to_tensor(seeds)
        if self.seeds.shape.rank != 2 or self.seeds.shape[1] not in (2, None):
            raise ValueError(f"`seeds` must have shape [batch, 2]. Received: shape={self.seeds.shape}")
        if self.seeds.dtype != tf.int32:
            raise ValueError(f"`seeds` must be int32. Received: dtype={self.seeds.dtype.name}")
        if not 0 <= stream < 2**32:
            raise ValueError(f"`stream` must fit in 32 bits. Received: stream={stream}")
        self.stream = stream
        self.index = index
        self.step = step

    def child(self, number: int) -> "Noise":
        """The stream of part `number` (0 to 15) of what this stream draws."""
        if not 0 <= number < _FANOUT:
            raise ValueError(f"`number` must be from 0 to {_FANOUT - 1}. Received: number={number}")
        return Noise(self.seeds, stream=_FANOUT * self.stream + number + 1, index=self.index, step=self.step)

    def at(self, index: int | tf.Tensor) -> "Noise":
        """The same stream at another index, such as a sample's: of all rows, or by [batch, 1] each row's own."""
        return Noise(self.seeds, stream=self.stream, index=index, step=self.step)

    def at_step(self, step: int | tf.Tensor) -> "Noise":
        """The same stream at a step of a sequence: of all rows, or by [batch, 1] each row's own."""
        return Noise(self.seeds, stream=self.stream, index=self.index, step=step)

    def uniform(self, shape: Sequence[int], dtype: tf.DType = tf.float32) -> tf.Tensor:
        """Uniforms on the open interval (0, 1): (⌊bits / 2⁹⌋ + ½)·2⁻²³, never 0 and never 1.

        Args:
            shape: the static shape of one row.
            dtype: float32 or float64; both give the same numbers.

        Returns:
            [batch, *shape].
        """
        words = tf.bitwise.right_shift(self._words(shape), tf.constant(9, tf.uint32))
        return (tf.cast(words, dtype) + 0.5) * 2.0**-23

    def normal(self, shape: Sequence[int], dtype: tf.DType = tf.float32) -> tf.Tensor:
        """Standard normals by Box and Muller: √(−2 ln u)·(cos 2πv, sin 2πv) from each pair of words.

        u = (first word + ½)·2⁻³² and v = second word·2⁻³², so that the tails reach 6.8 standard deviations. All is
        computed in float64 and rounded once: in float32 the logarithm, the sine and the cosine of TensorFlow's
        vector kernels, its scalar kernels, XLA and ONNX Runtime differ in the last digit, and a row would depend
        on how many others are drawn with it.

        Args:
            shape: the static shape of one row.
            dtype: float32 or float64; the one is the other, rounded.

        Returns:
            [batch, *shape].
        """
        size = math.prod(shape)
        first, second = (tf.cast(words, tf.float64) for words in self._pairs(-(-size // 4)))
        radius = tf.sqrt(-2.0 * tf.math.log((first + 0.5) * 2.0**-32))
        angle = second * (2.0 * math.pi * 2.0**-32)
        both = radius * tf.stack([tf.cos(angle), tf.sin(angle)])
        return self._row_by_row(tf.cast(tf.transpose(both, [2, 3, 1, 0]), dtype), size, shape)

    def _words(self, shape: Sequence[int]) -> tf.Tensor:
        size = math.prod(shape)
        words = tf.stack(self._pairs(-(-size // 4)))
        return self._row_by_row(tf.transpose(words, [2, 3, 1, 0]), size, shape)

    def _pairs(self, blocks: int) -> tuple[tf.Tensor, tf.Tensor]:
        """The words of which a normal's radius and its angle are made, uint32 [2, batch, blocks] each."""
        block = tf.constant([list(range(blocks))], tf.uint32)
        if not (isinstance(self.step, int) and self.step == 0):
            block += tf.cast(tf.convert_to_tensor(self.step), tf.uint32) * tf.constant(blocks, tf.uint32)
        index = tf.cast(tf.convert_to_tensor(self.index), tf.uint32)
        even, odd = (
            tf.stack([word, tf.zeros_like(word) + tf.constant(fixed, tf.uint32)])
            for word, fixed in ((block, self.stream), (index, LAYOUT_VERSION))
        )
        return philox_pairs(even, odd, tf.cast(tf.transpose(self.seeds), tf.uint32)[..., tf.newaxis])

    @staticmethod
    def _row_by_row(words: tf.Tensor, size: int, shape: Sequence[int]) -> tf.Tensor:
        """[batch, blocks, 2, 2] to [batch, *shape], cutting what the last block has too much."""
        if size == 0:  # nothing tells a reshape how many rows there are
            return tf.zeros([tf.shape(words)[0], *shape], words.dtype)
        rows = tf.reshape(words, [-1, 4 * words.shape[1]])[:, :size]
        return tf.reshape(rows, [-1, *shape])
