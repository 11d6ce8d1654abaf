"""The client that blocks."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from numpy.typing import ArrayLike, NDArray

from tfgen_serving import calls
from tfgen_serving.client.address import Address
from tfgen_serving.client.core import Core
from tfgen_serving.client.pace import Blocking, finished
from tfgen_serving.client.settings import Settings
from tfgen_serving.client.transport import transport
from tfgen_serving.stream import Stream
from tfgen_serving.tensors import SignatureInfo

__all__ = ["Client"]


class Client:
    """A model on a server that speaks TensorFlow Serving's protocol, with the methods of `Scorer`.

    The endpoints come from the model's metadata, asked for with the first call and again when the model has changed.
    Arguments are checked before they are sent. Many rows go in several requests, one after the other, all to one
    version of the model. A request is repeated, after growing waits, where the server cannot be reached or is
    overloaded; a call is made anew, once, where it failed and the model has changed since. One client may be used from
    several threads at once.

    Over REST an answer does not tell its version, and a server passes over inputs that it does not know: an input that
    a new version takes no more is noticed by gRPC, or by a new client.

    Args:
        url: ``http://host:port`` or ``https://…`` for REST, ``grpc://host:port`` or ``grpcs://…`` (TLS) for gRPC.
        model: The model's name on the server.
        version: Its version; None takes the latest.
        timeout: Seconds for each request, its repetitions included.
        batch_size: Rows of a request; None chooses so many that a gRPC message stays well below 4 MB.
        retries: How many times a request is repeated at most.

    Raises:
        InputError: An argument is not of its kind.
        ImportError: The extra `client` is not installed.

    Example:
        >>> with Client("grpc://localhost:8500", "moons") as client:  # doctest: +SKIP
        ...     client.score([[0.5, 0.25]])
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
    ) -> None:
        settings = Settings(model=model, version=version, timeout=timeout, batch_size=batch_size, retries=retries)
        address = Address.parse(url)
        self._core = Core(address, transport(address, model, blocking=True), settings, Blocking())

    def __repr__(self) -> str:
        return f"Client{self._core!r}"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoints(self) -> Mapping[str, SignatureInfo]:
        """The model's endpoints by name, as last seen; ServerError where they cannot be had."""
        return finished(self._core.info()).endpoints

    def score(
        self,
        x: ArrayLike,
        context: ArrayLike | None = None,
        *,
        mask: ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns each row's log p(x), log p(x given context), or a bound of it, as the model has it.

        Args:
            x: ``[n, *event]``, of a model of sequences ``[n, time, *event]``.
            context: ``[n, *context]`` for a model with context, one row for each row of `x`.
            mask: Of a model of sequences, ``[n, time]``, as of `Scorer.score`.
            batch_size: Rows of a request; None takes the client's.

        Returns:
            ``[n]`` nats.

        Raises:
            InputError: An argument does not fit the endpoint.
            ServerError: A request failed.
            RuntimeError: The client is closed.
        """
        return finished(self._core.perform(calls.score(x, context, mask), batch_size))

    def sample(
        self,
        n: int,
        context: ArrayLike | None = None,
        *,
        seed: int,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns n draws, or n draws for each context row: the very draws of `Scorer.sample`.

        Args:
            n: How many draws.
            context: ``[b, *context]`` for a model with context.
            seed: An integer in the range of int32.
            steps: Of a model of sequences, which needs it, how long they are.
            batch_size: Draws of a request; None takes the client's.

        Returns:
            ``[n, *event]``; with a context ``[n, b, *event]``, TFP's order. Of sequences ``[n, steps, *event]`` and
            ``[n, b, steps, *event]``.

        Raises:
            InputError: An argument does not fit the endpoint, or n times b seed rows do not fit int32.
            ServerError: A request failed.
            RuntimeError: The client is closed.
        """
        return finished(self._core.perform(calls.sample(n, context, seed, steps), batch_size))

    def encode(
        self,
        x: ArrayLike,
        context: ArrayLike | None = None,
        *,
        label: ArrayLike | None = None,
        seed: int | None = None,
        mask: ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns the latent z of each row, as `Scorer.encode` does; errors as for `score`."""
        return finished(self._core.perform(calls.encode(x, context, label, seed, mask), batch_size))

    def decode(
        self,
        z: ArrayLike,
        context: ArrayLike | None = None,
        *,
        label: ArrayLike | None = None,
        seed: int | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns what each latent z stands for, as `Scorer.decode` does; errors as for `score`."""
        return finished(self._core.perform(calls.decode(z, context, label, seed, steps), batch_size))

    def reconstruct(
        self, x: ArrayLike, context: ArrayLike | None = None, *, batch_size: int | None = None
    ) -> NDArray[Any]:
        """Returns each row as it is decoded from its own encoding, ``[n, *event]``; errors as for `score`."""
        return finished(self._core.perform(calls.reconstruct(x, context), batch_size))

    def classify(self, x: ArrayLike, *, batch_size: int | None = None) -> NDArray[Any]:
        """Returns the most probable class of each row, as `Scorer.classify` does; errors as for `score`."""
        return finished(self._core.perform(calls.classify(x), batch_size))

    def sample_class(self, label: ArrayLike, *, seed: int, batch_size: int | None = None) -> NDArray[Any]:
        """Returns a draw of each class in `label`: the very draws of `Scorer.sample_class`; errors as for `score`."""
        return finished(self._core.perform(calls.sample_class(label, seed), batch_size))

    def stream(self, rows: int | None = None, context: ArrayLike | None = None, *, seed: int | None = 0) -> Stream:
        """Returns a `Stream` of a model of sequences, each of whose steps is a request.

        All of them go to the version that is the latest now, since the stream's state is of no use to another: where it
        is served no more, steps are `NotFound`. Arguments as of `Scorer.stream`, errors as for `score`.
        """
        info = finished(self._core.info_now())

        def run(endpoint: str, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
            return finished(self._core.perform_by(info, calls.run(endpoint, inputs)))

        each = calls.takes(info.endpoint("step"), "context")
        return Stream(run, rows, context, seed=seed, context_each_step=each)

    def run(self, endpoint: str, /, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
        """Returns every output of any endpoint, by name.

        Args:
            endpoint: A name from `endpoints`.
            **inputs: The endpoint's inputs by name, each with the same number of rows.

        Raises:
            InputError: There is no such endpoint, or an input does not fit it.
            ServerError: A request failed.
            RuntimeError: The client is closed.
        """
        return finished(self._core.perform(calls.run(endpoint, inputs)))

    def close(self) -> None:
        """Gives the connection up; later calls are a RuntimeError."""
        finished(self._core.close())
