"""How a Keras cell is stepped: what its input is known to hold for all steps is multiplied ahead of them."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tfgen.layers.products import Products

__all__ = ["Advance", "advance", "checked_cells", "holds_output", "project", "projected_width", "state_sizes"]

Advance = Callable[[tf.Tensor | None, tf.Tensor | None, tuple[tf.Tensor, ...]], tuple[tf.Tensor, ...]]
"""From what `project` gave for a step, the rest of the input and the cell's states to the output and new states."""


def state_sizes(cell: keras.layers.Layer) -> list[int]:
    """The widths of a cell's states."""
    sizes = cell.state_size
    return [int(size) for size in sizes] if isinstance(sizes, list | tuple) else [int(sizes)]


def holds_output(cell: keras.layers.Layer) -> bool:
    """Whether a cell's first state is known to be its output."""
    return type(cell) in (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)


def project(cell: keras.layers.Layer, known: tf.Tensor) -> tf.Tensor:
    """What of a cell's work on its first inputs can be done for all steps at once.

    Args:
        cell: any Keras cell; of an LSTM or a GRU it is the product with the kernel's first rows.
        known: [..., width], the first entries of each step's input.

    Returns:
        [..., some width].
    """
    known = tf.cast(known, cell.compute_dtype)
    if not _split(cell):
        return known
    kernel, bias = _weight(cell, cell.kernel), _input_bias(cell)
    product = tf.tensordot(known, kernel[: known.shape[-1]], 1)
    return product if bias is None else product + bias


def projected_width(cell: keras.layers.Layer, known: int) -> int:
    """The width of what `project` gives of an input of some width."""
    return int(cell.kernel.shape[-1]) if _split(cell) else known


def advance(cell: keras.layers.Layer, known: int, products: Products) -> Advance:
    """A cell as a function of one step, its weights made ready.

    Args:
        cell: any Keras cell.
        known: how many entries of the input `project` was given.
        products: gets the cell's affine maps.
    """
    if not _split(cell):
        products.complete = False
        return _whole(cell)
    kernel, recurrent = _weight(cell, cell.kernel)[known:], _weight(cell, cell.recurrent_kernel)
    bias = None if known else _input_bias(cell)  # else `project` has added it
    make = _lstm if isinstance(cell, keras.layers.LSTMCell) else _gru
    return make(cell, kernel, recurrent, bias, products)


def _split(cell: keras.layers.Layer) -> bool:
    """Whether a cell is one of the two whose equations are written down here, unchanged."""
    return type(cell) is keras.layers.LSTMCell or (type(cell) is keras.layers.GRUCell and cell.reset_after)


def _whole(cell: keras.layers.Layer) -> Advance:
    def step(
        projected: tf.Tensor | None, rest: tf.Tensor | None, states: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor, ...]:
        parts = [part for part in (projected, rest) if part is not None]
        single = not isinstance(cell.state_size, list | tuple)
        output, states = cell(tf.concat(parts, axis=-1), states[0] if single else list(states))
        return (output, *(states if isinstance(states, list | tuple) else [states]))

    return step


def _lstm(
    cell: keras.layers.LSTMCell,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor | None,
    products: Products,
) -> Advance:
    number = products.add(tf.concat([kernel, recurrent], axis=0), bias)

    def step(
        projected: tf.Tensor | None, rest: tf.Tensor | None, states: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor, ...]:
        output, carry = states
        gates = products(number, output if rest is None else tf.concat([rest, output], axis=-1))
        if projected is not None:
            gates += projected
        inner, forget, candidate, outer = tf.split(gates, 4, axis=-1)
        gate = cell.recurrent_activation
        carry = gate(forget) * carry + gate(inner) * cell.activation(candidate)
        output = gate(outer) * cell.activation(carry)
        return output, output, carry

    return step


def _gru(
    cell: keras.layers.GRUCell,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor | None,
    products: Products,
) -> Advance:
    own_number = products.add(recurrent, _weight(cell, cell.bias)[1] if cell.use_bias else None)
    number = products.add(kernel, bias) if kernel.shape[0] else None

    def step(
        projected: tf.Tensor | None, rest: tf.Tensor | None, states: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor, ...]:
        (before,) = states
        given = [products(number, rest)] if number is not None else []
        given += [projected] if projected is not None else []
        update, reset, candidate = tf.split(tf.add_n(given), 3, axis=-1)
        own_update, own_reset, own = tf.split(products(own_number, before), 3, axis=-1)
        gate = cell.recurrent_activation
        keep = gate(update + own_update)
        output = cell.activation(candidate + gate(reset + own_reset) * own)
        output = keep * before + (1 - keep) * output
        return output, output

    return step


def _input_bias(cell: keras.layers.Layer) -> tf.Tensor | None:
    if not cell.use_bias:
        return None
    bias = _weight(cell, cell.bias)
    return bias[0] if isinstance(cell, keras.layers.GRUCell) else bias


def _weight(cell: keras.layers.Layer, weight: keras.Variable) -> tf.Tensor:
    return tf.cast(tf.convert_to_tensor(weight), cell.compute_dtype)


def checked_cells(cells: Sequence[keras.layers.Layer], dtype: str) -> list[keras.layers.Layer]:
    """Cells as they are, or an error that names the argument.

    Args:
        cells: what was given.
        dtype: in which the recurrence is computed.

    Raises:
        ValueError: for what is no cell, for one of another dtype, and for dropout, whose noise would come from a
            global generator.
    """
    if len({id(cell) for cell in cells}) < len(cells):
        raise ValueError("`cell` must name each cell once: give each layer of a stack its own. Received: one twice")
    for cell in cells:
        if not (isinstance(cell, keras.layers.Layer) and hasattr(cell, "state_size") and hasattr(cell, "output_size")):
            raise ValueError(
                "`cell` must be 'lstm', 'gru', or Keras cells such as keras.layers.LSTMCell(64) (not whole layers such "
                f"as keras.layers.LSTM). Received: {cell!r}"
            )
        if isinstance(cell, keras.layers.StackedRNNCells):
            raise ValueError(f"`cell` must be single cells, or a list of them: give its `cells`. Received: {cell!r}")
        if cell.compute_dtype != dtype:
            raise ValueError(
                f"`cell` must compute in the model's dtype, {dtype}. Received: {cell.name} of {cell.compute_dtype}"
            )
        for part in cell._flatten_layers():
            rates = [getattr(part, name, 0) for name in ("dropout", "recurrent_dropout")]
            if any(rates):
                raise ValueError(
                    "`cell` must have no dropout: its noise would come from Keras's global generator, and differ "
                    f"between runtimes. Received: {part.name} with dropout={rates[0]}, recurrent_dropout={rates[1]}"
                )
    return list(cells)
