"""Complex tensors as pairs of real ones: ONNX's operators know no complex type."""

from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper
from tf2onnx import utils

__all__ = ["rewrite_complex"]

_REAL: dict[int, np.dtype] = {TensorProto.COMPLEX64: np.dtype(np.float32), TensorProto.COMPLEX128: np.dtype(np.float64)}
_RESHAPING = {"BroadcastTo", "ExpandDims", "Identity", "Reshape", "Squeeze", "Transpose"}
_PICKING = {"ConcatV2", "GatherV2", "Pad", "PadV2", "Slice", "StridedSlice", "Sum", "Tile"}
_ALIKE = _RESHAPING | _PICKING
_LARGEST = 2048


def rewrite_complex(graph: Any, nodes: list[Any]) -> list[Any]:
    """Gives what takes complex numbers and returns real ones, `tf.math.real` and an inverse FFT, pairs of real tensors.

    Fourier transforms become products with matrices of cosines and sines, of lengths up to 2048: the transforms of
    `tfb.DiscreteCosineTransform` are of as many numbers as an event has. What is not known here stays as it is, and is
    refused later by its name.

    Args:
        graph: tf2onnx's, before any operator is translated.
        nodes: its nodes.

    Returns:
        The nodes as they are afterwards.
    """
    pairs = _Pairs(graph)
    for node in list(nodes):  # which is tf2onnx's own, and changes
        if node.type not in ("Real", "Imag", "ComplexAbs", "IRFFT"):
            continue
        found = pairs.of(node.input[0])
        if found is None or (node.type == "IRFFT" and pairs.length(node) is None):
            continue
        match node.type:
            case "Real":
                result = found[0]
            case "Imag":
                result = found[1]
            case "ComplexAbs":
                result = pairs.size(found)
            case _:
                result = pairs.to_real(found, pairs.length(node))
        shapes, dtypes, outputs = node.output_shapes, node.output_dtypes, node.output
        graph.remove_node(node.name)
        graph.make_node("Identity", [result], outputs=outputs, shapes=shapes, dtypes=dtypes)
    return graph.get_nodes()


