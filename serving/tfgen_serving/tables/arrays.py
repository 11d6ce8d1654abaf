"""Arrays of .npy and .npz files, read row by row from the stream; nothing is unpickled."""

import lzma
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import largest_free
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import check_form, check_names
from tfgen_serving.masks import blanked, find_wrong
from tfgen_serving.tables.rows import Rows, find_bad
from tfgen_serving.tensors import EndpointInfo, TensorInfo

__all__ = ["ArrayTable"]

_FORMAT: Any = np.lib.format  # which has no types
_BYTES = 1 << 22  # read at a time
# What zipfile, its decompressors and NumPy raise on content; the fifth is for encryption and unknown compression.
_BROKEN = (
    EOFError,
    ValueError,
    SyntaxError,
    tokenize.TokenError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class ArrayTable:
    """The arrays of a .npy or .npz file, one row of each for a row of the table.

    Rows are read as they are asked for, from compressed members too. The one exception is an array in Fortran's
    order, whose rows lie scattered: it is read whole.

    Args:
        path: The file.
        endpoint: The endpoint that the rows are for.
        inputs: Those of its inputs that the file is to hold, a mask only perhaps; a .npy file holds the first of them.

    Attributes:
        rows: How many rows it has.
        chosen: By input the array's name, as the other tables state their columns.
        free: The largest of the sizes that the inputs leave free, such as time; 1 where there is none.

    Raises:
        InputError: The file is broken or holds objects, or its arrays do not fit the inputs.
    """

    def __init__(self, path: Path, endpoint: EndpointInfo, inputs: Mapping[str, TensorInfo]) -> None:
        self._path = path
        with self._whole(), ExitStack() as stack:
            with path.open("rb") as file:
                self._zipped = file.read(2) == b"PK"
            streams = self._streams(stack, next(iter(inputs)))
            self._forms = {name: _Form(stream, size) for name, (stream, size) in streams.items()}
        names = set(self._forms)
        if names - {"x", "context", *inputs} or ("x" in inputs and "x" not in names):
            maybe = ", perhaps mask" if "mask" in inputs else ""
            raise InputError(
                f"the file must hold x{maybe}, and context for a conditional model. Received: {sorted(names)}"
            )
        inputs = self._infos = {name: info for name, info in inputs.items() if name in names or name != "mask"}
        others = {info.name: None for info in endpoint.inputs if info.name not in inputs}
        check_names(endpoint, {**others, **dict.fromkeys(names, np.empty(0))})
        if names - inputs.keys():
            raise InputError(f"the file must hold {', '.join(inputs)} alone. Received: {sorted(names)}")
        for name, form in self._forms.items():
            check_form(inputs[name], form.dtype, form.shape)
        lengths = {name: form.shape[0] for name, form in self._forms.items()}
        first = next(iter(inputs))
        for name, length in lengths.items():
            if length != lengths[first]:
                raise InputError(f"{name} must have {lengths[first]} rows, as {first} has. Received: {length} rows")
        if "mask" in names and self._forms["mask"].shape != self._forms["x"].shape[:2]:
            steps, found = self._forms["x"].shape[1], self._forms["mask"].shape[1]
            raise InputError(f"mask must have {steps} steps, as x has. Received: {found} steps")
        self.rows: int | None = lengths[first]
        self.free = largest_free(inputs.values(), {name: form.shape for name, form in self._forms.items()})
        self.chosen: dict[str, tuple[str, ...]] = {name: (name,) for name in inputs}

    def read(self, start: int = 0) -> Iterator[Rows]:
        """Yields the rows from row `start` on, some at a time."""
        total = next(iter(self._forms.values())).shape[0]
        step = max(1, _BYTES // max(form.row_bytes for form in self._forms.values()))
        with self._whole(), ExitStack() as stack:
            streams = self._streams(stack, next(iter(self._infos)))
            while start < total:
                count = min(step, total - start)
                raw = {name: form.read(streams[name][0], start, count) for name, form in self._forms.items()}
                wrong = find_wrong(raw["mask"]) if "mask" in raw else {}
                if "mask" in raw:
                    raw["x"] = blanked(raw["x"], raw["mask"] != 0)
                with np.errstate(over="ignore"):  # an overflow is a bad row, told below
                    arrays = {name: np.ascontiguousarray(raw[name], self._infos[name].dtype) for name in self._infos}
                bad = find_bad(arrays, lambda name, row, entry: self._tell(name, raw[name][row], entry))  # noqa: B023
                yield Rows(arrays, dict(sorted({**bad, **wrong}.items())))
                start += count

    def _tell(self, name: str, row: NDArray[Any], entry: int) -> str:
        place = ", ".join(str(index) for index in np.unravel_index(entry, row.shape))
        value = row.reshape(-1)[entry]
        wanted = f"fit {self._infos[name].dtype}" if np.isfinite(value) else "be finite"
        return f"{name}[{place}] must {wanted}. Received: {value}"

    def _streams(self, stack: ExitStack, first: str) -> dict[str, tuple[IO[bytes], int]]:
        """By array its stream and the stream's length."""
        if not self._zipped:
            return {first: (stack.enter_context(self._path.open("rb")), self._path.stat().st_size)}
        archive = stack.enter_context(zipfile.ZipFile(self._path))
        return {
            member.filename.removesuffix(".npy"): (stack.enter_context(archive.open(member)), member.file_size)
            for member in archive.infolist()
        }

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except (*_BROKEN, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # bz2's have none
                raise
            raise InputError(
                f"the file must be a whole .npy or .npz file of numbers. Received: {self._path}"
            ) from error


class _Form:
    """What the head of a .npy stream says; ValueError where it is none, or holds what would have to be unpickled."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        version = _FORMAT.read_magic(stream)
        readers = {(1, 0): _FORMAT.read_array_header_1_0, (2, 0): _FORMAT.read_array_header_2_0}
        if version not in readers:  # the third is for names of fields, which no array of numbers has
            raise ValueError("an array of records")
        self.shape, self._fortran, self.dtype = readers[version](stream)
        self._start = stream.tell()
        self._scattered: NDArray[Any] | None = None
        if self.dtype.hasobject:
            raise ValueError("an array of objects")
        self.row_bytes = max(1, math.prod(self.shape[1:]) * self.dtype.itemsize)
        if size - self._start < math.prod(self.shape) * self.dtype.itemsize:
            raise ValueError("the array's end is missing")

    def read(self, stream: IO[bytes], start: int, count: int) -> NDArray[Any]:
        """Returns `count` rows from row `start` on."""
        if self._fortran:
            if self._scattered is None:
                self._scattered = self._numbers(stream, 0, self.shape[0]).reshape(self.shape, order="F")
            return self._scattered[start : start + count]
        return self._numbers(stream, start, count).reshape(count, *self.shape[1:])

    def _numbers(self, stream: IO[bytes], start: int, count: int) -> NDArray[Any]:
        stream.seek(self._start + start * self.row_bytes)
        content = stream.read(count * self.row_bytes)
        if len(content) < count * self.row_bytes:
            raise EOFError
        return np.frombuffer(content, self.dtype)
