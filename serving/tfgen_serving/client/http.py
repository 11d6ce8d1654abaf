"""An HTTP connection whose requests end in a body or a ServerError."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import httpx

from tfgen_serving.client.address import Address, not_a_url
from tfgen_serving.client.errors import DeadlineExceeded, ServerError, Unavailable, from_http
from tfgen_serving.protocol.status import Code

__all__ = ["AsyncHttp", "BlockingHttp", "Http"]

_HEADERS = {"Content-Type": "application/json"}
_SHOWN = 256
"""How many characters of a body that is no error of TensorFlow Serving's an error quotes."""


class Http(Protocol):
    """Sends requests to one server."""

    async def send(self, method: str, path: str, body: bytes | None, timeout: float) -> bytes:
        """The body of the answer.

        Args:
            method: HTTP's.
            path: After the server's URL, with its escapes.
            body: JSON, or None.
            timeout: Seconds.

        Raises:
            ServerError: The status is not 200, or there was no answer.
        """

    async def close(self) -> None:
        """Gives connections up."""


class BlockingHttp:
    """Connections that block; usable by several threads."""

    def __init__(self, address: Address) -> None:
        self._url = _url(address)
        self._client = httpx.Client(headers=_HEADERS)

    async def send(self, method: str, path: str, body: bytes | None, timeout: float) -> bytes:
        """See `Http.send`."""
        deadline = time.monotonic() + timeout
        url, parts = f"{self._url}{path}", []
        with _typed_errors(timeout), self._client.stream(method, url, content=body, timeout=timeout) as response:
            for part in response.iter_bytes():
                # httpx's own timeout is of each read: an answer in drops would pass it.
                if time.monotonic() > deadline:
                    raise _too_late(timeout)
                parts.append(part)
        return _body(response.status_code, b"".join(parts))

    async def close(self) -> None:
        """See `Http.close`."""
        self._client.close()


class AsyncHttp:
    """Connections of one event loop."""

    def __init__(self, address: Address) -> None:
        self._url = _url(address)
        self._client = httpx.AsyncClient(headers=_HEADERS)

    async def send(self, method: str, path: str, body: bytes | None, timeout: float) -> bytes:
        """See `Http.send`."""
        try:
            async with asyncio.timeout(timeout):
                with _typed_errors(timeout):
                    response = await self._client.request(method, f"{self._url}{path}", content=body, timeout=timeout)
        except TimeoutError as error:
            raise _too_late(timeout) from error
        return _body(response.status_code, response.content)

    async def close(self) -> None:
        """See `Http.close`."""
        await self._client.aclose()


def _url(address: Address) -> str:
    """The server's URL; InputError where httpx would refuse it, for each request."""
    try:
        _ = httpx.URL(address.target).host
    except (httpx.InvalidURL, UnicodeError) as error:
        raise not_a_url(address.shown, error) from error
    return address.target


@contextmanager
def _typed_errors(timeout: float) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise _too_late(timeout) from error
    except (httpx.NetworkError, httpx.ProxyError, httpx.RemoteProtocolError) as error:
        raise Unavailable(Code.UNAVAILABLE, str(error) or type(error).__name__) from error
    except httpx.HTTPError as error:
        raise ServerError(Code.UNKNOWN, f"{type(error).__name__}: {error}") from error


def _too_late(timeout: float) -> ServerError:
    return DeadlineExceeded(Code.DEADLINE_EXCEEDED, f"there was no answer within {timeout:.3g} s")


def _body(status: int, body: bytes) -> bytes:
    if status == 200:
        return body
    try:
        message = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        message = f"HTTP status {status}: {body[:_SHOWN].decode(errors='replace')}".removesuffix(": ")
    raise from_http(status, message)
