"""One version of a model, loaded and ready to answer."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import STEPS
from tfgen_serving.bundle import Bundle
from tfgen_serving.calls import Arrays
from tfgen_serving.errors import BundleError, RunError
from tfgen_serving.manifest import Manifest
from tfgen_serving.protocol.signatures import Signatures
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.batching import Batcher
from tfgen_serving.server.forms import Form
from tfgen_serving.server.limits import Batching
from tfgen_serving.server.runtime import Runtime, RuntimeFactory
from tfgen_serving.tensors import TensorInfo

__all__ = ["LoadedVersion"]


class LoadedVersion:
    """A version folder whose files were checked, with its runtime and its queues.

    Attributes:
        number: The version.
        manifest: Its manifest.
        signatures: What its SavedModel offers.
    """

    def __init__(self, bundle: Bundle, runtime: Runtime, batching: Batching, executor: Executor) -> None:
        if bundle.version is None:
            raise BundleError(f"version folders must be integers. Received: {bundle.path.name!r}")
        self.number = bundle.version
        self.manifest: Manifest = bundle.manifest
        self.signatures = Signatures(bundle.path, bundle.manifest)
        self._runtime = runtime
        self._executor = executor
        self._batchers = {
            name: Batcher(partial(runtime.run, name), batching, executor, partial(Form.of, info))
            for name, info in bundle.manifest.endpoints.items()
        }
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    def load(
        cls, bundle: Bundle, make_runtime: RuntimeFactory, batching: Batching, executor: Executor
    ) -> "LoadedVersion":
        """Checks the files, loads all endpoints and runs each once; takes a while, and is run in a thread.

        Raises:
            BundleError: The files are not the manifest's, or something does not load.
            RunError: An endpoint fails.
        """
        bundle.verify_files()
        version = cls(bundle, make_runtime(bundle), batching, executor)
        for name, endpoint in bundle.manifest.endpoints.items():
            version._runtime.run(name, {info.name: _example(info) for info in endpoint.inputs})
        return version

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within, the version is not given up."""
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    async def drained(self) -> None:
        """Returns once no request is in flight."""
        await self._idle.wait()

    async def run(self, endpoint: str, inputs: Arrays) -> Arrays:
        """An endpoint's outputs, for inputs that `check_arrays` passed.

        Raises:
            StatusError: RESOURCE_EXHAUSTED where too much waits; where the runtime fails INVALID_ARGUMENT if sizes
                that the manifest leaves free may be why, else INTERNAL.
        """
        info = self.manifest.endpoints[endpoint]
        try:
            if len(inputs[info.inputs[0].name]):
                return await self._batchers[endpoint].submit(inputs)
            # No rows to put with others'.
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._runtime.run, endpoint, inputs)
        except RunError as error:
            free = any(None in tensor.shape[1:] for tensor in info.inputs)
            raise StatusError(Code.INVALID_ARGUMENT if free else Code.INTERNAL, str(error)) from error


def _example(info: TensorInfo) -> NDArray[Any]:
    """One row of noughts, or of one step where the endpoint is told how many."""
    return np.full([1 if size is None else size for size in info.shape], int(info.name == STEPS), info.dtype)
