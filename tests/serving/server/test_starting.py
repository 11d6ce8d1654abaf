"""A server that cannot start says why; one that ends gives requests their time."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving.conftest import Toy

from tfgen_serving import BundleError, InputError
from tfgen_serving.server.http import HttpServer
from tfgen_serving.server.limits import Limits
from tfgen_serving.server.runtime import OnnxRuntime
from tfgen_serving.server.serve import Addresses, serve


def test_a_start_with_one_of_the_versions(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = Toy().write(tmp_path / "toy", 1)
    with pytest.raises(BundleError, match="path must be a base path, not one of its versions"), start({"toy": folder}):
        pass


def test_a_start_on_a_port_that_is_taken(tmp_path: Path, start: Callable[..., Any], addresses: Addresses) -> None:
    Toy().write(tmp_path / "toy", 1)
    for taken in (
        Addresses(port=addresses.port, grpc_port=None),
        Addresses(port=None, grpc_port=addresses.grpc_port),
        Addresses(port=None, grpc_port=None),
        Addresses(host="no.such.host.example", port=0, grpc_port=None),
        Addresses(port=1, grpc_port=1),
    ):
        with pytest.raises(InputError):
            asyncio.run(asyncio.wait_for(serve({"toy": tmp_path / "toy"}, addresses=taken), 20))


def test_a_port_that_is_taken_while_models_load(tmp_path: Path) -> None:
    Toy().write(tmp_path / "toy", 1)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        addresses = Addresses(port=other.getsockname()[1], grpc_port=None)

        def make(bundle: Any) -> OnnxRuntime:
            other.listen()
            return OnnxRuntime(bundle)

        message = r"^host and port must be an address that is free \(.* in use\)\. Received: 127.0.0.1:\d+$"
        with pytest.raises(InputError, match=message):
            asyncio.run(asyncio.wait_for(serve({"toy": tmp_path / "toy"}, addresses=addresses, make_runtime=make), 20))


def test_equal_ports(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^port and grpc_port must be different\. Received: 8501 for both$"):
        asyncio.run(serve({"toy": tmp_path}, addresses=Addresses(grpc_port=8501)))


@pytest.mark.parametrize(("grace", "expected"), [(None, 77.5), (3.0, 3.0)])
def test_requests_may_end_in_their_time(
    tmp_path: Path, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, grace: float | None, expected: float
) -> None:
    """At the end, unless told otherwise, a request has as long as it always has."""
    seen: list[float] = []

    class Told(HttpServer):
        def __init__(self, api: Any, listener: Any, grace_seconds: float) -> None:
            seen.append(grace_seconds)
            super().__init__(api, listener, grace_seconds)
            seen.append(self.config.timeout_graceful_shutdown or 0)

    Toy().write(tmp_path / "toy", 1)
    monkeypatch.setattr("tfgen_serving.server.serve.HttpServer", Told)
    with start({"toy": tmp_path / "toy"}, limits=Limits(timeout=77.5), grace_seconds=grace):
        pass
    assert seen == [expected, -(-expected // 1)]
