"""Posteriors by name: q(z | x) of an encoder's features."""

from typing import Any

from tfgen.layers.distributions import DistributionLayer, IndependentNormal, MultivariateNormalTriL
from tfgen.models.flow import FlowModel
from tfgen.models.flow_distribution import FlowDistribution, check_inner_flow

__all__ = ["POSTERIORS", "make_posterior"]

POSTERIORS = ("diagonal", "full")
"""The names that `make_posterior` knows."""


def make_posterior(posterior: Any, **kwargs: Any) -> DistributionLayer:
    """The distribution layer that an argument stands for.

    Args:
        posterior: one of `POSTERIORS`, a flow, or a layer of the three kinds: gradients reach all of their parameters
            through a draw, which is more than other distribution layers promise.
        **kwargs: `event_shape` and Keras's own layer arguments, of what is not a layer yet.

    Raises:
        ValueError: for anything else.
    """
    if isinstance(posterior, IndependentNormal | MultivariateNormalTriL | FlowDistribution):
        return posterior
    if isinstance(posterior, FlowModel):
        check_inner_flow("posterior", posterior)
        return FlowDistribution(flow=posterior, **kwargs)
    if posterior == "diagonal":
        return IndependentNormal(**kwargs)
    if posterior == "full":
        return MultivariateNormalTriL(**kwargs)
    raise ValueError(
        f"`posterior` must be one of {POSTERIORS}, a flow such as IAF or RealNVP, or an IndependentNormal, "
        f"MultivariateNormalTriL or FlowDistribution layer. Received: posterior={posterior!r}"
    )
