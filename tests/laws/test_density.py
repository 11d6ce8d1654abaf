"""Densities are densities, and one number by every way to them."""

import numpy as np
import pytest
import tensorflow as tf
from laws.line import from_line
from laws.registry import INTEGRABLE, MODELS, QUANTISED, all_events, rows, shared, whole_shape
from laws.truth import true_log_prob

import tfgen


@pytest.mark.parametrize("name", INTEGRABLE)
def test_the_density_integrates_to_one(name):
    model, half = shared(name), MODELS[name].half_width
    size = int(np.prod(whole_shape(model)))
    points = 4001 if size == 1 else 501 if model.score_kind == "exact" else 121
    axis = np.linspace(-half, half, points)
    x, log_slope = from_line(
        model.inputs_spec.support, np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1).reshape(-1, size)
    )
    context = None
    if model.context_shape:
        context = np.repeat(rows(model, 1, seed=2)["context"], len(x), axis=0)
    x = x.reshape(-1, *whole_shape(model)).astype(np.float32)
    density = np.exp(true_log_prob(model, x, context) + log_slope)
    assert density.sum() * (axis[1] - axis[0]) ** size == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("name", QUANTISED)
def test_the_probabilities_sum_to_one(name):
    model = shared(name)
    events = all_events(model)
    context = None
    if model.context_shape:
        context = np.repeat(rows(model, 1, seed=2)["context"], len(events), axis=0)
    assert np.exp(true_log_prob(model, events, context)).sum() == pytest.approx(1, abs=1e-5)


def test_every_way_gives_the_same_score(model):
    inputs = rows(model, 40)
    score = model.score(**inputs).numpy()
    assert score.shape == (40,)
    assert score.dtype == np.float32
    np.testing.assert_allclose(model.predict(inputs, batch_size=16, verbose=0), score, rtol=1e-4, atol=1e-5)


def test_an_exact_score_is_the_log_density(exact_model):
    inputs = rows(exact_model, 40)
    score = exact_model.score(**inputs).numpy()
    assert exact_model.score_kind == "exact"
    np.testing.assert_allclose(exact_model.log_prob(**inputs), score, rtol=1e-6)
    np.testing.assert_allclose(-exact_model(inputs)["nll"], score, rtol=1e-4, atol=1e-5)
    if isinstance(exact_model, tfgen.SequenceModel):
        steps = exact_model.predictive_distribution(**inputs).log_prob(inputs["x"])
        np.testing.assert_allclose(tf.reduce_sum(steps, axis=1), score, rtol=1e-4, atol=1e-5)
        return
    np.testing.assert_allclose(
        exact_model.distribution(inputs.get("context")).log_prob(inputs["x"]), score, rtol=1e-4, atol=1e-5
    )


def test_a_score_depends_on_its_own_row_only(model):
    inputs = rows(model, 20)
    whole = model.score(**inputs).numpy()
    part = model.score(**{name: value[[13, 4]] for name, value in inputs.items()}).numpy()
    np.testing.assert_allclose(part, whole[[13, 4]], rtol=1e-5, atol=1e-5)


def test_the_distribution_has_the_model_s_shapes(exact_model):
    model = exact_model
    if isinstance(model, tfgen.SequenceModel):
        pytest.skip("a sequence has one for each step")
    inputs = rows(model, 6)
    distribution = model.distribution(inputs.get("context"))
    assert tuple(distribution.event_shape) == model.event_shape
    assert tuple(distribution.batch_shape) == ((6,) if model.context_shape else ())
    assert distribution.sample(3, seed=1).shape[-1] == model.event_shape[-1]
