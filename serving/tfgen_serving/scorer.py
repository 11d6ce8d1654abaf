"""Scoring, sampling, encoding, decoding and classifying with a bundle's ONNX files."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from numpy.typing import ArrayLike, NDArray

from tfgen_serving import calls
from tfgen_serving.batches import rows_at_once
from tfgen_serving.bundle import Bundle
from tfgen_serving.calls import Arrays, Call, Work
from tfgen_serving.inputs import as_integer
from tfgen_serving.manifest import Manifest
from tfgen_serving.sessions import Sessions
from tfgen_serving.stream import Stream
from tfgen_serving.tensors import EndpointInfo

__all__ = ["Scorer"]

T = TypeVar("T")


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

    def score(
        self,
        x: ArrayLike,
        context: ArrayLike | None = None,
        *,
        mask: ArrayLike | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns each row's log p(x), log p(x given context), or a bound of it, as `score_kind` tells.

        Args:
            x: ``[n, *event]``, of a model of sequences ``[n, time, *event]``.
            context: ``[n, *context]`` for a model with context, one row for each row of `x`.
            mask: Of a model of sequences, ``[n, time]``, true for the first steps of each row and false for the rest,
                where x may hold anything, NaN included; None where all steps count.
            batch_size: How many rows run at a time; None for 65536, or fewer where a row holds many numbers. A model's
                numbers may differ with it in the last digit.

        Returns:
            ``[n]`` nats.

        Raises:
            InputError: An argument does not fit the endpoint.
            RunError: ONNX Runtime failed.
        """
        return self.perform(calls.score(x, context, mask), batch_size)

    def sample(
        self,
        n: int,
        context: ArrayLike | None = None,
        *,
        seed: int,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> NDArray[Any]:
        """Returns n draws, or n draws for each context row.

        A draw is a function of its seed row and its context row alone. Draw i has the seed row ``(seed, i)``;
        with b context rows, draw i for row j has ``(seed, i * b + j)``. So the first draws of a larger n are
        the same, and so is every draw in Keras, in a SavedModel and here.

        Args:
            n: How many draws.
            context: ``[b, *context]`` for a model with context.
            seed: An integer in the range of int32.
            steps: Of a model of sequences, which needs it, how long they are; a longer one begins with the shorter.
            batch_size: As for `score`.

        Returns:
            ``[n, *event]``; with a context ``[n, b, *event]``, TFP's order. Of sequences ``[n, steps, *event]`` and
            ``[n, b, steps, *event]``.

        Raises:
            InputError: An argument does not fit the endpoint, or n times b seed rows do not fit int32.
            RunError: ONNX Runtime failed.
        """
        return self.perform(calls.sample(n, context, seed, steps), batch_size)

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
        """Returns the latent z of each row.

        The endpoint's other outputs, such as a flow's ``log_det_jacobian`` in nats, come from `run`.

        Args:
            x: ``[n, *event]``.
            context: ``[n, *context]`` for a model with context.
            label: ``[n]``, the classes of the rows, for a model of classes; of -1, as of None, it takes the most
                probable one.
            seed: For a model with a posterior: None for its mean, an integer in the range of int32 for a draw from it,
                which has the seed row ``(seed, i)`` for row i.
            mask: As for `score`.
            batch_size: As for `score`.

        Returns:
            ``[n, *latent]``, NaN in rows whose class there is not.

        Raises:
            InputError: An argument does not fit the endpoint.
            RunError: ONNX Runtime failed.
        """
        return self.perform(calls.encode(x, context, label, seed, mask), batch_size)

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
        """Returns what each latent z stands for, of a model of classes in class ``label[i]``, ``[n, *event]``.

        Of a model of sequences it is a draw of so many `steps`, for row i by the seed row ``(seed, i)``. Errors as for
        `encode`; NaN in rows whose class there is not.
        """
        return self.perform(calls.decode(z, context, label, seed, steps), batch_size)

    def reconstruct(
        self, x: ArrayLike, context: ArrayLike | None = None, *, batch_size: int | None = None
    ) -> NDArray[Any]:
        """Returns each row as it is decoded from its own encoding, ``[n, *event]``; arguments as for `score`."""
        return self.perform(calls.reconstruct(x, context), batch_size)

    def classify(self, x: ArrayLike, *, batch_size: int | None = None) -> NDArray[Any]:
        """Returns the most probable class of each row, ``[n]``; errors as for `score`.

        All classes' probabilities come from `run`.

        Example:
            >>> scorer.run("classify", x=[[0.5, 0.25]])["probabilities"]  # doctest: +SKIP
            array([[0.0314, 0.9686]], dtype=float32)
        """
        return self.perform(calls.classify(x), batch_size)

    def sample_class(self, label: ArrayLike, *, seed: int, batch_size: int | None = None) -> NDArray[Any]:
        """Returns a draw of each class in `label`, ``[n, *event]``, draw i by the seed row ``(seed, i)``.

        Errors as for `encode`; NaN in rows whose class there is not.
        """
        return self.perform(calls.sample_class(label, seed), batch_size)

    def stream(self, rows: int | None = None, context: ArrayLike | None = None, *, seed: int | None = 0) -> Stream:
        """Returns a `Stream` of a model of sequences, with these arguments: scores step by step, and draws of the next.

        Raises:
            InputError: The model is of no sequences, or an argument does not fit.
            RunError: ONNX Runtime failed.
        """
        each = calls.takes(calls.endpoint_of(self.endpoints, "step"), "context")
        return Stream(self.run, rows, context, seed=seed, context_each_step=each)

    def run(self, endpoint: str, /, **inputs: ArrayLike) -> dict[str, NDArray[Any]]:
        """Returns every output of any endpoint, by name.

        Args:
            endpoint: A name from `endpoints`.
            **inputs: The endpoint's inputs by name, each with the same number of rows. A mask may be left out.

        Raises:
            InputError: There is no such endpoint, or an input does not fit it.
            RunError: ONNX Runtime failed.

        Example:
            >>> scorer.run("encode", x=[[0.5, 0.25]])["log_det_jacobian"]  # doctest: +SKIP
            array([0.8057], dtype=float32)
        """
        return self.perform(calls.run(endpoint, inputs))

    def perform(self, call: Call[T], batch_size: int | None = None) -> T:
        """Returns what a call made by `tfgen_serving.calls` asks for; `batch_size` and errors as for `score`."""
        endpoint = calls.endpoint_of(self.endpoints, call.endpoint)
        work = call.check(endpoint)
        return work.answer(self._batched(endpoint, work, batch_size))

    def _batched(self, endpoint: EndpointInfo, work: Work[Any], batch_size: int | None) -> Arrays:
        most = rows_at_once(endpoint, work.free)
        size = most if batch_size is None else as_integer("batch_size", batch_size, minimum=1)
        session = self._sessions.get(endpoint)
        return calls.join([session.run(work.inputs(start, stop)) for start, stop in work.spans(size)])
