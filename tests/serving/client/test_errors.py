"""Typed errors: timeouts, answers that cannot be read, clients that are closed, arguments that make no client."""

import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from serving.client.between import Plan, between

from tfgen_serving import (
    AsyncClient,
    BadAnswer,
    Client,
    DeadlineExceeded,
    InputError,
    NotFound,
    ServerError,
    Unavailable,
)
from tfgen_serving.client.errors import from_http, server_error
from tfgen_serving.protocol.status import Code

X = [[0.5, -1.0], [2.5, -0.5]]


def test_a_timeout_is_no_retry(connect: Any, addresses: Any) -> None:
    plan = Plan()
    with between(addresses, plan) as at:
        client = connect("plain", at=at, timeout=0.3)
        assert client.endpoints
        plan.failures = [1.0, 1.0]
        begin = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            client.score(X)
        assert 0.25 < time.monotonic() - begin < 0.9
        assert (caught.value.code, plan.predictions) == (Code.DEADLINE_EXCEEDED, 1)
        time.sleep(0.1)
        plan.failures = []
        assert client.score(X).shape == (2,)  # a client outlives its errors


@pytest.mark.parametrize("scheme", ["http"], indirect=True)
def test_an_answer_in_drops_is_late_too(connect: Any, addresses: Any) -> None:
    drops = [b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n", *(bytes([byte]) for byte in b'{"model_spec": {}}')]
    with speaking(drops, pause=0.1) as port:
        client = connect("toy", at=replace(addresses, port=port), timeout=0.5)
        begin = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            client.score(X)
        assert time.monotonic() - begin < 1.2


def test_no_such_model(connect: Any) -> None:
    with pytest.raises(NotFound, match=r"^NOT_FOUND: Servable not found for request: Latest\(none\)$"):
        connect("none").score(X)
    with pytest.raises(NotFound, match=r"Specific\(plain, 9\)"):
        connect("plain", version=9).score(X)


def test_names_are_escaped(connect: Any) -> None:
    with pytest.raises(NotFound, match=r"Latest\(a/b: c%\)"):
        connect("a/b: c%").score(X)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "the answer must be JSON"),
        (b"[1]", "the answer must be a JSON object. Received: list"),
        (b'{"predictions": [1, 2]}', "the answer must hold outputs. Received: predictions"),
        (b'{"outputs": [1.5]}', r"output 'score' of endpoint 'score' must be float32 \[batch\] with batch 2"),
        (b'{"outputs": [[1.5], [2.5]]}', r"Received: float32 \[2, 1\]"),
        (b'{"outputs": ["a", "b"]}', "the answer must hold numbers"),
        (b'{"outputs": [[1.5], [2.5, 3]]}', "the answer must hold numbers"),
    ],
)
def test_rest_answers_that_are_none(addresses: Any, answer: bytes, message: str) -> None:
    plan = Plan(replace=lambda _: answer)
    with between(addresses, plan) as at, Client(f"http://127.0.0.1:{at.port}", "plain") as client:
        with pytest.raises(BadAnswer, match=message):
            client.score(X)
        assert plan.predictions == 1


def test_outputs_that_the_metadata_do_not_name(addresses: Any) -> None:
    plan = Plan(replace=lambda _: b'{"outputs": {"z": [[0, 0], [0, 0]]}}')
    message = r"must hold the outputs log_det_jacobian, z\. Received: z"
    with between(addresses, plan) as at, Client(f"http://127.0.0.1:{at.port}", "plain") as client:
        raises(lambda: client.encode(X), BadAnswer, message)


def test_nan_and_infinity_are_numbers(addresses: Any) -> None:
    plan = Plan(replace=lambda _: b'{"outputs": [NaN, -Infinity]}')
    with between(addresses, plan) as at, Client(f"http://127.0.0.1:{at.port}", "plain") as client:
        assert [str(score) for score in client.score(X)] == ["nan", "-inf"]


@pytest.mark.parametrize("bodies", [b"", b'{"model_spec": 1}', b'{"model_spec": {}, "metadata": {"signature_def": 3}}'])
def test_metadata_that_are_none(bodies: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(bodies)}\r\n\r\n".encode()
    with speaking([head + bodies]) as port, Client(f"http://127.0.0.1:{port}", "toy") as client:
        raises(lambda: client.score(X), BadAnswer, "^INTERNAL: the (answer|metadata) must ")


