"""Flows: bijectors whose parameters come from networks, here plain functions with constant weights."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.bijector import bijector
from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import positive, reals

__all__ = ["CASES"]

tfd, tfb = tfp.distributions, tfp.bijectors
_KINDS = ("log_prob", "sample")


@functools.cache
def _weights(rows: int, columns: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)) / np.sqrt(rows)


def _dense(x: Any, size: int, seed: int) -> Any:
    return tf.linalg.matmul(x, tf.constant(_weights(x.shape[-1], size, seed), x.dtype))


def _shift_and_log_scale(x: Any, size: int, **_: Any) -> tuple[Any, Any]:
    """RealNVP's network: two layers."""
    hidden = tf.nn.relu(_dense(x, 8, 1))
    return _dense(hidden, size, 2), tf.math.tanh(_dense(hidden, size, 3))


def _gate(x: Any, size: int, **_: Any) -> Any:
    """RealNVP's part as a bijector."""
    return tfb.Chain([tfb.Shift(_dense(x, size, 4)), tfb.Scale(log_scale=0.5 * tf.math.tanh(_dense(x, size, 5)))])


def _autoregressive(x: Any, **_: Any) -> Any:
    """MADE's network of one layer: part i sees what is before it."""
    size = x.shape[-1]
    before = tf.constant(np.triu(np.ones([size, size]), 1), x.dtype)
    shift = tf.linalg.matmul(x, before * tf.constant(_weights(size, size, 6), x.dtype))
    log_scale = tf.math.tanh(tf.linalg.matmul(x, before * tf.constant(_weights(size, size, 7), x.dtype)))
    return tf.stack([shift, log_scale], -1)


def _autoregressive_bijector(x: Any, **_: Any) -> Any:
    parameters = _autoregressive(x)
    return tfb.Chain([tfb.SinhArcsinh(skewness=parameters[..., 0], tailweight=tf.math.exp(0.1 * parameters[..., 1]))])


def _masked(**options: Any) -> Callable[[], Any]:
    return lambda: tfb.MaskedAutoregressiveFlow(_autoregressive, **options)


def _stack() -> Any:
    parts = [tfb.RealNVP(2, shift_and_log_scale_fn=_shift_and_log_scale) for _ in range(3)]
    return tfb.Chain([step for part in parts for step in (part, tfb.Permute([3, 2, 1, 0]))])


def _time_derivative(time: Any, state: Any) -> Any:
    """Of a continuous flow."""
    return tf.math.tanh(_dense(state, 2, 10)) * (1 + tf.cast(time, state.dtype))


def _continuous() -> Any:
    return tfb.FFJORD(
        _time_derivative,
        ode_solve_fn=tfp.math.ode.DormandPrince(rtol=1e-5, atol=1e-5).solve,
        trace_augmentation_fn=tfp.bijectors.ffjord.trace_jacobian_exact,
    )


CASES: list[Case] = [
    *bijector(
        "tfb.RealNVP(shift_and_log_scale_fn)",
        lambda: tfb.RealNVP(2, shift_and_log_scale_fn=_shift_and_log_scale),
        reals(4),
    ),
    *bijector("tfb.RealNVP(bijector_fn)", lambda: tfb.RealNVP(1, bijector_fn=_gate), reals(3)),
    *bijector("tfb.Chain(RealNVP, Permute)", _stack, reals(4), reals=("float32",)),
    *bijector("tfb.MaskedAutoregressiveFlow", _masked(), reals(3)),
    *bijector("tfb.MaskedAutoregressiveFlow(unroll_loop)", _masked(unroll_loop=True), reals(3), reals=("float32",)),
    *bijector(
        "tfb.MaskedAutoregressiveFlow(bijector_fn)",
        lambda: tfb.MaskedAutoregressiveFlow(bijector_fn=_autoregressive_bijector),
        reals(3),
        reals=("float32",),
    ),
    *bijector("tfb.Invert(MaskedAutoregressiveFlow)", lambda: tfb.Invert(_masked()()), reals(3), reals=("float32",)),
    *bijector("tfb.FFJORD", _continuous, reals(2), reals=("float32",)),
    *law(
        "tfd.TransformedDistribution(Sample(Normal), MaskedAutoregressiveFlow)",
        lambda: tfd.TransformedDistribution(tfd.Sample(tfd.Normal(0.0, 1.0), [3]), _masked()()),
        reals(3),
        kinds=_KINDS,
        reals=("float32",),
    ),
    *law(
        "tfd.TransformedDistribution(MultivariateNormalDiag, Chain(RealNVP, Permute))",
        lambda loc, scale: tfd.TransformedDistribution(tfd.MultivariateNormalDiag(loc, scale), _stack()),
        reals(4),
        kinds=_KINDS,
        reals=("float32",),
        loc=reals(4),
        scale=positive(4),
    ),
]
