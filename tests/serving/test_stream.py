"""Streams: their scores add up to `score`, their draws are those of `sample`, over whatever runs the endpoints."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.sequences import Walk

from tfgen_serving import AsyncStream, InputError, Scorer, Stream

RNG = np.random.default_rng(3)
X = RNG.normal(size=[4, 7, 2]).astype(np.float32)
CONTEXT = RNG.normal(size=[4, 3])


@pytest.fixture(scope="module")
def scorer(rnn: Any) -> Scorer:
    return Scorer(rnn[1])


@pytest.fixture(scope="module")
def latent(vrnn: Any) -> Scorer:
    return Scorer(vrnn[1])


@pytest.fixture(scope="module")
def walk(walk_bundle: Path) -> Scorer:
    return Scorer(walk_bundle)


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def fed(stream: Any, x: Any) -> Any:
    """The scores of all steps, ``[rows, time]``."""
    return np.stack([stream.step(x[:, step]) for step in range(x.shape[1])], axis=1)


def test_scores_are_those_of_each_step(scorer: Scorer, rnn: Any) -> None:
    model = rnn[0]
    for stream in (scorer.stream(context=CONTEXT), Stream(model.run, context=CONTEXT)):
        assert (stream.rows, stream.time) == (4, 0)
        np.testing.assert_array_equal(stream.total, np.zeros(4))
        scores = fed(stream, X)
        close(scores, model.log_prob_steps(X, CONTEXT))
        close(stream.total, model.score(X, CONTEXT))
        np.testing.assert_allclose(stream.total, scores.astype(np.float64).sum(axis=1), rtol=1e-12)
        assert stream.time == 7
    close(stream.total, scorer.score(X, CONTEXT))


def test_with_no_seed_a_bound_s_steps_add_up_to_it(latent: Scorer, vrnn: Any) -> None:
    x = X[..., :1]
    wanted = latent.score(x)
    for stream in (latent.stream(4, seed=None), Stream(vrnn[0].run, 4, seed=None)):
        fed(stream, x)
        close(stream.total, wanted)
    seeded = latent.stream(4, seed=0)
    fed(seeded, x)
    close(seeded.total[0], wanted[0])  # whose seed row is (0, 0) all the same
    assert (np.abs(seeded.total - wanted)[1:] > 1e-3).all(), "other noise, another bound"


def test_a_stream_that_is_fed_its_own_draws_is_a_sample(scorer: Scorer, rnn: Any) -> None:
    wanted = scorer.sample(1, CONTEXT, seed=11, steps=6)[0]
    for stream in (scorer.stream(context=CONTEXT, seed=11), Stream(rnn[0].run, context=CONTEXT, seed=11)):
        drawn = []
        for _ in range(6):
            drawn.append(stream.next_x)
            stream.step(stream.next_x)
        close(np.stack(drawn, axis=1), wanted)
    close(stream.total, scorer.score(wanted, CONTEXT))


def test_rows_without_a_context_have_the_seed_rows_of_a_sample(latent: Scorer) -> None:
    close(latent.stream(5, seed=-4).next_x, latent.sample(5, seed=-4, steps=1)[:, 0])
    assert latent.stream().next_x.shape == (1, 1)


def test_a_context_that_only_the_start_takes(walk: Scorer) -> None:
    """`step` would refuse it."""
    context = CONTEXT[:, :1]
    stream = walk.stream(context=context, seed=2)
    x = np.cumsum(X[..., :1], axis=1)
    close(fed(stream, x).sum(axis=1), Walk().log_prob(x, context, np.ones([4, 7])))
    close(stream.total, Walk().log_prob(x, context, np.ones([4, 7])))
    close(stream.next_x, context + np.arange(4)[:, None] + 7)
    with pytest.raises(InputError, match=r"^context must not be given: endpoint 'step' takes x, state, time, seed"):
        Stream(walk.run, context=context).step(x[:, 0])


def test_a_step_that_fails_changes_nothing(walk: Scorer) -> None:
    stream, other = (walk.stream(context=[[0.0], [1.0]], seed=1) for _ in range(2))
    for each in (stream, other):
        each.step([[0.5], [1.5]])
    for wrong in ([[np.nan], [0.0]], [[0.0, 1.0]] * 2, [["a"], ["b"]]):
        with pytest.raises(InputError, match=r"^x must "):
            stream.step(wrong)
    assert stream.time == 1
    np.testing.assert_array_equal(stream.step([[2.0], [0.0]]), other.step([[2.0], [0.0]]))
    np.testing.assert_array_equal(stream.total, other.total)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 0}, "rows must be an integer in 1..2147483648. Received: 0"),
        ({"rows": 1.0}, "rows must be an integer in"),
        ({"rows": 3, "context": CONTEXT}, "context must have 3 rows, as the stream has. Received: 4 rows"),
        ({"context": 1.0}, r"context must have a row for each sequence\. Received: shape \(\)"),
        ({"context": CONTEXT[:, :2]}, r"context must have shape \[batch, 3\]"),
        ({"rows": 2}, "context must be given to endpoint 'start'"),
        ({"context": CONTEXT, "seed": 2**31}, r"seed must be an integer in -2147483648\.\.2147483647"),
        ({"context": CONTEXT, "seed": 0.5}, r"seed must be an integer in"),
    ],
)
def test_what_cannot_be_streamed(scorer: Scorer, arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        scorer.stream(**arguments)


@pytest.mark.parametrize("x", [X[:3, 0], X[0, 0, 0], X[:1, 0]])
def test_a_step_has_all_rows(scorer: Scorer, x: Any) -> None:
    with pytest.raises(InputError, match=r"^x must have 4 rows, one for each sequence\. Received: shape "):
        scorer.stream(context=CONTEXT).step(x)


def test_awaited(walk: Scorer) -> None:
    """The same numbers; and of two steps at once the second is refused, for it would begin where the first did."""

    async def run(endpoint: str, **inputs: Any) -> Any:
        await asyncio.sleep(0.01)
        return walk.run(endpoint, **inputs)

    async def test() -> None:
        stream = await AsyncStream.start(run, context=[[0.0]], seed=4, context_each_step=False)
        blocking = walk.stream(context=[[0.0]], seed=4)
        for _ in range(3):
            np.testing.assert_array_equal(stream.next_x, blocking.next_x)
            np.testing.assert_array_equal(await stream.step(stream.next_x), blocking.step(blocking.next_x))
        outcomes = await asyncio.gather(stream.step([[1.0]]), stream.step([[2.0]]), return_exceptions=True)
        np.testing.assert_array_equal(outcomes[0], blocking.step([[1.0]]))
        assert "one step at a time" in str(outcomes[1])
        with pytest.raises(InputError):
            await stream.step([[np.nan]])
        np.testing.assert_array_equal(await stream.step([[3.0]]), blocking.step([[3.0]]))
        np.testing.assert_array_equal(stream.total, blocking.total)
        assert stream.time == 5

    asyncio.run(test())
