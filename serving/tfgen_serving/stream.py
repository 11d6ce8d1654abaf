"""Streams: sequences that are scored step by step as they come, and go on by draws."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_array, as_integer, as_seed

__all__ = ["AsyncStream", "Stream"]

Outputs = Mapping[str, Any]
"""Arrays by name, or what NumPy makes arrays of, such as TensorFlow's tensors."""


class _Steps:
    """What a stream remembers, and its endpoints' inputs; whoever runs these is the subclasses' affair."""

    def __init__(
        self, rows: int | None, context: ArrayLike | None, seed: int | None, *, context_each_step: bool
    ) -> None:
        self._given = {} if context is None else {"context": as_array("context", context)}
        for name, array in self._given.items():
            if not array.ndim:
                raise InputError(f"{name} must have a row for each sequence. Received: shape ()")
            if rows is None:
                rows = len(array)
        self.rows = 1 if rows is None else as_integer("rows", rows, minimum=1, maximum=2**31)
        for name, array in self._given.items():
            if len(array) != self.rows:
                raise InputError(f"{name} must have {self.rows} rows, as the stream has. Received: {len(array)} rows")
        self._each = self._given if context_each_step else {}
        self._seed = np.zeros([self.rows, 2], np.int32)
        if seed is not None:
            self._seed[:, 0], self._seed[:, 1] = as_seed(seed), np.arange(self.rows)
        self._state: NDArray[Any] = np.empty(0)
        self._time: NDArray[Any] = np.zeros(self.rows, np.int32)
        self.next_x: NDArray[Any] = np.empty(0)
        self.total = np.zeros(self.rows)

    @property
    def time(self) -> int:
        """How many steps have been taken."""
        return int(self._time[0])

    def _start_inputs(self) -> dict[str, Any]:
        return {"seed": self._seed, **self._given}

    def _step_inputs(self, x: ArrayLike) -> dict[str, Any]:
        array = as_array("x", x)
        if array.shape[:1] != (self.rows,):
            raise InputError(f"x must have {self.rows} rows, one for each sequence. Received: shape {array.shape}")
        return {"x": array, "state": self._state, "time": self._time, "seed": self._seed, **self._each}

    def _take(self, outputs: Outputs) -> None:
        self._state, self._time, self.next_x = (
            np.asarray(outputs[name]) for name in ("next_state", "next_time", "next_x")
        )

    def _take_scored(self, outputs: Outputs) -> NDArray[Any]:
        score = np.asarray(outputs["score"])
        self._take(outputs)
        self.total = self.total + score
        return score


class Stream(_Steps):
    """Sequences that come a step at a time, by a model's endpoints `start` and `step`, which remember nothing.

    `Scorer.stream` and `Client.stream` make one. It takes no more than a function that runs an endpoint, so that
    ``Stream(model.run)`` is one of a Keras model.

    Steps may be data, which are scored; or `next_x`, which is a draw of the next step given all before it. A stream
    that is fed its own `next_x` gives, of a model without latent variables, the very sequences of `sample` with its
    seed: row i has the seed row ``(seed, i)``. Where the state has particles, `next_x` goes on from one of them.

    A model with latent variables weighs its steps by draws too. A seed of None gives every row the seed row (0, 0),
    which is the one of `score`: `total` is then what `score` gives for the whole sequences, whatever the model. (Scores
    of a model without latent variables need no draws, and are the same for any seed.)

    Args:
        run: From an endpoint's name, and its inputs by name, to its outputs by name: `Scorer.run`, `Client.run`, or a
            model's own.
        rows: How many sequences; None for one, or for one to each row of the context.
        context: ``[rows, *context]`` for a model with context.
        seed: An integer in the range of int32, or None for the seed row of `score`.
        context_each_step: Whether `step` takes the context too, and not `start` alone; as the endpoint has it.

    Attributes:
        rows: As given.
        next_x: ``[rows, *event]``, a draw of the next step.
        total: ``[rows]``, nats, the sum of all scores so far: log p of the sequences as they are, or its bound.

    Raises:
        InputError: An argument does not fit.
        Exception: Whatever `run` raises.

    Example:
        >>> stream = Scorer("speech/").stream(seed=0)  # doctest: +SKIP
        >>> stream.step([[0.25, -1.0]])  # doctest: +SKIP
        array([-2.7131], dtype=float32)
        >>> stream.step(stream.next_x), stream.time  # doctest: +SKIP
        (array([-1.9582], dtype=float32), 2)
    """

    def __init__(
        self,
        run: Callable[..., Outputs],
        rows: int | None = None,
        context: ArrayLike | None = None,
        *,
        seed: int | None = 0,
        context_each_step: bool = True,
    ) -> None:
        super().__init__(rows, context, seed, context_each_step=context_each_step)
        self._run = run
        self._take(run("start", **self._start_inputs()))

    def step(self, x: ArrayLike) -> NDArray[Any]:
        """Takes the next step.

        Where it fails, the stream is as it was.

        Args:
            x: ``[rows, *event]``.

        Returns:
            ``[rows]``, nats: log p of the step given all before it, or its part of the bound.

        Raises:
            InputError: x does not fit.
            Exception: Whatever `run` raises.
        """
        return self._take_scored(self._run("step", **self._step_inputs(x)))


class AsyncStream(_Steps):
    """`Stream` for an event loop: made by ``await AsyncStream.start(run)``, its steps awaited, one at a time.

    Attributes:
        rows: As of `Stream`.
        next_x: As of `Stream`.
        total: As of `Stream`.

    Example:
        >>> stream = await client.stream(seed=0)  # doctest: +SKIP
        >>> await stream.step([[0.25, -1.0]])  # doctest: +SKIP
        array([-2.7131], dtype=float32)
    """

    def __init__(
        self,
        run: Callable[..., Awaitable[Outputs]],
        rows: int | None,
        context: ArrayLike | None,
        seed: int | None,
        *,
        context_each_step: bool,
    ) -> None:
        super().__init__(rows, context, seed, context_each_step=context_each_step)
        self._run = run
        self._busy = False

    @classmethod
    async def start(
        cls,
        run: Callable[..., Awaitable[Outputs]],
        rows: int | None = None,
        context: ArrayLike | None = None,
        *,
        seed: int | None = 0,
        context_each_step: bool = True,
    ) -> "AsyncStream":
        """Returns a stream at its beginning; arguments and errors as of `Stream`, `run` being awaited."""
        stream = cls(run, rows, context, seed, context_each_step=context_each_step)
        stream._take(await run("start", **stream._start_inputs()))
        return stream

    async def step(self, x: ArrayLike) -> NDArray[Any]:
        """Takes the next step: see `Stream.step`.

        Raises:
            RuntimeError: The step before it is still under way.
        """
        if self._busy:
            raise RuntimeError("a stream takes one step at a time. Received: another while one is under way")
        self._busy = True
        try:
            return self._take_scored(await self._run("step", **self._step_inputs(x)))
        finally:
            self._busy = False
