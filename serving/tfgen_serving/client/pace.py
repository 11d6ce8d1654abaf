"""How coroutines wait: on an event loop, or by blocking, so that one text of the client serves both.

A blocking client runs the same coroutines; whatever they await there has already been done when it returns.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

__all__ = ["Blocking", "Concurrent", "Pace", "finished"]

T = TypeVar("T")


class Pace(Protocol):
    """Waits for time, and for several pieces of work."""

    async def sleep(self, seconds: float) -> None:
        """Returns after some seconds."""

    async def all(self, works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """The results of all works, in order; the first error where one fails."""


class Blocking:
    """One after the other, in the caller's thread."""

    async def sleep(self, seconds: float) -> None:
        """See `Pace.sleep`."""
        time.sleep(seconds)

    async def all(self, works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """See `Pace.all`."""
        return [await work() for work in works]


class Concurrent:
    """Several at once, on the running event loop.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self._most = most

    async def sleep(self, seconds: float) -> None:
        """See `Pace.sleep`."""
        await asyncio.sleep(seconds)

    async def all(self, works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """See `Pace.all`."""
        results: dict[int, T] = {}
        waiting = iter(enumerate(works))

        async def take() -> None:
            for index, work in waiting:
                results[index] = await work()

        tasks = [asyncio.ensure_future(take()) for _ in range(min(self._most, len(works)))]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return [results[index] for index in range(len(works))]


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits for an event loop.

    Raises:
        RuntimeError: It does.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    finally:
        coroutine.close()
    raise RuntimeError("a blocking client must not wait for an event loop. Received: a coroutine that does")
