"""TensorFlow Serving's PredictionService and ModelService over gRPC, at its method paths."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage

from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.metadata import status_message
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.protocol.tensors import from_proto, to_proto
from tfgen_serving.server.predictor import Predictor

__all__ = ["add_services"]

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_SIGNATURE_DEF = "signature_def"
_MAP_URL = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
_LARGE = 2**18
"""Values from which on a message is converted in a thread: the event loop then goes on."""


def add_services(server: grpc.aio.Server, predictor: Predictor) -> None:
    """Adds Predict, GetModelMetadata and GetModelStatus to a server; other methods are UNIMPLEMENTED."""
    services = _Services(predictor)
    methods = {
        "tensorflow.serving.PredictionService": {
            "Predict": (services.predict, messages.PredictRequest),
            "GetModelMetadata": (services.metadata, messages.GetModelMetadataRequest),
        },
        "tensorflow.serving.ModelService": {"GetModelStatus": (services.status, messages.GetModelStatusRequest)},
    }
    for service, handlers in methods.items():
        server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    service,
                    {
                        name: grpc.unary_unary_rpc_method_handler(
                            _with_status(method), request.FromString, lambda response: response.SerializeToString()
                        )
                        for name, (method, request) in handlers.items()
                    },
                )
            ]
        )


def _with_status(method: Callable[[Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def answer(request: Any, context: Any) -> Any:
        try:
            return await method(request)
        except StatusError as error:
            return await context.abort(_CODES[int(error.code)], error.message)

    return answer


class _Services:
    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    async def predict(self, request: Any) -> Any:
        with self._predictor.models.use(*_spec(request)) as version:
            inputs = {name: from_proto(tensor, name) for name, tensor in request.inputs.items()}
            filtered = list(request.output_filter)
            answer = await self._predictor.predict(version, request.model_spec.signature_name, inputs, filtered)
            size = sum(output.size for output in answer.outputs.values())
            spec = messages.ModelSpec(name=request.model_spec.name, signature_name=answer.signature)
            spec.version.value = answer.version
            if size >= _LARGE:
                return await asyncio.to_thread(_predict_response, answer.outputs, spec)
            return _predict_response(answer.outputs, spec)

    async def metadata(self, request: Any) -> Any:
        if not request.HasField("model_spec"):
            raise StatusError(Code.INVALID_ARGUMENT, "Missing ModelSpec")
        if not request.metadata_field:
            raise StatusError(Code.INVALID_ARGUMENT, "GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != _SIGNATURE_DEF:
                raise StatusError(Code.INVALID_ARGUMENT, f"Metadata field {field} is not supported")
        with self._predictor.models.use(*_spec(request)) as version:
            signatures = messages.SignatureDefMap(signature_def=version.signatures.definitions)
            packed = AnyMessage(type_url=_MAP_URL, value=signatures.SerializeToString())
            response = messages.GetModelMetadataResponse(metadata={_SIGNATURE_DEF: packed})
            response.model_spec.name = request.model_spec.name
            response.model_spec.version.value = version.number
            return response

    async def status(self, request: Any) -> Any:
        name, version, _ = _spec(request)
        return status_message(self._predictor.models.statuses(name, version))


def _predict_response(outputs: dict[str, Any], spec: Any) -> Any:
    return messages.PredictResponse(outputs={name: to_proto(value) for name, value in outputs.items()}, model_spec=spec)


def _spec(request: Any) -> tuple[str, int | None, str | None]:
    if not request.HasField("model_spec"):
        raise StatusError(Code.INVALID_ARGUMENT, "Missing ModelSpec")
    spec = request.model_spec
    choice = spec.WhichOneof("version_choice")
    return (
        spec.name,
        spec.version.value if choice == "version" else None,
        (spec.version_label if choice == "version_label" else None),
    )
