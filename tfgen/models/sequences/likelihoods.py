"""Likelihoods of one step by name: p(x_t | h) of a recurrence's features."""

from typing import Any

from tfgen.layers.distributions import DistributionLayer, IndependentNormal, MixtureNormal
from tfgen.models.flow_distribution import FlowDistribution
from tfgen.models.likelihoods import make_likelihood
from tfgen.models.maf import MAF

__all__ = ["STEP_LIKELIHOODS", "make_step_likelihood"]

STEP_LIKELIHOODS = ("gaussian", "mixture", "autoregressive", "bernoulli", "categorical", "discretised_logistic")
"""The names that `make_step_likelihood` knows."""


def make_step_likelihood(
    likelihood: str | DistributionLayer,
    *,
    event_shape: tuple[int, ...],
    components: int,
    levels: int | None,
    width: int,
    **kwargs: Any,
) -> DistributionLayer:
    """The distribution layer of that name, or the one that is given.

    Args:
        likelihood: one of `STEP_LIKELIHOODS`, or a layer. `"gaussian"`: independent normals, each with a scale of its
            own that follows from the features; `"mixture"`: a mixture of `components` of those; `"autoregressive"`: a
            normal of each number given those before it, by a masked network.
        event_shape: the shape of one step.
        components: of `"mixture"`.
        levels: how many values a number takes, of the last two; 256 where it is None.
        width: of the masked network.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: for another name, a layer of another event, and `"autoregressive"` of other events than vectors.
    """
    if isinstance(likelihood, DistributionLayer):
        if likelihood.event_shape != event_shape:
            raise ValueError(
                f"`likelihood` must have event_shape={event_shape}, a step's. Received: {likelihood.event_shape}"
            )
        return likelihood
    if likelihood == "gaussian":
        return IndependentNormal(event_shape=event_shape, **kwargs)
    if likelihood == "mixture":
        return MixtureNormal(event_shape=event_shape, components=components, **kwargs)
    if likelihood == "autoregressive":
        if len(event_shape) != 1:
            raise ValueError(
                f"`event_shape` must have rank 1 with likelihood='autoregressive'. Received: event_shape={event_shape}"
            )
        flow = MAF(
            event_shape=event_shape,
            context_shape=(width,),
            transforms=1,
            hidden=(width,),
            standardize=False,
            dtype=kwargs.get("dtype"),
            name="within_step",
        )
        return FlowDistribution(flow=flow, **kwargs)
    if likelihood in STEP_LIKELIHOODS:
        return make_likelihood(likelihood, event_shape=event_shape, levels=levels, **kwargs)
    raise ValueError(
        f"`likelihood` must be one of {STEP_LIKELIHOODS}, or a distribution layer. Received: likelihood={likelihood!r}"
    )
