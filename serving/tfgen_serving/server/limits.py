"""What a server takes on, and how it gathers requests into batches."""

import os
from dataclasses import dataclass, field

from tfgen_serving.inputs import as_integer, as_seconds

__all__ = ["Batching", "Limits"]


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How requests are put together, in TensorFlow Serving's terms.

    A batch is taken as soon as a thread is free for it, of whatever waits; requests that come meanwhile make the next.

    Attributes:
        max_batch_size: Rows of a batch, fewer where they are wide; a larger request is cut into several.
        batch_timeout_micros: How long a batch waits to be filled; 0 waits for nobody.
        max_enqueued_batches: How many full batches may wait; beyond, requests are refused with RESOURCE_EXHAUSTED.
        num_batch_threads: Batches that run at once.

    Raises:
        InputError: A number is not an integer of at least 1 (0 for the timeout).
    """

    max_batch_size: int = 16_384
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 64
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)

    def __post_init__(self) -> None:
        for name in ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"):
            number = as_integer(name, getattr(self, name), minimum=0 if name == "batch_timeout_micros" else 1)
            object.__setattr__(self, name, number)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request may ask for.

    Attributes:
        max_body_bytes: Of a REST body or a gRPC message.
        max_rows: Rows of a request: examples to score, or draws to make.
        max_answer_bytes: Of the arrays that answer it, by the manifest and its inputs.
        max_steps: Of a sequence, to score or to draw: each takes its time, however few the rows.
        timeout: Seconds until a request is given up with DEADLINE_EXCEEDED.

    Raises:
        InputError: A number is not positive.
    """

    max_body_bytes: int = 64 * 2**20
    max_rows: int = 1_000_000
    max_answer_bytes: int = 256 * 2**20
    max_steps: int = 100_000
    timeout: float = 60.0

    def __post_init__(self) -> None:
        for name in ("max_body_bytes", "max_rows", "max_answer_bytes", "max_steps"):
            object.__setattr__(self, name, as_integer(name, getattr(self, name), minimum=1))
        object.__setattr__(self, "timeout", as_seconds("timeout", self.timeout))
