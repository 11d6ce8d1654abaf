"""Every method, over both transports, blocking and not: the numbers of a Scorer, and its words for bad arguments."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from tfgen_serving import InputError, Scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=[11, 2]) * 10.0 ** RNG.integers(-20, 15, size=[11, 1])
CONTEXT = RNG.normal(size=[11, 1])


@pytest.fixture(scope="module")
def plain(plain_bundle: Path) -> Scorer:
    return Scorer(plain_bundle)


@pytest.fixture(scope="module")
def given(context_bundle: Path) -> Scorer:
    return Scorer(context_bundle)


def same(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(found, wanted, strict=True)


def test_without_context(connect: Any, plain: Scorer) -> None:
    client = connect("plain")
    same(client.score(X), plain.score(X))
    same(client.sample(5, seed=-7), plain.sample(5, seed=-7))
    same(client.encode(X), plain.encode(X))
    same(client.decode(X), plain.decode(X))


def test_with_context(connect: Any, given: Scorer) -> None:
    client = connect("context")
    same(client.score(X, CONTEXT), given.score(X, CONTEXT))
    same(client.score(x=X, context=CONTEXT), given.score(X, CONTEXT))
    same(client.sample(4, CONTEXT[:3], seed=9), given.sample(4, CONTEXT[:3], seed=9))
    same(client.encode(X, CONTEXT), given.encode(X, CONTEXT))
    same(client.decode(X, CONTEXT), given.decode(X, CONTEXT))


def test_reconstruct(connect: Any, start: Any, toy: Any, tmp_path: Path) -> None:
    decode = toy.graphs(context=False)["decode"]
    nodes = [helper.make_node("Mul", ["x", "scale"], ["reconstructed"]), helper.make_node("Neg", ["x"], ["other"])]
    outputs = [("other", "float32", (2,)), ("reconstructed", "float32", (2,))]
    graph = replace(decode, inputs=[("x", "float32", (2,))], outputs=outputs, nodes=nodes)
    toy.write(tmp_path, extra={"reconstruct": graph})
    with start({"toy": tmp_path}) as at:
        same(connect("toy", at=at).reconstruct(X), Scorer(tmp_path).reconstruct(X))


def test_reconstruct_of_a_conditional_model(connect: Any, start: Any, toy: Any, tmp_path: Path) -> None:
    nodes = [helper.make_node("Mul", ["x", "context"], ["reconstructed"])]
    inputs, outputs = [("x", "float32", (2,)), ("context", "float32", (1,))], [("reconstructed", "float32", (2,))]
    graph = replace(toy.graphs(context=True)["decode"], inputs=inputs, outputs=outputs, nodes=nodes, constants={})
    toy.write(tmp_path, context=True, extra={"reconstruct": graph})
    with start({"toy": tmp_path}) as at:
        found = connect("toy", at=at).reconstruct(X, CONTEXT)
        same(found, Scorer(tmp_path).reconstruct(X, CONTEXT))
        np.testing.assert_allclose(found, np.float32(X) * np.float32(CONTEXT), rtol=1e-6)


def test_run_gives_every_output(connect: Any, plain: Scorer) -> None:
    found, wanted = connect("plain").run("encode", x=X), plain.run("encode", x=X)
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        same(found[name], array)


def test_integers_and_booleans(connect: Any, odd_bundle: Path) -> None:
    label, mask = [3, -(2**31)], [[1, 0, 1], [0, 0, 0]]
    found, wanted = (model.run("echo", label=label, mask=mask) for model in (connect("odd"), Scorer(odd_bundle)))
    for name, array in wanted.items():
        same(found[name], array)


def test_what_no_number_is_comes_back(connect: Any) -> None:
    found = connect("plain").score([[1e30, 0], [0.5, -1]])
    assert found[0] == -np.inf
    assert np.isfinite(found[1])
    assert connect("plain").decode([[3e38, 0]]).tolist() == [[np.inf, -1]]


def test_endpoints_are_the_bundles(connect: Any, given: Scorer) -> None:
    found = connect("context").endpoints
    assert found.keys() == given.endpoints.keys()
    for name, endpoint in given.endpoints.items():
        for side in ("inputs", "outputs"):
            assert {info.name: info for info in getattr(found[name], side)} == {
                info.name: info for info in getattr(endpoint, side)
            }


def test_repr(connect: Any, scheme: str, kind: str) -> None:
    name = {"blocking": "Client", "async": "AsyncClient"}[kind]
    assert repr(connect("plain", version=1)).startswith(f"{name}('{scheme}://127.0.0.1:")
    assert repr(connect("plain", version=1)).endswith("', 'plain', version=1)")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.score([0.0, 0.0]), r"x must have shape \[batch, 2\]\. Received: shape \(2,\)"),
        (lambda c: c.score([[0.0, np.nan]]), r"x must be finite"),
        (lambda c: c.score(X, CONTEXT), r"context must not be given: endpoint 'score' takes x\. Received: ndarray"),
        (lambda c: c.score(X, batch_size=0), r"batch_size must be an integer of at least 1\. Received: 0"),
        (lambda c: c.sample(0, seed=0), r"n must be an integer of at least 1\. Received: 0"),
        (lambda c: c.sample(2, seed=2**31), r"seed must be an integer in -2147483648\.\.2147483647"),
        (lambda c: c.run("encode", z=X), r"z must not be given: endpoint 'encode' takes x"),
        (
            lambda c: c.reconstruct(X),
            r"endpoint must be one of those of model 'plain': decode, encode, sample, score\. Received: 'reconstruct'",
        ),
    ],
)
def test_bad_arguments_are_told_before_they_are_sent(
    connect: Any, monkeypatch: pytest.MonkeyPatch, call: Any, message: str
) -> None:
    client = connect("plain")
    known = client.endpoints
    assert known

    async def refuse(*_: Any) -> None:
        raise AssertionError("it was sent")

    core = getattr(client, "client", client)._core
    monkeypatch.setattr(core._transport, "predict", refuse)
    with pytest.raises(InputError, match="^" + message):
        call(client)


def test_rows_are_counted_by_what_the_context_belongs_to(connect: Any) -> None:
    with pytest.raises(InputError, match=r"^context must have 11 rows, as x has\. Received: 1 rows"):
        connect("context").score(X, CONTEXT[:1])
    with pytest.raises(InputError, match=r"^context must be given to endpoint 'sample'"):
        connect("context").sample(2, seed=0)
