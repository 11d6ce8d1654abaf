"""The models that a server offers: which versions there are, which answers, and the change from one to the next."""

import asyncio
import gc
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tfgen_serving.bundle import Bundle, version_number
from tfgen_serving.errors import BundleError, InputError
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.limits import Batching
from tfgen_serving.server.runtime import RuntimeFactory
from tfgen_serving.server.version import LoadedVersion

__all__ = ["Models", "VersionStatus"]

_log = logging.getLogger(__name__)

_MOST_STATUSES = 100
"""Versions of a model that are remembered; of older ones that ended nothing is said any more."""


@dataclass(frozen=True)
class VersionStatus:
    """What became of a version.

    Attributes:
        state: TensorFlow Serving's: START, LOADING, AVAILABLE, UNLOADING or END.
        code: OK, or why it is not served.
        message: The error's words, or empty.
    """

    state: str
    code: Code = Code.OK
    message: str = ""


class _Model:
    """One base path, whose highest version answers; the one before it stays until it is idle."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self.statuses: dict[int, VersionStatus] = {}
        self.current: LoadedVersion | None = None
        self.draining: dict[int, LoadedVersion] = {}
        # What a version looked like when it failed: it is tried again once it looks otherwise.
        self.failed: dict[int, frozenset[object]] = {}

    def end(self, number: int, status: VersionStatus) -> None:
        """Writes down how a version ended, and forgets of the oldest ends what is too much."""
        self.statuses[number] = status
        for old in sorted(self.statuses)[:-_MOST_STATUSES]:
            if self.statuses[old].state == "END":
                del self.statuses[old]


class Models:
    """Models by name, each the highest version in its base path.

    Args:
        paths: Base paths by name.
        make_runtime: Loads a version.
        batching: How requests are gathered.
        executor: Where batches run.

    Raises:
        InputError: There is no model.
    """

    def __init__(
        self, paths: Mapping[str, Path], *, make_runtime: RuntimeFactory, batching: Batching, executor: Executor
    ) -> None:
        if not paths:
            raise InputError("there must be at least one model to serve. Received: none")
        self._models = {name: _Model(name, Path(path)) for name, path in paths.items()}
        self._make_runtime = make_runtime
        self._batching = batching
        self._executor = executor
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Loads every model.

        Raises:
            BundleError: A model has no version that can be served.
            RunError: An endpoint fails.
        """
        for model in self._models.values():
            await self._load(model, await asyncio.to_thread(Bundle.open_base, model.path))

    async def watch(self, seconds: float) -> None:
        """Looks for new versions for ever."""
        while True:
            await asyncio.sleep(seconds)
            for model in self._models.values():
                await self._look(model)

    @contextmanager
    def use(self, name: str, version: int | None = None, label: str | None = None) -> Iterator[LoadedVersion]:
        """The version that a request names, kept loaded meanwhile.

        Raises:
            StatusError: NOT_FOUND where nothing such is served, INVALID_ARGUMENT without a name or for a label.
        """
        if not name:
            raise StatusError(Code.INVALID_ARGUMENT, "ModelSpec has no name specified.")
        if label is not None:
            raise StatusError(Code.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}")
        model = self._models.get(name)
        found = model and model.current
        if found and version is not None and version != found.number:
            found = model and model.draining.get(version)
        if not found:
            wanted = f"Latest({name})" if version is None else f"Specific({name}, {version})"
            raise StatusError(Code.NOT_FOUND, f"Servable not found for request: {wanted}")
        with found.in_use():
            yield found

    def statuses(self, name: str, version: int | None = None) -> dict[int, VersionStatus]:
        """What became of each version of a model, the highest first.

        Raises:
            StatusError: NOT_FOUND where there is none.
        """
        found = self._models[name].statuses if name in self._models else {}
        if version is not None and version not in found:
            raise StatusError(Code.NOT_FOUND, f"Could not find version {version} of model {name}")
        if not found:
            raise StatusError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
        numbers = sorted(found, reverse=True) if version is None else [version]
        return {number: found[number] for number in numbers}

    async def _look(self, model: _Model) -> None:
        """Loads the highest version where it is not the one that answers; never raises."""
        number: int | None = None
        looks: frozenset[object] = frozenset()
        try:
            number = max(await asyncio.to_thread(Bundle.versions, model.path), default=None)
            if number is None or (model.current is not None and number == model.current.number):
                return  # with no version left, unlike TensorFlow Serving's, the last one goes on
            looks = await asyncio.to_thread(_looks, model.path, number)
            if model.failed.get(number) == looks:
                return
            model.statuses[number] = VersionStatus("START")
            await self._load(model, await asyncio.to_thread(Bundle.open, model.path, number))
            model.failed.clear()
        except Exception as error:  # of whatever kind: what is served goes on
            if number is None:  # the base path itself cannot be read
                _log.warning("model %s: %s", model.name, error)
                return
            model.failed[number] = looks
            model.end(number, VersionStatus("END", Code.FAILED_PRECONDITION, str(error)))
            _log.error("model %s: version %s is not served: %s", model.name, number, error)

    async def _load(self, model: _Model, bundle: Bundle) -> None:
        """Loads a version, lets it answer, and gives up the one before it once that is idle."""
        if bundle.version is None:
            raise BundleError(f"version folders must be named by integers. Received: {str(bundle.path)!r}")
        model.statuses[bundle.version] = VersionStatus("LOADING")
        loaded = await asyncio.to_thread(LoadedVersion.load, bundle, self._make_runtime, self._batching, self._executor)
        before, model.current = model.current, loaded
        model.statuses[loaded.number] = VersionStatus("AVAILABLE")
        _log.info("model %s: version %s answers", model.name, loaded.number)
        if before is not None:
            model.draining[before.number] = before
            model.statuses[before.number] = VersionStatus("UNLOADING")
            task = asyncio.create_task(_give_up(model, before))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _give_up(model: _Model, version: LoadedVersion) -> None:
    number = version.number
    await version.drained()
    if model.draining.get(number) is version:
        del model.draining[number]
    if model.current is None or model.current.number != number:
        model.end(number, VersionStatus("END"))
    _log.info("model %s: version %s is unloaded", model.name, number)
    del version
    # TensorFlow's objects, unlike ONNX Runtime's, refer to each other.
    await asyncio.to_thread(gc.collect)


def _looks(base: Path, number: int) -> frozenset[object]:
    """Changes whenever someone changes a version folder."""
    folders = [path for path in base.iterdir() if version_number(path.name) == number]
    files = [file for folder in folders for file in (folder, *folder.rglob("*"))]
    return frozenset((str(file), status.st_mtime_ns, status.st_size) for file in files if (status := file.lstat()))
