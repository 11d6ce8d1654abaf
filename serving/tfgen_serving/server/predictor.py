"""Requests as both transports see them: a model, a signature and arrays in; outputs, metadata and statuses out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tfgen_serving.protocol.signatures import DEFAULT_SIGNATURE
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.arrays import check_arrays
from tfgen_serving.server.limits import Limits
from tfgen_serving.server.models import Models
from tfgen_serving.server.version import LoadedVersion
from tfgen_serving.tensors import EndpointInfo

__all__ = ["Answer", "Predictor"]


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
    """

    def __init__(self, models: Models, limits: Limits) -> None:
        self.models = models
        self.limits = limits

    def endpoint(self, version: LoadedVersion, signature: str) -> EndpointInfo:
        """The endpoint of a signature.

        Raises:
            StatusError: FAILED_PRECONDITION for an unknown signature, as of TensorFlow Serving's gRPC.
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
        _check_names(endpoint, inputs, output_filter)
        check_arrays(endpoint, inputs, max_rows=self.limits.max_rows)
        try:
            async with asyncio.timeout(self.limits.timeout):
                outputs = await version.run(endpoint.name, inputs)
        except TimeoutError as error:
            message = f"the request was given up after {self.limits.timeout:g} s"
            raise StatusError(Code.DEADLINE_EXCEEDED, message) from error
        chosen = {name: outputs[name] for name in output_filter} if output_filter else outputs
        return Answer(version.number, signature or DEFAULT_SIGNATURE, chosen)


def _check_names(endpoint: EndpointInfo, inputs: Mapping[str, Any], output_filter: Sequence[str]) -> None:
    wanted = {info.name for info in endpoint.inputs}
    given, extra, missing = (",".join(sorted(names)) for names in (inputs, set(inputs) - wanted, wanted - set(inputs)))
    if extra or missing:
        raise StatusError(
            Code.INVALID_ARGUMENT,
            f"input size does not match signature: {len(inputs)}!={len(wanted)} len({{{given}}}) != "
            f"len({{{','.join(sorted(wanted))}}}). Sent extra: {{{extra}}}. Missing but required: {{{missing}}}.",
        )
    outputs = {info.name for info in endpoint.outputs}
    for index, name in enumerate(output_filter):
        if name not in outputs:
            raise StatusError(
                Code.INVALID_ARGUMENT,
                f"output tensor alias not found in signature: {name} Outputs expected to be in the set "
                f"{{{','.join(sorted(outputs))}}}.",
            )
        if name in output_filter[:index]:
            raise StatusError(Code.INVALID_ARGUMENT, f"duplicate output tensor alias: {name}")
