"""What `Scorer` and the clients do with a caller's arrays, whatever runs them: checks, seed rows, batches, answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen_serving.batches import STEPS, free_size
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer, as_rows, as_seed, check_inputs, check_names
from tfgen_serving.masks import with_mask
from tfgen_serving.tensors import EndpointInfo, SignatureInfo, TensorInfo
from tfgen_serving.work import Arrays, Work, cut, join

__all__ = [
    "Arrays",
    "Call",
    "Work",
    "classify",
    "decode",
    "encode",
    "endpoint_of",
    "join",
    "output_of",
    "reconstruct",
    "run",
    "sample",
    "sample_class",
    "score",
    "takes",
]

T = TypeVar("T")

Made = Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]]
"""Inputs by name that no caller gives: of rows by their numbers."""

_MISSING = -1
"""The label of a row that has none: where it may be missing, the model takes the most probable class."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """What a caller asks for, before anything is known of the endpoint.

    Attributes:
        endpoint: Its name.
        check: The work that it is, for what the endpoint takes; InputError where it does not fit.
    """

    endpoint: str
    check: Callable[[SignatureInfo], Work[T]]


def score(x: ArrayLike, context: ArrayLike | None, mask: ArrayLike | None = None) -> Call[NDArray[Any]]:
    """See `Scorer.score`."""
    return Call("score", lambda info: _one_output(info, {"x": x, "mask": mask, "context": context}, "score"))


def encode(
    x: ArrayLike,
    context: ArrayLike | None,
    label: ArrayLike | None,
    seed: int | None,
    mask: ArrayLike | None = None,
) -> Call[NDArray[Any]]:
    """See `Scorer.encode`."""
    given = {"x": x, "mask": mask, "context": context, "label": label}

    def check(info: SignatureInfo) -> Work[NDArray[Any]]:
        made: dict[str, Any] = {} if seed is None else {"seed": partial(_seed_rows, as_seed(seed))}
        if label is None and takes(info, "label"):
            made["label"] = partial(_alike, _MISSING)
        return _one_output(info, given, "z", made, least_label=_MISSING)

    return Call("encode" if seed is None else "encode_sample", check)


def decode(
    z: ArrayLike,
    context: ArrayLike | None,
    label: ArrayLike | None,
    seed: int | None = None,
    steps: int | None = None,
) -> Call[NDArray[Any]]:
    """See `Scorer.decode`."""
    given = {"z": z, "context": context, "label": label}

    def check(info: SignatureInfo) -> Work[NDArray[Any]]:
        made = {} if seed is None else {"seed": partial(_seed_rows, as_seed(seed))}
        return _one_output(info, given, "x", made, steps=None if steps is None else _checked_steps(steps))

    return Call("decode", check)


def reconstruct(x: ArrayLike, context: ArrayLike | None) -> Call[NDArray[Any]]:
    """See `Scorer.reconstruct`."""
    return Call("reconstruct", lambda info: _one_output(info, {"x": x, "context": context}, "reconstructed"))


def classify(x: ArrayLike) -> Call[NDArray[Any]]:
    """See `Scorer.classify`."""
    return Call("classify", lambda info: _one_output(info, {"x": x}, "label"))


def run(endpoint: str, inputs: Mapping[str, ArrayLike]) -> Call[Arrays]:
    """See `Scorer.run`."""
    return Call(endpoint, lambda info: _row_by_row(info, inputs, lambda outputs: outputs))


def sample(n: int, context: ArrayLike | None, seed: int, steps: int | None = None) -> Call[NDArray[Any]]:
    """See `Scorer.sample`."""
    return Call("sample", lambda info: _draws(info, n, context, seed, steps))


def sample_class(label: ArrayLike, seed: int) -> Call[NDArray[Any]]:
    """See `Scorer.sample_class`."""

    def check(info: SignatureInfo) -> Work[NDArray[Any]]:
        return _one_output(info, {"label": label}, "x", {"seed": partial(_seed_rows, as_seed(seed))})

    return Call("sample_class", check)


def endpoint_of(endpoints: Mapping[str, EndpointInfo], name: str) -> EndpointInfo:
    """Returns a bundle's endpoint; InputError where it has none of this name."""
    if name not in endpoints:
        known = ", ".join(endpoints) or "none"
        raise InputError(f"endpoint must be one of those in the bundle: {known}. Received: {name!r}")
    return endpoints[name]


