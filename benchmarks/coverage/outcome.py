"""What became of a case."""

import dataclasses

__all__ = ["Outcome"]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a case, by one of the converters.

    Attributes:
        status: `ok`, `failed`, or `untried` where TensorFlow itself cannot run it.
        reason: in one line, of the latter two.
        difference: the largest from TensorFlow's outputs, relative to the larger of 1 and these.
        detail: the whole error.
    """

    status: str
    reason: str = ""
    difference: float | None = None
    detail: str = ""

    @classmethod
    def passed(cls, difference: float | None = None) -> "Outcome":
        return cls("ok", difference=difference)

    @classmethod
    def failed(cls, reason: str, detail: str = "") -> "Outcome":
        return cls("failed", reason, detail=detail)

    @classmethod
    def untried(cls, reason: str) -> "Outcome":
        return cls("untried", reason)
