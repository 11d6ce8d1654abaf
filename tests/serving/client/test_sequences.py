"""Models of sequences from a server, over both transports, blocking and not: the numbers and the words of a Scorer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.client.test_versions import wait_for
from serving.sequences import Walk

from tfgen_serving import InputError, NotFound, Scorer
from tfgen_serving.server.runtime import OnnxRuntime
from tfgen_serving.server.serve import Addresses

RNG = np.random.default_rng(0)
X = RNG.normal(size=[9, 6, 2])
CONTEXT = RNG.normal(size=[9, 3])
STEPS = np.array([6, 1, 3, 0, 2, 6, 5, 4, 1])
MASK = np.arange(6) < STEPS[:, None]
GAPS = np.where(MASK[..., None], X, np.nan)
CALLS = {
    "score": lambda m: m.score(X, CONTEXT),
    "score, masked": lambda m: m.score(GAPS, CONTEXT, mask=MASK),
    "score, by run": lambda m: m.run("score", x=GAPS, context=CONTEXT, mask=MASK)["score"],
    "sample": lambda m: m.sample(3, CONTEXT[:3], seed=-5, steps=4),
    "sample, by run": lambda m: m.run(
        "sample", seed=np.arange(18).reshape(9, 2), steps=np.maximum(STEPS, 1), context=CONTEXT
    )["x"],
}
WRONG = {
    "no number": lambda m: m.score(GAPS, CONTEXT),
    "a mask with a hole": lambda m: m.score(X, CONTEXT, mask=MASK[:, ::-1]),
    "too short a mask": lambda m: m.score(X, CONTEXT, mask=MASK[:, :5]),
    "too few contexts": lambda m: m.score(X, CONTEXT[:2], mask=MASK),
    "no steps": lambda m: m.sample(2, CONTEXT, seed=0),
    "too few steps": lambda m: m.sample(2, CONTEXT, seed=0, steps=0),
    "a row of no steps": lambda m: m.run("sample", seed=[[0, 0]], steps=[0], context=CONTEXT[:1]),
}


@pytest.fixture(scope="module")
def at(start: Any, rnn: Any, vrnn: Any, walk_bundle: Path) -> Iterator[Addresses]:
    with start({"rnn": rnn[1], "vrnn": vrnn[1], "walk": walk_bundle}) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def scorer(rnn: Any) -> Scorer:
    return Scorer(rnn[1])


def stepped(client: Any, stream: Any, x: Any) -> Any:
    """Feeds a stream, which of an AsyncClient is awaited."""
    runner = getattr(client, "runner", None)
    return stream.step(x) if runner is None else runner.run(stream.step(x))


@pytest.mark.parametrize("name", CALLS)
def test_calls(connect: Any, at: Addresses, scorer: Scorer, name: str) -> None:
    expected = CALLS[name](scorer)
    np.testing.assert_array_equal(CALLS[name](connect("rnn", at=at)), expected, strict=True)
    in_parts = CALLS[name](connect("rnn", at=at, batch_size=2))
    np.testing.assert_allclose(in_parts, expected, rtol=1e-5, atol=1e-6, strict=True)


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit(connect: Any, at: Addresses, scorer: Scorer, name: str) -> None:
    with pytest.raises(InputError) as wanted:
        WRONG[name](scorer)
    with pytest.raises(InputError) as found:
        WRONG[name](connect("rnn", at=at))
    assert str(found.value) == str(wanted.value)


def test_another_model_takes_neither(connect: Any) -> None:
    with pytest.raises(InputError, match=r"^mask must not be given: endpoint 'score' takes x\."):
        connect("plain").score(X[:, 0], mask=MASK)
    with pytest.raises(InputError, match=r"^steps must not be given: endpoint 'sample' takes seed\."):
        connect("plain").sample(2, seed=0, steps=3)
    with pytest.raises(InputError, match=r"^endpoint must be one of those of model 'plain': .*Received: 'step'"):
        connect("plain").stream()


def test_a_stream_is_the_scorer_s(connect: Any, at: Addresses, scorer: Scorer) -> None:
    client = connect("rnn", at=at)
    stream, wanted = client.stream(context=CONTEXT, seed=3), scorer.stream(context=CONTEXT, seed=3)
    for step in range(6):
        x = X[:, step] if step < 3 else wanted.next_x
        np.testing.assert_array_equal(stream.next_x, wanted.next_x)
        np.testing.assert_array_equal(stepped(client, stream, x), wanted.step(x), strict=True)
    np.testing.assert_array_equal(stream.total, wanted.total)
    assert stream.time == 6


def test_codes(connect: Any, at: Addresses, walk_bundle: Path) -> None:
    client, scorer, context = connect("walk", at=at, batch_size=2), Scorer(walk_bundle), CONTEXT[:, :1]
    z = scorer.encode(GAPS[..., :1], context, mask=MASK)
    np.testing.assert_array_equal(client.encode(GAPS[..., :1], context, mask=MASK), z, strict=True)
    wanted = scorer.decode(z, context, seed=3, steps=4)
    np.testing.assert_array_equal(client.decode(z, context, seed=3, steps=4), wanted, strict=True)


def test_a_bound_s_stream_adds_up_to_it(connect: Any, at: Addresses) -> None:
    client = connect("vrnn", at=at, batch_size=4)
    stream = client.stream(9, seed=None)
    for step in range(6):
        stepped(client, stream, X[:, step, :1])
    np.testing.assert_allclose(stream.total, client.score(X[..., :1]), rtol=1e-5, atol=1e-5)


def test_a_context_that_only_the_start_takes(connect: Any, at: Addresses) -> None:
    client = connect("walk", at=at)
    stream = client.stream(context=[[0.5]])
    stepped(client, stream, [[1.5]])
    np.testing.assert_allclose(stream.total, Walk().log_prob([[[1.5]]], [[0.5]], [[1]]), rtol=1e-6)


def test_a_stream_stays_with_its_version(connect: Any, start: Any, toy: Any, tmp_path: Path) -> None:
    """Its state is another model's: a step by the next version would be a number, and wrong."""
    Walk().write(toy, tmp_path)
    with start({"toy": tmp_path}, poll_seconds=0.02) as at:
        client = connect("toy", at=at)
        stream = client.stream(context=[[0.0]])
        stepped(client, stream, [[1.0]])
        Walk().write(toy, tmp_path / ".hidden", 2)
        (tmp_path / ".hidden" / "2").rename(tmp_path / "2")
        wait_for(at, 1, "END")
        with pytest.raises(NotFound):
            stepped(client, stream, [[2.0]])
        assert stream.time == 1
        anew = client.stream(context=[[0.0]])
        stepped(client, anew, [[1.0]])
        np.testing.assert_array_equal(anew.total, stream.total)


