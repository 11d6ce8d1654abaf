"""Requests as both transports see them: a model, a signature and arrays in; outputs, metadata and statuses out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tfgen_serving.protocol.signatures import DEFAULT_SIGNATURE
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.arrays import check_arrays
from tfgen_serving.server.budget import Budget
from tfgen_serving.server.limits import Limits
from tfgen_serving.server.models import Models
from tfgen_serving.server.version import LoadedVersion
from tfgen_serving.tensors import EndpointInfo

__all__ = ["Answer", "Predictor", "check_names"]

_LARGEST_REQUESTS = 8
"""How many requests of the largest size are held at once; of smaller ones more."""


@dataclass(frozen=True)
class Answer:
    """Outputs, and whose they are.

    Attributes:
        version: That answered.
        signature: Its full name.
        outputs: Arrays by name.
    """

    version: int
    signature: str
    outputs: dict[str, NDArray[Any]]


class Predictor:
    """Checks and runs requests.

    Args:
        models: What is served.
        limits: What a request may ask for.

    Attributes:
        budget: Of the bytes of all requests that are being answered.
    """

    def __init__(self, models: Models, limits: Limits) -> None:
        self.models = models
        self.limits = limits
        self.budget = Budget(_LARGEST_REQUESTS * limits.max_body_bytes)

    def endpoint(self, version: LoadedVersion, signature: str) -> EndpointInfo:
        """The endpoint of a signature.

        Raises:
            StatusError: FAILED_PRECONDITION for an unknown signature, as of TensorFlow Serving's gRPC; its REST says
                otherwise, earlier.
        """
        name = version.signatures.endpoint(signature)
        if name is None:
            raise StatusError(
                Code.FAILED_PRECONDITION, f'Serving signature key "{signature or DEFAULT_SIGNATURE}" not found.'
            )
        return version.manifest.endpoints[name]

    async def predict(
        self,
        version: LoadedVersion,
        signature: str,
        inputs: Mapping[str, NDArray[Any]],
        output_filter: Sequence[str] = (),
    ) -> Answer:
        """Runs a signature.

        Args:
            version: In use.
            signature: Its name; empty is the default one.
            inputs: Arrays by name.
            output_filter: The outputs to give; all where it is empty.

        Raises:
            StatusError: With TensorFlow Serving's codes.
        """
        endpoint = self.endpoint(version, signature)
        check_names(endpoint, inputs)
        _check_filter(endpoint, output_filter)
        check_arrays(endpoint, inputs, self.limits)
        ordered = {info.name: inputs[info.name] for info in endpoint.inputs}  # a message's have no order
        outputs = await version.run(endpoint.name, ordered)
        chosen = {name: outputs[name] for name in output_filter} if output_filter else outputs
        return Answer(version.number, signature or DEFAULT_SIGNATURE, chosen)


def check_names(endpoint: EndpointInfo, inputs: Iterable[str]) -> None:
    """Raises INVALID_ARGUMENT unless a request names an endpoint's inputs, each and no other."""
    sent, wanted = set(inputs), {info.name for info in endpoint.inputs}
    if sent != wanted:
        all_sent, required, extra, missing = (
            f"{{{','.join(sorted(names))}}}" for names in (sent, wanted, sent - wanted, wanted - sent)
        )
        raise StatusError(
            Code.INVALID_ARGUMENT,
            f"input size does not match signature: {len(sent)}!={len(wanted)} len({all_sent}) != len({required}). "
            f"Sent extra: {extra}. Missing but required: {missing}.",
        )


def _check_filter(endpoint: EndpointInfo, output_filter: Sequence[str]) -> None:
    outputs = {info.name for info in endpoint.outputs}
    seen = set[str]()
    for name in output_filter:
        if name not in outputs:
            raise StatusError(
                Code.INVALID_ARGUMENT,
                f"output tensor alias not found in signature: {name} Outputs expected to be in the set "
                f"{{{','.join(sorted(outputs))}}}.",
            )
        if name in seen:
            raise StatusError(Code.INVALID_ARGUMENT, f"duplicate output tensor alias: {name}")
        seen.add(name)
