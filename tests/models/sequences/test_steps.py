"""One step serves streams, whole sequences and draws: chopping a sequence and carrying the state changes nothing."""

import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import CAUSAL, make, sequences


@pytest.fixture(params=CAUSAL)
def causal(request):
    return make(request.param, context_shape=(2,), context_as="both")


def _context(rows):
    return np.random.default_rng(3).normal(size=(rows, 2)).astype(np.float32)


def _stream(model, x, context, seed):
    """Scores of each step, [batch, time], the state handed out and in."""
    out, scores, draws = model.run("start", seed=seed, context=context), [], []
    for step in range(x.shape[1]):
        draws.append(out["next_x"].numpy())
        out = model.run(
            "step", x=x[:, step], state=out["next_state"], time=out["next_time"], seed=seed, context=context
        )
        scores.append(out["score"].numpy())
    assert (out["next_time"].numpy() == x.shape[1]).all()
    return np.stack(scores, axis=1), np.stack(draws, axis=1)


def test_the_scores_of_a_stream_sum_to_the_score(causal):
    x, context = sequences(), _context(6)
    steps, _ = _stream(causal, x, context, np.zeros((6, 2), np.int32))
    np.testing.assert_allclose(steps.sum(axis=1), causal.score(x, context), rtol=1e-4, atol=1e-5)


def test_one_particle_is_the_elbo():
    model = make("vrnn")
    config = {**model.get_config(), "num_samples": 1}
    single = type(model).from_config(config)
    single.set_weights(model.get_weights())
    steps, _ = _stream(single, sequences(), None, np.zeros((6, 2), np.int32))
    np.testing.assert_allclose(steps.sum(axis=1), single.score(sequences()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["rnn", "rnn-stack"])
def test_a_stream_fed_with_its_own_draws_is_the_sample(name):
    model = make(name)
    seed = np.stack([np.full(3, 7), np.arange(3)], axis=1).astype(np.int32)
    sample = model.sample(3, steps=6, seed=7).numpy()
    _, draws = _stream(model, sample, None, seed)
    np.testing.assert_allclose(draws, sample, rtol=1e-5, atol=1e-6)


def test_rows_of_a_stream_may_be_at_different_times():
    """As they are when a server makes one batch of several clients' steps."""
    model = make("vrnn-fivo")
    x, seed = sequences(2, 3), np.array([[1, 0], [1, 1]], np.int32)
    states = [model.run("start", seed=seed)]
    for step in range(3):
        last = states[-1]
        states.append(model.run("step", x=x[:, step], state=last["next_state"], time=last["next_time"], seed=seed))
    mixed = {key: np.stack([states[2][f"next_{key}"][0], states[1][f"next_{key}"][1]]) for key in ("state", "time")}
    found = model.run("step", x=np.stack([x[0, 2], x[1, 1]]), seed=seed, **mixed)
    for key in ("score", "next_x", "next_state"):
        np.testing.assert_allclose(found[key][0], states[3][key][0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[key][1], states[2][key][1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cuts", [(2,), (1, 4)])
def test_a_sequence_in_chunks_has_the_terms_of_the_whole(causal, cuts):
    x, context = sequences(), tf.constant(_context(6))
    seeds = tf.constant(np.stack([np.zeros(6), np.arange(6)], axis=1).astype(np.int32))
    whole = causal.ready({"x": tf.constant(x), "context": context})
    terms, last = causal.chunk(whole, causal.chunk_begin(tf.constant(6), context), seeds, 0, False)
    state, totals = causal.chunk_begin(tf.constant(6), context), dict.fromkeys(causal.term_names, 0.0)
    for first, end in zip((0, *cuts), (*cuts, 5), strict=True):
        part = causal.ready({"x": tf.constant(x[:, first:end]), "context": context})
        found, state = causal.chunk(part, state, seeds, first, False)
        totals = {name: total + found[name].numpy() for name, total in totals.items()}
    for name, total in totals.items():
        np.testing.assert_allclose(total, terms[name], rtol=1e-4, atol=1e-5)
    for one, other in zip(state, last, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_sample_of_unequal_lengths_is_the_long_one_cut():
    model = make("vrnn")
    seed = np.stack([np.zeros(3), np.arange(3)], axis=1).astype(np.int32)
    long = model.run("sample", seed=seed, steps=[5, 5, 5])
    short = model.run("sample", seed=seed, steps=[2, 4, 0])
    assert short["x"].shape == (3, 4, 2)
    np.testing.assert_array_equal(short["mask"], np.arange(4) < np.array([[2], [4], [0]]))
    for name in ("x", "z"):
        wide = short["mask"].numpy()[..., None]
        np.testing.assert_allclose(short[name], np.where(wide, long[name][:, :4], 0.0), rtol=1e-5, atol=1e-6)
