"""Joint distributions: several variables, some conditioned on others."""

from collections.abc import Generator
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.structure import as_tuple, named
from benchmarks.coverage.values import Values, integers, positive, reals

__all__ = ["CASES"]

tfd = tfp.distributions
_ROOT = tfd.JointDistributionCoroutine.Root
_KINDS = ("log_prob", "sample")
_PARAMETERS: dict[str, Any] = {"loc": reals(), "scale": positive()}
_CHAIN: dict[str, Any] = {"x": reals(), "z": reals()}
_MIXED: dict[str, Any] = {"x": reals(), "z": integers(1), "v": reals(3)}


def _sequential(loc: Any, scale: Any) -> Any:
    return tfd.JointDistributionSequential([tfd.Normal(loc, scale), lambda x: tfd.Normal(x, scale)])


def _hierarchy(loc: Any, scale: Any) -> Any:
    """A number, a bit that it decides, and a vector around it."""
    return tfd.JointDistributionSequential(
        [
            tfd.Normal(loc, scale),
            lambda x: tfd.Bernoulli(logits=x),
            lambda z, x: tfd.Independent(
                tfd.Normal(tf.stack([x, 2 * x, x + tf.cast(z, x.dtype)], -1), scale[..., tf.newaxis]), 1
            ),
        ]
    )


def _by_name(loc: Any, scale: Any) -> Any:
    return tfd.JointDistributionNamed(
        {
            "rate": tfd.Gamma(scale, scale),
            "mean": tfd.Normal(loc, scale),
            "x": lambda rate, mean: tfd.Normal(mean, rate),
        }
    )


def _coroutine(loc: Any, scale: Any) -> Any:
    def model() -> Generator[Any, Any, None]:
        x = yield _ROOT(tfd.Normal(loc, scale, name="x"))
        yield tfd.Laplace(x, scale, name="z")

    return tfd.JointDistributionCoroutine(model)


def _batch_ndims(value: Any) -> int:
    return len(value.shape)


def _sequential_auto(loc: Any, scale: Any) -> Any:
    return tfd.JointDistributionSequentialAutoBatched(
        [tfd.Normal(loc, scale), lambda x: tfd.Normal(x, scale)], batch_ndims=_batch_ndims(loc)
    )


def _named_auto(loc: Any, scale: Any) -> Any:
    return tfd.JointDistributionNamedAutoBatched(
        {"x": tfd.Normal(loc, scale), "z": lambda x: tfd.Gumbel(x, scale)}, batch_ndims=_batch_ndims(loc)
    )


def _coroutine_auto(loc: Any, scale: Any) -> Any:
    def model() -> Generator[Any, Any, None]:
        x = yield tfd.Normal(loc, scale, name="x")
        yield tfd.Normal(tf.stack([x, -x], -1), tf.ones([], x.dtype), name="z")

    return tfd.JointDistributionCoroutineAutoBatched(model, batch_ndims=_batch_ndims(loc))


def _unvectorised(loc: Any, scale: Any) -> Any:
    return tfd.JointDistributionSequentialAutoBatched(
        [tfd.Normal(loc, scale), lambda x: tfd.Normal(x, scale)],
        batch_ndims=_batch_ndims(loc),
        use_vectorized_map=False,
    )


def _joint(subject: str, make: Any, points: dict[str, Values], pack: Any, **options: Any) -> list[Case]:
    return law(subject, make, points, kinds=_KINDS, pack=pack, discrete=False, **options, **_PARAMETERS)


CASES: list[Case] = [
    *_joint("tfd.JointDistributionSequential(Normal, Normal)", _sequential, _CHAIN, as_tuple),
    *_joint("tfd.JointDistributionSequential(Normal, Bernoulli, Independent)", _hierarchy, _MIXED, as_tuple),
    *law(
        "tfd.JointDistributionNamed(Gamma, Normal, Normal)",
        _by_name,
        {"mean": reals(), "rate": positive(), "x": reals()},
        kinds=_KINDS,
        pack=named("mean", "rate", "x"),
        discrete=False,
        **_PARAMETERS,
    ),
    *_joint("tfd.JointDistributionCoroutine(Normal, Laplace)", _coroutine, _CHAIN, as_tuple),
    *_joint("tfd.JointDistributionSequentialAutoBatched(Normal, Normal)", _sequential_auto, _CHAIN, as_tuple),
    *_joint(
        "tfd.JointDistributionSequentialAutoBatched(no vectorised map)",
        _unvectorised,
        _CHAIN,
        as_tuple,
        reals=("float32",),
    ),
    *_joint("tfd.JointDistributionNamedAutoBatched(Normal, Gumbel)", _named_auto, _CHAIN, named("x", "z")),
    *_joint(
        "tfd.JointDistributionCoroutineAutoBatched(Normal, Normal)",
        _coroutine_auto,
        {"x": reals(), "z": reals(2)},
        as_tuple,
    ),
]
