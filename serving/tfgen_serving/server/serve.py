"""A server's life: load, announce, answer, notice new versions, stop without losing a request."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfgen_serving.errors import InputError
from tfgen_serving.extras import extra
from tfgen_serving.server.limits import Batching, Limits
from tfgen_serving.server.runtime import OnnxRuntime, RuntimeFactory

with extra("serve", "the server"):
    import grpc.aio

    from tfgen_serving.server.grpc_services import add_services
    from tfgen_serving.server.http import HttpServer
    from tfgen_serving.server.models import Models
    from tfgen_serving.server.predictor import Predictor
    from tfgen_serving.server.rest import RestApi

__all__ = ["Addresses", "serve"]

_MOST_CALLS = 1000
"""gRPC calls at once; beyond, they are refused with RESOURCE_EXHAUSTED."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a server listens.

    Attributes:
        host: An address or a name; loopback unless told otherwise.
        port: Of REST; 0 lets the system choose, None is no REST.
        grpc_port: Of gRPC, in the same way; another than REST's.
    """

    host: str = "127.0.0.1"
    port: int | None = 8501
    grpc_port: int | None = 8500


async def serve(
    paths: Mapping[str, Path],
    *,
    addresses: Addresses | None = None,
    batching: Batching | None = None,
    limits: Limits | None = None,
    make_runtime: RuntimeFactory = OnnxRuntime,
    poll_seconds: float = 1.0,
    grace_seconds: float | None = None,
    announce: Callable[[Addresses], None] = lambda addresses: None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves models until SIGTERM, SIGINT or `stop`; requests that have begun are then answered.

    Args:
        paths: Base paths by model name.
        addresses: Where to listen.
        batching: How requests are gathered.
        limits: What one request may ask for.
        make_runtime: Loads a version.
        poll_seconds: How often base paths are looked at for new versions.
        grace_seconds: How long requests may still take at the end; None for as long as they may take at all.
        announce: Called once all is loaded and listening, with the ports that were chosen.
        stop: Ends the server when set.

    Raises:
        InputError: Nothing to listen on, or an address that cannot be had.
        BundleError: A model cannot be served.
        RunError: An endpoint fails.
    """
    addresses, batching, limits = addresses or Addresses(), batching or Batching(), limits or Limits()
    if addresses.port is None and addresses.grpc_port is None:
        raise InputError("port or grpc_port must be given. Received: neither")
    if addresses.port and addresses.port == addresses.grpc_port:
        raise InputError(f"port and grpc_port must be different. Received: {addresses.port} for both")
    grace = limits.timeout if grace_seconds is None else grace_seconds
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        executor = ThreadPoolExecutor(batching.num_batch_threads, "batch")
        stack.callback(executor.shutdown, cancel_futures=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            # Off the main thread, as in tests, signals are somebody else's.
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, stop.set)
                stack.callback(loop.remove_signal_handler, number)
        listener = None if addresses.port is None else stack.enter_context(_listen(addresses.host, addresses.port))
        models = Models(paths, make_runtime=make_runtime, batching=batching, executor=executor)
        predictor = Predictor(models, limits)
        rest = None if listener is None else HttpServer(RestApi(predictor), listener, grace)
        server, grpc_port = _grpc_server(predictor, addresses, limits)
        if server is not None:
            stack.push_async_callback(server.stop, None)
        if not await _loaded(models, stop):
            return
        tasks = [asyncio.create_task(models.watch(poll_seconds)), asyncio.create_task(stop.wait())]
        try:
            if server is not None:
                await server.start()
            if rest is not None:
                tasks.append(asyncio.create_task(rest.run_until_told()))
                await _started(rest, tasks[-1], addresses)
            port = None if listener is None else listener.getsockname()[1]
            announce(Addresses(host=addresses.host, port=port, grpc_port=grpc_port))
            # None but the wait for the end is ever done, unless it has failed.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await asyncio.gather(*([rest.finish()] if rest else []), *([server.stop(grace)] if server else []))
            for task in tasks[:2]:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end


async def _loaded(models: Models, stop: asyncio.Event) -> bool:
    """Loads the models, unless the server is stopped before."""
    tasks = [asyncio.create_task(models.start()), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            await tasks[0]
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # By its protocol's number asyncio knows that it is TCP, and sends each answer's end without a wait of 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise _not_free(host, port, error) from error
    return listener


async def _started(rest: HttpServer, task: asyncio.Task[Any], addresses: Addresses) -> None:
    while not rest.started and not task.done():
        await asyncio.wait([task], timeout=0.005)
    if task.done():
        try:
            task.result()
        except OSError as error:  # somebody else listens there since the port was bound
            raise _not_free(addresses.host, addresses.port, error) from error


def _not_free(host: str, port: int | None, error: OSError) -> InputError:
    return InputError(f"host and port must be an address that is free ({error}). Received: {host}:{port}")


def _grpc_server(
    predictor: Predictor, addresses: Addresses, limits: Limits
) -> tuple[grpc.aio.Server | None, int | None]:
    if addresses.grpc_port is None:
        return None, None
    options = [
        ("grpc.max_receive_message_length", limits.max_body_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=_MOST_CALLS)
    add_services(server, predictor)
    host = f"[{addresses.host}]" if ":" in addresses.host else addresses.host
    where = f"{host}:{addresses.grpc_port}"
    try:
        return server, server.add_insecure_port(where)
    except RuntimeError as error:
        raise InputError(f"host and grpc_port must be an address that is free. Received: {where}") from error
