"""What a transport does for a client, and the choice of one by a URL's scheme."""

from dataclasses import dataclass
from typing import Protocol

from tfgen_serving.calls import Arrays
from tfgen_serving.client.address import Address
from tfgen_serving.client.model_info import ModelInfo
from tfgen_serving.extras import extra
from tfgen_serving.tensors import SignatureInfo

__all__ = ["Answer", "Transport", "transport"]


@dataclass(frozen=True)
class Answer:
    """Outputs by name, and the version that gave them, None where the transport does not tell."""

    outputs: Arrays
    version: int | None


class Transport(Protocol):
    """Sends one request at a time, once; each method raises ServerError, and has some seconds to answer."""

    async def metadata(self, version: int | None, timeout: float) -> ModelInfo:
        """What the server says of the model."""

    async def latest(self, timeout: float) -> int | None:
        """The version that answers now; None where each answer tells its own."""

    async def predict(self, signature: SignatureInfo, inputs: Arrays, version: int | None, timeout: float) -> Answer:
        """An endpoint's outputs; a version of None is the latest."""

    async def close(self) -> None:
        """Gives connections up."""


def transport(address: Address, model: str, *, blocking: bool) -> Transport:
    """The transport of an address.

    Args:
        address: The server's.
        model: The model's name.
        blocking: Whether its methods block, rather than wait on an event loop.

    Raises:
        ImportError: It needs the extra `client`.
    """
    with extra("client", "the client"):
        if address.grpc:
            from tfgen_serving.client.channels import AsyncChannel, BlockingChannel
            from tfgen_serving.client.grpc_transport import GrpcTransport

            return GrpcTransport(BlockingChannel(address) if blocking else AsyncChannel(address), model)
        from tfgen_serving.client.http import AsyncHttp, BlockingHttp
        from tfgen_serving.client.rest_transport import RestTransport

        return RestTransport(BlockingHttp(address) if blocking else AsyncHttp(address), model)
