"""A bound on the bytes of all requests that a server holds at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["Budget", "Share"]


class Share:
    """What one request has of a budget."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self.held = 0

    def take(self, size: int) -> None:
        """Adds bytes that have arrived.

        Raises:
            StatusError: RESOURCE_EXHAUSTED where all requests together would have too many.
        """
        self._budget.add(size)
        self.held += size


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
        """A request's share, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.held
