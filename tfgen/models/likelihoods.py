"""Likelihoods by name: p(x | z) of a decoder's features."""

from typing import Any

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions import (
    DistributionLayer,
    IndependentBernoulli,
    IndependentCategorical,
    IndependentDiscretisedLogistic,
    IndependentNormal,
)

__all__ = ["LIKELIHOODS", "make_likelihood"]

LIKELIHOODS = ("bernoulli", "gaussian", "discretised_logistic", "categorical")
"""The names that `make_likelihood` knows."""


def make_likelihood(
    likelihood: Any, *, event_shape: tuple[int, ...], levels: int | None, **kwargs: Any
) -> DistributionLayer:
    """The distribution layer of that name.

    Args:
        likelihood: one of `LIKELIHOODS`. `"gaussian"` has one trained scale for all entries, without which a likelihood
            of images is decided by the pixels that are always the same.
        event_shape: the shape of one event.
        levels: how many values an entry takes, 0 … levels − 1, for the last two; 256 where it is None.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: for another name, or fewer than two levels.
    """
    levels = 256 if levels is None else checked_count("levels", levels, minimum=2)
    if likelihood == "bernoulli":
        return IndependentBernoulli(event_shape=event_shape, **kwargs)
    if likelihood == "gaussian":
        return IndependentNormal(event_shape=event_shape, scale="shared", **kwargs)
    if likelihood == "discretised_logistic":
        return IndependentDiscretisedLogistic(event_shape=event_shape, levels=levels, **kwargs)
    if likelihood == "categorical":
        return IndependentCategorical(event_shape=event_shape, classes=levels, **kwargs)
    raise ValueError(
        f"`likelihood` must be one of {LIKELIHOODS}, or a distribution layer. Received: likelihood={likelihood!r}"
    )
