"""What handlers are written in: ONNX operators as calls."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper
from tf2onnx import utils

from tfgen_export.handlers.value import Operand, Value

__all__ = ["Builder"]

_NOT_CHOSEN = tuple(np.dtype(kind) for kind in ("bool", "int16", "uint16", "uint64"))
"""Types of which ONNX Runtime has no Where."""


class Builder:
    """Builds the ONNX nodes that take one TensorFlow node's place.

    Args:
        context: tf2onnx's graph.
        node: the TensorFlow node.

    Attributes:
        context: the graph that nodes are added to: inside `loop`, the loop's body.
        inputs: the node's inputs.
        dtype: NumPy's type of the first input.
    """

    def __init__(self, context: Any, node: Any) -> None:
        self.context = context
        self.node = node
        self.inputs = [Value(self, name) for name in node.input]
        self._constants: dict[Any, Value] = {}

    @property
    def dtype(self) -> np.dtype:
        """NumPy's type of the first input."""
        return self.inputs[0].dtype

    def __call__(self, operator: str, *inputs: Operand, **attributes: Any) -> Value:
        """Adds a node and gives its (first) output; numbers become constants of the first value's type."""
        return self.outputs(operator, *inputs, count=1, **attributes)[0]

    def outputs(self, operator: str, *inputs: Operand, count: int, **attributes: Any) -> list[Value]:
        """Adds a node of `count` outputs and gives them."""
        like = self._like(inputs)
        names = [self._name(value, like) for value in inputs]
        node = self.context.make_node(operator, names, attr=attributes, output_count=count)
        return [Value(self, name) for name in node.output]

    def constant(self, value: Any, dtype: Any = None) -> Value:
        """A constant, of the first input's type unless told otherwise; equal ones of a graph are one."""
        array = np.asarray(value, dtype or self.dtype)
        key = (id(self.context), array.dtype, array.shape, array.tobytes())
        if key not in self._constants:
            name = self.context.make_const(utils.make_name("constant"), array).output[0]
            self._constants[key] = Value(self, name)
        return self._constants[key]

    def integers(self, *values: int) -> Value:
        """A vector of int64, as axes and slices want it."""
        return self.constant(values, np.int64)

    def cast(self, value: Value, dtype: Any) -> Value:
        """A value as another type; itself where it is of that type already."""
        if value.dtype == np.dtype(dtype):
            return value
        return self("Cast", value, to=utils.map_numpy_to_onnx_dtype(np.dtype(dtype)))

    def where(self, condition: Value, first: Operand, second: Operand) -> Value:
        """`first` where the condition holds, else `second`; ONNX Runtime makes 0 of −0 here."""
        like = next((value.dtype for value in (first, second) if isinstance(value, Value)), None)
        chosen = [Value(self, self._name(value, like)) for value in (first, second)]
        if like is None or np.dtype(like) not in _NOT_CHOSEN:
            return self("Where", condition, *chosen)
        wide = np.uint8 if like == np.bool_ else np.int64
        return self("Where", condition, *(value.cast(wide) for value in chosen)).cast(like)

    def sizes(self, value: Value, first: int, last: int = 2**63 - 1) -> Value:
        """The sizes of the axes from `first` to before `last`: a vector of int64.

        Shape's own attributes for it are lost on tf2onnx's optimisers.
        """
        return self("Slice", self("Shape", value), self.integers(first), self.integers(last), self.integers(0))

    def zeros(self, shape: Value, dtype: Any) -> Value:
        """A tensor of zeros."""
        return self("ConstantOfShape", shape, value=numpy_helper.from_array(np.zeros(1, dtype)))

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """c₀ + c₁·x + c₂·x² + … by Horner's rule; the constant coefficient comes first."""
        *others, last = coefficients
        value: Operand = last
        for coefficient in reversed(others):
            value = coefficient + (x * value)
        return value if isinstance(value, Value) else self.constant(last, x.dtype)

    def in_float64(self, function: Callable[..., Value]) -> Value:
        """`function` of the inputs, computed in float64 whatever the type, and rounded to it once."""
        return function(*(value.cast(np.float64) for value in self.inputs)).cast(self.dtype)

    def loop(
        self,
        body: Callable[..., tuple[Value | None, Sequence[Value]]],
        states: Sequence[Value],
        *,
        count: Operand | None = None,
        start: Value | None = None,
    ) -> list[Value]:
        """Repeats `body` by ONNX's Loop.

        Args:
            body: called once, with the step (int64, a scalar) and the states; gives the condition to go on (a
                scalar truth value; None for always), the new states, of the same types, and further values to
                collect, whose shapes must not change from step to step. It may use values from outside.
            states: what the first step gets.
            count: how many steps at most.
            start: whether to take the first step (a scalar truth value); yes where it is None.

        Returns:
            The states after the last step, then all that was collected, stacked along a new first axis.
        """
        outer, inner = self.context, self.context.create_new_graph_with_same_config()
        inner.parent_graph = outer
        limit = "" if count is None else self._name(count, np.dtype(np.int64))
        first = self.constant(True, np.bool_) if start is None else start
        dtypes = [outer.get_dtype(state.name) for state in states]
        # A state's shape may change from step to step (a growing matrix): only its rank is kept.
        shapes = [None if state.shape is None else [-1] * len(state.shape) for state in states]
        names = [utils.make_name("state") for _ in states]
        step, condition = utils.make_name("step"), utils.make_name("condition")
        inner.add_graph_input(step, TensorProto.INT64, [])
        inner.add_graph_input(condition, TensorProto.BOOL, [])
        for name, dtype, shape in zip(names, dtypes, shapes, strict=True):
            inner.add_graph_input(name, dtype, shape)
        self.context = inner
        try:
            going, results = body(Value(self, step), *(Value(self, name) for name in names))
            # An output that is an input, or a value from outside, needs a node of its own.
            going = Value(self, condition) if going is None else going
            results = [self("Identity", result) for result in (going, *results)]
        finally:
            self.context = outer
        collected = [result.name for result in results[1 + len(states) :]]
        dtypes += [inner.get_dtype(name) for name in collected]
        kept, shapes = shapes, shapes + [inner.get_shape(name) for name in collected]
        for result, dtype, shape in zip(results, [TensorProto.BOOL, *dtypes], [[], *shapes], strict=True):
            inner.set_dtype(result.name, dtype)
            inner.set_shape(result.name, shape)
            inner.outputs.append(result.name)
        node = outer.make_node(
            "Loop",
            [limit, first.name, *(state.name for state in states)],
            output_count=len(shapes),
            shapes=kept + [None if shape is None else [-1, *shape] for shape in shapes[len(states) :]],
            dtypes=dtypes,
            branches={"body": inner},
        )
        return [Value(self, name) for name in node.output]

    def anywhere(self, condition: Value) -> Value:
        """Whether the condition holds for any entry: a scalar truth value, false where there are no entries."""
        return self("ReduceSum", condition.cast(np.float32), keepdims=0) > 0

    def amend(self, value: Value, condition: Value, function: Callable[[Value], Operand]) -> Value:
        """`value`, and where the condition holds `function` of it, which is computed only if it holds anywhere.

        The condition's shape must broadcast to the value's, and so must what the function gives.
        """

        def body(_: Value, old: Value) -> tuple[None, list[Value]]:
            return None, [self.where(condition, function(old), old)]

        return self.loop(body, [value], count=1, start=self.anywhere(condition))[0]

    def dtype_of(self, name: str) -> np.dtype:
        """NumPy's type of a tensor."""
        return np.dtype(utils.map_onnx_to_numpy_type(self.context.get_dtype(name)))

    def shape_of(self, name: str) -> list[int] | None:
        """The static shape of a tensor with −1 for what is dynamic; None where the rank is not known."""
        return self.context.get_shape(name)

    def entries_of(self, name: str) -> np.ndarray | None:
        """The entries of a tensor that is a constant; None of any other."""
        node = self.context.get_node_by_output(name)
        return node.get_tensor_value(as_list=False) if node is not None and node.is_const() else None

    def finish(self, *results: Value) -> None:
        """Lets `results` take the place of the node's outputs."""
        shapes, dtypes, outputs = self.node.output_shapes, self.node.output_dtypes, self.node.output
        self.context.remove_node(self.node.name)
        for result, output, shape, dtype in zip(results, outputs, shapes, dtypes, strict=True):
            self.context.make_node("Identity", [result.name], outputs=[output], shapes=[shape], dtypes=[dtype])

    def _like(self, operands: Sequence[Operand]) -> np.dtype | None:
        """The type of the numbers among the operands: that of the first tensor; not asked for where there are none."""
        if all(isinstance(operand, Value | str) for operand in operands):
            return None
        return next((operand.dtype for operand in operands if isinstance(operand, Value)), None)

    def _name(self, value: Operand, like: np.dtype | None) -> str:
        if isinstance(value, Value):
            return value.name
        return value if isinstance(value, str) else self.constant(value, like).name
