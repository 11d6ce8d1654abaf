"""Files of sequences: arrays with their time and mask, and what is said of files that cannot hold them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving.sequences import Walk

from tfgen_serving import InputError, Scorer
from tfgen_serving.tables import arrays, sample_file, score_file

RNG = np.random.default_rng(0)
STEPS = RNG.integers(0, 7, 40)
MASK = np.arange(6) < STEPS[:, None]
WALK = np.cumsum(RNG.normal(size=[40, 6, 1]), axis=1)
GAPS = np.where(MASK[..., None], WALK, np.nan)
CONTEXT = RNG.normal(size=[40, 1]).astype("float32")


@pytest.fixture(scope="module")
def walk(walk_bundle: Path) -> Scorer:
    return Scorer(walk_bundle)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.npy"


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
@pytest.mark.parametrize("size", [1, 7, None])
def test_masked_sequences_are_scored(
    walk: Scorer, write: Any, dtype: Any, size: int | None, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_BYTES", 500)  # so that the file is read in pieces
    data = write(out.with_name("rows.npz"), {"x": GAPS, "mask": MASK.astype(dtype), "context": CONTEXT})
    summary = score_file(walk, data, out, batch_size=size)
    np.testing.assert_allclose(np.load(out), Walk().log_prob(WALK, CONTEXT, MASK), rtol=1e-5, atol=1e-5)
    assert (summary.rows, summary.bad) == (40, 0)


def test_without_a_mask_all_steps_count(walk: Scorer, write: Any, out: Path) -> None:
    data = write(out.with_name("rows.npz"), {"x": WALK, "context": CONTEXT})
    score_file(walk, data, out)
    np.testing.assert_allclose(np.load(out), Walk().log_prob(WALK, CONTEXT, MASK | True), rtol=1e-5, atol=1e-5)


def test_a_file_of_x_alone(vrnn: Any, write: Any, out: Path) -> None:
    model, base = vrnn
    score_file(Scorer(base), write(out.with_name("rows.npy"), {"x": WALK}), out)
    np.testing.assert_allclose(np.load(out), model.score(WALK), rtol=1e-5, atol=1e-5)


def test_rows_that_cannot_be_scored(walk: Scorer, write: Any, out: Path) -> None:
    x, mask = WALK.copy(), np.ones([40, 6])
    x[3, 2], x[5, 4], mask[5, 3:] = np.nan, np.inf, 0
    mask[7], mask[9, 5], mask[11, 0] = [1, 0, 1, 1, 0, 0], 2, 0.5
    data = write(out.with_name("rows.npz"), {"x": x, "mask": mask, "context": CONTEXT})
    summary = score_file(walk, data, out, on_error="null")
    bad = dict(summary.first_bad)
    assert (list(bad), summary.bad) == ([3, 7, 9, 11], 4)
    assert bad[3] == "x[2, 0] must be finite. Received: nan"
    assert bad[7].endswith(
        "true for the first steps of a row and false for the rest. Received: true in step 2, after false"
    )
    assert bad[9] == "mask must hold true and false, or 1 and 0. Received: 2.0 in step 5"
    assert bad[11] == "mask must hold true and false, or 1 and 0. Received: 0.5 in step 0"
    good = np.delete(np.arange(40), [3, 7, 9, 11])
    wanted = Walk().log_prob(np.where(mask[good, :, None] == 1, x[good], 0), CONTEXT[good], mask[good] == 1)
    np.testing.assert_allclose(np.load(out)[good], wanted, rtol=1e-5, atol=1e-5)
    assert np.isnan(np.load(out)[[3, 7, 9, 11]]).all()
    with pytest.raises(InputError, match=r"^row 3 has no score, .*: x\[2, 0\] must be finite"):
        score_file(walk, data, out.with_name("other.npy"))


def test_long_sequences_are_scored_a_few_at_a_time(walk_bundle: Path, write: Any, out: Path) -> None:
    scorer, sizes = Scorer(walk_bundle), []
    session = scorer._sessions.get(scorer.endpoints["score"])
    original = session.run

    def spy(inputs: Any) -> Any:
        sizes.append(len(inputs["x"]))
        return original(inputs)

    session.run = spy  # type: ignore[method-assign]
    data = write(out.with_name("rows.npz"), {"x": np.zeros([150, 2**16, 1], "float32"), "context": np.zeros([150, 1])})
    score_file(scorer, data, out)
    assert sizes == [127, 23], "of sixteen million numbers at most, the mask's among them"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"x": WALK, "mask": MASK[:, :5], "context": CONTEXT}, "mask must have 6 steps, as x has. Received: 5 steps"),
        ({"x": WALK, "mask": MASK[:5], "context": CONTEXT}, "mask must have 40 rows, as x has. Received: 5 rows"),
        ({"x": WALK, "mask": MASK[0], "context": CONTEXT}, r"mask must have shape \[batch, \?\]"),
        ({"x": WALK, "mask": MASK}, "context must be given to endpoint 'score'"),
        ({"mask": MASK, "context": CONTEXT}, "the file must hold x, perhaps mask, and context for a conditional model"),
        ({"x": WALK[:, 0], "context": CONTEXT}, r"x must have shape \[batch, \?, 1\]\. Received: shape \(40, 1\)"),
        ({"x": WALK[:, :0], "context": CONTEXT}, "x must have at least one row, none of them empty"),
    ],
)
def test_arrays_that_do_not_fit(walk: Scorer, write: Any, members: Any, told: str, out: Path) -> None:
    with pytest.raises(InputError, match=f"^{told}"):
        score_file(walk, write(out.with_name("rows.npz"), members), out)


def test_no_other_model_takes_a_mask(given: Scorer, write: Any, out: Path) -> None:
    data = write(
        out.with_name("rows.npz"), {"x": np.zeros([3, 2]), "mask": np.ones([3, 2]), "context": np.zeros([3, 1])}
    )
    with pytest.raises(
        InputError, match=r"^the file must hold x, and context for a conditional model\. Received: .*mask"
    ):
        score_file(given, data, out)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_columns_hold_no_sequences(walk: Scorer, write: Any, ending: str, out: Path) -> None:
    data = write(out.with_name(f"rows{ending}"), {"x": [1.0, 2.0], "context": [1.0, 2.0]})
    told = r"the file must be \.npz, or \.npy of x alone, to hold sequences: x is float32 \[batch, \?, 1\]\."
    with pytest.raises(InputError, match=rf"^{told} Received: .*rows\{ending}"):
        score_file(walk, data, out)


@pytest.mark.parametrize("size", [1, 4, 10, None])
def test_draws(walk: Scorer, vrnn: Any, write: Any, size: int | None, out: Path) -> None:
    latent = Scorer(vrnn[1])
    assert sample_file(latent, 10, out, seed=5, steps=4, batch_size=size) == 10
    np.testing.assert_allclose(np.load(out), latent.sample(10, seed=5, steps=4), rtol=1e-5, atol=1e-6, strict=True)
    for name in ("c.csv", "c.npz"):
        data = write(out.with_name(name), {"context": CONTEXT[:3] if name == "c.npz" else CONTEXT[:3, 0]})
        assert sample_file(walk, 5, out, seed=9, steps=4, context=data, batch_size=size) == 15
        np.testing.assert_array_equal(np.load(out), walk.sample(5, CONTEXT[:3], seed=9, steps=4), strict=True)


def test_draws_that_cannot_be(plain: Scorer, vrnn: Any, out: Path) -> None:
    latent = Scorer(vrnn[1])
    for scorer, options, told in (
        (latent, {}, "--steps must be given: the model is of sequences, of any length. Received: none"),
        (latent, {"steps": 0}, "steps must be an integer in"),
        (plain, {"steps": 4}, "--steps must not be given: the model is not of sequences. Received: 4"),
        (latent, {"steps": 4, "out": out.with_suffix(".csv")}, "--out must end in .npy, to hold sequences of --steps"),
        (latent, {"steps": 4, "out": out.with_suffix(".parquet")}, "--out must .* Received: .*out.parquet"),
    ):
        with pytest.raises(InputError, match=f"^{told}"):
            sample_file(scorer, **{"n": 3, "out": out, "seed": 0, **options})  # type: ignore[arg-type]
    assert list(out.parent.iterdir()) == []


def test_long_draws_are_made_a_few_at_a_time(walk: Scorer, write: Any, out: Path) -> None:
    told: list[int] = []
    data = write(out.with_name("c.npz"), {"context": np.zeros([1, 1])})
    sample_file(walk, 300, out, seed=0, steps=2**16, context=data, progress=lambda done, total: told.append(done))
    assert told == [128, 256, 300]
