"""From one line about a distribution or a bijector to its cases."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.coverage.case import BIJECTOR_KINDS, DISTRIBUTION_KINDS, Case
from benchmarks.coverage.values import REAL, Values

__all__ = ["bijector", "law"]

_SEED = tf.TensorSpec([2], tf.int32, name="seed")
_N = tf.TensorSpec([], tf.int32, name="n")
_FEW = 5
_OF_POINTS = {"log_prob", "cdf", "survival_function"}
_INTEGERS = {"int32", "int64", "bool"}


class _Plan:
    """What the cases of one subject share: parameters and points, as signature and as arrays."""

    def __init__(
        self,
        subject: str,
        make: Callable[..., Any],
        parameters: dict[str, Values],
        given: str,
        real: str,
        rows: int | None = None,
    ) -> None:
        self.subject, self.given, self.real, self._parameters = subject, given, real, parameters
        self._make, self.rows = make, rows
        rng = self._rng(0)
        self._constants = {
            name: np.asarray(values.array(rng, (), real)) for name, values in parameters.items()
        }  # one set, the same each time

    @property
    def as_inputs(self) -> bool:
        return self.given == "inputs"

    def _rng(self, batch: int) -> np.random.Generator:
        return np.random.default_rng([batch, zlib.crc32(self.subject.encode())])

    def specs(self, points: dict[str, Values]) -> list[tf.TensorSpec]:
        entries = points | (self._parameters if self.as_inputs else {})
        return [
            tf.TensorSpec([self.rows, *values.shape], values.numpy_dtype(self.real), name=name)
            for name, values in entries.items()
        ]

    def build(self, tensors: Sequence[Any]) -> Any:
        """TFP's object of the parameters, which are the last tensors where they are inputs."""
        if self.as_inputs:
            return self._make(**dict(zip(self._parameters, tensors, strict=True)))
        return self._make(**self._constants)

    def arrays(self, batch: int, points: dict[str, Values], own: Callable[[Any, int], Any]) -> list[np.ndarray]:
        """Points and parameters; `own` gives the points which the object itself makes, nested as it likes."""
        rng = self._rng(batch)
        batch = batch if self.rows is None else self.rows
        parameters = [values.array(rng, (batch,), self.real) for values in self._parameters.values()]
        parameters = parameters if self.as_inputs else []
        if any(values.draw is None for values in points.values()):
            made = tf.nest.flatten(own(self.build([tf.constant(value) for value in parameters]), batch))
            found = [
                np.asarray(value, values.numpy_dtype(self.real))
                for value, values in zip(made, points.values(), strict=True)
            ]
        else:
            found = [values.array(rng, (batch,), self.real) for values in points.values()]
        return found + parameters


def _seed(batch: int) -> np.ndarray:
    """Over the whole range of int32."""
    return np.random.default_rng(batch).integers(-(2**31), 2**31, 2, np.int64).astype(np.int32)


def _flat(value: Any) -> Any:
    """One tensor as it is, more of them as a tuple."""
    tensors = tf.nest.flatten(value)
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def _points(x: Values | dict[str, Values]) -> dict[str, Values]:
    return {"x": x} if isinstance(x, Values) else x


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
    points = _points(x)
    picked = all(v.dtype in _INTEGERS for v in points.values()) if discrete is None else discrete
    givens = givens if parameters else ("constants",)
    cases = []
    for given in givens:
        for real in reals:
            plan = _Plan(subject, make, parameters, given, real, rows)
            for kind in kinds:
                if not _tried(kind, given, real, givens):
                    continue
                cases.append(_law_case(plan, kind, points, pack, picked))
                if kind == "sample" and given == "inputs" and real == "float32" and rows is None:
                    cases.append(_law_case(plan, kind, points, pack, picked, dynamic=False))
    return cases


def _tried(kind: str, given: str, real: str, givens: Sequence[str]) -> bool:
    """Every method by inputs in float32; the main ones in more ways."""
    first = given == givens[0]
    if real == "float32":
        return first or kind in ("log_prob", "sample", "cdf", "quantile")
    return kind == "log_prob" and first or kind in ("sample", "cdf") and not first


