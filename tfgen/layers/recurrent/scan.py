"""Loops over time that train, compile with XLA, and export with a dynamic number of steps."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfgen.layers.products import Products
from tfgen.layers.recurrent.lean import lean_loop

__all__ = ["over_time", "scan", "swapped"]

State = tuple[tf.Tensor, ...]
Step = Callable[[tf.Tensor, State, list[tf.Tensor]], tuple[State, Sequence[tf.Tensor]]]


def scan(
    step: Step,
    state: State,
    inputs: Sequence[tf.Tensor],
    outputs: Sequence[tf.TensorSpec],
    *,
    steps: tf.Tensor,
    products: Products | None = None,
) -> tuple[State, list[tf.Tensor]]:
    """A state that is led through time, and what comes out at each step.

    (s_t, y_t) = step(t, s_{t−1}, inputs_t) for t = 0 … steps − 1. What a step needs of the weights should be made
    outside of it, once, and captured. (`tf.scan` gives graphs that ONNX Runtime refuses.)

    Args:
        step: from the number of the step, an int32 scalar, the state and the inputs' slices, [batch, ...], to the next
            state and the outputs, [batch, ...].
        state: tensors whose shapes stay as they are.
        inputs: tensors [steps, batch, ...]: with steps first, since a step of all rows then lies together.
        outputs: of each output of a step its dtype and its shape [None, ...].
        steps: how many, an int32 scalar; by XLA known when it compiles.
        products: in training, the affine maps that the step is made of; gradients then cost less (see `lean_loop`).

    Returns:
        The last state, and the outputs [steps, batch, ...].

    Example:
        >>> add = lambda t, state, given: ((state[0] + given[0],), [state[0] + given[0]])
        >>> sums = [tf.TensorSpec([None], tf.float32)]
        >>> _, (sums,) = scan(add, (tf.zeros([1]),), [tf.constant([[1.0], [2.0], [3.0]])], sums, steps=tf.constant(3))
        >>> sums.numpy().tolist()
        [[1.0], [3.0], [6.0]]
    """
    if products is not None and products.complete:
        return lean_loop(step, tuple(state), inputs, outputs, products, steps=steps)
    read = [tf.TensorArray(value.dtype, steps, element_shape=value.shape[1:]).unstack(value) for value in inputs]
    write = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in outputs]

    def body(time: tf.Tensor, state: State, write: list[tf.TensorArray]) -> tuple[Any, ...]:
        following, made = step(time, state, [array.read(time) for array in read])
        for old, new in zip(state, following, strict=True):
            new.set_shape(old.shape)
        return time + 1, following, [array.write(time, value) for array, value in zip(write, made, strict=True)]

    start = (tf.constant(0), tuple(state), write)
    _, state, write = tf.while_loop(lambda time, *_: time < steps, body, start, maximum_iterations=steps)
    return tuple(state), [array.stack() for array in write]


def over_time(function: Callable[..., Any], *values: tf.Tensor) -> Any:
    """A function of rows on all steps at once: values [steps, batch, ...] as steps · batch rows.

    Args:
        function: from tensors [rows, ...] to a tensor [rows, ...], or to several.
        *values: [steps, batch, ...] each, or [batch, steps, ...].

    Returns:
        [steps, batch, ...], or what the values have.
    """
    first, second = tf.unstack(tf.shape(values[0])[:2])
    rows = [tf.reshape(value, [-1, *_tail(value, 2)]) for value in values]
    return tf.nest.map_structure(
        lambda made: tf.reshape(made, [first, second, *_tail(made, 1)]),
        function(*rows),
    )


def _tail(value: tf.Tensor, first: int) -> list[int]:
    return value.shape.as_list()[first:]


def swapped(value: tf.Tensor) -> tf.Tensor:
    """Batch and time change places: of [batch, time, ...] [time, batch, ...], and back."""
    return tf.transpose(value, [1, 0, *range(2, len(value.shape))])
