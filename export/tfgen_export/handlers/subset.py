"""Functions of some entries only."""

from collections.abc import Callable

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["amend_entries"]


def amend_entries(b: Builder, value: Value, condition: Value, function: Callable[..., Value], *inputs: Value) -> Value:
    """`value`, and where the condition holds `function` of the inputs' entries there, computed for these alone.

    Args:
        b: where the nodes go.
        value: what stays elsewhere.
        condition: of the same shape.
        function: from vectors of the inputs' entries to a vector of results; it is not computed if there are none.
        inputs: of the same shape.
    """

    def body(_: Value, old: Value) -> tuple[None, list[Value]]:
        vector = b.integers(-1)
        chosen = b("Reshape", condition, vector)
        found = function(*(b("Compress", entry, chosen) for entry in inputs))
        places = b("Reshape", b("NonZero", chosen), vector)
        merged = b("ScatterElements", b("Reshape", old, vector), places, found, axis=0)
        return None, [b("Reshape", merged, b("Shape", old))]

    return b.loop(body, [value], count=1, start=b.anywhere(condition))[0]
