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

    Args:
        method: HTTP's.
        path: Without the query.

    Raises:
        StatusError: INVALID_ARGUMENT where there is no such path.

    Example:
        >>> parse_path("POST", "/v1/models/moons/versions/3:predict")
        Target(name='moons', version=3, label=None, verb='predict')
    """
    match = {"POST": _PREDICT, "GET": _STATUS}[method].fullmatch(path) if method in ("POST", "GET") else None
    if match is None:
        raise StatusError(Code.INVALID_ARGUMENT, f"Malformed request: {method} {path}")
    version = None if match["version"] is None else int(match["version"])
    if version is not None and version >= 2**63:
        raise StatusError(Code.INVALID_ARGUMENT, f"Failed to convert version: {match['version']} to numeric.")
    verb: Any = match["verb"].lower() if match["verb"] else "status"
    label = None if match["label"] is None else unquote(match["label"])
    return Target(unquote(match["name"] or ""), version, label, verb)
