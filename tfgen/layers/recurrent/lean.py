"""The loop over time whose gradient keeps little and multiplies once."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfgen.layers.products import Products

__all__ = ["lean_loop"]

State = tuple[tf.Tensor, ...]
Step = Callable[[tf.Tensor, State, list[tf.Tensor]], tuple[State, Sequence[tf.Tensor]]]


def lean_loop(
    step: Step,
    state: State,
    inputs: Sequence[tf.Tensor],
    outputs: Sequence[tf.TensorSpec],
    products: Products,
    *,
    steps: tf.Tensor,
) -> tuple[State, list[tf.Tensor]]:
    """What a plain loop gives, with the same gradients at less cost: back-propagation through time by hand.

    TensorFlow's gradient of a loop stores every intermediate value of every step, and adds each step's outer products
    to the gradients of all weights. Here the states are stored, and the products with weights, which take the time;
    the rest of a step is computed anew on the way back. There the values that weights multiply, and the gradients of
    the products, are put aside: one product over all steps then gives a weight's gradient.

    Args:
        step: as in `scan`; all its weights are in `products`.
        state: tensors [batch, ...].
        inputs: tensors [steps, batch, ...].
        outputs: of each output of a step its dtype and its shape [None, ...].
        products: the step's affine maps.
        steps: how many, an int32 scalar.

    Returns:
        The last state, and the outputs [steps, batch, ...].
    """
    counts = len(state), len(inputs)
    numbers = range(len(products.shapes))
    rows = state[0].shape[0]
    specs = [
        *outputs,
        *(tf.TensorSpec(value.shape, value.dtype) for value in state),
        *(
            tf.TensorSpec([rows, size], dtype)
            for (_, size), dtype in zip(products.shapes, products.dtypes, strict=True)
        ),
    ]

    @tf.custom_gradient
    def run(*values: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Callable[..., list[Any]]]:
        state, inputs, weights = _parts(values, counts)
        rest = iter(weights)
        maps = [(next(rest), next(rest) if biased else None) for biased in products.biased]
        read = [_reader(value, steps) for value in inputs]

        def body(time: tf.Tensor, state: State, write: list[tf.TensorArray]) -> tuple[Any, ...]:
            found: dict[int, tf.Tensor] = {}

            def multiply(number: int, value: tf.Tensor) -> tf.Tensor:
                kernel, bias = maps[number]
                product = tf.matmul(value, kernel)
                found[number] = product if bias is None else product + bias
                return found[number]

            with products.watched(multiply):
                following, made = step(time, state, [array.read(time) for array in read])
            for old, new in zip(state, following, strict=True):
                new.set_shape(old.shape)
            values = [*made, *state, *(found[number] for number in numbers)]
            kept = [array.write(time, value) for array, value in zip(write, values, strict=True)]
            return time + 1, following, kept

        write = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in specs]
        _, last, write = tf.while_loop(
            lambda time, *_: time < steps, body, (tf.constant(0), state, write), maximum_iterations=steps
        )
        stacked = [array.stack() for array in write]
        made, before = stacked[: len(outputs)], stacked[len(outputs) :]
        kernels = [kernel for kernel, _ in maps]

        def gradient(*upstream: tf.Tensor) -> list[Any]:
            return _backwards(step, products, kernels, before, inputs, upstream, counts[0], steps)

        return (*last, *made), gradient

    result = run(*state, *inputs, *products.flat)
    return tuple(result[: counts[0]]), list(result[counts[0] :])


def _backwards(
    step: Step,
    products: Products,
    kernels: Sequence[tf.Tensor],
    before: Sequence[tf.Tensor],
    inputs: Sequence[tf.Tensor],
    upstream: Sequence[tf.Tensor],
    count: int,
    steps: tf.Tensor,
) -> list[Any]:
    """Gradients by the first state, the inputs and the weights, of those by the last state and the outputs.

    Args:
        step: as in `lean_loop`.
        products: as in `lean_loop`.
        kernels: of the affine maps.
        before: the states before each step, and the products in it.
        inputs: as in `lean_loop`.
        upstream: the gradients by the last state and by the outputs of all steps.
        count: how many tensors a state has.
        steps: how many there are.
    """
    smooth = [value.dtype.is_floating for value in inputs]
    read = [_reader(value, steps) for value in (*before, *inputs, *upstream[count:])]
    ends = [count, len(before), len(before) + len(inputs)]
    rows = before[0].shape[1]
    shapes = [
        *(tf.TensorSpec([rows, *value.shape[2:]], value.dtype) for value, by in zip(inputs, smooth, strict=True) if by),
        *(tf.TensorSpec([rows, size], kernel.dtype) for kernel in kernels for size in kernel.shape),
    ]

    def body(time: tf.Tensor, by_state: State, write: list[tf.TensorArray]) -> tuple[Any, ...]:
        values = [array.read(time) for array in read]
        state, found, given, by_made = (
            values[first:last] for first, last in zip([0, *ends], [*ends, None], strict=True)
        )
        factors: dict[int, tf.Tensor] = {}

        def recall(number: int, value: tf.Tensor) -> tf.Tensor:
            factors[number] = value
            return _recalled(value, found[number], kernels[number])

        floats = [value for value, by in zip(given, smooth, strict=True) if by]
        sources = [*state, *floats, *found]
        with tf.GradientTape(watch_accessed_variables=False) as tape, products.watched(recall):
            tape.watch(sources)
            following, made = step(time, tuple(state), given)
        gradients = tape.gradient(
            [*following, *made],
            sources,
            output_gradients=[*by_state, *by_made],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        by_found = gradients[count + len(floats) :]
        kept = gradients[count : count + len(floats)]
        for number, by_product in enumerate(by_found):
            kept += [factors[number], by_product]
        following = tuple(gradients[:count])
        for old, new in zip(by_state, following, strict=True):
            new.set_shape(old.shape)
        return time - 1, following, [array.write(time, value) for array, value in zip(write, kept, strict=True)]

    write = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in shapes]
    start = (steps - 1, tuple(upstream[:count]), write)
    _, by_state, write = tf.while_loop(lambda time, *_: time >= 0, body, start, maximum_iterations=steps)
    stacked = [array.stack() for array in write]
    by_inputs = iter(stacked)
    gradients: list[Any] = [*by_state, *(next(by_inputs) if by else None for by in smooth)]
    pairs = [tf.reshape(value, [-1, value.shape[-1]]) for value in stacked[sum(smooth) :]]
    for number, biased in enumerate(products.biased):
        factor, by_product = pairs[2 * number : 2 * number + 2]
        gradients.append(tf.matmul(factor, by_product, transpose_a=True))
        if biased:
            gradients.append(tf.reduce_sum(by_product, axis=0))
    return gradients


def _recalled(value: tf.Tensor, product: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """A product that was computed before, with its gradients by the value and by itself."""

    @tf.custom_gradient
    def recalled(value: tf.Tensor, product: tf.Tensor) -> tuple[tf.Tensor, Callable[..., tuple[tf.Tensor, ...]]]:
        del value
        return tf.identity(product), lambda upstream: (tf.matmul(upstream, kernel, transpose_b=True), upstream)

    return recalled(value, product)


def _reader(value: tf.Tensor, steps: tf.Tensor) -> tf.TensorArray:
    return tf.TensorArray(value.dtype, steps, element_shape=value.shape[1:]).unstack(value)


def _parts(
    values: Sequence[tf.Tensor], counts: tuple[int, int]
) -> tuple[tuple[tf.Tensor, ...], list[tf.Tensor], list[tf.Tensor]]:
    first, second = counts[0], sum(counts)
    return tuple(values[:first]), list(values[first:second]), list(values[second:])