class _Pairs:
    """The real and the imaginary part of each complex tensor, made when they are asked for."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._known: dict[str, tuple[str, str] | None] = {}
        self._dtype: np.dtype = np.dtype(np.float32)

    def of(self, name: str) -> tuple[str, str] | None:
        """The parts of a tensor; None where it comes from an operator that is not known here."""
        if name not in self._known:
            self._dtype = _REAL.get(self._graph.get_dtype(name), self._dtype)
            self._known[name] = self._make_parts(self._graph.get_node_by_output(name), name)
        return self._known[name]

    def make(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """An ONNX node."""
        return self._graph.make_node(operator, list(inputs), attr=attributes).output[0]

    def constant(self, value: np.ndarray) -> str:
        """A constant of the real type."""
        return self._graph.make_const(utils.make_name("part"), np.asarray(value, self._dtype)).output[0]

    def length(self, node: Any) -> int | None:
        """How many numbers a Fourier transform is of; None where the graph does not say, or they are too many."""
        if len(node.inputs) < 2:
            shape = self._graph.get_shape(node.input[0])
            found = shape[-1] if shape else -1
        else:
            found = (
                int(node.inputs[1].get_tensor_value(as_list=False)[0])
                if node.inputs[1] is not None and node.inputs[1].is_const()
                else -1
            )
        return found if 0 < found <= _LARGEST else None

    def size(self, parts: tuple[str, str]) -> str:
        """√(re² + im²) as more·√(1 + (less/more)²), whose squares neither overflow nor vanish."""
        sizes = [self.make("Abs", part) for part in parts]
        more, less = self.make("Max", *sizes), self.make("Min", *sizes)
        # Two zeros, or two infinities, have the ratio 1.
        ratio = self.make(
            "Where", self.make("Equal", more, less), self.constant(np.ones(())), self.make("Div", less, more)
        )
        root = self.make("Sqrt", self.make("Add", self.make("Mul", ratio, ratio), self.constant(np.ones(()))))
        return self.make("Mul", more, root)

    def to_real(self, parts: tuple[str, str], length: int | None) -> str:
        """The inverse of a real one: x_j = Σ_k w_k (re_k cos 2πjk/n − im_k sin 2πjk/n) / n; w is 2 but at the ends."""
        size = length or 1
        angles = _angles(size)[: size // 2 + 1]
        weights = np.full(len(angles), 2.0)
        weights[0] = 1
        if size % 2 == 0:
            weights[-1] = 1
        cosines, sines = _circle(angles)
        tables = (cosines * weights[:, None] / size, -sines * weights[:, None] / size)
        first = [self._first(part, len(angles)) for part in parts]
        return self.make(
            "Add", *(self.make("MatMul", p, self.constant(table)) for p, table in zip(first, tables, strict=True))
        )

    def _make_parts(self, node: Any, name: str) -> tuple[str, str] | None:
        if node is None:  # from outside of a loop's body
            return None
        if node.is_const():
            value = node.get_tensor_value(as_list=False)
            return self.constant(value.real), self.constant(value.imag)
        if node.type == "Complex":
            return node.input[0], node.input[1]
        if node.type == "Cast":
            real = self.make("Cast", node.input[0], to=utils.map_numpy_to_onnx_dtype(self._dtype))
            zero = numpy_helper.from_array(np.zeros(1, self._dtype))
            return real, self.make("ConstantOfShape", self.make("Shape", real), value=zero)
        if node.type == "RFFT":
            length = self.length(node)
            return None if length is None else self._transform((node.input[0], None), length, length // 2 + 1, 1)
        operands = [self.of(entry) for entry in node.input if self._graph.get_dtype(entry) in _REAL]
        if not operands or any(operand is None for operand in operands):
            return None
        first, *others = [operand for operand in operands if operand is not None]
        match node.type:
            case "Conj":
                return first[0], self.make("Neg", first[1])
            case "Neg":
                return self.make("Neg", first[0]), self.make("Neg", first[1])
            case "Add" | "AddV2" | "Sub":
                operator = "Sub" if node.type == "Sub" else "Add"
                return self.make(operator, first[0], others[0][0]), self.make(operator, first[1], others[0][1])
            case "Mul":
                return self._product(first, others[0])
            case "FFT" | "IFFT":
                length = self.length(node)
                sign = 1 if node.type == "FFT" else -1
                return None if length is None else self._transform(first, length, length, sign)
            case kind if kind in _ALIKE:
                return self._alike(node, name, 0), self._alike(node, name, 1)
        return None

    def _product(self, first: tuple[str, str], second: tuple[str, str]) -> tuple[str, str]:
        def times(i: int, j: int) -> str:
            return self.make("Mul", first[i], second[j])

        return self.make("Sub", times(0, 0), times(1, 1)), self.make("Add", times(0, 1), times(1, 0))

    def _transform(self, parts: tuple[str, str | None], length: int, kept: int, sign: int) -> tuple[str, str]:
        """X_k = Σ_j x_j e^(∓2πi·jk/n), divided by n of the inverse: the first `kept` of them."""
        angles = _angles(length)[:, :kept]
        scale = 1 if sign > 0 else length
        along, across = _circle(angles)
        cosines, sines = self.constant(along / scale), self.constant(-sign * across / scale)
        real = self._first(parts[0], length)
        result = self.make("MatMul", real, cosines), self.make("MatMul", real, sines)
        if parts[1] is None:
            return result
        imaginary = self._first(parts[1], length)
        others = self.make("MatMul", imaginary, sines), self.make("MatMul", imaginary, cosines)
        return self.make("Sub", result[0], others[0]), self.make("Add", result[1], others[1])

    def _first(self, name: str, count: int) -> str:
        """The first so many numbers along the last axis: a transform takes no more than its length."""
        bounds = [
            self._graph.make_const(utils.make_name("bound"), np.array([value], np.int64)) for value in (0, count, -1)
        ]
        return self.make("Slice", name, *(bound.output[0] for bound in bounds))

    def _alike(self, node: Any, name: str, part: int) -> str:
        """The node again, of one part; it is translated later."""
        inputs = []
        for entry in node.input:
            pair = self.of(entry) if self._graph.get_dtype(entry) in _REAL else None
            inputs.append(entry if pair is None else pair[part])
        copy = self._graph.make_node(
            node.type,
            inputs,
            attr=node.attr,
            shapes=[self._graph.get_shape(name)],
            dtypes=[utils.map_numpy_to_onnx_dtype(self._dtype)],
            skip_conversion=False,
        )
        return copy.output[0]


def _circle(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines, with zeros where they are zero: float64's π is not quite π."""
    cosines, sines = (np.where(np.abs(table) < 1e-15, 0, table) for table in (np.cos(angles), np.sin(angles)))
    return cosines, sines


def _angles(length: int) -> np.ndarray:
    """2π·jk/n, with jk taken modulo n first, which keeps the digits of large products."""
    index = np.arange(length)
    return 2 * np.pi / length * (np.outer(index, index) % length)
