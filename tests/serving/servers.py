"""A server in a thread of the test's own process, on ports that the system chooses."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfgen_serving.server.serve import Addresses, serve


@contextmanager
def running(paths: Mapping[str, Path], **arguments: Any) -> Iterator[Addresses]:
    """A server, from when it listens until it has stopped."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready: Any = threading.Event()
    found: list[Any] = []

    def announce(addresses: Addresses) -> None:
        found.append(addresses)
        ready.set()

    def run() -> None:
        try:
            loop.run_until_complete(
                serve(paths, addresses=Addresses(port=0, grpc_port=0), announce=announce, stop=stop, **arguments)
            )
        except BaseException as error:
            found.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    if isinstance(found[0], BaseException):
        raise found[0]
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        assert not thread.is_alive()
        loop.close()
    if isinstance(found[-1], BaseException):
        raise found[-1]
