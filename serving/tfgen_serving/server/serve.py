"""A server's life: load, announce, answer, notice new versions, stop without losing a request."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
import uvicorn

from tfgen_serving.errors import InputError
from tfgen_serving.server.grpc_services import add_services
from tfgen_serving.server.limits import Batching, Limits
from tfgen_serving.server.models import Models
from tfgen_serving.server.predictor import Predictor
from tfgen_serving.server.rest import rest_application
from tfgen_serving.server.runtime import OnnxRuntime, RuntimeFactory

__all__ = ["Addresses", "serve"]


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a server listens.

    Attributes:
        host: An address or a name; loopback unless told otherwise.
        port: Of REST; 0 lets the system choose, None is no REST.
        grpc_port: Of gRPC, in the same way.
    """

    host: str = "127.0.0.1"
    port: int | None = 8501
    grpc_port: int | None = 8500


class _Uvicorn(uvicorn.Server):
    """Uvicorn, whose signals are ours: one handler stops both transports."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    paths: Mapping[str, Path],
    *,
    addresses: Addresses | None = None,
    batching: Batching | None = None,
    limits: Limits | None = None,
    make_runtime: RuntimeFactory = OnnxRuntime,
    poll_seconds: float = 1.0,
    grace_seconds: float = 30.0,
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
        grace_seconds: How long requests may still take at the end.
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
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(batching.num_batch_threads, "batch") as executor, contextlib.ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGINT):
            # Off the main thread, as in tests, signals are somebody else's.
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, stop.set)
                stack.callback(loop.remove_signal_handler, number)
        listener = None if addresses.port is None else stack.enter_context(_listen(addresses.host, addresses.port))
        models = Models(paths, make_runtime=make_runtime, batching=batching, executor=executor)
        await models.start()
        predictor = Predictor(models, limits)
        rest = None
        if listener is not None:
            config = uvicorn.Config(
                rest_application(predictor),
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=int(grace_seconds),
            )
            rest = _Uvicorn(config)
        server, grpc_port = _grpc_server(predictor, addresses, limits)
        tasks = [asyncio.create_task(models.watch(poll_seconds))]
        try:
            if server is not None:
                await server.start()
            if rest is not None and listener is not None:
                tasks.append(asyncio.create_task(rest.serve(sockets=[listener])))
                while not rest.started and not tasks[-1].done():
                    await asyncio.sleep(0.005)
            port = None if listener is None else listener.getsockname()[1]
            announce(Addresses(host=addresses.host, port=port, grpc_port=grpc_port))
            await stop.wait()
        finally:
            if rest is not None:
                rest.should_exit = True
            if server is not None:
                await server.stop(grace_seconds)
            if len(tasks) > 1:
                await tasks[1]
            tasks[0].cancel()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise InputError(f"host and port must be an address that is free ({error}). Received: {host}:{port}") from error
    return listener


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
    server = grpc.aio.server(options=options)
    add_services(server, predictor)
    try:
        return server, server.add_insecure_port(f"{addresses.host}:{addresses.grpc_port}")
    except RuntimeError as error:
        where = f"{addresses.host}:{addresses.grpc_port}"
        raise InputError(f"host and grpc_port must be an address that is free. Received: {where}") from error
