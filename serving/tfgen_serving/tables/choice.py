"""Which of a file's columns are a model's inputs."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tfgen_serving.errors import InputError
from tfgen_serving.tensors import TensorInfo

__all__ = ["Column", "check_known", "choose_columns", "width_of"]


@dataclass(frozen=True)
class Column:
    """A column of a file, as far as the choice goes.

    Attributes:
        name: Its name.
        number: Whether it holds numbers.
        list: Whether it holds lists of numbers, each of them a whole event.
        kind: Its type in words, for the errors.
        text: Whether it holds text in which there may be numbers, as all cells of a CSV file are.
    """

    name: str
    number: bool
    list: bool
    kind: str
    text: bool = False


def width_of(info: TensorInfo) -> int:
    """Returns how many numbers one row of an input holds; InputError where its shape leaves that open."""
    sizes = [size for size in info.shape[1:] if size is not None]
    if len(sizes) < len(info.shape) - 1:
        raise InputError(f"{info.name} must have fixed sizes to be read from columns. Received: {info.text}")
    return math.prod(sizes)


def choose_columns(
    inputs: Sequence[TensorInfo],
    columns: Sequence[Column],
    asked: Mapping[str, Sequence[str]],
    *,
    options: Mapping[str, str],
    kept: Collection[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Returns the columns of each input, in the order of the entries of one row.

    What was asked for is taken. Otherwise the column called like the input, if its cells are lists; for an only input
    all columns of numbers, in the file's order; or the columns ``x``, or ``x_0``, ``x_1`` and so on, for an
    input ``x``. Whatever it is must have as many entries as the input.

    Args:
        inputs: The inputs that a row of the file is for.
        columns: The file's.
        asked: Names by input, for those inputs that the user told.
        options: By input, the option that tells them, for the errors.
        kept: Columns that go to the output, and so are no inputs unless asked for.

    Raises:
        InputError: A name is not in the file, or its column cannot be numbers; or no choice has the right
            number of entries.

    Example:
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, 2))
        >>> columns = [Column(name, name != "who", False, "") for name in ("who", "a", "b")]
        >>> choose_columns([x], columns, {}, options={"x": "--x"})
        {'x': ('a', 'b')}
    """
    for name, names in asked.items():
        if name not in {info.name for info in inputs}:
            takes = ", ".join(info.name for info in inputs)
            raise InputError(f"{options[name]} must not be given: the model takes {takes}. Received: {list(names)}")
    return {
        info.name: _asked(info, columns, asked[info.name], options[info.name])
        if info.name in asked
        else _by_default(info, columns, kept, only=len(inputs) == 1, option=options[info.name])
        for info in inputs
    }


def _asked(info: TensorInfo, columns: Sequence[Column], names: Sequence[str], option: str) -> tuple[str, ...]:
    by_name = {column.name: column for column in columns}
    check_known(option, names, columns)
    for name in names:
        column = by_name[name]
        if not (column.number or column.text or (column.list and len(names) == 1)):
            raise InputError(f"{option} must name columns of numbers. Received: {name!r}, {column.kind}")
    width = width_of(info)
    if len(names) != width and not (len(names) == 1 and by_name[names[0]].list):
        raise InputError(f"{option} must name {width} columns for {info.name}, {info.text}. Received: {list(names)}")
    return tuple(names)


def check_known(option: str, names: Sequence[str], columns: Sequence[Column]) -> None:
    """Raises InputError unless each name is that of one column."""
    present = [column.name for column in columns]
    for name in names:
        if present.count(name) != 1:
            told = "no column" if name not in present else f"{present.count(name)} columns"
            raise InputError(
                f"{option} must name columns of the file: {', '.join(present)}. Received: {name!r}, {told}"
            )


def _by_default(
    info: TensorInfo, columns: Sequence[Column], kept: Collection[str], *, only: bool, option: str
) -> tuple[str, ...]:
    width = width_of(info)
    lists = [column.name for column in columns if column.name == info.name and column.list]
    if len(lists) == 1:
        return tuple(lists)
    numbers = [column.name for column in columns if column.number and column.name not in kept]
    likely = [column.name for column in columns if (column.number or column.text) and column.name not in kept]
    named = [name for name in likely if name == info.name] or _numbered(info.name, likely)
    for names in [numbers, named] if only else [named]:
        if len(names) == width and len(set(names)) == width:
            return tuple(names)
    wanted = info.name if width == 1 else f"{info.name}_0 to {info.name}_{width - 1}"
    others = f", or {width} columns of numbers in all" if only else ""
    raise InputError(
        f"the file must have columns {wanted} for {info.name}, {info.text}{others}: {option} names others. "
        f"Received: columns of numbers {', '.join(numbers) or 'none'}"
    )


def _numbered(stem: str, names: Sequence[str]) -> list[str]:
    found = {int(match[1]): name for name in names if (match := re.fullmatch(rf"{re.escape(stem)}_(0|[1-9]\d*)", name))}
    return [found[number] for number in sorted(found)] if sorted(found) == list(range(len(found))) else []
