"""A bound is a bound: below the truth, rising with its samples, and what its noise says it is."""

import itertools

import numpy as np
import pytest
from laws.posteriors import make_useless
from laws.registry import rows, steps_of
from laws.truth import true_log_prob

from tfgen.noise import Noise

REPEATS = 400


@pytest.fixture
def data(bound_model):
    return bound_model, likely(bound_model)


def likely(model):
    """Named inputs that the model finds likely: elsewhere a few heavy weights would decide every mean."""
    if model.context_shape is None:
        return {"x": model.sample(6, seed=3, **steps_of(model)).numpy()}
    context = rows(model, 6, seed=4)["context"]
    return {"x": model.sample(1, context, seed=3, **steps_of(model)).numpy()[0], "context": context}


def _repeated(inputs, count):
    return {name: np.repeat(value, count, axis=0) for name, value in inputs.items()}


def _bounds(model, inputs, num_samples, *, seed):
    """[rows, repeats]: the bound by independent noise."""
    bounds = model.bound(**_repeated(inputs, REPEATS), num_samples=num_samples, seed=seed)
    return bounds.numpy().reshape(len(inputs["x"]), -1).astype(np.float64)


def _mean_and_error(values):
    return values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(REPEATS)


@pytest.mark.parametrize("num_samples", [1, 5, 64])
def test_a_bound_never_exceeds_the_truth(data, num_samples):
    model, inputs = data
    mean, error = _mean_and_error(_bounds(model, inputs, num_samples, seed=1))
    assert (mean <= true_log_prob(model, **inputs) + 3 * error).all()


def test_more_samples_never_lower_the_bound(data):
    model, inputs = data
    found = [_mean_and_error(_bounds(model, inputs, count, seed=count)) for count in (1, 5, 64)]
    for (low, low_error), (high, high_error) in itertools.pairwise(found):
        assert (high >= low - 3 * np.hypot(low_error, high_error)).all()


def test_importance_weights_average_to_the_truth(own_bound_model):
    """E[exp(bound)] = p(x), whatever the posterior: here one of no use but to keep the weights bounded."""
    make_useless(own_bound_model)
    inputs = likely(own_bound_model)
    truth = true_log_prob(own_bound_model, **inputs, within=True)
    ratios = np.exp(_bounds(own_bound_model, inputs, 64, seed=2) - truth[:, None])
    mean, error = _mean_and_error(ratios)
    assert error.max() < 0.03
    assert (np.abs(mean - 1) <= 4 * error + 1e-4).all()


def test_one_sample_is_the_loss(data):
    model, inputs = data
    config = {**model.get_config(), "num_samples": 1, "training_samples": 1}
    if "gradient_estimator" in config:
        config["gradient_estimator"] = "reparameterisation"  # the other is of several samples
    once = type(model).from_config(config)
    once.set_weights(model.get_weights())
    terms = once(inputs)
    total = sum(terms[name] for name in once.term_names).numpy()
    np.testing.assert_allclose(once.score(**inputs), -total, rtol=1e-5, atol=1e-5)


def test_a_bound_with_its_effective_sample_size_is_the_same_bound(data):
    model, inputs = data
    found = model.importance(**inputs, num_samples=24, seed=5)
    kind = {"kind": "iwae"} if hasattr(model, "bound_kind") else {}
    np.testing.assert_allclose(found["bound"], model.bound(**inputs, num_samples=24, seed=5, **kind), rtol=1e-6)
    size = found["effective_sample_size"].numpy()
    assert ((size >= 1 - 1e-4) & (size <= 24 + 1e-3)).all()


def test_evaluate_gives_the_mean_bound_of_independent_noise(own_bound_model):
    model = own_bound_model
    inputs = _repeated(likely(model), 5)
    model.compile()
    loss = model.evaluate(inputs, batch_size=7, verbose=0, return_dict=True)["loss"]
    expected = -model.bound(**inputs, num_samples=model.training_samples, seed=0).numpy().mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_score_is_the_same_for_the_same_example(data):
    model, inputs = data
    twice = model.score(**{name: np.concatenate([value, value]) for name, value in inputs.items()}).numpy()
    np.testing.assert_allclose(twice[:6], twice[6:], rtol=1e-6, atol=1e-6)
    first = _repeated({name: value[:1] for name, value in inputs.items()}, 20)
    assert len(np.unique(model.bound(**first, seed=0).numpy())) > 10


def test_a_seed_gives_one_bound(data):
    model, inputs = data
    first, again, other = (model.bound(**inputs, num_samples=3, seed=seed).numpy() for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_no_noise_both_makes_a_row_and_bounds_it(own_bound_model, monkeypatch):
    """By one seed for both, a posterior that knew the prior's draw would promise more than the truth."""
    model, streams = own_bound_model, {}
    monkeypatch.setattr(Noise, "_pairs", _noted(streams.setdefault("sample", set())))
    inputs = likely(model)
    monkeypatch.setattr(Noise, "_pairs", _noted(streams.setdefault("bound", set())))
    model.bound(**inputs, num_samples=2, seed=0)
    assert all(streams.values())
    assert not streams["sample"] & streams["bound"]


def _noted(streams, original=Noise._pairs):
    """What draws noise, and remembers the stream."""

    def pairs(noise, blocks):
        streams.add(noise.stream)
        return original(noise, blocks)

    return pairs


@pytest.mark.parametrize("count", [0, -1, 2.5, "many"])
def test_the_count_is_checked(data, count):
    model, inputs = data
    with pytest.raises(ValueError, match="`num_samples` must be an integer of at least 1"):
        model.bound(**inputs, num_samples=count, seed=0)
