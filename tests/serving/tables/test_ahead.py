"""Reading ahead in a thread."""

import threading
import time
from collections.abc import Iterator

import pytest

from tfgen_serving.tables.ahead import ahead


def test_items_are_made_before_they_are_asked_for() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            made.append(item)
            yield item

    with ahead(items(), depth=2) as taken:
        assert next(taken) == 0
        deadline = time.monotonic() + 10
        while len(made) < 4 and time.monotonic() < deadline:  # two wait, and one is held for a place
            time.sleep(0.01)
        time.sleep(0.05)
        assert made == [0, 1, 2, 3], "and no more"
        assert list(taken) == list(range(1, 10))


def test_none_is_an_item() -> None:
    with ahead([None, 1, None]) as taken:
        assert list(taken) == [None, 1, None]


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise OSError("broken")

    taken: list[int] = []
    with pytest.raises(OSError, match="broken"), ahead(items()) as made:
        taken.extend(made)
    assert taken == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 1, 100])
def test_no_thread_is_left_where_the_block_ends_early(count: int) -> None:
    with pytest.raises(KeyError), ahead(iter(range(count))):
        raise KeyError
    assert not [thread for thread in threading.enumerate() if thread.name == "tfgen-read-ahead"]
