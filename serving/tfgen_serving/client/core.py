"""What both clients do: metadata when they are needed, batches of one version, retries, answers that fit."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from tfgen_serving.calls import Arrays, Call, Work, join
from tfgen_serving.client.address import Address
from tfgen_serving.client.errors import BadAnswer, InvalidRequest, NotFound, ServerError
from tfgen_serving.client.model_info import ModelInfo
from tfgen_serving.client.pace import Pace
from tfgen_serving.client.retrying import repeated
from tfgen_serving.client.settings import Settings, rows_in_a_request
from tfgen_serving.client.transport import Answer, Transport
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer
from tfgen_serving.tensors import SignatureInfo

__all__ = ["Core"]

T = TypeVar("T")


class Core:
    """One model of one server.

    Args:
        address: The server's.
        transport: To it.
        settings: The client's arguments.
        pace: How to wait.
    """

    def __init__(self, address: Address, transport: Transport, settings: Settings, pace: Pace) -> None:
        self._address = address
        self._transport = transport
        self._settings = settings
        self._pace = pace
        self._info: ModelInfo | None = None
        self._closed = False

    def __repr__(self) -> str:
        version = "" if self._settings.version is None else f", version={self._settings.version}"
        return f"({self._address.shown!r}, {self._settings.model!r}{version})"

    async def info(self) -> ModelInfo:
        """The model's metadata, asked for once."""
        self._check_open()
        return await self.info_now() if self._info is None else self._info

    async def info_now(self) -> ModelInfo:
        """The model's metadata, asked for again."""
        self._info = await self._request(partial(self._transport.metadata, self._settings.version))
        return self._info

    async def perform(self, call: Call[T], batch_size: int | None = None) -> T:
        """What a call gives.

        The model may have changed since its metadata came, or between a call's batches: where it has, the call begins
        anew, once.

        Args:
            call: Unchecked.
            batch_size: Rows of a request; None takes the client's.

        Raises:
            InputError: An argument does not fit.
            ServerError: A request failed.
        """
        self._check_open()
        size = None if batch_size is None else as_integer("batch_size", batch_size, minimum=1)
        known = self._info
        info = await self.info()
        try:
            return await self._attempt(call, info, size)
        except (InputError, BadAnswer, InvalidRequest, NotFound) as error:
            if known is None and isinstance(error, InputError):
                raise
            changed = await self._changed(info)
            if changed is None:
                raise
        return await self._attempt(call, changed, size)

    async def perform_by(self, info: ModelInfo, call: Call[T]) -> T:
        """What a call gives by the version that metadata are of, for calls that must have the same one.

        Args:
            info: The metadata.
            call: Unchecked.

        Raises:
            InputError: An argument does not fit.
            ServerError: A request failed; NotFound where the version is served no more.
        """
        self._check_open()
        return await self._attempt(call, info, None, info.version)

    async def close(self) -> None:
        """Gives the connection up; a second time does nothing."""
        if not self._closed:
            self._closed = True
            await self._transport.close()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("a client must be open. Received: a call after close()")

    async def _changed(self, info: ModelInfo) -> ModelInfo | None:
        """The model's metadata now, or None where they are as they were, or cannot be had."""
        if self._settings.version is not None:  # a version never changes
            return None
        try:
            now = await self._transport.metadata(None, self._settings.timeout)
        except ServerError:  # what led here says more
            return None
        self._info = now
        return None if now == info else now

    async def _attempt(self, call: Call[T], info: ModelInfo, size: int | None, version: int | None = None) -> T:
        signature = info.endpoint(call.endpoint)
        work = call.check(signature)
        size = size or self._settings.batch_size or rows_in_a_request(signature, work)
        (start, stop), *others = work.spans(size)
        version = self._settings.version if version is None else version
        if version is None and others:
            version = await self._request(self._transport.latest)
        first = await self._predict(signature, work, start, stop, version)
        # One call's rows come from one version.
        version = first.version if version is None else version
        rest = await self._pace.all([partial(self._predict, signature, work, *span, version) for span in others])
        return work.answer(join([answer.outputs for answer in (first, *rest)]))

    async def _predict(
        self, signature: SignatureInfo, work: Work[Any], start: int, stop: int, version: int | None
    ) -> Answer:
        inputs = work.inputs(start, stop)
        answer = await self._request(partial(self._transport.predict, signature, inputs, version))
        return Answer(_checked(signature, answer.outputs, stop - start), answer.version)

    async def _request(self, send: Callable[[float], Awaitable[T]]) -> T:
        self._check_open()
        settings = self._settings
        return await repeated(send, timeout=settings.timeout, retries=settings.retries, sleep=self._pace.sleep)


def _checked(signature: SignatureInfo, outputs: Arrays, rows: int) -> Arrays:
    """The outputs, in the signature's order; BadAnswer unless they are as it says, a row for each row."""
    wanted = {info.name: info for info in signature.outputs}
    if outputs.keys() != wanted.keys():
        raise BadAnswer(f"the answer must hold the outputs {', '.join(wanted)}. Received: {', '.join(outputs)}")
    for name, info in wanted.items():
        array, shape = outputs[name], (rows, *info.shape[1:])
        fits = array.ndim == len(shape) and all(w in (None, s) for w, s in zip(shape, array.shape, strict=True))
        if not fits or array.dtype.name != info.dtype:
            raise BadAnswer(
                f"output {name!r} of endpoint {signature.name!r} must be {info.text} with batch {rows}. "
                f"Received: {array.dtype.name} {list(array.shape)}"
            )
    return {name: outputs[name] for name in wanted}
