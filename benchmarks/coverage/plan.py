"""What the cases of one distribution or bijector share."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.coverage.values import Values

__all__ = ["Plan", "flat", "points_of"]


class Plan:
    """What the cases of one subject share: parameters and points, as signature and as arrays.

    Args:
        subject: see `Case`; it also seeds the random arrays.
        make: from parameters by name to TFP's object.
        parameters: their domains.
        given: whether they are `inputs` or `constants`.
        real: the floating-point type.
        rows: the batch size where it is fixed.
    """

    def __init__(
        self,
        subject: str,
        make: Callable[..., Any],
        parameters: dict[str, Values],
        given: str,
        real: str,
        rows: int | None,
    ) -> None:
        self.subject, self.given, self.real = subject, given, real
        self.variant = real if rows is None else f"{real}, {rows} rows"
        self.as_inputs = given == "inputs"
        self._make, self._parameters, self._rows = make, parameters, rows
        rng = self._rng(0)
        self._constants = {name: values.array(rng, (), real) for name, values in parameters.items()}

    def specs(self, points: dict[str, Values]) -> list[tf.TensorSpec]:
        """The points first, then the parameters where they are inputs."""
        entries = points | (self._parameters if self.as_inputs else {})
        return [
            tf.TensorSpec([self._rows, *values.shape], values.numpy_dtype(self.real), name=name)
            for name, values in entries.items()
        ]

    def build(self, parameters: Sequence[Any]) -> Any:
        """TFP's object, of the given parameters where they are inputs, else of its own constants."""
        if self.as_inputs:
            return self._make(**dict(zip(self._parameters, parameters, strict=True)))
        return self._make(**self._constants)

    def arrays(
        self, batch: int, points: dict[str, Values], own: Callable[[Any, int], Any] | None = None
    ) -> list[np.ndarray]:
        """What fits `specs`, the same each time.

        Args:
            batch: rows, where they are not fixed.
            points: `drawn` ones come from `own`.
            own: from TFP's object and the rows to points in a structure of its own.
        """
        rng, rows = self._rng(batch), self._rows or batch
        parameters = [values.array(rng, (rows,), self.real) for values in self._parameters.values()]
        parameters = parameters if self.as_inputs else []
        if own is None or all(values.draw is not None for values in points.values()):
            return [values.array(rng, (rows,), self.real) for values in points.values()] + parameters
        made = tf.nest.flatten(own(self.build([tf.constant(value) for value in parameters]), rows))
        kinds = [values.numpy_dtype(self.real) for values in points.values()]
        return [np.asarray(value, kind) for value, kind in zip(made, kinds, strict=True)] + parameters

    def seed(self, batch: int) -> np.ndarray:
        """From the whole range of int32, another one for each subject."""
        return self._rng(batch).integers(-(2**31), 2**31, 2, np.int64).astype(np.int32)

    def _rng(self, batch: int) -> np.random.Generator:
        return np.random.default_rng([batch, zlib.crc32(self.subject.encode())])


def flat(value: Any) -> Any:
    """One tensor as it is, more of them as a tuple."""
    tensors = tf.nest.flatten(value)
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def points_of(x: Values | dict[str, Values]) -> dict[str, Values]:
    return {"x": x} if isinstance(x, Values) else x
