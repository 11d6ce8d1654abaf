"""What a request may end with, by what a caller can do about it."""

from tfgen_serving.protocol.status import Code

__all__ = [
    "BadAnswer",
    "DeadlineExceeded",
    "InvalidRequest",
    "NotFound",
    "Overloaded",
    "ServerError",
    "Unavailable",
    "from_http",
    "server_error",
]

_HTTP = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    408: Code.DEADLINE_EXCEEDED,
    409: Code.ABORTED,
    413: Code.INVALID_ARGUMENT,
    429: Code.RESOURCE_EXHAUSTED,
    499: Code.CANCELLED,
    500: Code.INTERNAL,
    501: Code.UNIMPLEMENTED,
    502: Code.UNAVAILABLE,  # a proxy's, as the next two may be
    503: Code.UNAVAILABLE,
    504: Code.DEADLINE_EXCEEDED,
}


class ServerError(RuntimeError):
    """A request that was sent, or could not be, and has no answer.

    Attributes:
        code: The canonical code. REST tells fewer of them apart: a FAILED_PRECONDITION is an INVALID_ARGUMENT there.
        message: What the server says, or the transport.

    Example:
        >>> str(ServerError(Code.INTERNAL, "the graph failed"))
        'INTERNAL: the graph failed'
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(code, message)  # both, so that it can be pickled
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"


class InvalidRequest(ServerError):
    """The server refuses the request as it is: repeating it is of no use."""


class NotFound(ServerError):
    """The server has no such model, or no such version of it."""


class Overloaded(ServerError):
    """The server has too much to do, still after the last retry."""


class Unavailable(ServerError):
    """There is no server, or it does not answer for now, still after the last retry."""


class DeadlineExceeded(ServerError):
    """The time for one request ran out, the client's or the server's."""


class BadAnswer(ServerError):
    """An answer that cannot be read, or is not what the model's metadata promise."""

    def __init__(self, message: str, code: Code = Code.INTERNAL) -> None:
        super().__init__(code, message)

    def __reduce__(self) -> tuple[type["BadAnswer"], tuple[str, Code]]:
        return type(self), (self.message, self.code)


_KINDS: dict[Code, type[ServerError]] = {
    Code.INVALID_ARGUMENT: InvalidRequest,
    Code.FAILED_PRECONDITION: InvalidRequest,
    Code.OUT_OF_RANGE: InvalidRequest,
    Code.NOT_FOUND: NotFound,
    Code.RESOURCE_EXHAUSTED: Overloaded,
    Code.UNAVAILABLE: Unavailable,
    Code.DEADLINE_EXCEEDED: DeadlineExceeded,
}


def server_error(code: Code, message: str) -> ServerError:
    """The error of a code.

    Example:
        >>> server_error(Code.RESOURCE_EXHAUSTED, "the queue is full")
        Overloaded(<Code.RESOURCE_EXHAUSTED: 8>, 'the queue is full')
    """
    return _KINDS.get(code, ServerError)(code, message)


def from_http(status: int, message: str) -> ServerError:
    """The error of an HTTP status that is not 200.

    Example:
        >>> from_http(404, "no model")
        NotFound(<Code.NOT_FOUND: 5>, 'no model')
    """
    return server_error(_HTTP.get(status, Code.UNKNOWN), message)
