"""The words for libraries that the base installation does not bring."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["extra"]


@contextmanager
def extra(name: str, what: str) -> Iterator[None]:
    """Around imports: a missing library becomes an ImportError that tells how to get it.

    Args:
        name: Of the extra.
        what: Needs it, such as ``"the client"``.

    Example:
        >>> with extra("sail", "the boat"):
        ...     import no_such_mast
        Traceback (most recent call last):
        ImportError: the boat needs an extra: pip install 'tfgen[sail]'. Received: No module named 'no_such_mast'
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{what} needs an extra: pip install 'tfgen[{name}]'. Received: {error}") from error
