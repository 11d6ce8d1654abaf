"""M2 learns a class from few labels and many rows without: against the same network, and against Bayes's classifier."""

import keras
import numpy as np
import pytest
from scipy import special

import tfgen
from tfgen.datasets import Bars
from tfgen.judging import paired_gap

SIDE, FLIP = 4, 0.1
COLUMNS = np.tile(np.eye(SIDE), (1, SIDE))  # the clean image of each class, row by row


def fit(model, x, label, *, epochs, batch_size):
    steps = len(x) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, steps * epochs)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=steps)
    model.fit(x, label, batch_size=batch_size, epochs=epochs, verbose=0)


def clusters(count, rng):
    """Three round ones in ten dimensions, of which three tell them apart."""
    label = rng.integers(3, size=count)
    return (rng.normal(size=(count, 10)) + 3 * np.eye(3, 10)[label]).astype("float32"), label


@pytest.mark.parametrize("seed", range(3))
def test_rows_without_labels_teach(seed):
    """Five labels a class: the network that sees them alone errs on every tenth row or more, and Bayes on 3%."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    fresh, truth = clusters(3000, rng)
    x, true_label = clusters(600, rng)
    told = np.concatenate([np.flatnonzero(true_label == number)[:5] for number in range(3)])
    label = np.full(len(x), -1)
    label[told] = true_label[told]
    vae = tfgen.VAE(
        event_shape=(10,), latent_dim=1, context_shape=(3,), likelihood="gaussian", hidden=(16,), activation="tanh"
    )
    # Told its labels less urgently, M2 may leave the classes to z.
    model = tfgen.M2(vae, hidden=(16,), classification_weight=50.0)
    fit(model, x, label, epochs=40, batch_size=50)
    error = (model.predict_label(fresh).numpy() != truth).mean()
    alone = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    alone.compile(keras.optimizers.Adam(1e-2), loss, steps_per_execution=100)
    alone.fit(np.tile(x[told], (100, 1)), np.tile(true_label[told], 100), batch_size=15, shuffle=False, verbose=0)
    error_alone = (np.argmax(alone(fresh), axis=1) != truth).mean()
    bayes = (fresh[:, :3].argmax(axis=1) != truth).mean()
    assert error < bayes + 0.015
    assert error_alone > bayes + 0.04


def bars(count, rng):
    label = rng.integers(SIDE, size=count)
    return np.abs(COLUMNS[label] - (rng.random((count, SIDE**2)) < FLIP)).reshape(-1, SIDE, SIDE, 1), label


def posterior_of(x):
    """p(class | x), exactly: each pixel that differs from a clean image is a flip."""
    distance = np.abs(x.reshape(-1, 1, SIDE**2) - COLUMNS).sum(axis=2)
    return special.softmax(distance * np.log(FLIP / (1 - FLIP)), axis=1)


def test_bars_are_told_apart_as_well_as_they_can_be():
    """Of fresh rows the probability of an error, by the exact posterior: Bayes's is 0.7473%."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x, true_label = bars(4200, rng)
    label = np.where(np.arange(len(x)) < 200, true_label, -1)
    vae = tfgen.VAE(event_shape=(SIDE, SIDE, 1), latent_dim=1, context_shape=(SIDE,), hidden=(16,))
    model = tfgen.M2(vae, hidden=(16,), classification_weight=10.0)
    fit(model, x, label, epochs=20, batch_size=100)
    fresh, truth = bars(40_000, rng)
    posterior = posterior_of(fresh)
    answer = model.run("classify", x=fresh)
    risk = 1 - posterior[np.arange(len(fresh)), answer["label"]]
    bayes = 1 - posterior.max(axis=1)
    assert abs(bayes.mean() - 0.007473) < 4 * bayes.std() / np.sqrt(len(fresh))
    assert (risk - bayes).mean() < 0.001
    # The labels that were drawn say the same, row by row.
    wrong, bayes_wrong = (found != truth for found in (answer["label"].numpy(), posterior.argmax(axis=1)))
    gap = paired_gap(wrong, bayes_wrong)
    assert abs(gap.mean) < 0.001 + 3 * gap.standard_error
    # As a classifier of a density it knows how sure it may be, and the density itself.
    assert np.abs(answer["probabilities"] - posterior).sum(axis=1).mean() / 2 < 0.01
    density = paired_gap(Bars(flip=FLIP).log_prob(fresh[:4000]), model.bound(fresh[:4000], num_samples=16, seed=0))
    assert -3 * density.standard_error < density.mean < 0.05