def takes(info: SignatureInfo, name: str) -> bool:
    """Whether an endpoint has an input of this name."""
    return any(tensor.name == name for tensor in info.inputs)


def output_of(info: SignatureInfo, preferred: str) -> TensorInfo:
    """Returns the only output, or of several the one called `preferred`; InputError where there is none."""
    for tensor in info.outputs:
        if len(info.outputs) == 1 or tensor.name == preferred:
            return tensor
    raise InputError(
        f"endpoint {info.name!r} must have one output or one called {preferred!r}: "
        f"use run() for all of them. Received: {', '.join(tensor.name for tensor in info.outputs)}"
    )


def _one_output(
    info: SignatureInfo,
    given: Mapping[str, Any],
    preferred: str,
    made: Made = MappingProxyType({}),
    least_label: int = 0,
    steps: int | None = None,
) -> Work[NDArray[Any]]:
    output = output_of(info, preferred).name
    return _row_by_row(info, given, lambda outputs: outputs[output], made, least_label, steps)


def _row_by_row(
    info: SignatureInfo,
    given: Mapping[str, Any],
    answer: Callable[[Arrays], T],
    made: Made = MappingProxyType({}),
    least_label: int | None = None,
    steps: int | None = None,
) -> Work[T]:
    """The work of inputs that are given, and of others that are made, `steps` for all rows alike."""
    made = made if steps is None else {**made, STEPS: partial(_alike, steps)}
    given = with_mask(info, {name: value for name, value in given.items() if value is not None})
    check_names(info, {**given, **made})
    arrays = check_inputs(replace(info, inputs=tuple(item for item in info.inputs if item.name not in made)), given)
    if least_label is not None and "label" in arrays:
        _check_labels(arrays["label"], least_label)
    if STEPS in arrays and (arrays[STEPS] < 1).any():
        row = int(np.argmax(arrays[STEPS] < 1))
        raise InputError(f"steps must be at least 1. Received: {arrays[STEPS][row]} in row {row}")
    free = max(free_size(info, arrays), steps or 1)

    def inputs(start: int, stop: int) -> Arrays:
        index = np.arange(start, stop)
        cut = {name: array[start:stop] for name, array in arrays.items()}
        return cut | {name: make(index) for name, make in made.items()}

    return Work(len(next(iter(arrays.values()))), inputs, lambda outputs: answer(cut(info, outputs, free)), free)


def _check_labels(label: NDArray[Any], least: int) -> None:
    """How many classes there are no signature tells: of numbers beyond, the model's answer is NaN."""
    if (label < least).any():
        row = int(np.argmax(label < least))
        wanted = "class numbers, 0 and up" + (", or -1 for the most probable class" if least < 0 else "")
        raise InputError(f"label must be {wanted}. Received: {label[row]} in row {row}")


def _checked_steps(steps: int) -> int:
    return as_integer(STEPS, steps, minimum=1, maximum=2**31 - 1)


def _alike(number: int, index: NDArray[Any]) -> NDArray[Any]:
    return np.full(len(index), number, np.int32)


def _seed_rows(seed: int, index: NDArray[Any]) -> NDArray[Any]:
    return np.stack([np.full(len(index), seed), index], axis=1).astype(np.int32)


def _draws(info: SignatureInfo, n: int, context: ArrayLike | None, seed: int, steps: int | None) -> Work[NDArray[Any]]:
    n, seed = as_integer("n", n, minimum=1), as_seed(seed)
    given = {"seed": seed, STEPS: steps, "context": context}
    check_names(info, {name: value for name, value in given.items() if value is not None})
    steps = None if steps is None else _checked_steps(steps)
    rows = None
    if context is not None:
        rows = as_rows(next(tensor for tensor in info.inputs if tensor.name == "context"), context)
    total = n if rows is None else n * len(rows)
    if total > 2**31:
        raise InputError(f"n must give at most 2**31 draws in all, one for each int32. Received: {total} draws")
    output = output_of(info, "x").name

    def inputs(start: int, stop: int) -> Arrays:
        index = np.arange(start, stop)
        made = {"seed": _seed_rows(seed, index)}
        if steps is not None:
            made[STEPS] = _alike(steps, index)
        return made if rows is None else {**made, "context": rows[index % len(rows)]}

    def answer(outputs: Arrays) -> NDArray[Any]:
        draws = cut(info, outputs, steps or 1)[output]
        return draws if rows is None else draws.reshape(n, len(rows), *draws.shape[1:])

    return Work(total, inputs, answer, steps or 1)
