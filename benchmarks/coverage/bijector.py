"""From a few lines about a bijector to its cases."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from benchmarks.coverage.case import BIJECTOR_KINDS, Case
from benchmarks.coverage.plan import Plan, flat, points_of
from benchmarks.coverage.values import Values

__all__ = ["bijector"]


def bijector(
    subject: str,
    make: Callable[..., Any],
    x: Values | dict[str, Values],
    y: Values | dict[str, Values] | None = None,
    *,
    kinds: Sequence[str] = BIJECTOR_KINDS,
    pack: Callable[..., Any] = lambda x: x,
    unpack: Callable[..., Any] | None = None,
    reals: Sequence[str] = ("float32", "float64"),
    rows: int | None = None,
    **parameters: Values,
) -> list[Case]:
    """The cases of a bijector.

    Args:
        subject: see `Case`.
        make: from parameters by name to the bijector; where they are inputs they have a batch dimension.
        x: points of its domain; several by name where it takes a structure.
        y: points of its image; None for the images of `x`, where these have its shape and type.
        kinds: methods to try.
        pack: from several points to what `forward` takes.
        unpack: from several images to what `inverse` takes; None where it is `pack`.
        reals: the types to try it in.
        rows: a batch size, where TFP cannot do without.
        parameters: their domains.
    """
    points = points_of(x)
    images = {f"y{name[1:]}": Values(None, of.shape, of.dtype) for name, of in points.items()} if y is None else y
    images = {"y": images} if isinstance(images, Values) else images
    unpack = unpack or pack
    sides = {"forward": _Side(points, pack), "inverse": _Side(images, unpack)}
    cases = []
    for given, real in _ways(reals, parametrised=bool(parameters)):
        plan = Plan(subject, make, parameters, given, real, rows)
        cases += [_case(plan, kind, sides[kind.split("_")[0]], sides["forward"]) for kind in kinds]
    return cases


@dataclasses.dataclass(frozen=True)
class _Side:
    """The domain or the image."""

    points: dict[str, Values]
    pack: Callable[..., Any]

    def event_ndims(self) -> Any:
        return self.pack(*(len(values.shape) for values in self.points.values()))


def _ways(reals: Sequence[str], *, parametrised: bool) -> list[tuple[str, str]]:
    """How parameters are given, and in which type."""
    if not parametrised:
        return [("constants", real) for real in reals]
    return [("inputs" if real == "float32" else "constants", real) for real in reals]


def _case(plan: Plan, kind: str, side: _Side, domain: _Side) -> Case:
    count = len(side.points)

    def function(*tensors: tf.Tensor) -> Any:
        method = getattr(plan.build(tensors[count:]), kind)
        options = {"event_ndims": side.event_ndims()} if kind.endswith("log_det_jacobian") else {}
        return flat(method(side.pack(*tensors[:count]), **options))

    def image(bijector: Any, rows: int) -> Any:
        drawn = plan.arrays(rows, domain.points)[: len(domain.points)]
        return bijector.forward(domain.pack(*(tf.constant(value) for value in drawn)))

    return Case(
        subject=plan.subject,
        kind=kind,
        given=plan.given,
        variant=plan.variant,
        function=function,
        signature=plan.specs(side.points),
        inputs=lambda batch: plan.arrays(batch, side.points, image),
    )
