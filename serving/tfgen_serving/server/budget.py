"""A bound on the bytes of all requests that a server holds at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["Budget", "Share"]

T = TypeVar("T")


class Share:
    """What one request has of a budget."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self.held = 0
        self._users = 1

    def take(self, size: int) -> None:
        """Adds bytes that have arrived.

        Raises:
            StatusError: RESOURCE_EXHAUSTED where all requests together would have too many.
        """
        self._budget.add(size)
        self.held += size

    async def in_thread(self, call: Callable[[], T], done: Callable[[], None] = lambda: None) -> T:
        """What a call gives in a thread, which nothing can stop: until it ends, the share is held.

        Args:
            call: Made in the thread.
            done: Called once the thread has ended, even where nobody waits for it any more.
        """

        def ended(_: object) -> None:
            self.leave()
            done()

        work = asyncio.get_running_loop().run_in_executor(None, call)
        self._users += 1
        work.add_done_callback(ended)
        return await asyncio.shield(work)

    def leave(self) -> None:
        """Gives the bytes back, once the request and all its threads have left."""
        self._users -= 1
        if not self._users:
            self._budget.held -= self.held


class Budget:
    """Bytes that requests share; belongs to one event loop.

    Args:
        total: How many there are.

    Example:
        >>> budget = Budget(10)
        >>> with budget.share() as share:
        ...     share.take(8)
        ...     budget.held
        8
        >>> budget.held
        0
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.held = 0

    def add(self, size: int) -> None:
        """See `Share.take`."""
        if self.held + size > self.total:
            raise StatusError(
                Code.RESOURCE_EXHAUSTED, f"the requests that are being answered hold {self.held} bytes already"
            )
        self.held += size

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A request's share, given back at its end and that of its threads."""
        share = Share(self)
        try:
            yield share
        finally:
            share.leave()
