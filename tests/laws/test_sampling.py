"""Samples follow from seeds row by row, and follow the density."""

import keras
import numpy as np
import pytest
from laws.line import from_line, to_line
from laws.registry import EXACT, INTEGRABLE, all_events, rows, run_sample, shared, steps_of, whole_shape
from laws.truth import draws_from_density, true_log_prob
from scipy import stats

import tfgen
from tfgen.judging import two_sample_test


def _context(model, count):
    return rows(model, count).get("context")


def _shape(model, count, contexts):
    return (count, *((contexts,) if model.context_shape else ()), *whole_shape(model))


def test_a_seed_gives_one_sample(model):
    context = _context(model, 3)
    first, again, other = (model.sample(4, context, seed=seed, **steps_of(model)).numpy() for seed in (5, 5, 6))
    assert first.shape == _shape(model, 4, 3)
    np.testing.assert_array_equal(first, again)
    assert _apart(model, first, other)


def _apart(model, first, second):
    """Whether two samples have nothing in common; of few events they must only not be the same."""
    differences = np.abs(first - second)
    return differences.max() > 0 if model.inputs_spec.support.levels else differences.min() > 0


def test_a_longer_sample_begins_with_the_shorter(model):
    context = _context(model, 3)
    long, short = (model.sample(count, context, seed=-3, **steps_of(model)).numpy() for count in (100, 5))
    np.testing.assert_allclose(long[:5], short, rtol=1e-5, atol=1e-6)


def test_a_row_depends_on_its_own_seed_and_context_only(model):
    count = 12
    rng = np.random.default_rng(0)
    inputs = {"seed": rng.integers(-(2**31), 2**31, (count, 2)).astype(np.int32)}
    if model.context_shape:
        inputs["context"] = _context(model, count)
    whole = run_sample(model, **inputs)
    chosen = [7, 2, 9]
    part = run_sample(model, **{name: value[chosen] for name, value in inputs.items()})
    np.testing.assert_allclose(part, whole[chosen], rtol=1e-5, atol=1e-6)


def test_rows_do_not_repeat(model):
    if model.inputs_spec.support.levels is not None:
        pytest.skip("there are fewer events than rows")
    context = None if model.context_shape is None else np.zeros((1, *model.context_shape), np.float32)
    draws = model.sample(200, context, seed=0, **steps_of(model)).numpy().reshape(200, -1)
    assert len(np.unique(draws, axis=0)) == 200


def test_without_a_seed_keras_governs(model):
    context = _context(model, 2)
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(11)
        draws.append([model.sample(3, context, **steps_of(model)).numpy() for _ in range(2)])
    np.testing.assert_array_equal(draws[0], draws[1])
    assert _apart(model, *draws[0])


def test_samples_follow_the_density(model):
    """E over x ~ p of u(x)/p(x) is 1 for any density u that p covers."""
    if model.inputs_spec.support.levels is not None:
        pytest.skip("events are counted below")
    count = 4_000 if isinstance(model, tfgen.SequenceModel) and model.score_kind == "bound" else 20_000
    context = None
    if model.context_shape:
        context = np.repeat(rows(model, 1, seed=4)["context"], count, axis=0)
    x = run_sample(model, _seeds(count), context)
    line = to_line(model.inputs_spec.support, x)
    flat = line.reshape(count, -1)
    centre = np.median(flat, axis=0)
    if flat.shape[1] <= 5:
        inner = stats.norm.logpdf(flat, centre, 0.3 * flat.std(axis=0)).sum(axis=-1)
    else:  # of many numbers u must be as p is, or a few weights would decide the mean
        inner = stats.multivariate_normal(centre, 0.7**2 * np.cov(flat.T)).logpdf(flat)
    weights = np.exp(inner - from_line(model.inputs_spec.support, line)[1] - true_log_prob(model, x, context))
    # Weights are bounded only where p is not tiny near the centre; the cut, common to both sides, keeps them so.
    error = weights.std() / np.sqrt(count)
    assert error < 0.1
    assert abs(weights.mean() - 1) < 5 * error


@pytest.mark.parametrize("name", sorted({*INTEGRABLE} & {*EXACT}))
def test_samples_pass_for_draws_from_the_density(name):
    """By the energy distance beside its permutations; and samples that are a little off do not."""
    model, count = shared(name), 400
    context = None
    if model.context_shape:
        context = np.repeat(rows(model, 1, seed=4)["context"], count, axis=0)
    line = to_line(model.inputs_spec.support, run_sample(model, _seeds(count), context)).reshape(count, -1)
    drawn = draws_from_density(model, count, None if context is None else context[:1])
    assert two_sample_test(line, drawn, permutations=199).p_value > 0.005
    for wrong in (line + 0.4 * line.std(axis=0), line.mean(axis=0) + 0.6 * (line - line.mean(axis=0))):
        assert two_sample_test(wrong, drawn, permutations=199).p_value == 0.005


def test_frequencies_follow_the_probabilities(bound_model):
    if bound_model.inputs_spec.support.levels is None:
        pytest.skip("densities are weighed above")
    count, events = 20_000, all_events(bound_model)
    context = None
    if bound_model.context_shape:
        context = np.repeat(rows(bound_model, 1, seed=4)["context"], count, axis=0)
    x = run_sample(bound_model, _seeds(count), context).reshape(count, -1)
    base = bound_model.inputs_spec.support.levels ** np.arange(x.shape[1])
    numbers = {int(number): row for row, number in enumerate(events.reshape(len(events), -1) @ base)}
    observed = np.bincount([numbers[int(number)] for number in x @ base], minlength=len(events))
    expected = count * np.exp(
        true_log_prob(bound_model, events, context if context is None else context[: len(events)])
    )
    rare = expected < 5  # chi-square wants five at least: these count as one event
    pooled = [np.append(counts[~rare], counts[rare].sum()) for counts in (observed, expected)]
    keep = pooled[1] > 0
    statistic = ((pooled[0] - pooled[1])[keep] ** 2 / pooled[1][keep]).sum()
    assert stats.chi2.sf(statistic, keep.sum() - 1) > 1e-3


def _seeds(count):
    return np.stack([np.zeros(count, np.int32), np.arange(count, dtype=np.int32)], axis=1)
