"""How rows become requests: any size gives the same answer, no request is larger, and none fills a message."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving.client.between import Plan, between

from tfgen_serving import InvalidRequest, Scorer, SignatureInfo, TensorInfo
from tfgen_serving.calls import run
from tfgen_serving.client.settings import rows_in_a_request
from tfgen_serving.protocol.status import Code
from tfgen_serving.server.limits import Limits

X = np.random.default_rng(0).normal(size=[40, 2])


@pytest.fixture
def client(connect: Any) -> Any:
    return connect("plain")


@pytest.fixture(scope="module")
def scorer(plain_bundle: Path) -> Scorer:
    return Scorer(plain_bundle)


@given(rows=st.integers(1, 40), batch_size=st.integers(1, 45))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_batch_size(client: Any, scorer: Scorer, rows: int, batch_size: int) -> None:
    np.testing.assert_array_equal(client.score(X[:rows], batch_size=batch_size), scorer.score(X[:rows]))
    draws = client.sample(rows, seed=3, batch_size=batch_size)
    np.testing.assert_array_equal(draws, scorer.sample(rows, seed=3), strict=True)


@pytest.mark.parametrize(("rows", "requests"), [(1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_edges(connect: Any, addresses: Any, rows: int, requests: int) -> None:
    plan = Plan()
    with between(addresses, plan) as at:
        client = connect("plain", at=at, batch_size=10)
        assert client.score(X[:rows]).shape == (rows,)
        assert plan.predictions == requests
        assert client.score(X[:10], batch_size=5).shape == (10,)
        assert plan.predictions == requests + 2


def test_no_request_is_larger(connect: Any, start: Any, plain_bundle: Path) -> None:
    with start({"plain": plain_bundle}, limits=Limits(max_rows=7)) as at:
        client = connect("plain", at=at, batch_size=7)
        assert client.score(X).shape == (40,)
        with pytest.raises(InvalidRequest, match=r"at most 7 rows\. Received: 8"):
            client.score(X, batch_size=8)


def test_metadata_and_the_version_are_asked_for_once(connect: Any, addresses: Any, scheme: str) -> None:
    plan = Plan()
    with between(addresses, plan) as at:
        client = connect("plain", at=at, batch_size=10)
        client.score(X)
        client.score(X[:10])
    others = [path for path in plan.seen if not path.lower().endswith("predict")]
    if scheme == "http":
        assert others == ["/v1/models/plain/metadata", "/v1/models/plain"]
        assert [path for path in plan.seen if path.endswith(":predict")] == [
            *["/v1/models/plain/versions/1:predict"] * 4,
            "/v1/models/plain:predict",
        ]
    else:
        assert others == ["/tensorflow.serving.PredictionService/GetModelMetadata"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "size", "rows"),
    [
        ((2,), (), None, 16384),  # the most rows, however narrow
        ((784,), (), None, 334),
        ((), (784, 3), None, 111),  # what comes back counts too
        ((None,), (), 1024, 256),  # a free size is what the array has
        ((10**7,), (), None, 1),
    ],
)
def test_requests_stay_well_below_4_mb(inputs: Any, outputs: Any, size: int | None, rows: int) -> None:
    x, y = (TensorInfo(name=n, dtype="float32", shape=(None, *s)) for n, s in (("x", inputs), ("y", outputs)))
    signature = SignatureInfo(name="f", inputs=(x,), outputs=(y,))
    work = run("f", {"x": np.zeros([2, *(size or s for s in inputs)], np.float32)}).check(signature)
    assert rows_in_a_request(signature, work) == rows


def test_a_message_over_grpcs_limit(connect: Any, start: Any, plain_bundle: Path, scheme: str) -> None:
    rows = np.zeros([300, 2])
    with start({"plain": plain_bundle}, limits=Limits(max_body_bytes=1000)) as at:
        client = connect("plain", at=at)
        with pytest.raises(
            InvalidRequest, match="larger than max.*: make batch_size smaller" if scheme == "grpc" else "1000 bytes"
        ):
            client.score(rows)
        assert client.score(rows, batch_size=50).shape == (300,)


@pytest.mark.parametrize("kind", ["async"], indirect=True)
@pytest.mark.parametrize("concurrency", [1, 3])
def test_so_many_requests_at_once(connect: Any, addresses: Any, concurrency: int) -> None:
    plan = Plan()
    with between(addresses, plan) as at:
        client = connect("plain", at=at, batch_size=4, concurrency=concurrency)
        assert client.endpoints
        plan.failures = [0.1] * 10
        assert client.score(X).shape == (40,)
    assert plan.most == concurrency


@pytest.mark.parametrize("kind", ["async"], indirect=True)
def test_one_failure_ends_the_others(connect: Any, addresses: Any) -> None:
    plan = Plan()
    with between(addresses, plan) as at:
        client = connect("plain", at=at, batch_size=1, concurrency=2, version=1)
        assert client.endpoints
        plan.failures = [0.0, Code.INVALID_ARGUMENT, *[0.1] * 40]
        with pytest.raises(InvalidRequest, match="told to fail"):
            client.score(X)
        assert plan.predictions <= 4


@pytest.mark.parametrize("scheme", ["grpc"], indirect=True)
def test_answers_may_be_larger_than_grpcs_limit(client: Any) -> None:
    draws = client.sample(300_000, seed=0, batch_size=300_000)  # of 16 bytes
    np.testing.assert_array_equal(draws[:, 1], np.arange(300_000))
