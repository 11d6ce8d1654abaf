"""The endpoint that a file is for, and the one of its outputs that is written."""

from tfgen_serving.errors import InputError
from tfgen_serving.scorer import Scorer
from tfgen_serving.tensors import EndpointInfo, TensorInfo

__all__ = ["endpoint_of", "output_of"]


def endpoint_of(scorer: Scorer, name: str) -> EndpointInfo:
    """Returns the bundle's endpoint; InputError where it has none of this name."""
    if name not in scorer.endpoints:
        known = ", ".join(scorer.endpoints) or "none"
        raise InputError(f"endpoint must be one of those in the bundle: {known}. Received: {name!r}")
    return scorer.endpoints[name]


def output_of(endpoint: EndpointInfo, preferred: str) -> TensorInfo:
    """Returns the endpoint's only output, or of several the one called `preferred`, which the manifest warrants."""
    return next(info for info in endpoint.outputs if len(endpoint.outputs) == 1 or info.name == preferred)
