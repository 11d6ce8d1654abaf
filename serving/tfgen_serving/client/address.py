"""Where a server is, and how it is spoken to."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tfgen_serving.errors import InputError

__all__ = ["Address", "not_a_url"]

_FORMS = "http://host:port, https://host:port, grpc://host:port or grpcs://host:port"


@dataclass(frozen=True)
class Address:
    """A server's URL, read.

    Attributes:
        grpc: Whether it is spoken to by gRPC rather than REST.
        secure: Whether by TLS.
        target: The URL that REST's paths follow, or gRPC's `host:port`.
        shown: The URL without what may be a password.
    """

    grpc: bool
    secure: bool
    target: str
    shown: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Reads a URL; InputError unless it is one of the four forms. A path goes before REST's own.

        Example:
            >>> Address.parse("grpcs://models.example:8500").target
            'models.example:8500'
        """
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
            (host or "").encode("idna")  # as whoever looks the name up will
        except ValueError as error:
            raise not_a_url(url, error) from error
        fits = scheme in ("http", "https", "grpc", "grpcs") and host and not parts.query and not parts.fragment
        fits = fits and url.isprintable()
        grpc = scheme.startswith("grpc")
        if grpc:
            fits = fits and port is not None and parts.path in ("", "/") and "@" not in parts.netloc
        if not fits:
            raise InputError(f"url must be {_FORMS}. Received: {url!r}")
        place = parts.netloc.rpartition("@")[2]
        path = "" if grpc else parts.path.rstrip("/")
        target = place if grpc else f"{scheme}://{parts.netloc}{path}"
        return cls(grpc, scheme in ("https", "grpcs"), target, f"{scheme}://{place}{path}")


def not_a_url(url: object, reason: Exception) -> InputError:
    """The error for a URL that its reader refused."""
    return InputError(f"url must be {_FORMS} ({reason}). Received: {url!r}")
