"""Clients of every kind behind one face, and servers that stand between them and the embedded one."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tfgen_serving import AsyncClient, Client
from tfgen_serving.server.serve import Addresses


class Awaited:
    """An AsyncClient whose methods block, so that one test serves both."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.runner = asyncio.Runner()
        self.client = AsyncClient(*arguments, **settings)

    def __repr__(self) -> str:
        return repr(self.client)

    @property
    def endpoints(self) -> Any:
        return self.runner.run(self.client.endpoints())

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        return lambda *arguments, **inputs: self.runner.run(method(*arguments, **inputs))


@pytest.fixture(params=["http", "grpc"])
def scheme(request: Any) -> str:
    return request.param


@pytest.fixture(params=["blocking", "async"])
def kind(request: Any) -> str:
    return request.param


@pytest.fixture
def connect(addresses: Addresses, scheme: str, kind: str) -> Iterator[Callable[..., Any]]:
    """Makes a client of a model, of the shared server where no other is named."""
    made: list[Any] = []

    def make(model: str, *, at: Addresses | None = None, **settings: Any) -> Any:
        where = at or addresses
        port = where.port if scheme == "http" else where.grpc_port
        made.append((Client if kind == "blocking" else Awaited)(f"{scheme}://127.0.0.1:{port}", model, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close()
        if isinstance(client, Awaited):
            client.runner.close()
