"""The even process: two symbols, a hidden state, and no finite memory that would do."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen.datasets.sequence import KnownSequence

__all__ = ["EvenProcess"]

# [state, symbol]: the probability, and the state after it.
_EMISSION = np.array([[0.5, 0.5], [0.0, 1.0]])
_NEXT = np.array([[0, 1], [0, 0]])
_STATIONARY = np.array([2 / 3, 1 / 3])


class EvenProcess(KnownSequence):
    r"""Runs of ones between zeros are of even length, and otherwise by fair coins.

    In state A a fair coin gives 0, which leaves it in A, or 1, which takes it to B; in B a 1 follows always, and takes
    it back to A. It starts in its stationary distribution, (2/3, 1/3). Whether the next symbol is free depends on how
    many ones came since the last zero, however long ago that was: no Markov chain of finite order is this process.
    A symbol's entropy tends to (2/3) ln 2 ≈ 0.46210 nats.

    Shapes: ``x`` is [n, T, 1], zeros and ones.

    Source: Weiss 1973, "Subshifts of finite type and sofic systems"; Crutchfield and Young 1989.

    Example:
        >>> round(EvenProcess(length=1000).entropy - EvenProcess(length=999).entropy, 5)
        0.4621
    """

    name: ClassVar[str] = "even-process"
    x_values: ClassVar[tuple[float, ...] | None] = (0.0, 1.0)

    def __init__(self, *, length: int = 50) -> None:
        super().__init__(length=length)

    @property
    def entropy(self) -> float:
        """Summed over what may be believed of the state: after a zero it is known, and few beliefs come before one."""
        beliefs = {tuple(_STATIONARY): 1.0}
        total = 0.0
        for _ in range(self.length):
            following: dict[tuple[float, ...], float] = {}
            for belief, weight in beliefs.items():
                for symbol in range(2):
                    probabilities, after = _updated(np.array([belief]), np.array([symbol]))
                    probability = float(probabilities[0])
                    if probability > 0:
                        total -= weight * probability * math.log(probability)
                        key = tuple(np.round(after[0], 14).tolist())
                        following[key] = following.get(key, 0.0) + weight * probability
            beliefs = following
        return total

    def _sample(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        state = rng.choice(2, size=n, p=_STATIONARY)
        x = np.empty((n, self.length, 1))
        for step in range(self.length):
            symbol = (rng.random(n) >= _EMISSION[state, 0]).astype(int)
            x[:, step, 0] = symbol
            state = _NEXT[state, symbol]
        return {"x": x}

    def _log_prob_steps(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        symbols = x[:, :, 0].astype(int)
        belief = np.tile(_STATIONARY, (len(x), 1))
        steps = np.empty(symbols.shape)
        for step in range(self.length):
            probability, belief = _updated(belief, symbols[:, step])
            with np.errstate(divide="ignore"):  # an odd run has probability nought
                steps[:, step] = np.log(probability)
        return steps


def _updated(belief: NDArray[np.float64], symbol: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A step of the forward algorithm: each symbol's probability [n], and what is then believed of the state [n, 2]."""
    joint = belief * _EMISSION[:, symbol].T
    probability = joint.sum(axis=1)
    joint /= np.maximum(probability, np.finfo(np.float64).tiny)[:, None]
    after = np.zeros_like(belief)
    for state in range(2):
        np.add.at(after, (np.arange(len(symbol)), _NEXT[state, symbol]), joint[:, state])
    return probability, after
