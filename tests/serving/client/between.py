"""Real servers that stand before the embedded one: they fail as they are told, and else hand requests on."""

import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc

from tfgen_serving.protocol.status import Code
from tfgen_serving.server.serve import Addresses


@dataclass
class Plan:
    """What becomes of the requests to come, and which there were.

    A failure is a code, or seconds to wait before the answer; whatever comes after the last one is handed on. `most` is
    how many waited at once, and `replace` what REST answers instead.
    """

    failures: list[Code | float] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    replace: Callable[[bytes], bytes] | None = None
    most: int = 0
    _waiting: int = 0
    _lock: Any = field(default_factory=threading.Lock)

    def next(self, path: str) -> Code | None:
        with self._lock:
            self.seen.append(path)
            failure = self.failures.pop(0) if self.failures else None
            if not isinstance(failure, float):
                return failure
            self._waiting += 1
            self.most = max(self.most, self._waiting)
        time.sleep(failure)
        with self._lock:
            self._waiting -= 1
        return None

    @property
    def predictions(self) -> int:
        return sum(path.lower().endswith("predict") for path in self.seen)


@contextmanager
def between(
    behind: Addresses, plan: Plan, *, port: int = 0, grpc_port: int = 0, tls: tuple[Path, Path] | None = None
) -> Iterator[Addresses]:
    """The addresses of both stand-ins, which speak TLS where they are given a key and a certificate."""
    rest = _rest(behind, plan, port)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls[1], tls[0])
        rest.socket = context.wrap_socket(rest.socket, server_side=True)
    thread = threading.Thread(target=rest.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, options=[("grpc.so_reuseport", 0)])
        channel = grpc.insecure_channel(f"127.0.0.1:{behind.grpc_port}")
        server.add_generic_rpc_handlers([_Forward(channel, plan)])
        if tls is None:
            found = server.add_insecure_port(f"127.0.0.1:{grpc_port}")
        else:
            pair = (tls[0].read_bytes(), tls[1].read_bytes())
            found = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        server.start()
        try:
            yield Addresses(port=rest.server_address[1], grpc_port=found)
        finally:
            server.stop(0).wait()
            channel.close()
            rest.shutdown()
            rest.server_close()
            thread.join()


def _rest(behind: Addresses, plan: Plan, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes | None) -> None:
            failure = plan.next(self.path)
            if failure is not None:
                self._send(failure.http_status, b'{ "error": "told to fail" }')
                return
            request = urllib.request.Request(f"http://127.0.0.1:{behind.port}{self.path}", data=body)
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    answer = response.read()
            except urllib.error.HTTPError as error:
                with error:
                    self._send(error.code, error.read())
                return
            self._send(200, answer if plan.replace is None or body is None else plan.replace(answer))

        def _send(self, status: int, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:  # the client did not wait
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class _Forward(grpc.GenericRpcHandler):  # type: ignore[misc, unused-ignore]
    def __init__(self, channel: grpc.Channel, plan: Plan) -> None:
        self._channel = channel
        self._plan = plan

    def service(self, details: Any) -> Any:
        def answer(request: bytes, context: Any) -> bytes:
            failure = self._plan.next(details.method)
            if failure is not None:
                context.abort(next(c for c in grpc.StatusCode if c.value[0] == failure), "told to fail")
            try:
                return self._channel.unary_unary(details.method)(request, timeout=60)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise

        return grpc.unary_unary_rpc_method_handler(answer)
