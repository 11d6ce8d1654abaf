"""Samples follow from seeds row by row, and follow the density."""

import keras
import numpy as np
from laws.registry import rows
from scipy import stats


def _context(model, count):
    return rows(model, count).get("context")


def _shape(model, count, contexts):
    return (count, *((contexts,) if model.context_shape else ()), *model.event_shape)


def test_a_seed_gives_one_sample(model):
    context = _context(model, 3)
    first, again, other = (model.sample(4, context, seed=seed).numpy() for seed in (5, 5, 6))
    assert first.shape == _shape(model, 4, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).min() > 0


def test_a_longer_sample_begins_with_the_shorter(model):
    context = _context(model, 3)
    long, short = (model.sample(count, context, seed=-3).numpy() for count in (100, 5))
    np.testing.assert_allclose(long[:5], short, rtol=1e-5, atol=1e-6)


def test_a_row_depends_on_its_own_seed_and_context_only(model):
    count = 12
    rng = np.random.default_rng(0)
    inputs = {"seed": rng.integers(-(2**31), 2**31, (count, 2)).astype(np.int32)}
    if model.context_shape:
        inputs["context"] = _context(model, count)
    whole = model.run("sample", **inputs)["x"].numpy()
    chosen = [7, 2, 9]
    part = model.run("sample", **{name: value[chosen] for name, value in inputs.items()})["x"].numpy()
    np.testing.assert_allclose(part, whole[chosen], rtol=1e-5, atol=1e-6)


def test_rows_do_not_repeat(model):
    context = None if model.context_shape is None else np.zeros((1, *model.context_shape), np.float32)
    draws = model.sample(200, context, seed=0).numpy().reshape(200, -1)
    assert len(np.unique(draws, axis=0)) == 200


def test_without_a_seed_keras_governs(model):
    context = _context(model, 2)
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(11)
        draws.append([model.sample(3, context).numpy() for _ in range(2)])
    np.testing.assert_array_equal(draws[0], draws[1])
    assert np.abs(draws[0][0] - draws[0][1]).min() > 0


def test_samples_follow_the_density(model):
    """E over x ~ p of u(x)/p(x) is 1 for any density u that p covers."""
    count = 20_000
    context = None
    if model.context_shape:
        context = np.repeat(rows(model, 1, seed=4)["context"], count, axis=0)
        x = model.run("sample", seed=_seeds(count), context=context)["x"].numpy()
    else:
        x = model.sample(count, seed=0).numpy()
    centre, spread = np.median(x, axis=0), 0.3 * x.std(axis=0)
    inner = stats.norm.logpdf(x, centre, spread).sum(axis=-1)
    weights = np.exp(inner - model.score(x, context).numpy().astype(np.float64))
    # Weights are bounded only where p is not tiny near the centre; the cut, common to both sides, keeps them so.
    error = weights.std() / np.sqrt(count)
    assert error < 0.1
    assert abs(weights.mean() - 1) < 5 * error


def _seeds(count):
    return np.stack([np.zeros(count, np.int32), np.arange(count, dtype=np.int32)], axis=1)
