"""Recurrent cells on top of each other, where they begin, and what a context is to them."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_choice, checked_positive, checked_units
from tfgen.layers.products import Products
from tfgen.layers.recurrent.gradients import clip_gradient
from tfgen.layers.recurrent.steppers import advance, checked_cells, holds_output, project, projected_width, state_sizes

__all__ = ["CONTEXT_USES", "Recurrence"]

State = tuple[tf.Tensor, ...]

CONTEXT_USES = ("initial_state", "input", "both")
"""What a context can be to a recurrence."""

_CELLS = {"lstm": keras.layers.LSTMCell, "gru": keras.layers.GRUCell}


class Recurrence(keras.layers.Layer):
    """h_t = f(u_t, h_{t−1}): a stack of cells, each of which sees the input and, above the first, the cell below.

    With skip connections the input goes to every cell and every cell's output to h, so that depth costs no
    gradient. The state is a tuple of tensors: the cells' own, and h where it is not among them. It begins at h_0, what
    the cells make of a learned input and of learned states (or of those that a context decides).

    Each u_t has two parts: what is *known* for all steps before the first, as features of data are, and the *rest*,
    which is not, as latent variables are. The known part is multiplied by its kernels for all steps at once.

    Args:
        cell: `"lstm"`, `"gru"`, or Keras's cells, one or a list of them, whose `units` they then have already.
        units: the widths of the cells, from below: an integer for one cell.
        skip: whether there are skip connections, of several cells.
        context_as: `"initial_state"`: the first states are linear in the context; `"input"`: it is a part of the known
            input at each step; or `"both"`.
        gradient_clip: the greatest size of an entry of the gradient of a sequence's loss by its h_t, which is clipped
            at each step; None for no limit. The loss is taken for the mean of the rows' losses. (The optimiser's
            `global_clipnorm` is the other way, and goes with it.)
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013, equations 1 to 5 (the skip
        connections) and section 2.1 (the clipping).

    Example:
        >>> recurrence = Recurrence(cell="gru", units=(8, 4))
        >>> recurrence.build_for(known=3)
        >>> state = recurrence.begin(tf.constant(2))
        >>> known = recurrence.prepare(tf.zeros([5, 2, 3]))
        >>> state = recurrence.stepper()([part[0] for part in known], None, state)
        >>> recurrence.output(state).shape.as_list()
        [2, 12]
    """

    def __init__(
        self,
        *,
        cell: str | keras.layers.Layer | Sequence[keras.layers.Layer] = "gru",
        units: int | tuple[int, ...] = 128,
        skip: bool = True,
        context_as: str = "both",
        gradient_clip: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(cell, str):
            made, widths = _CELLS[checked_choice("cell", cell, tuple(_CELLS))], checked_units("units", units)
            cells = [made(width, dtype=self.dtype_policy, name=f"cell_{i}") for i, width in enumerate(widths)]
        else:
            cells = checked_cells(cell if isinstance(cell, list | tuple) else [cell], self.compute_dtype)
        if not cells:
            raise ValueError("`cell` must name at least one cell. Received: none")
        self.cells = cells
        self.skip = bool(skip)
        self.context_as = checked_choice("context_as", context_as, CONTEXT_USES)
        self.gradient_clip = None if gradient_clip is None else checked_positive("gradient_clip", gradient_clip)
        if gradient_clip is not None and self.compute_dtype == "float16":
            raise ValueError(
                "`gradient_clip` must be None in float16, where the optimiser scales the loss and the limit would be "
                f"of the scaled gradient: use its `global_clipnorm`. Received: gradient_clip={gradient_clip!r}"
            )

    @property
    def state_widths(self) -> list[int]:
        """The widths of the state's tensors: each cell's in turn, and h's last, where it is kept."""
        return self._cell_widths + ([] if self._held else [self.output_width])

    @property
    def _cell_widths(self) -> list[int]:
        return [size for cell in self.cells for size in state_sizes(cell)]

    @property
    def _held(self) -> bool:
        """Whether the cells' states hold h: what is kept twice is written, masked and handed on twice, at each step."""
        return all(holds_output(cell) for cell in self._seen)

    @property
    def _seen(self) -> list[keras.layers.Layer]:
        """The cells whose outputs make h."""
        return self.cells if self.skip else self.cells[-1:]

    @property
    def output_width(self) -> int:
        """h's."""
        return sum(int(cell.output_size) for cell in self._seen)

    @property
    def prepared_widths(self) -> list[int]:
        """The widths of what `prepare` gives."""
        return [projected_width(cell, self.known) for cell in (self.cells if self.skip else self.cells[:1])]

    def build_for(self, known: int, rest: int = 0, context: int | None = None) -> None:
        """Makes all weights.

        Args:
            known: the width of what is known of each step's input.
            rest: the width of what is not.
            context: the context's, None where there is none.
        """
        self.known = known + (context if context and self.context_as != "initial_state" else 0)
        below = 0
        for index, cell in enumerate(self.cells):
            width = self.known + rest + below if self.skip or not index else below
            if not cell.built:
                cell.build((None, width))
            kernel = getattr(cell, "kernel", None)
            if kernel is not None and kernel.shape[0] != width:
                raise ValueError(
                    f"`cell` must be unbuilt, or built for inputs of width {width}. "
                    f"Received: {cell.name} built for {kernel.shape[0]}"
                )
            below = int(cell.output_size)
        self.start_known = self.add_weight(shape=(known,), initializer="zeros", name="start_known")
        self.start_rest = self.add_weight(shape=(rest,), initializer="zeros", name="start_rest") if rest else None
        total = sum(self._cell_widths)
        self.initial: Any = None
        self.initial_state: Any = None
        if context and self.context_as != "input":
            self.initial = keras.layers.Dense(total, dtype=self.dtype_policy, name="initial")
            self.initial.build((None, context))
        else:
            self.initial_state = self.add_weight(shape=(total,), initializer="zeros", name="initial_state")
        self.built = True

    def begin(self, rows: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None) -> State:
        """The state before the first step.

        Args:
            rows: how many, an int32 scalar.
            context: [rows, width], or None.
            training: whether gradients are wanted, and so to be clipped.
        """
        if self.initial is not None:
            flat = self.initial(tf.cast(context, self.compute_dtype))
        else:
            flat = self._rows(self.initial_state, rows)
        states = tuple(tf.split(flat, self._cell_widths, axis=-1))
        known = self.prepare(self._rows(self.start_known, rows)[tf.newaxis], context)
        rest = None if self.start_rest is None else self._rows(self.start_rest, rows)
        return self.stepper(training)([part[0] for part in known], rest, states)

    def prepare(self, known: tf.Tensor, context: tf.Tensor | None = None) -> list[tf.Tensor]:
        """What is done for all steps at once, for each cell that sees the input.

        Args:
            known: [time, batch, width].
            context: [batch, width], or None.

        Returns:
            Tensors [time, batch, ...], to be sliced for `stepper`'s function.
        """
        known = tf.cast(known, self.compute_dtype)
        if context is not None and self.context_as != "initial_state":
            along = tf.cast(context, known.dtype)[tf.newaxis] * tf.ones_like(known[..., :1])
            known = tf.concat([known, along], axis=-1)
        return [project(cell, known) for cell in (self.cells if self.skip else self.cells[:1])]

    def stepper(
        self, training: bool | None = None, products: Products | None = None
    ) -> Callable[[Sequence[tf.Tensor], tf.Tensor | None, State], State]:
        """The function of one step, its weights made ready once: call this outside of a loop, and that inside.

        Args:
            training: whether gradients are wanted, and so to be clipped.
            products: gets the cells' affine maps, for a loop that wants to know them.

        Returns:
            From `prepare`'s tensors of one step, [batch, ...], the rest of the input, [batch, width] or None, and the
            state before to the state after.
        """
        products = Products() if products is None else products
        steps = [
            advance(cell, self.known if self.skip or not index else 0, products)
            for index, cell in enumerate(self.cells)
        ]
        sizes = [len(state_sizes(cell)) for cell in self.cells]

        def step(known: Sequence[tf.Tensor], rest: tf.Tensor | None, state: State) -> State:
            given = list(state)
            states: list[tf.Tensor] = []
            outputs: list[tf.Tensor] = []
            rest = None if rest is None else tf.cast(rest, self.compute_dtype)
            for index, (move, size) in enumerate(zip(steps, sizes, strict=True)):
                own, given = tuple(given[:size]), given[size:]
                sees = self.skip or not index
                parts = [rest] if rest is not None and sees else []
                parts += outputs[-1:]
                joined = None if not parts else parts[0] if len(parts) == 1 else tf.concat(parts, axis=-1)
                output, *following = move(known[index] if sees else None, joined, own)
                outputs.append(output)
                states += following
            whole = (*states, *([] if self._held else [self._joined(outputs)]))
            if training and self.gradient_clip is not None:
                return tuple(clip_gradient(value, self.gradient_clip) for value in whole)
            return whole

        return step

    def output(self, state: State) -> tf.Tensor:
        """h of a state, [batch, width]."""
        if not self._held:
            return state[-1]
        firsts = itertools.accumulate((len(state_sizes(cell)) for cell in self.cells[:-1]), initial=0)
        return self._joined([state[first] for first in firsts])

    def _joined(self, outputs: Sequence[tf.Tensor]) -> tf.Tensor:
        """h, of the outputs of all cells."""
        return tf.concat(outputs, axis=-1) if self.skip and len(outputs) > 1 else outputs[-1]

    def _rows(self, weight: keras.Variable, rows: tf.Tensor) -> tf.Tensor:
        value = tf.cast(tf.convert_to_tensor(weight), self.compute_dtype)
        return tf.tile(value[tf.newaxis], [rows, 1])
