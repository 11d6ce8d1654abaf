"""The words for a library that the base installation does not bring."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["client_extra"]


@contextmanager
def client_extra() -> Iterator[None]:
    """Around imports: a missing library becomes an ImportError that tells how to get it."""
    try:
        yield
    except ImportError as error:
        raise ImportError(f"the client needs an extra: pip install 'tfgen[client]'. Received: {error}") from error
