"""A line of JSON asks, a line of JSON answers. The standard library alone: peers' interpreters have no other."""

import json
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["EndedError", "RemoteError", "ask", "serve"]


class RemoteError(RuntimeError):
    """What went wrong in a worker: its traceback."""


class EndedError(RemoteError):
    """The worker answers no more."""


def ask(requests: TextIO, replies: TextIO, call: str, arguments: dict[str, Any]) -> Any:
    """Asks for one call, and waits for its result.

    Args:
        requests: where the other side reads.
        replies: where it writes.
        call: the method's name.
        arguments: its keyword arguments, of what JSON knows.

    Raises:
        RemoteError: with the other side's traceback.
        EndedError: where there is no other side any more.
    """
    try:
        requests.write(json.dumps({"call": call, "arguments": arguments}) + "\n")
        requests.flush()
        line = replies.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise EndedError(f"The worker must answer {call!r}. Received: nothing, it has ended")
    reply = json.loads(line)
    if "error" in reply:
        raise RemoteError(reply["error"])
    return reply["result"]


def serve(target: object, requests: Iterator[str], replies: TextIO) -> None:
    """Answers calls of a target's public methods until there are no more; errors are answers too.

    Args:
        target: the object.
        requests: lines.
        replies: where answers go.
    """
    for line in requests:
        try:
            request = json.loads(line)
            name = request["call"]
            if name.startswith("_") or not callable(getattr(target, name, None)):
                raise ValueError(f"`call` must be a public method of {type(target).__name__}. Received: {name!r}")
            reply = {"result": getattr(target, name)(**request["arguments"])}
        except Exception:  # whatever it is, the driver must hear of it
            reply = {"error": traceback.format_exc()}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
