"""What both clients can be told, and how large a request is where they are told nothing."""

from dataclasses import dataclass
from typing import Any

from tfgen_serving.calls import Work
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer, as_seconds
from tfgen_serving.tensors import SignatureInfo

__all__ = ["Settings", "rows_in_a_request"]

_MOST_BYTES = 2**20
"""Of a request's numbers: a quarter of what gRPC takes unless told otherwise, since a server may write them longer."""
_MOST_ROWS = 16_384
"""However narrow the rows are: a model's own layers may be wide."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Arguments of a client; see `Client`. InputError where one is not of its kind."""

    model: str
    version: int | None
    timeout: float
    batch_size: int | None
    retries: int

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not self.model:
            raise InputError(f"model must be the name of a model. Received: {self.model!r}")
        if self.version is not None:
            as_integer("version", self.version, minimum=0, maximum=2**63 - 1)
        as_seconds("timeout", self.timeout)
        if self.batch_size is not None:
            as_integer("batch_size", self.batch_size, minimum=1)
        as_integer("retries", self.retries, minimum=0)


def rows_in_a_request(signature: SignatureInfo, work: Work[Any]) -> int:
    """How many rows a request and its answer can hold.

    Args:
        signature: Of both, for the sizes of a row.
        work: For those sizes that the signature leaves free.
    """
    given, taken = (sum(info.row_bytes(work.free) for info in side) for side in (signature.inputs, signature.outputs))
    return max(1, min(_MOST_ROWS, _MOST_BYTES // max(given, taken)))
