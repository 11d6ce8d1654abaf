"""The numbers a Scorer returns, against SciPy and against the closed form of the toy endpoints."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfgen_serving import BundleError, InputError, Scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=[101, 2])
CONTEXT = RNG.normal(size=[101, 1])


@pytest.fixture(scope="module")
def plain(plain_bundle: Path) -> Scorer:
    return Scorer(plain_bundle)


@pytest.fixture(scope="module")
def given(context_bundle: Path) -> Scorer:
    return Scorer(context_bundle)


def test_score_is_scipys_log_density(toy: Any, plain: Scorer, given: Scorer) -> None:
    scores = plain.score(X)
    assert (scores.shape, scores.dtype.name) == ((101,), "float32")
    np.testing.assert_allclose(scores, toy.log_prob(X), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(given.score(X, CONTEXT), toy.log_prob(X, CONTEXT), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(given.score(x=X, context=CONTEXT), given.score(X, CONTEXT))


def test_score_takes_strided_and_transposed_arrays(toy: Any, plain: Scorer) -> None:
    np.testing.assert_array_equal(plain.score(X[::-3]), plain.score(X)[::-3])
    np.testing.assert_array_equal(plain.score(np.asfortranarray(X)), plain.score(X))


@pytest.mark.parametrize("batch_size", [1, 7, 100, 101, 102])
def test_batches_equal_the_whole(plain: Scorer, given: Scorer, batch_size: int) -> None:
    np.testing.assert_array_equal(plain.score(X, batch_size=batch_size), plain.score(X))
    np.testing.assert_array_equal(given.score(X, CONTEXT, batch_size=batch_size), given.score(X, CONTEXT))
    np.testing.assert_array_equal(given.encode(X, CONTEXT, batch_size=batch_size), given.encode(X, CONTEXT))
    np.testing.assert_array_equal(
        given.sample(20, CONTEXT[:5], seed=1, batch_size=batch_size), given.sample(20, CONTEXT[:5], seed=1)
    )


def test_no_run_is_larger_than_the_batch_size(plain: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    session = plain._sessions.get(plain.endpoints["score"])
    sizes = []
    original = session.run

    def spy(inputs: Any) -> Any:
        sizes.append(len(inputs["x"]))
        return original(inputs)

    monkeypatch.setattr(session, "run", spy)
    plain.score(X, batch_size=40)
    assert sizes == [40, 40, 21]
    plain.run("score", x=np.zeros([65537, 2]))
    assert sizes[3:] == [65536, 1]


@pytest.mark.parametrize("seed", [0, 7, -(2**31), 2**31 - 1])
def test_draw_i_has_the_seed_row_seed_i(plain: Scorer, seed: int) -> None:
    draws = plain.sample(5, seed=seed)
    assert draws.shape == (5, 2)
    np.testing.assert_array_equal(draws, [[seed, i] for i in range(5)])


def test_draw_i_for_context_row_j_has_the_seed_row_seed_ib_plus_j(given: Scorer) -> None:
    context = np.array([[0.5], [1.5], [2.5]])
    draws = given.sample(4, context, seed=9)
    assert draws.shape == (4, 3, 3)
    for i in range(4):
        for j in range(3):
            np.testing.assert_array_equal(draws[i, j], [9, i * 3 + j, context[j, 0]])


def test_a_larger_sample_begins_with_the_smaller(plain: Scorer, given: Scorer) -> None:
    np.testing.assert_array_equal(plain.sample(9, seed=3)[:4], plain.sample(4, seed=3))
    np.testing.assert_array_equal(given.sample(9, CONTEXT[:2], seed=3)[:4], given.sample(4, CONTEXT[:2], seed=3))
    assert given.sample(1, CONTEXT[:1], seed=3).shape == (1, 1, 3)


@pytest.mark.parametrize(("n", "rows"), [(2**31, None), (2**30, 2)])
def test_draws_end_where_int32_ends(
    plain: Scorer, given: Scorer, monkeypatch: pytest.MonkeyPatch, n: int, rows: int | None
) -> None:
    scorer, context = (plain, None) if rows is None else (given, CONTEXT[:rows])

    class Reached(Exception):
        pass

    def stop(*_: Any) -> None:  # in the place of billions of draws
        raise Reached

    monkeypatch.setattr(scorer, "_batched", stop)
    with pytest.raises(Reached):
        scorer.sample(n, context, seed=0)
    total = (n + 1) * (rows or 1)
    with pytest.raises(InputError, match=rf"^n must give at most 2\*\*31 draws .*Received: {total} draws"):
        scorer.sample(n + 1, context, seed=0)


def test_encode_and_decode_are_the_affine_map_and_its_inverse(toy: Any, plain: Scorer, given: Scorer) -> None:
    np.testing.assert_allclose(plain.encode(X), (X - toy.loc) / toy.scale, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(plain.decode(plain.encode(X)), X, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(given.decode(given.encode(X, CONTEXT), CONTEXT), X, rtol=1e-5, atol=1e-5)


def test_run_gives_every_output(toy: Any, plain: Scorer) -> None:
    outputs = plain.run("encode", x=X)
    assert list(outputs) == ["z", "log_det_jacobian"]
    base = -0.5 * (outputs["z"].astype(np.float64) ** 2 + np.log(2 * np.pi)).sum(axis=1)
    np.testing.assert_allclose(base + outputs["log_det_jacobian"], toy.log_prob(X), rtol=1e-5, atol=1e-5)


def test_run_casts_labels_and_masks(odd_bundle: Path) -> None:
    outputs = Scorer(odd_bundle).run("echo", label=np.array([3, -1]), mask=[[1, 0, 1], [0, 0, 0]])
    assert outputs["label_out"].tolist() == [3, -1]
    assert outputs["mask_out"].tolist() == [[True, False, True], [False] * 3]


def test_attributes(plain_bundle: Path, plain: Scorer) -> None:
    assert plain.score_kind == "exact"
    assert list(plain.endpoints) == ["score", "sample", "encode", "decode"]
    assert plain.endpoints["sample"].inputs[0].dtype == "int32"
    assert (plain.manifest.model, plain.bundle.version) == ("Toy", 1)
    assert repr(plain) == (
        f"Scorer({str(plain_bundle / '1')!r}, model='Toy', score_kind='exact', "
        "endpoints=['score', 'sample', 'encode', 'decode'])"
    )


def test_the_version_asked_for_is_the_one_that_runs(toy: Any, tmp_path: Path) -> None:
    toy.write(tmp_path, 1)
    toy.write(tmp_path, 2, context=True)
    assert "context" in {info.name for info in Scorer(tmp_path).endpoints["score"].inputs}
    assert Scorer(tmp_path, version=1).score([[0, 0]]).shape == (1,)
    with pytest.raises(BundleError, match=r"version must be one of \[1, 2\]"):
        Scorer(tmp_path, version=3)


def test_many_threads_may_share_one_scorer(toy: Any, given_bundle_scorers: list[Scorer]) -> None:
    parts = [slice(i, i + 10) for i in range(80)]
    for scorer in given_bundle_scorers:
        with ThreadPoolExecutor(8) as pool:
            scores = list(pool.map(lambda part: scorer.score(X[part], CONTEXT[part]), parts))  # noqa: B023
        for part, score in zip(parts, scores, strict=True):
            np.testing.assert_allclose(score, toy.log_prob(X[part], CONTEXT[part]), rtol=1e-5, atol=1e-5)


@pytest.fixture
def given_bundle_scorers(context_bundle: Path) -> list[Scorer]:
    # Fresh ones, whose session the threads race to make.
    return [Scorer(context_bundle, threads=threads) for threads in (None, 1, 2)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.score([0.0, 0.0]), r"x must have shape \[batch, 2\]\. Received: shape \(2,\)"),
        (lambda s: s.score([[0.0, np.nan]]), r"x must be finite"),
        (lambda s: s.score(None), r"x must be given to endpoint 'score'"),
        (
            lambda s: s.score(X, CONTEXT),
            r"context must not be given: endpoint 'score' takes x\. Received: ndarray",
        ),
        (lambda s: s.score(X, batch_size=0), r"batch_size must be an integer of at least 1\. Received: 0"),
        (lambda s: s.sample(0, seed=0), r"n must be an integer of at least 1\. Received: 0"),
        (lambda s: s.sample(2.0, seed=0), r"n must be an integer of at least 1\. Received: 2.0"),
        (lambda s: s.sample(2, seed=2**31), r"seed must be an integer in -2147483648\.\.2147483647"),
        (lambda s: s.sample(2, CONTEXT, seed=0), r"context must not be given: endpoint 'sample' takes seed"),
        (lambda s: s.decode([[0.0]]), r"z must have shape \[batch, 2\]"),
        (
            lambda s: s.run("scroe", x=X),
            r"endpoint must be one of those in the bundle: score, sample, encode, decode\. Received: 'scroe'",
        ),
        (lambda s: s.run("encode", z=X), r"z must not be given: endpoint 'encode' takes x"),
    ],
)
def test_errors_without_context(plain: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(plain)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda s: s.score(X),
            r"context must be given to endpoint 'score': float32 \[batch, 1\]\. Received: x",
        ),
        (lambda s: s.score(X, CONTEXT[:1]), r"context must have 101 rows, as x has\. Received: 1 rows"),
        (
            lambda s: s.score(X, CONTEXT[:, 0]),
            r"context must have shape \[batch, 1\]\. Received: shape \(101,\)",
        ),
        (lambda s: s.sample(2, seed=0), r"context must be given to endpoint 'sample'"),
        (lambda s: s.sample(2, [[np.nan]], seed=0), r"context must be finite"),
    ],
)
def test_errors_with_context(given: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(given)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_threads_are_a_positive_integer(plain_bundle: Path, threads: Any) -> None:
    with pytest.raises(InputError, match=r"^threads must be an integer of at least 1\. Received: "):
        Scorer(plain_bundle, threads=threads)


def test_an_endpoint_that_a_bundle_lacks(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    toy.edit_manifest(folder, endpoints={}, max_difference={})
    with pytest.raises(InputError, match=r"those in the bundle: none\. Received: 'encode'"):
        Scorer(tmp_path).encode(X)


def test_of_several_outputs_the_named_one_is_the_answer(
    toy: Any, odd_graphs: Any, plain: Scorer, tmp_path: Path
) -> None:
    encode = toy.graphs(context=False)["encode"]
    reversed_encode = replace(encode, outputs=encode.outputs[::-1])
    toy.write(tmp_path, extra={"encode": reversed_encode, "decode": odd_graphs["fork"]})
    scorer = Scorer(tmp_path)
    np.testing.assert_array_equal(scorer.encode(X), plain.encode(X))
    with pytest.raises(
        InputError,
        match=r"^endpoint 'decode' must have one output or one called 'x': .*Received: left, right$",
    ):
        scorer.decode([[0, 0]])
    assert list(scorer.run("decode", z=[[0, 0]])) == ["left", "right"]
