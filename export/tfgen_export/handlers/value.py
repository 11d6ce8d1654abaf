"""A tensor of the graph that is being built, with Python's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tfgen_export.handlers.builder import Builder

__all__ = ["Operand", "Value"]


class Value:
    """The output of a node: each operator of Python adds an ONNX node to the builder's graph.

    `+ - * /` and the comparisons are ONNX's (broadcasting, the same type on both sides); numbers of Python
    become constants of the value's own type. `/` of integers rounds towards zero, as ONNX's Div does. `& | ^ ~`
    are logical for truth values and bitwise for integers; `<<` and `>>` shift unsigned integers.

    Args:
        builder: where the nodes go.
        name: the tensor's name in the graph.
    """

    __slots__ = ("builder", "name")

    # NumPy's scalars on the left shall leave the operator to this class.
    __array_ufunc__ = None

    def __init__(self, builder: Builder, name: str) -> None:
        self.builder = builder
        self.name = name

    @property
    def dtype(self) -> np.dtype:
        """NumPy's type of the entries."""
        return self.builder.dtype_of(self.name)

    @property
    def shape(self) -> list[int] | None:
        """The static shape with −1 for what is dynamic; None where the rank is not known."""
        return self.builder.shape_of(self.name)

    @property
    def known(self) -> np.ndarray | None:
        """The entries of a constant; None of what is computed."""
        return self.builder.entries_of(self.name)

    def with_shape(self, shape: Sequence[int]) -> Value:
        """Itself, where more is known of the static shape than is inferred; −1 for what is dynamic."""
        self.builder.context.set_shape(self.name, list(shape))
        return self

    def cast(self, dtype: Any) -> Value:
        """Of another type; itself where it is of that type already."""
        return self.builder.cast(self, dtype)

    def equals(self, other: Operand) -> Value:
        """Where both are equal (`==` is left to Python)."""
        return self.builder("Equal", self, other)

    def __add__(self, other: Operand) -> Value:
        return self.builder("Add", self, other)

    def __radd__(self, other: Operand) -> Value:
        return self.builder("Add", other, self)

    def __sub__(self, other: Operand) -> Value:
        return self.builder("Sub", self, other)

    def __rsub__(self, other: Operand) -> Value:
        return self.builder("Sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.builder("Mul", self, other)

    def __rmul__(self, other: Operand) -> Value:
        return self.builder("Mul", other, self)

    def __truediv__(self, other: Operand) -> Value:
        return self.builder("Div", self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return self.builder("Div", other, self)

    def __neg__(self) -> Value:
        return self.builder("Neg", self)

    def __abs__(self) -> Value:
        return self.builder("Abs", self)

    def __lt__(self, other: Operand) -> Value:
        return self.builder("Less", self, other)

    def __le__(self, other: Operand) -> Value:
        return self.builder("LessOrEqual", self, other)

    def __gt__(self, other: Operand) -> Value:
        return self.builder("Greater", self, other)

    def __ge__(self, other: Operand) -> Value:
        return self.builder("GreaterOrEqual", self, other)

    def __and__(self, other: Operand) -> Value:
        return self.builder(self._logical("And"), self, other)

    def __or__(self, other: Operand) -> Value:
        return self.builder(self._logical("Or"), self, other)

    def __xor__(self, other: Operand) -> Value:
        return self.builder(self._logical("Xor"), self, other)

    def __invert__(self) -> Value:
        return self.builder(self._logical("Not"), self)

    def __lshift__(self, other: Operand) -> Value:
        return self.builder("BitShift", self, other, direction="LEFT")

    def __rshift__(self, other: Operand) -> Value:
        return self.builder("BitShift", self, other, direction="RIGHT")

    def __bool__(self) -> bool:
        # `min`, `if` and chained comparisons would silently take one side.
        raise TypeError(f"A tensor of the graph has no truth value while the graph is built: {self.name}")

    def _logical(self, operator: str) -> str:
        return operator if self.dtype == np.bool_ else f"Bitwise{operator}"


Operand = Value | str | float | int | bool | np.ndarray | np.generic
"""What stands in for a tensor: a value, a tensor's name, or numbers that become a constant."""
