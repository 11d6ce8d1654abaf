"""Models of sequences by a Scorer: the numbers of the Keras model and of SciPy, and what is said of the rest."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.sequences import Walk

from tfgen_serving import InputError, Scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=[9, 6, 2])
CONTEXT = RNG.normal(size=[9, 3])
STEPS = np.array([6, 1, 3, 0, 2, 6, 5, 4, 1])
MASK = np.arange(6) < STEPS[:, None]
GAPS = np.where(MASK[..., None], X, np.where(np.arange(2), np.nan, np.inf))
WALK = np.cumsum(RNG.normal(size=[9, 6, 1]), axis=1)


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


def test_score_is_scipys(walk: Scorer) -> None:
    x, context = np.where(MASK[..., None], WALK, np.nan), CONTEXT[:, :1]
    close(walk.score(x, context, mask=MASK), Walk().log_prob(WALK, context, MASK))
    close(walk.score(WALK, context), Walk().log_prob(WALK, context, MASK | True))


def test_score_is_the_keras_model_s(scorer: Scorer, rnn: Any, latent: Scorer, vrnn: Any) -> None:
    close(scorer.score(X, CONTEXT), rnn[0].score(X, CONTEXT))
    close(scorer.score(GAPS, CONTEXT, mask=MASK), rnn[0].score(GAPS, CONTEXT, mask=MASK))
    close(latent.score(GAPS[..., :1], mask=MASK), vrnn[0].score(GAPS[..., :1], mask=MASK))
    close(latent.score(X[..., :1]), vrnn[0].score(X[..., :1]))


def test_what_a_mask_leaves_out_changes_nothing(scorer: Scorer) -> None:
    scores = scorer.score(GAPS, CONTEXT, mask=MASK)
    assert scores.shape == (9,)
    np.testing.assert_array_equal(scores, scorer.score(X, CONTEXT, mask=MASK.astype(int)))
    for row, steps in enumerate(STEPS):
        if steps:
            close(scores[row], scorer.score(X[[row], :steps], CONTEXT[[row]])[0])
    assert scores[3] == 0, "a sequence of no steps"
    np.testing.assert_array_equal(scorer.run("score", x=GAPS, context=CONTEXT, mask=MASK)["score"], scores)
    np.testing.assert_array_equal(scorer.run("score", x=X, context=CONTEXT)["score"], scorer.score(X, CONTEXT))


def test_draws_are_the_keras_model_s(scorer: Scorer, rnn: Any, latent: Scorer, vrnn: Any) -> None:
    draws = scorer.sample(4, CONTEXT[:3], seed=-7, steps=5)
    assert draws.shape == (4, 3, 5, 2)
    close(draws, rnn[0].sample(4, CONTEXT[:3], seed=-7, steps=5))
    draws = latent.sample(4, seed=3, steps=5)
    assert draws.shape == (4, 5, 1)
    close(draws, vrnn[0].sample(4, seed=3, steps=5))
    close(latent.sample(4, seed=3, steps=2), draws[:, :2])


def test_a_draw_is_of_its_seed_row_and_context_row(walk: Scorer) -> None:
    context = np.array([[0.5], [10.5], [20.5]])
    draws = walk.sample(2, context, seed=9, steps=4)
    assert draws.shape == (2, 3, 4, 1)
    for i in range(2):
        for j in range(3):
            np.testing.assert_array_equal(draws[i, j, :, 0], context[j, 0] + i * 3 + j + np.arange(4))


@pytest.mark.parametrize("batch_size", [None, 2])
def test_codes_of_sequences(walk: Scorer, batch_size: int | None) -> None:
    context = CONTEXT[:, :1]
    z = walk.encode(GAPS[..., :1], context, mask=MASK, batch_size=batch_size)
    close(z, np.where(MASK, X[..., 0], 0).sum(axis=1, keepdims=True) + context)
    close(walk.encode(X[..., :1], context), X[..., 0].sum(axis=1, keepdims=True) + context)
    x = walk.decode(z, context, seed=7, steps=4, batch_size=batch_size)
    assert x.shape == (9, 4, 1)
    close(x[..., 0], z + context + np.arange(9)[:, None] + np.arange(4))


@pytest.mark.parametrize("batch_size", [1, 4, 8])
def test_batches_equal_the_whole(scorer: Scorer, latent: Scorer, batch_size: int) -> None:
    size: Any = {"batch_size": batch_size}
    close(scorer.score(GAPS, CONTEXT, mask=MASK, **size), scorer.score(GAPS, CONTEXT, mask=MASK))
    close(scorer.sample(3, CONTEXT[:3], seed=1, steps=4, **size), scorer.sample(3, CONTEXT[:3], seed=1, steps=4))
    close(latent.sample(9, seed=1, steps=4, **size), latent.sample(9, seed=1, steps=4))


def test_rows_of_unequal_length_in_several_batches(walk: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds, steps = [[0, row] for row in range(9)], np.maximum(STEPS, 1)
    whole = walk.run("sample", seed=seeds, steps=steps, context=CONTEXT[:, :1])
    np.testing.assert_array_equal(whole["x"], Walk().draws(seeds, steps, CONTEXT.astype(np.float32)))
    monkeypatch.setattr("tfgen_serving.scorer.rows_at_once", lambda endpoint, free: 2)
    found = walk.run("sample", seed=seeds, steps=steps, context=CONTEXT[:, :1])
    for name in ("x", "mask"):
        np.testing.assert_array_equal(found[name], whole[name], strict=True)


def test_long_sequences_run_a_few_at_a_time(walk_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer, sizes = Scorer(walk_bundle), []
    for name in ("score", "sample"):
        session = scorer._sessions.get(scorer.endpoints[name])
        original = session.run

        def spy(inputs: Any, original: Any = original) -> Any:
            sizes.append(len(inputs["context"]))
            return original(inputs)

        monkeypatch.setattr(session, "run", spy)
    most = 2**24 // (2 * 2**15 + 1)  # x, mask and context of a row, or seed and steps
    assert most == 255
    scorer.score(np.zeros([400, 2**15, 1], np.float32), np.zeros([400, 1]))
    assert scorer.sample(300, [[0.0]], seed=0, steps=2**15).shape == (300, 1, 2**15, 1)
    assert sizes == [255, 145, 256, 44]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.score(GAPS, CONTEXT), r"x must be finite: .* Received: inf at \[1, 0\] in row 1$"),
        (
            lambda s: s.score(GAPS, CONTEXT, mask=MASK | (STEPS == 2)[:, None]),
            r"x must be finite: .* Received: inf at \[2, 0\] in row 4$",
        ),
        (lambda s: s.score(X, CONTEXT, mask=MASK[:, ::-1]), r"mask must be true for the first steps .* in row 1"),
        (lambda s: s.score(X, CONTEXT, mask=MASK[:4]), r"mask must have the rows and steps of x, \(9, 6\)"),
        (lambda s: s.score(X, CONTEXT, mask=MASK * 2), "mask must hold true and false, or 1 and 0. Received: 2"),
        (lambda s: s.score(X, mask=MASK), "context must be given to endpoint 'score'"),
        (lambda s: s.score(X, CONTEXT[:4], mask=MASK), "context must have 9 rows, as x has. Received: 4 rows"),
        (lambda s: s.score(X[0], CONTEXT), r"x must have shape \[batch, \?, 2\]\. Received: shape \(6, 2\)"),
        (lambda s: s.score(X[:, :0], CONTEXT), "x must have at least one row, none of them empty"),
        (lambda s: s.score(None, CONTEXT), "x must be given to endpoint 'score'"),
        (lambda s: s.sample(2, CONTEXT, seed=0), r"steps must be given to endpoint 'sample': int32 \[batch\]\."),
        (lambda s: s.sample(2, CONTEXT, seed=0, steps=0), "steps must be an integer in 1..2147483647. Received: 0"),
        (lambda s: s.sample(2, CONTEXT, seed=0, steps=2.0), "steps must be an integer in 1..2147483647. Received: 2.0"),
        (lambda s: s.sample(2, CONTEXT, seed=0, steps=[2, 3]), "steps must be an integer in 1..2147483647"),
        (lambda s: s.sample(2, CONTEXT, seed=0, steps=2**31), "steps must be an integer in 1..2147483647"),
        (lambda s: s.sample(2, seed=0, steps=3), "context must be given to endpoint 'sample'"),
        (
            lambda s: s.run("sample", seed=[[0, 0]] * 2, steps=[3, 0], context=CONTEXT[:2]),
            "steps must be at least 1. Received: 0 in row 1",
        ),
    ],
)
def test_errors_of_a_model_of_sequences(scorer: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(scorer)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.decode(CONTEXT[:, :1], CONTEXT[:, :1], seed=0), "steps must be given to endpoint 'decode'"),
        (lambda s: s.decode(CONTEXT[:, :1], CONTEXT[:, :1], steps=4), "seed must be given to endpoint 'decode'"),
        (lambda s: s.decode(CONTEXT[:, :1], CONTEXT[:, :1], seed=0, steps=0), "steps must be an integer in 1"),
        (lambda s: s.decode(CONTEXT[:, :1], CONTEXT[:4, :1], seed=0, steps=4), "context must have 9 rows, as z has"),
        (lambda s: s.encode(X[..., :1], CONTEXT[:, :1], mask=MASK[:, 1:]), "mask must have the rows and steps of x"),
        (lambda s: s.encode(GAPS[..., :1], CONTEXT[:, :1]), "x must be finite"),
    ],
)
def test_errors_of_codes(walk: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(walk)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.score(X[:, 0], mask=MASK), "mask must not be given: endpoint 'score' takes x. Received: ndarray"),
        (lambda s: s.encode(X[:, 0], mask=MASK), "mask must not be given: endpoint 'encode' takes x"),
        (lambda s: s.decode(X[:, 0], steps=4), "steps must not be given: endpoint 'decode' takes z"),
        (lambda s: s.decode(X[:, 0], seed=4), "seed must not be given: endpoint 'decode' takes z"),
        (
            lambda s: s.sample(2, seed=0, steps=3),
            "steps must not be given: endpoint 'sample' takes seed. Received: int",
        ),
        (lambda s: s.stream(), "endpoint must be one of those in the bundle: .*Received: 'step'"),
    ],
)
def test_errors_of_another_model(plain_bundle: Path, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(Scorer(plain_bundle))
