"""The REST API's paths."""

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["Target", "parse_path"]

_VERSION = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_PREDICT = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<verb>classify|regress|predict)", re.I | re.A)
_STATUS = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?:/(?P<verb>metadata))?", re.I | re.A)
_VERBS = ("classify", "regress", "predict", "metadata")

Verb = Literal["classify", "regress", "predict", "metadata", "status"]


@dataclass(frozen=True)
class Target:
    """What a path names.

    Attributes:
        name: The model's; empty where the path names none.
        version: Its version, or None.
        label: Of a version, or None.
        verb: What is asked of it.
    """

    name: str
    version: int | None
    label: str | None
    verb: Verb


def parse_path(method: str, path: str) -> Target:
    """Reads a path, as it was sent, with its escapes.

    Letters may be of either case; yet a verb in capitals is not carried out, and `/METADATA` is the status.

    Args:
        method: HTTP's.
        path: With its query, which TensorFlow Serving takes for a part of the name.

    Raises:
        StatusError: INVALID_ARGUMENT where there is no such path.

    Example:
        >>> parse_path("POST", "/v1/models/moons/versions/3:predict")
        Target(name='moons', version=3, label=None, verb='predict')
    """
    match = {"POST": _PREDICT, "GET": _STATUS}[method].fullmatch(path) if method in ("POST", "GET") else None
    if match is None:
        raise StatusError(Code.INVALID_ARGUMENT, f"Malformed request: {method} {path}")
    version = None if match["version"] is None else _version(match["version"])
    verb: Any = match["verb"] if match["verb"] in _VERBS else "status"
    if verb == "status" and method == "POST":
        raise StatusError(Code.INVALID_ARGUMENT, f"Malformed request: {method} {path}")
    label = None if match["label"] is None else unquote(match["label"])
    return Target(unquote(match["name"] or ""), version, label, verb)


def _version(digits: str) -> int:
    shortened = digits.lstrip("0") or "0"
    # Python would refuse some thousands of digits in words of its own.
    if len(shortened) > _MOST_DIGITS or int(shortened) >= 2**63:
        raise StatusError(Code.INVALID_ARGUMENT, f"Failed to convert version: {digits} to numeric.")
    return int(shortened)


_MOST_DIGITS = len(str(2**63))
