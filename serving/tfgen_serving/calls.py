"""What `Scorer` and the clients do with a caller's arrays, whatever runs them: checks, seed rows, batches, answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer, as_rows, as_seed, check_inputs, check_names
from tfgen_serving.tensors import EndpointInfo, SignatureInfo, TensorInfo

__all__ = [
    "Arrays",
    "Call",
    "Work",
    "decode",
    "encode",
    "endpoint_of",
    "join",
    "output_of",
    "reconstruct",
    "run",
    "sample",
    "score",
]

Arrays = dict[str, NDArray[Any]]
T = TypeVar("T")


@dataclass(frozen=True)
class Work(Generic[T]):
    """A call that fits its endpoint.

    Attributes:
        rows: How many rows go in, and come out.
        inputs: The inputs' rows from a start to a stop.
        answer: What the caller gets, of the outputs of all rows.
    """

    rows: int
    inputs: Callable[[int, int], Arrays]
    answer: Callable[[Arrays], T]

    def spans(self, size: int) -> Iterator[tuple[int, int]]:
        """Start and stop of each batch of at most `size` rows."""
        return ((start, min(start + size, self.rows)) for start in range(0, self.rows, size))


@dataclass(frozen=True)
class Call(Generic[T]):
    """What a caller asks for, before anything is known of the endpoint.

    Attributes:
        endpoint: Its name.
        check: The work that it is, for what the endpoint takes; InputError where it does not fit.
    """

    endpoint: str
    check: Callable[[SignatureInfo], Work[T]]


def score(x: ArrayLike, context: ArrayLike | None) -> Call[NDArray[Any]]:
    """See `Scorer.score`."""
    return _of_one_output("score", {"x": x, "context": context}, "score")


def encode(x: ArrayLike, context: ArrayLike | None) -> Call[NDArray[Any]]:
    """See `Scorer.encode`."""
    return _of_one_output("encode", {"x": x, "context": context}, "z")


def decode(z: ArrayLike, context: ArrayLike | None) -> Call[NDArray[Any]]:
    """See `Scorer.decode`."""
    return _of_one_output("decode", {"z": z, "context": context}, "x")


def reconstruct(x: ArrayLike, context: ArrayLike | None) -> Call[NDArray[Any]]:
    """See `Scorer.reconstruct`."""
    return _of_one_output("reconstruct", {"x": x, "context": context}, "reconstructed")


def run(endpoint: str, inputs: Mapping[str, ArrayLike]) -> Call[Arrays]:
    """See `Scorer.run`."""
    return Call(endpoint, lambda info: _row_by_row(info, inputs, lambda outputs: outputs))


def sample(n: int, context: ArrayLike | None, seed: int) -> Call[NDArray[Any]]:
    """See `Scorer.sample`."""
    return Call("sample", lambda info: _draws(info, n, context, seed))


def join(parts: Sequence[Arrays]) -> Arrays:
    """The outputs of all rows, from those of each batch, in order."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def endpoint_of(endpoints: Mapping[str, EndpointInfo], name: str) -> EndpointInfo:
    """Returns a bundle's endpoint; InputError where it has none of this name."""
    if name not in endpoints:
        known = ", ".join(endpoints) or "none"
        raise InputError(f"endpoint must be one of those in the bundle: {known}. Received: {name!r}")
    return endpoints[name]


def output_of(info: SignatureInfo, preferred: str) -> TensorInfo:
    """Returns the only output, or of several the one called `preferred`; InputError where there is none."""
    for tensor in info.outputs:
        if len(info.outputs) == 1 or tensor.name == preferred:
            return tensor
    raise InputError(
        f"endpoint {info.name!r} must have one output or one called {preferred!r}: "
        f"use run() for all of them. Received: {', '.join(tensor.name for tensor in info.outputs)}"
    )


def _of_one_output(endpoint: str, inputs: Mapping[str, Any], preferred: str) -> Call[NDArray[Any]]:
    def check(info: SignatureInfo) -> Work[NDArray[Any]]:
        output = output_of(info, preferred).name
        return _row_by_row(info, inputs, lambda outputs: outputs[output])

    return Call(endpoint, check)


def _row_by_row(info: SignatureInfo, inputs: Mapping[str, Any], answer: Callable[[Arrays], T]) -> Work[T]:
    arrays = check_inputs(info, inputs)
    rows = len(arrays[info.inputs[0].name])
    return Work(rows, lambda start, stop: {name: array[start:stop] for name, array in arrays.items()}, answer)


def _draws(info: SignatureInfo, n: int, context: ArrayLike | None, seed: int) -> Work[NDArray[Any]]:
    n, seed = as_integer("n", n, minimum=1), as_seed(seed)
    check_names(info, {"seed": seed} if context is None else {"seed": seed, "context": context})
    rows = None
    if context is not None:
        rows = as_rows(next(tensor for tensor in info.inputs if tensor.name == "context"), context)
    total = n if rows is None else n * len(rows)
    if total > 2**31:
        raise InputError(f"n must give at most 2**31 draws in all, one for each int32. Received: {total} draws")
    output = output_of(info, "x").name

    def inputs(start: int, stop: int) -> Arrays:
        index = np.arange(start, stop)
        seeds = np.stack([np.full(len(index), seed), index], axis=1).astype(np.int32)
        return {"seed": seeds} if rows is None else {"seed": seeds, "context": rows[index % len(rows)]}

    def answer(outputs: Arrays) -> NDArray[Any]:
        draws = outputs[output]
        return draws if rows is None else draws.reshape(n, len(rows), *draws.shape[1:])

    return Work(total, inputs, answer)
