"""Several training steps as one compiled program."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

__all__ = ["joined_steps"]

Step = Callable[[Any], dict[str, Any]]


def joined_steps(model: keras.Model, one_by_one: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A train function that runs `steps_per_execution` steps in one XLA program.

    Keras compiles one step and calls it in a loop: each call then hands every weight, every moment and every metric in
    and out again, which for small networks takes longer than the step itself. Here the loop is inside the program, over
    batches that were collected before. What does not fill a program, such as the end of an epoch, goes step by step.

    Args:
        model: compiled with `jit_compile=True` and `steps_per_execution` over one, on one replica.
        one_by_one: Keras's own function, for data that do not come as tensors of a `tf.data.Dataset`.

    Returns:
        From an iterator over batches to the metrics after the last step.
    """
    count = model.steps_per_execution
    collect = tf.function(_Collector(count), reduce_retracing=True, autograph=False)

    def step(data: Any) -> dict[str, Any]:
        return model.train_step(data)

    def many(data: Any) -> dict[str, Any]:
        def body(index: tf.Tensor) -> tf.Tensor:
            step(tf.nest.map_structure(lambda value: value[index], data))
            return index + 1

        tf.while_loop(lambda index: index < count, body, [tf.constant(0)])
        return model.get_metrics_result()

    one = tf.function(step, reduce_retracing=True, jit_compile=True, autograph=False)
    all_at_once = tf.function(many, reduce_retracing=True, jit_compile=True, autograph=False)

    def function(iterator: Any) -> dict[str, Any]:
        if not isinstance(iterator, tf.data.Iterator) or not _only_tensors(iterator.element_spec):
            return one_by_one(iterator)
        rows, data = collect(iterator)
        sizes = rows.numpy()
        if not len(sizes):
            raise StopIteration
        if len(sizes) == count and (sizes == sizes[0]).all():
            shape = [count, int(sizes[0])]
            return all_at_once(tf.nest.map_structure(lambda value: tf.reshape(value, [*shape, *value.shape[1:]]), data))
        for batch in zip(*[tf.split(value, sizes) for value in tf.nest.flatten(data)], strict=True):
            logs = one(tf.nest.pack_sequence_as(data, batch))
        return logs

    return function


def _only_tensors(spec: Any) -> bool:
    """Whether batches are tensors of rows of one size; Keras has optional and ragged parts too, and time may vary."""
    return all(
        isinstance(part, tf.TensorSpec) and part.shape.rank and None not in part.shape.as_list()[1:]
        for part in tf.nest.flatten(spec)
    )


class _Collector:
    """The next batches of an iterator, up to a number: how many rows each has, and all rows one after another."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, iterator: Any) -> tuple[tf.Tensor, Any]:
        spec = iterator.element_spec
        flat = tf.nest.flatten(spec)
        arrays = [
            tf.TensorArray(part.dtype, 0, dynamic_size=True, element_shape=[None, *part.shape[1:]], infer_shape=False)
            for part in flat
        ]
        rows = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[])

        def more(index: tf.Tensor, following: Any, *_: Any) -> tf.Tensor:
            return (index < self.count) & following.has_value()

        def take(index: tf.Tensor, following: Any, rows: Any, *arrays: Any) -> tuple[Any, ...]:
            values = tf.nest.flatten(following.get_value())
            written = [array.write(index, value) for array, value in zip(arrays, values, strict=True)]
            # The one after the last is left in the iterator.
            last = index + 1 >= self.count
            following = tf.cond(last, lambda: following, iterator.get_next_as_optional)
            return index + 1, following, rows.write(index, tf.shape(values[0])[0]), *written

        _, _, rows, *arrays = tf.while_loop(
            more, take, (tf.constant(0), iterator.get_next_as_optional(), rows, *arrays)
        )
        joined = [array.concat() for array in arrays]
        for value, part in zip(joined, flat, strict=True):
            value.set_shape([None, *part.shape[1:]])
        return rows.stack(), tf.nest.pack_sequence_as(spec, joined)
