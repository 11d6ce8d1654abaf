"""Truncated back-propagation through time as a training step of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfgen.models.seeds import training_seeds

if TYPE_CHECKING:
    from tfgen.models.sequences.causal import CausalModel

__all__ = ["truncated_step"]


def truncated_step(model: CausalModel, data: Any) -> dict[str, Any]:
    """An update for each chunk of a batch's sequences, in their order, the state being carried from one to the next.

    The gradient of a chunk's loss ends where the chunk begins. What is reported is of whole sequences: the sum of
    their chunks' terms, each as it was when its turn came.

    Args:
        model: one whose `truncation` tells how long a chunk is.
        data: what Keras hands to a training step.

    Returns:
        The metrics.

    Raises:
        ValueError: on several replicas, for sequences of unknown length.

    Reference:
        Williams and Peng, *An efficient gradient-based algorithm for on-line training of recurrent network
        trajectories*, Neural Computation 2(4), 1990: TBPTT(k, k).
    """
    given, weight = model.inputs_spec.unpack(data, caller="fit")
    inputs = model.ready(given)
    context, size = inputs.get("context"), model.truncation or 1
    rows, length = tf.unstack(tf.shape(inputs["x"])[:2])
    chunks = (length + size - 1) // size
    along = {name: _filled_up(inputs[name], chunks * size - length) for name in ("x", "mask")}
    fixed = {} if context is None else {"context": context}
    variables = model.trainable_weights
    names = list(model.term_names)

    def body(number: tf.Tensor, carried: tuple, totals: list[tf.Tensor]) -> tuple:
        first = number * size
        part = {name: _cut(value, first, size) for name, value in along.items()}
        seeds = training_seeds(rows, model.optimizer.iterations) if model.stochastic else None
        with tf.GradientTape() as tape:
            # What decides the first state is trained by the first chunk.
            begin = model.chunk_begin(rows, context, True)
            state = tuple(
                tf.where(number == 0, new, tf.cast(old, new.dtype)) for new, old in zip(begin, carried, strict=True)
            )
            terms, state = model.chunk({**part, **fixed}, state, seeds, first, True)
            # Regularisers are of a batch, not of its parts.
            share = 1.0 / tf.cast(tf.maximum(chunks, 1), model.density_dtype)
            loss = model.optimizer.scale_loss(model.objective(terms, weight, share))
        model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        totals = [total + terms[name] for name, total in zip(names, totals, strict=True)]
        return number + 1, tuple(tf.stop_gradient(value) for value in state), totals

    begin = tuple(tf.zeros_like(value) for value in model.chunk_begin(rows, context))
    zeros = [tf.zeros([rows], model.density_dtype) for _ in names]
    values: tuple = (tf.constant(0), begin, zeros)
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        # Replicas cannot meet inside of a loop: the chunks stand one after another in the graph.
        for _ in range(_chunks(given["x"].shape[1], size)):
            values = body(*values)
    else:
        values = tf.while_loop(lambda number, *_: number < chunks, body, values)
    totals = values[2]
    model.report(given, dict(zip(names, totals, strict=True)), weight)
    return model.get_metrics_result()


def _chunks(length: int | None, size: int) -> int:
    if length is None:
        raise ValueError(
            "`truncation` on several replicas must have sequences of a length that is known when the step is traced: "
            "pad them all to one, or give arrays. Received: batches of unknown length"
        )
    return -(-length // size)


def _filled_up(value: tf.Tensor, more: tf.Tensor) -> tf.Tensor:
    """More steps behind, which a mask leaves out."""
    return tf.pad(value, [[0, 0], [0, more], *[[0, 0]] * (len(value.shape) - 2)])


def _cut(value: tf.Tensor, first: tf.Tensor, size: int) -> tf.Tensor:
    cut = tf.slice(value, [0, first, *[0] * (len(value.shape) - 2)], [-1, size, *[-1] * (len(value.shape) - 2)])
    return tf.ensure_shape(cut, [value.shape[0], size, *value.shape[2:]])
