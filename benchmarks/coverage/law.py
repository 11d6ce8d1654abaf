"""From a few lines about a distribution to its cases."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.coverage.case import DISTRIBUTION_KINDS, Case
from benchmarks.coverage.plan import Plan, flat, points_of
from benchmarks.coverage.values import Values, between

__all__ = ["law"]

_SEED = tf.TensorSpec([2], tf.int32, name="seed")
_N = tf.TensorSpec([], tf.int32, name="n")
_FEW = 5
_OF_POINTS = {"log_prob", "cdf"}
_INTEGERS = {"int32", "int64", "bool"}


def law(
    subject: str,
    make: Callable[..., Any],
    x: Values | dict[str, Values],
    *,
    kinds: Sequence[str] = DISTRIBUTION_KINDS,
    pack: Callable[..., Any] = lambda x: x,
    discrete: bool | None = None,
    reals: Sequence[str] = ("float32", "float64"),
    givens: Sequence[str] = ("inputs", "constants"),
    rows: int | None = None,
    **parameters: Values,
) -> list[Case]:
    """The cases of a distribution.

    Args:
        subject: see `Case`.
        make: from parameters by name to the distribution; where they are inputs they have a batch dimension.
        x: points of the support; several by name where the distribution is joint.
        kinds: methods to try.
        pack: from several points to what `log_prob` takes.
        discrete: whether samples are whole numbers; None where the type of `x` tells.
        reals: the types to try it in.
        givens: how parameters are given.
        rows: a batch size, where TFP cannot do without; n is then fixed too.
        parameters: their domains.
    """
    points = points_of(x)
    picked = all(values.dtype in _INTEGERS for values in points.values()) if discrete is None else discrete
    names = ("output",) if len(points) == 1 else tuple(f"output_{index}" for index in range(len(points)))
    outputs = names if picked else ()
    givens = givens if parameters else ("constants",)
    cases = []
    for given in givens:
        for real in reals:
            plan = Plan(subject, make, parameters, given, real, rows)
            first = given == givens[0]
            for kind in kinds:
                if kind == "sample":
                    counts = _counts(subject, real, first=first, dynamic=rows is None)
                    cases += [_sample_case(plan, count, outputs) for count in counts]
                elif not _tried(kind, real, first=first):
                    continue
                elif kind == "quantile":
                    cases.append(_quantile_case(plan, outputs))
                else:
                    cases.append(_method_case(plan, kind, points if kind in _OF_POINTS else {}, pack))
    return cases


def _tried(kind: str, real: str, *, first: bool) -> bool:
    """Every method by inputs in float32; the main ones in more ways."""
    if real == "float32":
        return first or kind == "log_prob"
    return kind == ("log_prob" if first else "cdf")


def _counts(subject: str, real: str, *, first: bool, dynamic: bool) -> list[str]:
    """How the size of the sample is given.

    Conversions of samplers are slow: each subject has one way for inputs and one for constants, and every other one a
    single draw in float64. The subject's name tells which.
    """
    turn = zlib.crc32(subject.encode()) % 4
    if real == "float64":
        return ["one draw"] if first and turn < 2 else []
    return ["n dynamic"] if dynamic and first == bool(turn % 2) else ["n static"]


def _sample_case(plan: Plan, count: str, outputs: tuple[str, ...]) -> Case:
    dynamic = count == "n dynamic"
    size: Any = _FEW if count == "n static" else ()

    def function(seed: tf.Tensor, *rest: tf.Tensor) -> Any:
        n, parameters = (rest[0], rest[1:]) if dynamic else (size, rest)
        return flat(plan.build(parameters).sample(n, seed=seed))

    return Case(
        subject=plan.subject,
        kind="sample",
        given=plan.given,
        variant=f"{plan.variant}, {count}",
        function=function,
        signature=[_SEED, *([_N] if dynamic else []), *plan.specs({})],
        inputs=lambda batch: [
            plan.seed(batch),
            *([np.asarray(batch + 2, np.int32)] if dynamic else []),
            *plan.arrays(batch, {}),
        ],
        discrete=outputs,
    )


def _quantile_case(plan: Plan, outputs: tuple[str, ...]) -> Case:
    probability = {"p": between(0.05, 0.95)}
    return Case(
        subject=plan.subject,
        kind="quantile",
        given=plan.given,
        variant=plan.variant,
        function=lambda p, *rest: plan.build(rest).quantile(p),
        signature=plan.specs(probability),
        inputs=lambda batch: plan.arrays(batch, probability),
        discrete=outputs,
    )


def _method_case(plan: Plan, kind: str, points: dict[str, Values], pack: Callable[..., Any]) -> Case:
    def function(*tensors: tf.Tensor) -> Any:
        method = getattr(plan.build(tensors[len(points) :]), kind)
        return flat(method(pack(*tensors[: len(points)])) if points else method())

    def own(distribution: Any, batch: int) -> Any:
        return distribution.sample(() if plan.as_inputs else batch, seed=plan.seed(batch))

    return Case(
        subject=plan.subject,
        kind=kind,
        given=plan.given,
        variant=plan.variant,
        function=function,
        signature=plan.specs(points),
        inputs=lambda batch: plan.arrays(batch, points, own),
    )
