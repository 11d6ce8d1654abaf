"""Uvicorn as this server needs it: bounded heads, no signals of its own, and an end at which nobody is cut off."""

import asyncio
import contextlib
import math
import socket
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tfgen_serving.server.rest import RestApi

__all__ = ["HttpServer"]

_MOST_HEAD = 2**16
"""Bytes of a request's line and headers, or of the headers after its last chunk."""
_LAST_CALL = 0.1
"""Seconds in which idle connections are still answered after the last: their next request may be on its way."""


class _Protocol(HttpToolsProtocol):
    """Uvicorn's protocol, whose heads have no bound, with one."""

    _head = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        self._head += len(data) if self._in_head else 0
        super().data_received(data)
        if self._in_head and self._head > _MOST_HEAD and not self.transport.is_closing():
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        # What follows the last chunk are headers again.
        self._in_head, self._head = True, 0

    def on_body(self, body: bytes) -> None:
        self._in_head = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head = True, 0


class HttpServer(uvicorn.Server):
    """Serves an application on one socket until it is told to stop.

    Args:
        api: The application.
        listener: A bound socket, which the server closes.
        grace_seconds: How long requests may still take at the end.
    """

    def __init__(self, api: RestApi, listener: socket.socket, grace_seconds: float) -> None:
        config = uvicorn.Config(
            api,
            http=_Protocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=max(1, math.ceil(grace_seconds)),
        )
        super().__init__(config)
        self._api = api
        self._listener = listener

    async def run_until_told(self) -> None:
        """Accepts requests until `finish`."""
        await self.serve(sockets=[self._listener])

    async def finish(self) -> None:
        """Refuses new connections, and lets those that are open have their last answers."""
        for server in getattr(self, "servers", []):
            server.close()
        self._api.draining = True
        await asyncio.sleep(_LAST_CALL)
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """One handler stops both transports: not Uvicorn's."""
        yield
