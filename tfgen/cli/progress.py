"""A bar for what goes through rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["rows_bar"]


@contextmanager
def rows_bar(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Gives a function to be told how many rows are done, and of how many; drawn where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task(title, total=None)

        def tell(done: int, total: int | None) -> None:
            bars.update(task, completed=done, total=total)

        yield tell
