"""The noise layout: how seed rows, streams, indices and elements become uniforms and normals."""

import math
from collections.abc import Sequence

import tensorflow as tf

from tfgen.noise.philox import philox_4x32

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
        lanes = [tf.cast(lane, tf.float64) for lane in self._lanes(-(-size // 4))]
        pairs = []
        for first, second in (lanes[:2], lanes[2:]):
            radius = tf.sqrt(-2.0 * tf.math.log((first + 0.5) * 2.0**-32))
            angle = second * (2.0 * math.pi * 2.0**-32)
            pairs += [radius * tf.cos(angle), radius * tf.sin(angle)]
        return self._shape(tf.cast(tf.stack(pairs, axis=-1), dtype), size, shape)

    def _words(self, shape: Sequence[int]) -> tf.Tensor:
        size = math.prod(shape)
        return self._shape(tf.stack(self._lanes(-(-size // 4)), axis=-1), size, shape)

    def _lanes(self, blocks: int) -> tuple[tf.Tensor, ...]:
        """Four uint32 [batch, blocks]."""
        key = [tf.cast(self.seeds[:, word : word + 1], tf.uint32) for word in (0, 1)]
        block = tf.constant([list(range(blocks))], tf.uint32)
        if not (isinstance(self.step, int) and self.step == 0):
            block += tf.cast(tf.convert_to_tensor(self.step), tf.uint32) * tf.constant(blocks, tf.uint32)
        index = tf.cast(tf.convert_to_tensor(self.index), tf.uint32)
        stream, version = tf.constant(self.stream, tf.uint32), tf.constant(LAYOUT_VERSION, tf.uint32)
        return philox_4x32((block, index, stream, version), key)

    @staticmethod
    def _shape(lanes: tf.Tensor, size: int, shape: Sequence[int]) -> tf.Tensor:
        """[batch, blocks, 4] to [batch, *shape], cutting what the last block has too much."""
        if size == 0:  # nothing tells a reshape how many rows there are
            return tf.zeros([tf.shape(lanes)[0], *shape], lanes.dtype)
        rows = tf.reshape(lanes, [-1, 4 * lanes.shape[1]])[:, :size]
        return tf.reshape(rows, [-1, *shape])
