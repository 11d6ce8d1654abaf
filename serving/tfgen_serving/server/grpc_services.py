"""TensorFlow Serving's PredictionService and ModelService over gRPC, at its method paths."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError

from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.metadata import status_message
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.protocol.tensors import from_proto, to_proto
from tfgen_serving.server.budget import Share
from tfgen_serving.server.predictor import Predictor, check_names

__all__ = ["add_services"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_SIGNATURE_DEF = "signature_def"
_MAP_URL = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
_LARGE = 2**18
"""Bytes from which on a message is read or written in a thread: the event loop then goes on."""
_MOST_DETAILS = 4096
"""Characters of an error's text: it travels in a header, of which clients take 8 kB."""


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
        # Messages come and go as bytes: what gRPC cannot read it would tell of in the log alone.
        served = {
            name: grpc.unary_unary_rpc_method_handler(_answer(predictor, method, request))
            for name, (method, request) in handlers.items()
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, served)])


def _answer(
    predictor: Predictor, method: Callable[[Any, Share], Awaitable[Any]], kind: Any
) -> Callable[[bytes, Any], Any]:
    async def answer(content: bytes, context: Any) -> Any:
        code = Code.INTERNAL
        try:
            with predictor.budget.share() as share:
                share.take(len(content))
                async with asyncio.timeout(predictor.limits.timeout):
                    request = await _run(share, len(content), partial(kind.FromString, content))
                    response = await method(request, share)
                    return await _run(share, response.ByteSize(), response.SerializeToString)
        except StatusError as error:
            code, message = error.code, error.message
        except DecodeError as error:
            code, message = Code.INVALID_ARGUMENT, f"the message cannot be read as {kind.DESCRIPTOR.name}: {error}"
        except TimeoutError:
            code, message = Code.DEADLINE_EXCEEDED, f"the request was given up after {predictor.limits.timeout:g} s"
        except Exception:
            _log.exception("%s", kind.DESCRIPTOR.name)
            message = "the server failed; its log tells how"
        return await context.abort(_CODES[int(code)], message[:_MOST_DETAILS])

    return answer


class _Services:
    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    async def predict(self, request: Any, share: Share) -> Any:
        signature = request.model_spec.signature_name
        with self._predictor.models.use(*_spec(request)) as version:
            # Names first, so that no more tensors are made than the signature has.
            check_names(self._predictor.endpoint(version, signature), request.inputs)
            inputs = await _run(share, request.ByteSize(), partial(_arrays, request))
            answer = await self._predictor.predict(version, signature, inputs, list(request.output_filter))
        spec = messages.ModelSpec(name=request.model_spec.name, signature_name=answer.signature)
        spec.version.value = answer.version
        size = sum(output.nbytes for output in answer.outputs.values())
        return await _run(share, size, partial(_predict_response, answer.outputs, spec))

    async def metadata(self, request: Any, share: Share) -> Any:
        spec = _spec(request)
        if not request.metadata_field:
            raise StatusError(Code.INVALID_ARGUMENT, "GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != _SIGNATURE_DEF:
                raise StatusError(Code.INVALID_ARGUMENT, f"Metadata field {field} is not supported")
        with self._predictor.models.use(*spec) as version:
            signatures = messages.SignatureDefMap(signature_def=version.signatures.definitions)
            packed = AnyMessage(type_url=_MAP_URL, value=signatures.SerializeToString())
            response = messages.GetModelMetadataResponse(metadata={_SIGNATURE_DEF: packed})
            response.model_spec.name = request.model_spec.name
            response.model_spec.version.value = version.number
            return response

    async def status(self, request: Any, share: Share) -> Any:
        name, version, _ = _spec(request)
        return status_message(self._predictor.models.statuses(name, version))


def _arrays(request: Any) -> dict[str, Any]:
    return {name: from_proto(tensor, name) for name, tensor in request.inputs.items()}


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


async def _run(share: Share, size: int, call: Callable[[], T]) -> T:
    return call() if size < _LARGE else await share.in_thread(call)
