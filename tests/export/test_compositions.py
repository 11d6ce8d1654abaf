"""Densities of compositions that nobody chose convert, and agree with SciPy's and with algebra by hand."""

import dataclasses
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen_export import convert

tfb, tfd = tfp.bijectors, tfp.distributions

# TFP's and SciPy's, of a location and a scale.
LAWS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "normal": (tfd.Normal, stats.norm),
    "laplace": (tfd.Laplace, stats.laplace),
    "logistic": (tfd.Logistic, stats.logistic),
    "gumbel": (tfd.Gumbel, stats.gumbel_r),
    "cauchy": (tfd.Cauchy, stats.cauchy),
    "moyal": (tfd.Moyal, stats.moyal),
    "student t": (
        lambda loc, scale: tfd.StudentT(tf.constant(4.5, tf.float64), loc, scale),
        lambda loc, scale: stats.t(4.5, loc, scale),
    ),
    "johnson": (
        lambda loc, scale: tfd.JohnsonSU(*(tf.constant(value, tf.float64) for value in (0.5, 2.0)), loc, scale),
        lambda loc, scale: stats.johnsonsu(0.5, 2.0, loc, scale),
    ),
}
# Of the real line onto itself: TFP's, and by hand the inverse with the logarithm of the inverse's derivative.
BIJECTORS: dict[str, tuple[Callable[[], Any], Callable[[np.ndarray], tuple[np.ndarray, Any]]]] = {
    "shift": (lambda: tfb.Shift(np.float64(0.75)), lambda y: (y - 0.75, 0.0)),
    "scale": (lambda: tfb.Scale(np.float64(-1.5)), lambda y: (y / -1.5, -np.log(1.5))),
    "sinh": (tfb.Sinh, lambda y: (np.arcsinh(y), -0.5 * np.log1p(y**2))),
    "arcsinh": (lambda: tfb.Invert(tfb.Sinh()), lambda y: (np.sinh(y), np.log(np.cosh(y)))),
    "log of softplus": (
        lambda: tfb.Chain([tfb.Invert(tfb.Exp()), tfb.Softplus()]),
        lambda y: (np.log(np.expm1(np.exp(y))), y - np.log(-np.expm1(-np.exp(y)))),
    ),
}
WRAPPERS = ("independent", "sample", "mixture", "same family", "blocks", "batch")
WEIGHTS = np.array([0.3, 0.7])
ROWS = 12


@dataclasses.dataclass(frozen=True)
class Composition:
    """A law of three numbers, made of two laws of one."""

    laws: tuple[str, str]
    bijectors: tuple[str, ...]
    wrapper: str
    locs: tuple[float, float]
    scales: tuple[float, float]


compositions = st.builds(
    Composition,
    laws=st.tuples(st.sampled_from(sorted(LAWS)), st.sampled_from(sorted(LAWS))),
    bijectors=st.lists(st.sampled_from(sorted(BIJECTORS)), max_size=2).map(tuple),
    wrapper=st.sampled_from(WRAPPERS),
    locs=st.tuples(st.floats(-2, 2, width=32), st.floats(-2, 2, width=32)),
    scales=st.tuples(st.floats(0.25, 3, width=32), st.floats(0.25, 3, width=32)),
)


def by_tfp(composition: Composition, loc: tf.Tensor, scale: tf.Tensor) -> Any:
    """The distribution of parameters of the shape [batch, 2]."""

    def part(law: str, loc: tf.Tensor, scale: tf.Tensor) -> Any:
        base = LAWS[law][0](loc, scale)
        chain = tfb.Chain([BIJECTORS[name][0]() for name in composition.bijectors])
        return tfd.TransformedDistribution(base, chain) if composition.bijectors else base

    laws = composition.laws
    first, second = (part(law, loc[:, index], scale[:, index]) for index, law in enumerate(laws))
    match composition.wrapper:
        case "independent":
            three = tf.ones(3, tf.float64)
            return tfd.Independent(part(laws[0], loc[:, :1] * three, scale[:, :1] * three), 1)
        case "sample":
            return tfd.Sample(first, 3)
        case "mixture":
            return tfd.Sample(tfd.Mixture(tfd.Categorical(probs=WEIGHTS * tf.ones_like(loc)), [first, second]), 3)
        case "same family":
            return tfd.Sample(tfd.MixtureSameFamily(tfd.Categorical(probs=WEIGHTS), part(laws[0], loc, scale)), 3)
        case "blocks":
            return tfd.Blockwise([tfd.Sample(first, 1), tfd.Sample(second, 2)])
        case _:
            return tfd.Independent(tfd.BatchBroadcast(part(laws[0], loc[:, :1], scale[:, :1]), [1, 3]), 1)


def by_hand(composition: Composition, x: np.ndarray, loc: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The density of the rows of x; one pair of parameters for all of them."""

    def part(law: str, index: int, x: np.ndarray) -> np.ndarray:
        slope = np.zeros_like(x)
        for name in composition.bijectors:
            x, change = BIJECTORS[name][1](x)
            slope = slope + change
        return LAWS[law][1](loc[index], scale[index]).logpdf(x) + slope

    first, second = composition.laws
    if composition.wrapper == "blocks":
        return part(first, 0, x[:, :1]).sum(1) + part(second, 1, x[:, 1:]).sum(1)
    if composition.wrapper in ("mixture", "same family"):
        other = second if composition.wrapper == "mixture" else first
        return np.logaddexp(*np.log(WEIGHTS)[:, None, None] + [part(first, 0, x), part(other, 1, x)]).sum(1)
    return part(first, 0, x).sum(1)


@pytest.mark.slow
@hypothesis.settings(max_examples=12, deadline=None, derandomize=True)
@hypothesis.given(compositions)
def test_a_composition_s_density_converts_and_is_right(composition: Composition) -> None:
    loc, scale = np.array(composition.locs), np.array(composition.scales)
    x = LAWS[composition.laws[0]][1](loc[0], scale[0]).ppf(np.random.default_rng(0).uniform(0.03, 0.97, (ROWS, 3)))
    for name in reversed(composition.bijectors):
        x = BIJECTORS[name][0]().forward(tf.constant(x)).numpy()
    expected = by_hand(composition, x, loc, scale)
    hypothesis.assume(np.abs(x).max() < 1e6 and np.isfinite(expected).all())

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.resize(x, (batch, 3)), np.tile(loc, (batch, 1)), np.tile(scale, (batch, 1))]

    signature = [
        tf.TensorSpec([None, size], tf.float64, name=name) for name, size in (("x", 3), ("loc", 2), ("scale", 2))
    ]
    model = convert(lambda x, loc, scale: by_tfp(composition, loc, scale).log_prob(x), signature, inputs=inputs)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, dict(zip(("x", "loc", "scale"), inputs(ROWS), strict=True)))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)
