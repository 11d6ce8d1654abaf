"""Clients of a server that speaks TensorFlow Serving's protocol: NumPy in and out, by REST or gRPC."""

from tfgen_serving.client.asynchronous import AsyncClient
from tfgen_serving.client.blocking import Client
from tfgen_serving.client.errors import (
    BadAnswer,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
    Overloaded,
    ServerError,
    Unavailable,
)

__all__ = [
    "AsyncClient",
    "BadAnswer",
    "Client",
    "DeadlineExceeded",
    "InvalidRequest",
    "NotFound",
    "Overloaded",
    "ServerError",
    "Unavailable",
]
