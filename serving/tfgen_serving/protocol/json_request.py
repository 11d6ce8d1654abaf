"""A REST predict body as arrays, by TensorFlow Serving's rules and in its words.

A body is `{"signature_name": …, "instances": […]}`, one object or value for each row, or `{"inputs": …}`, a whole
tensor for each name. It is read in two steps, since between them the signature decides what the values must be.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.json_document import RepeatedNames, parse_document, refuse_syntax
from tfgen_serving.protocol.json_show import show
from tfgen_serving.protocol.json_tensor import dense_shape, to_array
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import TensorInfo

__all__ = ["Format", "JsonBody", "JsonRequest"]

Format = Literal["row", "columnar"]

_HUGE = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{200}")
"""One of which a number that is too big for a double has: 199 digits and an exponent of 99 make none."""


@dataclass(frozen=True)
class JsonRequest:
    """What a body asks for.

    Attributes:
        inputs: Arrays by name, of the signature's dtypes.
        format: `row` for instances, `columnar` for inputs: it decides what the answer looks like.
    """

    inputs: dict[str, NDArray[Any]]
    format: Format


class JsonBody:
    """A predict, classify or regress body whose syntax is right.

    Args:
        body: JSON.

    Attributes:
        document: The object.
        signature_name: As given; empty where it is not, for the default one.

    Raises:
        StatusError: INVALID_ARGUMENT where it is no JSON object, or the name is no string.

    Example:
        >>> body = JsonBody(b'{"instances": [[1, 2], [3, 4]]}')
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, 2))
        >>> body.request([x], max_rows=10).inputs["x"].tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(self, body: bytes) -> None:
        self.document = parse_document(body)
        self._body = body
        name = self.document.get("signature_name", "")
        if not isinstance(name, str):
            raise self._error("not formatted correctly. 'signature_name' key must be a string value.")
        self.signature_name: str = name

    def request(self, infos: Sequence[TensorInfo], *, max_rows: int) -> JsonRequest:
        """The arrays of a predict body.

        Args:
            infos: The signature's inputs.
            max_rows: How many instances are looked at; of tensors, whoever runs them checks the rows.

        Raises:
            StatusError: INVALID_ARGUMENT for what TensorFlow Serving refuses; and, unlike there, for a name that stands
                twice in an instance, which shifts its rows.
        """
        document, by_name = self.document, {info.name: info for info in infos}
        if "instances" in document and "inputs" in document:
            raise self._error("Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ")
        if "instances" in document:
            instances = document["instances"]
            if not isinstance(instances, list):
                raise self._error("Expecting 'instances' to be an list/array")
            if not instances:
                raise self._error("No values in 'instances' array")
            if len(instances) > max_rows:
                raise _error(f"a request must have at most {max_rows} rows. Received: {len(instances)}")
            request = JsonRequest(_from_instances(instances, by_name), "row")
        elif "inputs" in document:
            request = JsonRequest(_from_inputs(document["inputs"], by_name), "columnar")
        else:
            raise _error("Missing 'inputs' or 'instances' key")
        infinite = any(array.dtype.kind == "f" and np.isinf(array).any() for array in request.inputs.values())
        if infinite and _HUGE.search(self._body):
            refuse_syntax(self._body)  # else a number that is too big for a double would pass as an infinity
        return request

    def check_examples(self) -> None:
        """Raises INVALID_ARGUMENT unless it is a classify or regress body as far as its list of examples."""
        examples = self.document.get("examples", ...)
        if examples is ...:
            raise self._error("When method is classify, key 'examples' is expected and was not found")
        if not isinstance(examples, list):
            raise self._error("Expecting 'examples' value to be an list/array")
        if not examples:
            raise self._error("'examples' value is an empty array")

    def _error(self, message: str) -> StatusError:
        return _error(f"JSON Value: {show(self.document)} {message}")


def _from_instances(instances: list[Any], infos: Mapping[str, TensorInfo]) -> dict[str, NDArray[Any]]:
    if not isinstance(instances[0], dict) and len(infos) > 1:
        raise _error(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    names = infos.keys()
    if not _is_object(instances[0]):
        (name,) = list(names)[:1]
        columns = {name: instances}
    elif set(map(type, instances)) == {dict} and all(item.keys() == names for item in instances):
        columns = {name: [item[name] for item in instances] for name in names}
    else:
        raise _reason(instances, infos)
    try:
        return {name: to_array(values, infos[name]) for name, values in columns.items()}
    except StatusError as error:
        raise _reason(instances, infos) from error


def _reason(instances: list[Any], infos: Mapping[str, TensorInfo]) -> StatusError:
    """The first thing that is wrong, row by row: what is wrong of the columns tells neither row nor name."""
    objects = _is_object(instances[0])
    shapes: dict[str, tuple[int, ...]] = {}
    for index, item in enumerate(instances):
        failed = f"Failed to process element: {index}"
        if _is_object(item) != objects:
            expected, got = ("object", "list") if objects else ("value/list", "object")
            return _error(f"Expecting {expected} but got {got} at item {index} of input list")
        if isinstance(item, RepeatedNames):
            return _error(f"{failed} of 'instances' list. JSON object: {show(item)} names must not be repeated")
        named = item if objects else {next(iter(infos)): item}
        for name, value in named.items():
            error = _reason_of_item(name, value, infos, shapes)
            if error is not None:
                key = f" key: {name}" if objects else ""
                return _error(f"{failed}{key} of 'instances' list. Error: INVALID_ARGUMENT: {error.message}")
        if named.keys() != infos.keys():
            return _error(
                f"{failed} of 'instances' list. JSON object: {show(item)} keys must be equal to: "
                f"{','.join(sorted(infos))}"
            )
    return _error("the values of 'instances' do not fit the signature")


def _reason_of_item(
    name: str, value: Any, infos: Mapping[str, TensorInfo], shapes: dict[str, tuple[int, ...]]
) -> StatusError | None:
    """What is wrong of one input of one row, given the shapes of those before."""
    if name not in infos:
        return _error(f"JSON object: does not have named input: {name}")
    try:
        to_array(value, infos[name])
    except StatusError as error:
        return error
    shape = dense_shape(value)
    before = shapes.setdefault(name, shape)
    if math.prod(before) != math.prod(shape):
        return _error(f"Expecting tensor size: {math.prod(before)} but got: {math.prod(shape)}")
    if before != shape:
        return _error(f"Expecting shape {_sizes(before)} but got: {_sizes(shape)}")
    return None


def _from_inputs(value: Any, infos: Mapping[str, TensorInfo]) -> dict[str, NDArray[Any]]:
    if not _is_object(value):
        if len(infos) > 1:
            raise _error(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        name, info = next(iter(infos.items()))
        return {name: to_array(value, info)}
    for name in infos:
        if name not in value:
            raise _error(f"Missing named input: {name} in 'inputs' object.")
    return {name: to_array(value[name], info) for name, info in infos.items()}


def _is_object(value: Any) -> bool:
    """Whether it is an object by names, rather than `{"b64": …}`, which is a value."""
    return isinstance(value, dict) and not (len(value) == 1 and isinstance(value.get("b64"), str))


def _sizes(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _error(message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, message)
