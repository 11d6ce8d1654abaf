"""Distributions around another one: batch and event reshaped, masked, repeated; batches of two dimensions."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import Values, between, counts, integers, positive, reals, simplex, tril

__all__ = ["CASES"]

tfd, tfb = tfp.distributions, tfp.bijectors
_KINDS = ("log_prob", "sample", "mean")
_UNIVARIATE = ("log_prob", "sample", "cdf", "mean")
_LOC_SCALE: dict[str, Any] = {"loc": reals(), "scale": positive()}
_VECTOR: dict[str, Any] = {"loc": reals(3), "scale": positive(3)}


def _spread(make: Callable[..., Any]) -> Callable[..., Any]:
    """One parameter for each number, the other for all of the vector."""
    return lambda a, b: make(a, b[..., tf.newaxis])


CASES: list[Case] = [
    *law(
        "tfd.Independent(Normal)",
        lambda loc, scale: tfd.Independent(tfd.Normal(loc, scale), 1),
        reals(3),
        kinds=(*_KINDS, "entropy"),
        **_VECTOR,
    ),
    *law(
        "tfd.Independent(Bernoulli, 2 dimensions)",
        lambda logits: tfd.Independent(tfd.Bernoulli(logits=logits), 2),
        integers(1, 2, 3),
        kinds=(*_KINDS, "mode"),
        logits=reals(2, 3),
    ),
    *law(
        "tfd.Independent(Beta)",
        lambda a, b: tfd.Independent(tfd.Beta(a, b), 1),
        between(0.1, 0.9, 2),
        kinds=(*_KINDS, "entropy"),
        a=positive(2),
        b=positive(2),
    ),
    *law(
        "tfd.Sample(Normal)",
        lambda loc, scale: tfd.Sample(tfd.Normal(loc, scale), [4]),
        reals(4),
        kinds=(*_KINDS, "entropy"),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.Sample(Gamma, 2 dimensions)",
        lambda concentration: tfd.Sample(tfd.Gamma(concentration, concentration), [2, 3]),
        Values(lambda rng, shape: rng.uniform(0.2, 3, shape), (2, 3)),
        kinds=_KINDS,
        concentration=positive(),
    ),
    *law(
        "tfd.Blockwise(Normal, MultivariateNormalDiag)",
        lambda loc, scale, centre: tfd.Blockwise(
            [tfd.Normal(centre, tf.ones([], centre.dtype)), tfd.MultivariateNormalDiag(loc, scale)]
        ),
        reals(4),
        kinds=(*_KINDS, "entropy"),
        centre=reals(),
        **_VECTOR,
    ),
    *law(
        "tfd.BatchReshape(Normal)",
        lambda loc, scale: tfd.BatchReshape(tfd.Normal(loc, scale), tf.concat([tf.shape(loc)[:-1], [3, 2]], 0)),
        reals(3, 2),
        kinds=_KINDS,
        loc=reals(6),
        scale=positive(6),
    ),
    *law(
        "tfd.BatchBroadcast(Normal)",
        lambda loc, scale: tfd.BatchBroadcast(tfd.Normal(loc[..., tf.newaxis], scale[..., tf.newaxis]), with_shape=[3]),
        reals(3),
        kinds=_KINDS,
        **_LOC_SCALE,
    ),
    *law(
        "tfd.BatchConcat(Normal, Normal)",
        lambda loc, scale: tfd.BatchConcat(
            [tfd.Normal(loc, scale), tfd.Normal(-loc, 2 * scale)], axis=len(loc.shape) - 1
        ),
        reals(6),
        kinds=_KINDS,
        **_VECTOR,
    ),
    *law(
        "tfd.Masked(Normal)",
        lambda loc, scale, mask: tfd.Masked(tfd.Normal(loc, scale), mask),
        reals(),
        kinds=(*_KINDS, "entropy", "stddev"),
        mask=integers(1, dtype="bool"),
        **_LOC_SCALE,
    ),
    *law(
        "tfd.BatchReshape(Normal)",
        lambda loc, scale: tfd.BatchReshape(tfd.Normal(loc, scale), [*loc.shape[:-1], 3, 2]),
        reals(3, 2),
        kinds=("log_prob",),
        reals=("float32",),
        givens=("inputs",),
        rows=4,
        loc=reals(6),
        scale=positive(6),
    ),
    *law(
        "tfd.Independent(Categorical)",
        lambda logits: tfd.Independent(tfd.Categorical(logits=logits), 1),
        integers(3, 2),
        kinds=(*_KINDS[:2], "entropy"),
        logits=reals(2, 4),
    ),
    *law(
        "tfd.Independent(MultivariateNormalTriL)",
        lambda loc, scale: tfd.Independent(tfd.MultivariateNormalTriL(loc, scale), 1),
        reals(4, 2),
        kinds=(*_KINDS, "entropy"),
        loc=reals(4, 2),
        scale=tril(2, 4),
    ),
    *law(
        "tfd.Sample(Bernoulli)",
        lambda logits: tfd.Sample(tfd.Bernoulli(logits=logits), 5),
        integers(1, 5),
        kinds=(*_KINDS, "mode"),
        logits=reals(),
    ),
    *law(
        "tfd.Sample(Dirichlet)",
        lambda concentration: tfd.Sample(tfd.Dirichlet(concentration), [2]),
        simplex(3, 2),
        kinds=_KINDS,
        concentration=positive(3),
    ),
    *law(
        "tfd.Blockwise(Gamma, Dirichlet)",
        lambda rate, concentration: tfd.Blockwise([tfd.Gamma(rate, rate), tfd.Dirichlet(concentration)]),
        positive(4),
        kinds=("sample", "mean"),
        rate=positive(),
        concentration=positive(3),
    ),
    *law(
        "tfd.Masked(Gamma)",
        lambda concentration, mask: tfd.Masked(tfd.Gamma(concentration, concentration), mask),
        positive(3),
        kinds=_KINDS,
        mask=integers(1, 3, dtype="bool"),
        concentration=positive(3),
    ),
    *law("tfd.Normal(batch of vectors)", _spread(tfd.Normal), reals(4), kinds=_KINDS[:2], a=reals(4), b=positive()),
    *law("tfd.Gamma(batch of vectors)", _spread(tfd.Gamma), positive(4), kinds=_KINDS[:2], a=positive(4), b=positive()),
    *law(
        "tfd.Beta(batch of vectors)",
        _spread(tfd.Beta),
        between(0.05, 0.95, 4),
        kinds=_KINDS[:2],
        a=positive(4),
        b=positive(),
    ),
    *law("tfd.Categorical(batch of vectors)", tfd.Categorical, integers(4, 3), kinds=_KINDS[:2], logits=reals(3, 5)),
    *law("tfd.Poisson(batch of vectors)", tfd.Poisson, counts(6, 3), kinds=_KINDS[:2], discrete=True, rate=positive(3)),
]
