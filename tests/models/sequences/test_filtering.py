"""Bounds by importance weights and by particle filters, with the true model plugged in."""

import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import make
from models.sequences.conftest import sequences as any_sequences
from models.sequences.linear_gaussian import LinearGaussian, evidence, sequences

from tfgen.models.sequences.particles import effective_share, normalised, systematic
from tfgen.noise import Noise

LONG = (1.0,) * 30, (0.5,) * 30


def _bounds(model, x, repeats, **arguments):
    """[rows, repeats], each by noise of its own."""
    return model.bound(np.repeat(x, repeats, axis=0), **arguments).numpy().reshape(len(x), -1).astype(np.float64)


@pytest.mark.parametrize("kind", ["iwae", "fivo"])
@pytest.mark.parametrize("count", [2, 8])
def test_the_mean_of_the_exponential_is_the_evidence(kind, count):
    model, x = LinearGaussian(spread=1.3, resampling_threshold=0.9), sequences(4)
    ratios = np.exp(_bounds(model, x, 4000, num_samples=count, kind=kind, seed=1) - evidence(x)[:, None])
    error = ratios.std(axis=1) / np.sqrt(4000)
    assert error.max() < 0.02
    assert (np.abs(ratios.mean(axis=1) - 1) < 4 * error).all()


def test_always_drawn_anew_it_is_still_unbiased():
    model, x = LinearGaussian(spread=1.5, resampling_threshold=1.0), sequences(4, seed=5)
    ratios = np.exp(_bounds(model, x, 4000, num_samples=4, kind="fivo", seed=1) - evidence(x)[:, None])
    error = ratios.std(axis=1) / np.sqrt(4000)
    assert (np.abs(ratios.mean(axis=1) - 1) < 4 * error).all()


def test_on_long_sequences_a_filter_stays_tight():
    model = LinearGaussian(spread=1.5, transitions=LONG[0], emissions=LONG[1])
    x = sequences(50, *LONG)
    truth = evidence(x, *LONG)
    gaps = {
        kind: (truth - model.bound(x, num_samples=64, kind=kind, seed=0).numpy()).mean() for kind in ("iwae", "fivo")
    }
    assert 0 < gaps["fivo"] < 0.25 * gaps["iwae"]
    assert gaps["fivo"] < 0.5


def test_more_particles_are_tighter():
    model = LinearGaussian(spread=1.5, transitions=LONG[0], emissions=LONG[1])
    x = sequences(200, *LONG)
    found = [model.bound(x, num_samples=count, kind="fivo", seed=0).numpy().mean() for count in (2, 8, 32, 128)]
    assert (np.diff(found) > 0).all()
    assert found[-1] < evidence(x, *LONG).mean()


def test_weights_of_trajectories_give_the_smoothing_distribution():
    """FIVO's `ghmm` golden: E z_1 = 281/421 and Var z_1 = 292/421 given x = 1, 3, 5."""
    count = 40_000
    model = LinearGaussian()
    x = np.tile(np.float32([[[1.0], [3.0], [5.0]]]), (count, 1, 1))
    inputs = model.ready({"x": tf.constant(x)})
    noise = Noise(tf.constant(np.stack([np.zeros(count), np.arange(count)], axis=1).astype(np.int32)))
    drawn = []
    mover = model.mover

    def watching(training=None, products=None):
        move = mover(training, products)

        def watched(state, known, normal):
            following, record = move(state, known, normal)
            drawn.append(record[-1])
            return following, record

        return watched

    model.mover = watching
    begin = model.begin(tf.constant(count), None)
    found, _ = model._trajectory(inputs, model.infer(inputs), begin, noise, 0, False)
    weights = np.exp(found["log_weight"].numpy().astype(np.float64).sum(axis=1))
    weights /= weights.sum()
    first = drawn[0].numpy()[:, 0]
    mean = weights @ first
    assert mean == pytest.approx(281 / 421, abs=0.02)
    assert weights @ (first - mean) ** 2 == pytest.approx(292 / 421, abs=0.03)


def test_the_best_proposal_is_what_the_golden_says():
    """E[z_1 | x_1 = 3] = 3/5 and E[z_2 | z_1 = 1, x_2 = 3] = 11/7."""
    move = LinearGaussian().mover()
    for before, time, expected in ((0.0, 0.0, 3 / 5), (1.0, 1.0, 11 / 7)):
        _, record = move((tf.constant([[before]]), tf.constant([[time]])), [tf.constant([[3.0]])], tf.zeros([1, 1]))
        assert float(record[2][0, 0]) == pytest.approx(expected)


def test_without_resampling_the_filter_is_the_importance_weighted_bound():
    """The filter's loop and the trajectories' are two programs for one number."""
    for name in ("vrnn", "storn"):
        model, x = make(name), any_sequences()
        inputs = model.ready({"x": tf.constant(x)})
        seeds = tf.zeros([6, 2], tf.int32)
        scores = model.particle_filter(4, "iwae").run(inputs, model.infer(inputs, False), Noise(seeds))
        np.testing.assert_allclose(tf.reduce_sum(scores, axis=1), model.score(x), rtol=1e-4, atol=1e-5)


def test_a_filter_trains():
    model = make("vrnn-fivo", training_samples=3)
    model.compile("adam", jit_compile=True)
    before = model.get_weights()
    history = model.fit(any_sequences(), epochs=3, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert all(np.any(old != new) for old, new in zip(before, model.get_weights(), strict=True))
    inputs = {"x": any_sequences()}
    model.compile()
    expected = -model.bound(**inputs, num_samples=3, seed=0, kind="fivo").numpy().mean()
    assert model.evaluate(inputs, verbose=0, return_dict=True)["loss"] == pytest.approx(expected, rel=1e-4)


def test_systematic_resampling_gives_each_its_share():
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(7), size=2000)
    uniform = rng.uniform(size=2000)
    ancestors = systematic(tf.math.log(tf.constant(weights)), tf.constant(uniform)).numpy()
    counts = (ancestors[:, :, None] == np.arange(7)).sum(axis=1)
    assert (counts >= np.floor(7 * weights - 1e-9)).all()
    assert (counts <= np.ceil(7 * weights + 1e-9)).all()
    difference = (counts - 7 * weights).mean(axis=0)
    assert np.abs(difference).max() < 5 * (counts - 7 * weights).std() / np.sqrt(2000)


def test_a_particle_without_weight_has_no_descendant():
    log_weights = tf.constant([[-np.inf, np.log(0.5), -np.inf, np.log(0.5)]])
    for uniform in (1e-6, 0.5, 1 - 1e-6):
        assert set(systematic(log_weights, tf.constant([uniform], tf.float64)).numpy()[0]) == {1, 3}


def test_weights_are_normalised():
    log_weights = tf.constant([[0.0, 1.0, 2.0], [-1000.0, -1001.0, -np.inf], [-np.inf] * 3])
    found, total = normalised(log_weights)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(total[:2], np.logaddexp.reduce(log_weights.numpy()[:2], axis=1), rtol=1e-6)
    assert total[2] < -1e38
    np.testing.assert_allclose(effective_share(tf.math.log([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])), [2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("argument", "value"), [("bound_kind", "elbo"), ("resampling_threshold", 0.0), ("resampling_threshold", 2)]
)
def test_bad_arguments(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` must .*Received: "):
        make("vrnn", **{argument: value})


def test_a_bad_kind():
    with pytest.raises(ValueError, match=r"`kind` must be one of .*Received: "):
        make("vrnn").bound(any_sequences(), kind="smc")
