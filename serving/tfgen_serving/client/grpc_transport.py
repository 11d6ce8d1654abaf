"""TensorFlow Serving's PredictionService as a transport."""

from typing import Any

from tfgen_serving.calls import Arrays
from tfgen_serving.client.channels import Channel
from tfgen_serving.client.errors import BadAnswer
from tfgen_serving.client.model_info import ModelInfo
from tfgen_serving.client.transport import Answer
from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.status import StatusError
from tfgen_serving.protocol.tensors import from_proto, to_proto
from tfgen_serving.tensors import SignatureInfo

__all__ = ["GrpcTransport"]

_SERVICE = "/tensorflow.serving.PredictionService"


class GrpcTransport:
    """See `Transport`.

    Args:
        channel: To the server.
        model: The model's name.
    """

    def __init__(self, channel: Channel, model: str) -> None:
        self._channel = channel
        self._model = model

    async def metadata(self, version: int | None, timeout: float) -> ModelInfo:
        """See `Transport.metadata`."""
        request = messages.GetModelMetadataRequest(model_spec=self._spec(version), metadata_field=["signature_def"])
        kind = messages.GetModelMetadataResponse
        response = await self._channel.call(f"{_SERVICE}/GetModelMetadata", request, kind, timeout)
        return ModelInfo.unpack(self._model, response)

    async def latest(self, timeout: float) -> int | None:
        """See `Transport.latest`: each answer tells."""
        return None

    async def predict(self, signature: SignatureInfo, inputs: Arrays, version: int | None, timeout: float) -> Answer:
        """See `Transport.predict`."""
        request = messages.PredictRequest(
            model_spec=self._spec(version, signature.name),
            inputs={name: to_proto(array, packed=True) for name, array in inputs.items()},
        )
        response = await self._channel.call(f"{_SERVICE}/Predict", request, messages.PredictResponse, timeout)
        try:
            outputs = {name: from_proto(tensor, name) for name, tensor in response.outputs.items()}
        except StatusError as error:
            raise BadAnswer(error.message) from error
        spec = response.model_spec
        return Answer(outputs, spec.version.value if spec.HasField("version") else None)

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._channel.close()

    def _spec(self, version: int | None, signature: str = "") -> Any:
        spec = messages.ModelSpec(name=self._model, signature_name=signature)
        if version is not None:
            spec.version.value = version
        return spec