def _law_case(
    plan: _Plan,
    kind: str,
    points: dict[str, Values],
    pack: Callable[..., Any],
    picked: bool,
    *,
    dynamic: bool | None = None,
) -> Case:
    count = len(points)
    variant, outputs = plan.real, ("output", *(f"output_{index}" for index in range(count)))
    if kind == "sample":
        dynamic = plan.rows is None and (dynamic is None or dynamic)
        return Case(
            subject=plan.subject,
            kind=kind,
            given=plan.given,
            variant=f"{variant}, n {'dynamic' if dynamic else 'static'}",
            function=(
                (lambda seed, n, *rest: _flat(plan.build(rest).sample(n, seed=seed)))
                if dynamic
                else (lambda seed, *rest: _flat(plan.build(rest).sample(_FEW, seed=seed)))
            ),
            signature=[_SEED, *([_N] if dynamic else []), *plan.specs({})],
            inputs=lambda batch: [
                _seed(batch),
                *([np.asarray(batch + 2, np.int32)] if dynamic else []),
                *plan.arrays(batch, {}, lambda *_: None),
            ],
            discrete=outputs if picked else (),
        )
    if kind == "quantile":
        probability = {"p": Values(lambda rng, size: rng.uniform(0.05, 0.95, size))}
        return Case(
            subject=plan.subject,
            kind=kind,
            given=plan.given,
            variant=variant,
            function=lambda p, *rest: plan.build(rest).quantile(p),
            signature=plan.specs(probability),
            inputs=lambda batch: plan.arrays(batch, probability, lambda *_: None),
            discrete=outputs if picked else (),
        )
    taken = points if kind in _OF_POINTS else {}

    def function(*tensors: tf.Tensor) -> Any:
        distribution = plan.build(tensors[len(taken) :])
        if not taken:
            return _flat(getattr(distribution, kind)())
        return _flat(getattr(distribution, kind)(pack(*tensors[: len(taken)])))

    def own(distribution: Any, batch: int) -> Any:
        return distribution.sample(() if plan.as_inputs else batch, seed=_seed(batch))

    return Case(
        subject=plan.subject,
        kind=kind,
        given=plan.given,
        variant=variant,
        function=function,
        signature=plan.specs(taken),
        inputs=lambda batch: plan.arrays(batch, taken, own),
    )


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
    event_ndims: Any = None,
    image_ndims: Any = None,
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
        event_ndims: of `x`, for the Jacobian; None where its shape tells.
        image_ndims: of `y`.
        parameters: their domains.
    """
    points = _points(x)
    images = {f"y{name[1:]}": Values(None, v.shape, v.dtype) for name, v in points.items()} if y is None else y
    images = {"y": images} if isinstance(images, Values) else images
    cases = []
    givens = ("inputs", "constants") if parameters else ("constants",)
    for given in givens:
        for real in reals:
            if real == "float64" and given == "inputs" or given == "constants" and real == "float32" and parameters:
                continue
            plan = _Plan(subject, make, parameters, given, real, rows)
            ndims = event_ndims if event_ndims is not None else _ndims(points, pack)
            back = image_ndims if image_ndims is not None else _ndims(images, unpack or pack)
            for kind in kinds:
                forward = kind.startswith("forward")
                cases.append(
                    _bijector_case(
                        plan,
                        kind,
                        points if forward else images,
                        pack if forward else unpack or pack,
                        ndims if forward else back,
                        own=lambda b, batch, plan=plan: b.forward(
                            pack(*(tf.constant(v) for v in plan.arrays(batch, points, _refuse)[: len(points)]))
                        ),
                    )
                )
    return cases


def _refuse(*_: Any) -> Any:
    raise ValueError("a bijector's `x` must be drawn from `Values`")


def _ndims(points: dict[str, Values], pack: Callable[..., Any]) -> Any:
    ranks = pack(*(len(values.shape) for values in points.values()))
    return ranks


def _bijector_case(
    plan: _Plan,
    kind: str,
    points: dict[str, Values],
    pack: Callable[..., Any],
    ndims: Any,
    *,
    own: Callable[[Any, int], Any],
) -> Case:
    def function(*tensors: tf.Tensor) -> Any:
        made = plan.build(tensors[len(points) :])
        packed = pack(*tensors[: len(points)])
        if kind.endswith("log_det_jacobian"):
            return _flat(getattr(made, kind)(packed, event_ndims=ndims))
        return _flat(getattr(made, kind)(packed))

    return Case(
        subject=plan.subject,
        kind=kind,
        given=plan.given,
        variant=plan.real,
        function=function,
        signature=plan.specs(points),
        inputs=lambda batch: plan.arrays(batch, points, own),
    )
