"""Where in the user's code an operator arose."""

import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["find_place", "find_source"]

_LIBRARIES = ("tensorflow", "tfgen_export", "tensorflow_probability", "keras", "tf_keras", "decorator", "wrapt")


def find_source(operator: str, node: str, graph: Any) -> str | None:
    """The line of the user's code that made an operator, and the line of TFP's or Keras's on the way.

    Args:
        operator: TensorFlow's name of it, such as `Betainc`.
        node: the node's name in the translated model. Freezing puts the scopes of branches, loops and inner
            functions before the traced operation's name.
        graph: the traced graph; its branches, loop bodies and inner functions are searched too.

    Returns:
        Such as `model.py:18 (through tensorflow_probability/python/math/special.py:114)`. Where several bodies
        have an operation of the name, each of their places; where none has, those of all alike operators; None
        where there is no trace of any.
    """
    alike = [operation for operation in _operations(graph, set()) if operation.type == operator]
    fitting = [operation for operation in alike if f"/{node}".endswith(f"/{operation.name}")]
    longest = max((len(operation.name) for operation in fitting), default=0)
    closest = [operation for operation in fitting if len(operation.name) == longest]
    places = {find_place(operation) for operation in closest or alike}
    return " or ".join(sorted(place for place in places if place)) or None


def _operations(graph: Any, seen: set[int]) -> Iterator[Any]:
    """Every operation, those of the functions that operations call included."""
    seen.add(id(graph))
    for operation in graph.get_operations():
        yield operation
        for attribute in operation.node_def.attr.values():
            called = [attribute.func] if attribute.HasField("func") else attribute.list.func
            for function in called:
                # The public interface gives a function's nodes, but not who made them.
                inner = getattr(graph._get_function(function.name), "graph", None)
                if inner is not None and id(inner) not in seen:
                    yield from _operations(inner, seen)


def find_place(operation: Any) -> str | None:
    """The place of one traced operation, as `find_source` words it; None where it has no trace."""
    # Functions loaded from a SavedModel have no trace.
    frames = [frame for frame in operation.traceback or () if not frame.filename.startswith(_prefixes()[:2])]
    own = [frame for frame in frames if not frame.filename.startswith(_prefixes())]
    if not own:
        return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    place = f"{own[-1].filename}:{own[-1].lineno}"
    if frames[-1] is own[-1]:
        return place
    return f"{place} (through {_shorten(frames[-1].filename)}:{frames[-1].lineno})"


@cache
def _prefixes() -> tuple[str, ...]:
    """What the paths of the libraries' files begin with; first those that say nothing to the user."""
    specs = [importlib.util.find_spec(name) for name in _LIBRARIES]
    origins = [spec.origin for spec in specs if spec is not None and spec.origin is not None]
    return tuple(origin.removesuffix("__init__.py") for origin in origins)


def _shorten(filename: str) -> str:
    """A library's file from the library's name on."""
    for prefix in _prefixes():
        if filename.startswith(prefix):
            return Path(filename).relative_to(Path(prefix).parent).as_posix()
    return filename
