"""What is sent again, and what is not, against servers that fail as they are told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.client.between import Plan, between

from tfgen_serving import DeadlineExceeded, InvalidRequest, Overloaded, Scorer, ServerError, Unavailable
from tfgen_serving.protocol.status import Code

X = [[0.5, -1.0], [2.5, -0.5]]


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def client(connect: Any, addresses: Any, plan: Plan) -> Iterator[Callable[..., Any]]:
    """Makes a client of a server that stands between, with its metadata already there."""
    with between(addresses, plan) as at:

        def make(**settings: Any) -> Any:
            made = connect("plain", at=at, **settings)
            assert made.endpoints
            return made

        yield make


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED])
def test_a_server_that_fails_twice(client: Any, plan: Plan, plain_bundle: Path, code: Code) -> None:
    made = client()
    plan.failures = [code, code]
    np.testing.assert_array_equal(made.score(X), Scorer(plain_bundle).score(X))
    assert plan.predictions == 3


def test_metadata_are_asked_for_again_too(connect: Any, addresses: Any) -> None:
    plan = Plan([Code.UNAVAILABLE])
    with between(addresses, plan) as at:
        assert "score" in connect("plain", at=at).endpoints
    assert len(plan.seen) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.INVALID_ARGUMENT, InvalidRequest),
        (Code.DEADLINE_EXCEEDED, DeadlineExceeded),
        (Code.INTERNAL, ServerError),
        (Code.UNIMPLEMENTED, ServerError),
        (Code.PERMISSION_DENIED, ServerError),
    ],
)
def test_what_another_time_would_not_change_is_sent_once(
    client: Any, plan: Plan, code: Code, kind: type[ServerError]
) -> None:
    made = client()
    plan.failures = [code, code]
    with pytest.raises(kind, match=f"^{code.name}: told to fail$") as caught:
        made.score(X)
    assert (type(caught.value), caught.value.code, plan.predictions) == (kind, code, 1)


@pytest.mark.parametrize(("code", "kind"), [(Code.UNAVAILABLE, Unavailable), (Code.RESOURCE_EXHAUSTED, Overloaded)])
@pytest.mark.parametrize("retries", [0, 2])
def test_so_many_times_and_no_more(client: Any, plan: Plan, code: Code, kind: type[ServerError], retries: int) -> None:
    made = client(retries=retries)
    plan.failures = [code] * 9
    with pytest.raises(kind, match="told to fail"):
        made.score(X)
    assert plan.predictions == retries + 1


def test_waits_grow_and_end_in_time(client: Any, plan: Plan) -> None:
    made = client(timeout=1.0, retries=1000)
    plan.failures = [Code.UNAVAILABLE] * 1000
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        made.score(X)
    assert time.monotonic() - begin < 1.5
    assert 2 <= plan.predictions <= 4  # after 0.1, 0.3 and 0.7 seconds, or later


def test_a_server_that_starts_later(connect: Any, addresses: Any, plain_bundle: Path) -> None:
    ports = [free_port(), free_port()]
    with ExitStack() as stack:

        def begin() -> None:
            stack.enter_context(between(addresses, Plan(), port=ports[0], grpc_port=ports[1]))

        timer = threading.Timer(1.0, begin)
        timer.start()
        at = replace(addresses, port=ports[0], grpc_port=ports[1])
        try:
            scores = connect("plain", at=at, retries=6).score(X)
        finally:
            timer.join()
    np.testing.assert_array_equal(scores, Scorer(plain_bundle).score(X))


def test_a_server_that_never_comes(connect: Any, addresses: Any) -> None:
    at = replace(addresses, port=free_port(), grpc_port=free_port())
    with pytest.raises(Unavailable) as caught:
        connect("plain", at=at, retries=1).score(X)
    assert caught.value.code is Code.UNAVAILABLE


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
