"""Reading ahead: the next items are made in a thread while the present one is used."""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
_DEPTH = 2  # items: one that is ready, one for where the reader is slow now and then
_WAIT = 0.1  # seconds until a reader looks whether anyone still waits for it


@contextmanager
def ahead(items: Iterable[T], depth: int = _DEPTH) -> Iterator[Iterator[T]]:
    """Gives the same items, made in another thread, at most `depth` of them before they are asked for.

    An error in making them is raised where the item is asked for. When the block ends, however it does, so does
    the thread.

    Example:
        >>> with ahead(n * n for n in range(4)) as squares:
        ...     list(squares)
        [0, 1, 4, 9]
    """
    made: queue.Queue[tuple[T | None, BaseException | None, bool]] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: T | None, error: BaseException | None, last: bool) -> None:
        while not stop.is_set():
            try:
                made.put((item, error, last), timeout=_WAIT)
                break
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item, None, False)
                if stop.is_set():
                    return
        except BaseException as error:  # handed over, and raised in the other thread
            put(None, error, True)
        else:
            put(None, None, True)

    def take() -> Iterator[T]:
        while True:
            item, error, last = made.get()
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # None only where T allows it

    thread = threading.Thread(target=make, name="tfgen-read-ahead", daemon=True)
    thread.start()
    try:
        yield take()
    finally:
        stop.set()
        thread.join()
