"""TensorFlow Serving's REST API as an ASGI application."""

import asyncio
import logging
import re
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tfgen_serving.protocol.json_request import JsonBody
from tfgen_serving.protocol.json_response import error_body, predict_body
from tfgen_serving.protocol.metadata import metadata_body, status_body
from tfgen_serving.protocol.paths import Target, parse_path
from tfgen_serving.protocol.signatures import DEFAULT_SIGNATURE
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.budget import Share
from tfgen_serving.server.predictor import Predictor
from tfgen_serving.server.version import LoadedVersion
from tfgen_serving.tensors import TensorInfo

__all__ = ["RestApi"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_SMALL = 2**16
"""Bodies up to so many bytes are read and written by the event loop itself: a thread would take longer."""


_LARGE_AT_ONCE = 2
"""Of larger ones so many at once: Python reads no two at the same time, and each takes memory meanwhile."""


class _TooLarge(Exception):
    pass


class RestApi:
    """Predict in rows and columns, status and metadata, on TensorFlow Serving's paths.

    Args:
        predictor: Who answers.

    Attributes:
        draining: Whether the server is about to stop: connections are then closed after each answer.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.draining = False
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; see ASGI."""
        request = Request(scope, receive)
        response = await self._answer(request)
        if self.draining:
            response.headers["Connection"] = "close"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
        path = f"{path}?{query}" if query else path
        if not path.lower().startswith("/v1/"):
            return Response(status_code=404)
        if request.method == "OPTIONS":  # a browser's question whether it may ask
            fine = re.search("https?://", request.headers.get("Origin", ""))
            return Response(status_code=200 if fine else Code.FAILED_PRECONDITION.http_status)
        limits = self._predictor.limits
        try:
            target = parse_path(request.method, path)
            with self._predictor.budget.share() as share:
                async with asyncio.timeout(limits.timeout):
                    return _response(await self._dispatch(request, target, share), 200)
        except StatusError as error:
            return _response(error_body(error.message), error.code.http_status)
        except TimeoutError:
            message = f"the request was given up after {limits.timeout:g} s"
            return _response(error_body(message), Code.DEADLINE_EXCEEDED.http_status)
        except _TooLarge:
            return _response(error_body(f"the body must have at most {limits.max_body_bytes} bytes"), 413)
        except ClientDisconnect:
            return Response(status_code=Code.CANCELLED.http_status)
        except Exception:
            _log.exception("%s %s", request.method, path)
            return _response(error_body("the server failed; its log tells how"), Code.INTERNAL.http_status)

    async def _dispatch(self, request: Request, target: Target, share: Share) -> str:
        models = self._predictor.models
        if target.verb in ("status", "metadata"):
            if not target.name:
                raise StatusError(Code.INVALID_ARGUMENT, "Missing model name in request.")
            if target.verb == "status":
                return status_body(models.statuses(target.name, target.version))
            with models.use(target.name, target.version, target.label) as version:
                return metadata_body(target.name, version.number, version.signatures.definitions)
        body, size = await self._body(request, share)
        if target.verb != "predict":
            body.check_examples()
        with models.use(target.name, target.version, target.label) as version:
            if target.verb != "predict":
                raise _other_verb(target.verb, version, body.signature_name)
            signature, infos = body.signature_name, _inputs(version, body.signature_name)
            read = partial(body.request, infos, max_rows=self._predictor.limits.max_rows)
            asked = await self._run(share, size, read)
            del body, read  # whose numbers take ten times what arrays do, and need not wait with them
            answer = await self._predictor.predict(version, signature, asked.inputs)
        size = 4 * sum(output.nbytes for output in answer.outputs.values())
        return await self._run(share, size, partial(predict_body, answer.outputs, asked.format))

    async def _body(self, request: Request, share: Share) -> tuple[JsonBody, int]:
        content = await self._content(request, share)
        return await self._run(share, len(content), partial(JsonBody, content)), len(content)

    async def _run(self, share: Share, size: int, call: Callable[[], T]) -> T:
        if size <= _SMALL:
            return call()
        await self._large.acquire()
        return await share.in_thread(call, self._large.release)

    async def _content(self, request: Request, share: Share) -> bytes:
        most, parts = self._predictor.limits.max_body_bytes, []
        unzip = zlib.decompressobj(31) if "gzip" in request.headers.get("Content-Encoding", "") else None
        async for part in request.stream():
            if unzip is not None:
                part = _unzipped(unzip, part, most - share.held + 1)
            if share.held + len(part) > most:
                raise _TooLarge
            share.take(len(part))
            parts.append(part)
        if unzip is not None and not unzip.eof:
            raise StatusError(Code.INVALID_ARGUMENT, "Failed to uncompress the gzipped body")
        return b"".join(parts)


def _unzipped(unzip: Any, part: bytes, most: int) -> bytes:
    """What a part of a compressed body stands for, up to so many bytes."""
    try:
        return bytes(unzip.decompress(part, most))
    except zlib.error as error:
        raise StatusError(Code.INVALID_ARGUMENT, "Failed to uncompress the gzipped body") from error


def _inputs(version: LoadedVersion, signature: str) -> tuple[TensorInfo, ...]:
    endpoint = version.signatures.endpoint(signature)
    if endpoint is None:
        name = signature or DEFAULT_SIGNATURE
        raise StatusError(Code.INVALID_ARGUMENT, f'Serving signature name: "{name}" not found in signature def')
    return version.manifest.endpoints[endpoint].inputs


def _other_verb(verb: str, version: LoadedVersion, signature: str) -> StatusError:
    """Why classify and regress are refused: all signatures are of predict."""
    name = signature or DEFAULT_SIGNATURE
    if name not in version.signatures.definitions:
        return StatusError(Code.INVALID_ARGUMENT, f"No signature was found with the name: {name}")
    kind = "classification" if verb == "classify" else "regression"
    return StatusError(
        Code.INVALID_ARGUMENT,
        f"Expected {kind} signature method_name to be tensorflow/serving/{verb}. Was: "
        f"{version.signatures.definitions[name].method_name}",
    )


def _response(body: str, status: int) -> Response:
    # A name that is no UTF-8 was kept by its bytes, which no answer can hold.
    content = body.encode("utf-8", "replace")
    return Response(content, status_code=status, headers={"Content-Type": "application/json"})
