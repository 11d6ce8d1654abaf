"""tfgen_serving: a bundle's likelihoods and samples from ONNX Runtime or from a server, without TensorFlow.

Importing it loads NumPy and nothing heavier; ONNX Runtime comes with the first endpoint that runs, and what the clients
need with the first use of one of their names.
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfgen_serving.bundle import Bundle
from tfgen_serving.errors import BundleError, InputError, RunError
from tfgen_serving.manifest import EndpointInfo, Manifest, TensorInfo, hash_files
from tfgen_serving.scorer import Scorer
from tfgen_serving.stream import AsyncStream, Stream
from tfgen_serving.tensors import SignatureInfo

if TYPE_CHECKING:
    from tfgen_serving.client import (
        AsyncClient,
        BadAnswer,
        Client,
        DeadlineExceeded,
        InvalidRequest,
        NotFound,
        Overloaded,
        ServerError,
        Unavailable,
    )

__all__ = [
    "AsyncClient",
    "AsyncStream",
    "BadAnswer",
    "Bundle",
    "BundleError",
    "Client",
    "DeadlineExceeded",
    "EndpointInfo",
    "InputError",
    "InvalidRequest",
    "Manifest",
    "NotFound",
    "Overloaded",
    "RunError",
    "Scorer",
    "ServerError",
    "SignatureInfo",
    "Stream",
    "TensorInfo",
    "Unavailable",
    "hash_files",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("tfgen_serving.client"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
