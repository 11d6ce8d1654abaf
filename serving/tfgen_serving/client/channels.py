"""A gRPC channel whose calls end in a message or a ServerError."""

from typing import Any, Protocol

import grpc
import grpc.aio

from tfgen_serving.client.address import Address
from tfgen_serving.client.errors import InvalidRequest, ServerError, server_error
from tfgen_serving.protocol.status import Code

__all__ = ["AsyncChannel", "BlockingChannel", "Channel"]

_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # how much comes back was asked for
    # A lost connection is tried again as soon as we try again: gRPC would wait a second, and fail at once meanwhile.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5000),
]


class Channel(Protocol):
    """Calls methods by their path."""

    async def call(self, path: str, request: Any, response: Any, timeout: float) -> Any:
        """The answer to a message.

        Args:
            path: The method's.
            request: The message.
            response: The class of the answer.
            timeout: Seconds.

        Raises:
            ServerError: It ended with another status than OK.
        """

    async def close(self) -> None:
        """Ends all calls."""


class BlockingChannel:
    """A channel whose calls block; usable by several threads."""

    def __init__(self, address: Address) -> None:
        if address.secure:
            self._channel = grpc.secure_channel(address.target, grpc.ssl_channel_credentials(), _OPTIONS)
        else:
            self._channel = grpc.insecure_channel(address.target, _OPTIONS)

    async def call(self, path: str, request: Any, response: Any, timeout: float) -> Any:
        """See `Channel.call`."""
        method = self._channel.unary_unary(path, type(request).SerializeToString, response.FromString)
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise _server_error(error) from error

    async def close(self) -> None:
        """See `Channel.close`."""
        self._channel.close()


class AsyncChannel:
    """A channel of one event loop, which its first call finds running."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._channel: Any = None

    async def call(self, path: str, request: Any, response: Any, timeout: float) -> Any:
        """See `Channel.call`."""
        if self._channel is None:
            self._channel = self._connect()
        method = self._channel.unary_unary(path, type(request).SerializeToString, response.FromString)
        try:
            return await method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise _server_error(error) from error

    async def close(self) -> None:
        """See `Channel.close`."""
        if self._channel is not None:
            await self._channel.close()

    def _connect(self) -> Any:
        if self._address.secure:
            return grpc.aio.secure_channel(self._address.target, grpc.ssl_channel_credentials(), _OPTIONS)
        return grpc.aio.insecure_channel(self._address.target, _OPTIONS)


def _server_error(error: Any) -> ServerError:
    code, message = Code(error.code().value[0]), error.details() or ""
    if code is Code.RESOURCE_EXHAUSTED and "larger than max" in message:
        # gRPC's code for a message over the limit is that of a full queue, which passes.
        return InvalidRequest(code, f"{message}: make batch_size smaller")
    return server_error(code, message)
