"""The client for an event loop."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from numpy.typing import ArrayLike, NDArray

from tfgen_serving import calls
from tfgen_serving.client.address import Address
from tfgen_serving.client.core import Core
from tfgen_serving.client.pace import Concurrent
from tfgen_serving.client.settings import Settings
from tfgen_serving.client.transport import transport
from tfgen_serving.inputs import as_integer
from tfgen_serving.stream import AsyncStream
from tfgen_serving.tensors import SignatureInfo

__all__ = ["AsyncClient"]


class AsyncClient:
    """`Client` for an event loop: the same methods, awaited; the requests of one call are under way together.

    `endpoints`, a property there, is a method here, since it may have to ask. A client belongs to the event loop of its
    first call.

    Args:
        url: As for `Client`.
        model: As for `Client`.
        version: As for `Client`.
        timeout: As for `Client`.
        batch_size: As for `Client`.
        retries: As for `Client`.
        concurrency: How many requests of one call are under way at once.

    Raises:
        InputError: An argument is not of its kind.
        ImportError: The extra `client` is not installed.

    Example:
        >>> async with AsyncClient("http://localhost:8501", "moons") as client:  # doctest: +SKIP
        ...     await client.score([[0.5, 0.25]])
        array([-1.0321], dtype=float32)
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        version: int | None = None,
        timeout: float = 60.0,
        batch_size: int | None = None,
        retries: int = 5,
        concurrency: int = 4,
    ) -> None:
        settings = Settings(model=model, version=version, timeout=timeout, batch_size=batch_size, retries=retries)
        pace = Concurrent(as_integer("concurrency", concurrency, minimum=1))
        address = Address.parse(url)
        self._core = Core(address, transport(address, model, blocking=False), settings, pace)

    def __repr__(self) -> str:
        return f"AsyncClient{self._core!r}"

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def endpoints(self) -> Mapping[str, SignatureInfo]:
        """Returns what `Client.endpoints` holds."""
        return (await self._core.info()).endpoints

    async def score(
        self,
        x: ArrayLike,
        context: ArrayLike | None = None,
        *,
        mask: ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """As `Client.score`."""
        return await self._core.perform(calls.score(x, context, mask), batch_size)

    async def sample(
        self,
        n: int,
        context: ArrayLike | None = None,
        *,
        seed: int,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """As `Client.sample`."""
        return await self._core.perform(calls.sample(n, context, seed, steps), batch_size)

    async def encode(
        self,
        x: ArrayLike,
        context: ArrayLike | None = None,
        *,
        label: ArrayLike | None = None,
        seed: int | None = None,
        mask: ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """As `Client.encode`."""
        return await self._core.perform(calls.encode(x, context, label, seed, mask), batch_size)

    async def decode(
        self,
        z: ArrayLike,
        context: ArrayLike | None = None,
        *,
        label: ArrayLike | None = None,
        seed: int | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """As `Client.decode`."""
        return await self._core.perform(calls.decode(z, context, label, seed, steps), batch_size)

    async def reconstruct(
        self, x: ArrayLike, context: ArrayLike | None = None, *, batch_size: int | None = None
    ) -> NDArray[Any]:
        """As `Client.reconstruct`."""
        return await self._core.perform(calls.reconstruct(x, context), batch_size)

    async def classify(self, x: ArrayLike, *, batch_size: int | None = None) -> NDArray[Any]:
        """As `Client.classify`."""
        return await self._core.perform(calls.classify(x), batch_size)

    async def sample_class(self, label: ArrayLike, *, seed: int, batch_size: int | None = None) -> NDArray[Any]:
        """As `Client.sample_class`."""
        return await self._core.perform(calls.sample_class(label, seed), batch_size)

    async def stream(
        self, rows: int | None = None, context: ArrayLike | None = None, *, seed: int | None = 0
    ) -> AsyncStream:
        """As `Client.stream`; the steps are awaited too."""
        info = await self._core.info_now()

        async def run(endpoint: str, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
            return await self._core.perform_by(info, calls.run(endpoint, inputs))

        each = calls.takes(info.endpoint("step"), "context")
        return await AsyncStream.start(run, rows, context, seed=seed, context_each_step=each)

    async def run(self, endpoint: str, /, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
        """As `Client.run`."""
        return await self._core.perform(calls.run(endpoint, inputs))

    async def close(self) -> None:
        """Gives the connections up; later calls are a RuntimeError."""
        await self._core.close()