def test_a_connection_that_ends_in_the_middle_is_unavailable() -> None:
    part = b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"
    with speaking([part]) as port, Client(f"http://127.0.0.1:{port}", "toy", retries=0) as client:
        raises(lambda: client.score(X), Unavailable, "^UNAVAILABLE: ")


def test_statuses_that_are_not_tensorflow_servings(url: str) -> None:
    with Client(f"{url}/elsewhere", "plain") as client, pytest.raises(NotFound, match=r"HTTP status 404$"):
        client.score(X)
    assert from_http(418, "").code is Code.UNKNOWN
    assert type(from_http(502, "")) is Unavailable
    for code in set(Code) - {Code.OK}:
        assert type(from_http(code.http_status, "")) is type(server_error(code, ""))


@pytest.mark.parametrize("error", [ServerError(Code.INTERNAL, "a"), NotFound(Code.NOT_FOUND, "b"), BadAnswer("c")])
def test_errors_can_be_pickled(error: ServerError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, copy.message, str(copy)) == (type(error), error.code, error.message, str(error))


def test_a_closed_client(connect: Any) -> None:
    client = connect("plain")
    assert client.score(X).shape == (2,)
    client.close()
    client.close()
    for call in (lambda: client.score(X), lambda: client.endpoints):
        with pytest.raises(RuntimeError, match=r"^a client must be open\. Received: a call after close"):
            call()
    connect("plain").close()  # before it was ever used


def test_leaving_the_block_closes(url: str) -> None:
    with Client(url, "plain") as client:
        assert client.score(X).shape == (2,)
    with pytest.raises(RuntimeError, match="after close"):
        client.score(X)
    assert isinstance(client._core._transport._http._client, httpx.Client)  # type: ignore[attr-defined]
    assert client._core._transport._http._client.is_closed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8501",
        "ftp://a:1",
        "http://",
        "grpc://host",
        "grpc://a:1/x",
        "grpc://u@a:1",
        "http://a:b",
        "http://a?x=1",
        "http://a_b..c:1",
        f"http://{'a' * 64}:1",
        "http://a\u2028b:1",
        "http://a:1/\u2028",
        "http://xn--:1",
        "http://\u2603.net:1",
        "grpc://a..b:1",
        "grpc://a\u2028:1",
        "grpc://\ud800:1",
        7,
        None,
    ],
)
def test_urls_that_are_none(url: Any) -> None:
    with pytest.raises(InputError, match=r"^url must be http://host:port, .* Received: "):
        Client(url, "plain")
    with pytest.raises(InputError, match=r"^url must be http://host:port, .* Received: "):
        AsyncClient(url, "plain")


@pytest.mark.parametrize("url", ["http://a_b:1", "http://[::1]:1", "http://b\u00fccher.example:1", "grpc://a_b:1"])
def test_urls_that_are_some(url: str) -> None:
    with Client(url, "plain") as client:
        assert repr(client) == f"Client({url!r}, 'plain')"


def test_passwords_are_not_shown() -> None:
    with Client("http://me:secret@host:1/there/", "plain") as client:
        assert repr(client) == "Client('http://host:1/there', 'plain')"


@pytest.mark.parametrize(
    "settings",
    [
        {"model": ""},
        {"model": 3},
        {"version": -1},
        {"version": "1"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": None},
        {"batch_size": 0},
        {"batch_size": 1.5},
        {"retries": -1},
    ],
)
def test_settings_that_are_none(connect: Any, settings: Any) -> None:
    (name,) = settings
    with pytest.raises(InputError, match=rf"^{name} must be .*Received: "):
        connect(**({"model": "plain"} | settings))


def raises(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@contextmanager
def speaking(parts: list[bytes], pause: float = 0.0) -> Iterator[int]:
    """A server that says the same to everyone, a part at a time, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        for part in parts:
                            connection.sendall(part)
                            time.sleep(pause)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        assert not thread.is_alive()
