"""TensorFlow Serving's REST API as an ASGI application."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tfgen_serving.protocol.json_request import parse_request
from tfgen_serving.protocol.json_response import error_body, predict_body
from tfgen_serving.protocol.metadata import metadata_body, status_body
from tfgen_serving.protocol.paths import Target, parse_path
from tfgen_serving.protocol.signatures import DEFAULT_SIGNATURE
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.predictor import Predictor
from tfgen_serving.server.version import LoadedVersion
from tfgen_serving.tensors import TensorInfo

__all__ = ["rest_application"]

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SMALL = 2**16
"""Bodies up to so many bytes are read and written by the event loop itself: a thread would take longer."""


class _TooLarge(Exception):
    pass


def rest_application(predictor: Predictor) -> Starlette:
    """The application: predict in rows and columns, status and metadata, on TensorFlow Serving's paths."""
    api = _Api(predictor)
    return Starlette(routes=[Route("/{path:path}", api.answer, methods=_METHODS)])


class _Api:
    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    async def answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        if not path.lower().startswith("/v1/"):
            return Response(status_code=404)
        try:
            target = parse_path(request.method, path)
            body = await self._dispatch(request, target)
        except StatusError as error:
            return _response(error_body(error.message), error.code.http_status)
        except _TooLarge:
            most = self._predictor.limits.max_body_bytes
            return _response(error_body(f"the body must have at most {most} bytes"), 413)
        except ClientDisconnect:
            return Response(status_code=Code.CANCELLED.http_status)
        return _response(body, 200)

    async def _dispatch(self, request: Request, target: Target) -> str:
        models = self._predictor.models
        if target.verb == "status":
            if not target.name:
                raise StatusError(Code.INVALID_ARGUMENT, "Missing model name in request.")
            return status_body(models.statuses(target.name, target.version))
        if target.verb == "metadata":
            if not target.name:
                raise StatusError(Code.INVALID_ARGUMENT, "Missing model name in request.")
            with models.use(target.name, target.version, target.label) as version:
                return metadata_body(target.name, version.number, version.signatures.definitions)
        body = await self._body(request)
        with models.use(target.name, target.version, target.label) as version:
            if target.verb != "predict":
                raise StatusError(
                    Code.INVALID_ARGUMENT,
                    f"Expected {'classification' if target.verb == 'classify' else 'regression'} signature "
                    f"method_name to be tensorflow/serving/{target.verb}. Was: tensorflow/serving/predict",
                )
            return await self._predict(version, body)

    async def _predict(self, version: LoadedVersion, body: bytes) -> str:
        def tensors_of(signature: str) -> tuple[TensorInfo, ...]:
            name = version.signatures.endpoint(signature)
            if name is None:
                raise StatusError(
                    Code.INVALID_ARGUMENT,
                    f'Serving signature name: "{signature or DEFAULT_SIGNATURE}" not found in signature def',
                )
            return version.manifest.endpoints[name].inputs

        request = await _run(len(body), parse_request, body, tensors_of)
        answer = await self._predictor.predict(version, request.signature_name, request.inputs)
        size = sum(output.nbytes for output in answer.outputs.values())
        return await _run(4 * size, predict_body, answer.outputs, request.format)

    async def _body(self, request: Request) -> bytes:
        most, parts, size = self._predictor.limits.max_body_bytes, [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _TooLarge
            parts.append(part)
        return b"".join(parts)


async def _run(size: int, function: Any, *arguments: Any) -> Any:
    return function(*arguments) if size <= _SMALL else await asyncio.to_thread(function, *arguments)


def _response(body: str, status: int) -> Response:
    return Response(body, status_code=status, headers={"Content-Type": "application/json"})