def test_a_closed_client_has_no_streams(connect: Any, at: Addresses) -> None:
    client = connect("walk", at=at)
    stream = client.stream(context=[[0.0]])
    client.close()
    with pytest.raises(RuntimeError, match="a client must be open"):
        stepped(client, stream, [[1.0]])
    with pytest.raises(RuntimeError, match="a client must be open"):
        client.stream(context=[[0.0]])


class Padding(OnnxRuntime):
    """Draws two steps more, as for a longer request beside, and gives noughts there: as TensorFlow Serving may."""

    def run(self, endpoint: str, inputs: Any) -> dict[str, Any]:
        outputs = super().run(endpoint, inputs)
        if endpoint == "sample":
            outputs = {name: np.pad(array, [(0, 0), (0, 2), (0, 0)][: array.ndim]) for name, array in outputs.items()}
        return outputs


def test_what_a_server_pads_is_cut(connect: Any, start: Any, walk_bundle: Path) -> None:
    context = np.arange(5.0)[:, None]
    with start({"walk": walk_bundle}, make_runtime=Padding) as at:
        client, scorer = connect("walk", at=at, batch_size=2), Scorer(walk_bundle)
        wanted = scorer.sample(1, context, seed=1, steps=3)
        np.testing.assert_array_equal(client.sample(1, context, seed=1, steps=3), wanted, strict=True)
        inputs: Any = {"seed": [[0, i] for i in range(5)], "steps": [1, 2, 4, 1, 1], "context": context}
        found, whole = client.run("sample", **inputs), scorer.run("sample", **inputs)
        for name in ("x", "mask"):
            np.testing.assert_array_equal(found[name], whole[name], strict=True)


@pytest.mark.parametrize("scheme", ["grpc"], indirect=True)
@pytest.mark.parametrize("kind", ["blocking"], indirect=True)
def test_long_draws_come_in_several_answers(connect: Any, at: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    client, rows = connect("walk", at=at), []
    transport = client._core._transport
    original = transport.predict

    async def spy(signature: Any, inputs: Any, *more: Any) -> Any:
        rows.append(len(inputs["seed"]))
        return await original(signature, inputs, *more)

    monkeypatch.setattr(transport, "predict", spy)
    assert client.sample(100, [[0.0]], seed=0, steps=10_000).shape == (100, 1, 10_000, 1)
    assert max(rows) == 2**20 // 50_000, "five bytes a step, and a message of a quarter of gRPC's largest"


def test_streams_of_one_client_at_once(at: Addresses, walk_bundle: Path) -> None:
    from tfgen_serving import AsyncClient

    async def test() -> None:
        async with AsyncClient(f"http://127.0.0.1:{at.port}", "walk") as client:
            streams = await asyncio.gather(*(client.stream(context=[[float(i)]]) for i in range(8)))
            for step in range(3):
                await asyncio.gather(*(stream.step([[float(step)]]) for stream in streams))
            x = np.arange(3.0)[None, :, None]
            for i, stream in enumerate(streams):
                np.testing.assert_allclose(stream.total, Walk().log_prob(x, [[i]], [[1] * 3]), rtol=1e-6)

    asyncio.run(test())
