"""What runs a version's endpoints."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from tfgen_serving.bundle import Bundle
from tfgen_serving.sessions import Session

__all__ = ["OnnxRuntime", "Runtime", "RuntimeFactory"]


class Runtime(Protocol):
    """A loaded version. It is run from several threads at once."""

    def run(self, endpoint: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """An endpoint's outputs by name, for inputs that fit the manifest, of one batch size.

        Raises:
            RunError: It failed.
        """


RuntimeFactory = Callable[[Bundle], Runtime]
"""Loads a version, all of it: what cannot run is an error now, not with the first request."""


class OnnxRuntime:
    """Endpoints by ONNX Runtime on the CPU.

    Args:
        bundle: The version, whose files are taken to be the manifest's.
        threads: Threads for one operator; None leaves it to ONNX Runtime.

    Raises:
        BundleError: A file cannot be loaded, or is not what the manifest says.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        endpoints = bundle.manifest.endpoints.items()
        self._sessions = {name: Session(bundle=bundle, endpoint=info, threads=threads) for name, info in endpoints}

    def run(self, endpoint: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See `Runtime.run`."""
        return self._sessions[endpoint].run(inputs)
