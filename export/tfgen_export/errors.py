"""What can go wrong in a conversion."""

import dataclasses
from collections.abc import Sequence

__all__ = ["ConversionError", "ConversionMismatch", "UnsupportedOperator", "UnsupportedOperators"]


class ConversionError(ValueError):
    """A function cannot be turned into an ONNX model, and why."""


@dataclasses.dataclass(frozen=True)
class UnsupportedOperator:
    """One TensorFlow operator that ONNX has no translation for here.

    Attributes:
        operator: TensorFlow's name of it, such as `Betainc`.
        node: the node's name; its scopes tell the TFP call, as `Beta/log_cdf` does.
        source: the line of the user's code that made it, and the line of TFP's or Keras's that it went
            through; None where the trace does not tell.
        instead: what to use in its place, or why it cannot be in a model.
    """

    operator: str
    node: str
    source: str | None
    instead: str = ""

    def __str__(self) -> str:
        place = f", from {self.source}" if self.source else ""
        return f"{self.operator} (node {self.node!r}{place})" + (f": {self.instead}" if self.instead else "")


class UnsupportedOperators(ConversionError):
    """The function uses operators without a translation, or whose translation would not be the function.

    Attributes:
        operators: each of them, where it arose, and what to use instead.
    """

    def __init__(self, operators: Sequence[UnsupportedOperator]) -> None:
        self.operators = tuple(operators)
        lines = "\n".join(f"  {operator}" for operator in self.operators)
        super().__init__(f"ONNX cannot express these operators of the function:\n{lines}")


class ConversionMismatch(ConversionError):
    """ONNX Runtime and TensorFlow disagree by more than the tolerance."""
