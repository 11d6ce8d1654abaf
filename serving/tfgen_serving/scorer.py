"""Scoring, sampling, encoding and decoding with a bundle's ONNX files."""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen_serving.bundle import Bundle
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer, as_rows, as_seed, check_inputs, check_names
from tfgen_serving.manifest import Manifest
from tfgen_serving.sessions import Sessions
from tfgen_serving.tensors import EndpointInfo

__all__ = ["BATCH_SIZE", "Scorer"]

BATCH_SIZE = 65536  # rows at a time: enough to keep a CPU busy, few enough to fit its memory


class Scorer:
    """A bundle's model, run by ONNX Runtime on the CPU, without TensorFlow.

    Endpoints are loaded on first use. One Scorer may be used from several threads at once.

    Args:
        path: The bundle's base path, or one of its version folders.
        version: The version; None picks the highest.
        check_files: Whether to compare every file with the manifest's SHA-256 first.
        threads: Threads for one operator; None leaves it to ONNX Runtime.

    Attributes:
        bundle: The opened version folder.
        manifest: Its manifest.
        score_kind: ``"exact"`` when `score` is log p(x), ``"bound"`` when it is a lower bound of it.
        endpoints: The endpoints by name.

    Raises:
        BundleError: The bundle cannot be opened, or its files are not the manifest's.
        InputError: `threads` is not a positive integer.

    Example:
        >>> scorer = Scorer("moons/")  # doctest: +SKIP
        >>> scorer.score([[0.5, 0.25]])  # doctest: +SKIP
        array([-1.0321], dtype=float32)
        >>> scorer.sample(1000, seed=0).shape  # doctest: +SKIP
        (1000, 2)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        version: int | None = None,
        check_files: bool = True,
        threads: int | None = None,
    ) -> None:
        if threads is not None:
            threads = as_integer("threads", threads, minimum=1)
        self.bundle = Bundle.open(path, version)
        if check_files:
            self.bundle.verify_files()
        self.manifest: Manifest = self.bundle.manifest
        self.score_kind: str = self.manifest.score_kind
        self.endpoints: Mapping[str, EndpointInfo] = MappingProxyType(dict(self.manifest.endpoints))
        self._sessions = Sessions(bundle=self.bundle, threads=threads)

    def __repr__(self) -> str:
        return (
            f"Scorer({str(self.bundle.path)!r}, model={self.manifest.model!r}, "
            f"score_kind={self.score_kind!r}, endpoints={list(self.endpoints)})"
        )

    def score(self, x: ArrayLike, context: ArrayLike | None = None, *, batch_size: int = BATCH_SIZE) -> NDArray[Any]:
        """Returns each row's log p(x), log p(x given context), or a bound of it, as `score_kind` tells.

        Args:
            x: ``[n, *event]``.
            context: ``[n, *context]`` for a model with context, one row for each row of `x`.
            batch_size: How many rows run at a time; it changes memory and speed, not results.

        Returns:
            ``[n]`` nats.

        Raises:
            InputError: An argument does not fit the endpoint.
            RunError: ONNX Runtime failed.
        """
        return self._single("score", {"x": x, "context": context}, "score", batch_size)

    def sample(
        self, n: int, context: ArrayLike | None = None, *, seed: int, batch_size: int = BATCH_SIZE
    ) -> NDArray[Any]:
        """Returns n draws, or n draws for each context row.

        A draw is a function of its seed row and its context row alone. Draw i has the seed row ``(seed, i)``;
        with b context rows, draw i for row j has ``(seed, i * b + j)``. So the first draws of a larger n are
        the same, and so is every draw in Keras, in a SavedModel and here.

        Args:
            n: How many draws.
            context: ``[b, *context]`` for a model with context.
            seed: An integer in the range of int32.
            batch_size: How many draws run at a time; it changes memory and speed, not results.

        Returns:
            ``[n, *event]``; with a context ``[n, b, *event]``, TFP's order.

        Raises:
            InputError: An argument does not fit the endpoint, or n times b seed rows do not fit int32.
            RunError: ONNX Runtime failed.
        """
        endpoint = self._endpoint("sample")
        n, seed = as_integer("n", n, minimum=1), as_seed(seed)
        given = {"seed": seed} if context is None else {"seed": seed, "context": context}
        check_names(endpoint, given)
        infos = {info.name: info for info in endpoint.inputs}
        rows = None if context is None else as_rows(infos["context"], context)
        total = n if rows is None else n * len(rows)
        if total > 2**31:
            raise InputError(f"n must give at most 2**31 draws in all, one for each int32. Received: {total} draws")

        def feed(start: int, stop: int) -> dict[str, NDArray[Any]]:
            index = np.arange(start, stop)
            seeds = np.stack([np.full(len(index), seed), index], axis=1).astype(np.int32)
            return {"seed": seeds} if rows is None else {"seed": seeds, "context": rows[index % len(rows)]}

        draws = _only(endpoint, self._batched(endpoint, feed, total, batch_size), "x")
        return draws if rows is None else draws.reshape(n, len(rows), *draws.shape[1:])

    def encode(self, x: ArrayLike, context: ArrayLike | None = None, *, batch_size: int = BATCH_SIZE) -> NDArray[Any]:
        """Returns the latent z of each row, ``[n, *latent]``; arguments and errors as for `score`.

        The endpoint's other outputs, such as a flow's ``log_det_jacobian`` in nats, come from `run`.
        """
        return self._single("encode", {"x": x, "context": context}, "z", batch_size)

    def decode(self, z: ArrayLike, context: ArrayLike | None = None, *, batch_size: int = BATCH_SIZE) -> NDArray[Any]:
        """Returns what each latent z stands for, ``[n, *event]``; arguments and errors as for `score`."""
        return self._single("decode", {"z": z, "context": context}, "x", batch_size)

    def reconstruct(self, x: ArrayLike, *, batch_size: int = BATCH_SIZE) -> NDArray[Any]:
        """Returns each row as it is decoded from its own encoding, ``[n, *event]``; errors as for `score`."""
        return self._single("reconstruct", {"x": x}, "reconstructed", batch_size)

    def run(self, endpoint: str, /, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
        """Returns every output of any endpoint, by name.

        Args:
            endpoint: A name from `endpoints`.
            **inputs: The endpoint's inputs by name, each with the same number of rows.

        Raises:
            InputError: There is no such endpoint, or an input does not fit it.
            RunError: ONNX Runtime failed.

        Example:
            >>> scorer.run("encode", x=[[0.5, 0.25]])["log_det_jacobian"]  # doctest: +SKIP
            array([0.8057], dtype=float32)
        """
        return self._run(self._endpoint(endpoint), inputs, BATCH_SIZE)

    def _endpoint(self, name: str) -> EndpointInfo:
        if name not in self.endpoints:
            known = ", ".join(self.endpoints) or "none"
            raise InputError(f"endpoint must be one of those in the bundle: {known}. Received: {name!r}")
        return self.endpoints[name]

    def _single(self, name: str, inputs: Mapping[str, Any], output: str, batch_size: int) -> NDArray[Any]:
        endpoint = self._endpoint(name)
        return _only(endpoint, self._run(endpoint, inputs, batch_size), output)

    def _run(self, endpoint: EndpointInfo, inputs: Mapping[str, Any], batch_size: int) -> dict[str, NDArray[Any]]:
        arrays = check_inputs(endpoint, inputs)
        rows = len(arrays[endpoint.inputs[0].name])
        return self._batched(
            endpoint, lambda start, stop: {k: v[start:stop] for k, v in arrays.items()}, rows, batch_size
        )

    def _batched(
        self,
        endpoint: EndpointInfo,
        feed: Callable[[int, int], dict[str, NDArray[Any]]],
        rows: int,
        batch_size: int,
    ) -> dict[str, NDArray[Any]]:
        size = as_integer("batch_size", batch_size, minimum=1)
        session = self._sessions.get(endpoint)
        parts = [session.run(feed(start, min(start + size, rows))) for start in range(0, rows, size)]
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _only(endpoint: EndpointInfo, outputs: Mapping[str, NDArray[Any]], preferred: str) -> NDArray[Any]:
    if len(outputs) == 1:
        return next(iter(outputs.values()))
    if preferred in outputs:
        return outputs[preferred]
    raise InputError(
        f"endpoint {endpoint.name!r} must have one output or one called {preferred!r}: "
        f"use run() for all of them. Received: {', '.join(outputs)}"
    )
