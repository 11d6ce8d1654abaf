import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgen.datasets import binarise, digits, dynamic_binarisation


def intensities(n=20, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, 3, 3, 1)).astype(np.float32)


def epochs(dataset, count):
    return [[batch["x"].numpy() for batch in dataset] for _ in range(count)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        for batch, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(batch, again)


def test_a_draw_is_bernoulli_and_the_seed_decides_it():
    means = np.repeat([0.0, 0.1, 0.5, 0.9, 1.0], 10_000).reshape(5, 10_000)
    x = binarise(means, seed=0)
    assert (x.shape, x.dtype) == (means.shape, np.float32)
    lit = x.sum(axis=1).astype(int)
    assert (lit[0], lit[4]) == (0, 10_000)
    for row in (1, 2, 3):
        assert stats.binomtest(lit[row], 10_000, means[row, 0]).pvalue > 1e-3
    np.testing.assert_array_equal(binarise(means, seed=0), x)
    assert (binarise(means, seed=1) != x).any()


def test_a_draw_is_no_copy_of_data_made_with_the_same_seed():
    means = np.random.default_rng(0).random(10_000, dtype=np.float32)
    assert abs(binarise(means, seed=0).mean() - 0.5) < 0.02
    dataset = dynamic_binarisation(means.reshape(100, 10, 10, 1), batch_size=100, seed=0, shuffle=False)
    assert abs(next(iter(dataset))["x"].numpy().mean() - 0.5) < 0.02


@pytest.mark.parametrize("bad", [[0.5, 1.5], [-0.1], [np.nan], ["a"], [[0.1], [0.1, 0.2]]])
def test_intensities_that_are_no_probabilities_are_refused(bad):
    with pytest.raises(ValueError, match=r"`intensities` must .*\[0, 1\]\. Received: "):
        binarise(bad, seed=0)


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (None, TypeError), (0.5, TypeError)])
def test_a_bad_seed_is_refused(seed, error):
    with pytest.raises(error, match="`seed` must be an integer, at least 0"):
        binarise([0.5], seed=seed)
    with pytest.raises(error, match="`seed` must be an integer, at least 0"):
        dynamic_binarisation(intensities(), batch_size=4, seed=seed)


@pytest.mark.parametrize("shuffle", [False, True])
def test_fresh_datasets_of_one_seed_are_equal_and_their_epochs_differ(shuffle):
    def new(seed):
        return epochs(dynamic_binarisation(intensities(), batch_size=6, seed=seed, shuffle=shuffle), 3)

    first = new(5)
    assert_same(first, new(5))
    rows = [np.concatenate(epoch) for epoch in (*first, *new(6))]
    assert {row.shape for row in rows} == {(20, 3, 3, 1)}
    assert set(np.unique(rows)) == {0.0, 1.0}
    assert len({row.tobytes() for row in rows}) == 6


def test_the_global_seed_plays_no_part():
    tf.random.set_seed(1)
    first = epochs(dynamic_binarisation(intensities(), batch_size=6, seed=5), 2)
    tf.random.set_seed(2)
    tf.random.uniform([3])
    assert_same(first, epochs(dynamic_binarisation(intensities(), batch_size=6, seed=5), 2))


@pytest.mark.parametrize("seed", [2**31, 2**63, 2**80])
def test_any_seed_will_do(seed):
    assert next(iter(dynamic_binarisation(intensities(), batch_size=6, seed=seed)))["x"].shape == (6, 3, 3, 1)


def test_the_batches_of_an_epoch():
    dataset = dynamic_binarisation(intensities(), batch_size=6, seed=0)
    assert len(dataset) == 4
    assert dataset.element_spec == {"x": tf.TensorSpec((None, 3, 3, 1), tf.float32)}
    assert [len(batch["x"]) for batch in dataset] == [6, 6, 6, 2]


def test_intensities_0_and_1_tell_the_order():
    # Pixels that cannot vary carry each row's number in binary.
    numbers = np.arange(32)
    rows = (numbers[:, None] >> np.arange(5) & 1).astype(np.float32).reshape(32, 5, 1, 1)

    def orders(shuffle):
        dataset = dynamic_binarisation(rows, batch_size=5, seed=0, shuffle=shuffle)
        return [(np.concatenate(epoch).reshape(32, 5) @ 2 ** np.arange(5)).astype(int) for epoch in epochs(dataset, 3)]

    for order in orders(False):
        np.testing.assert_array_equal(order, numbers)
    shuffled = orders(True)
    for order in shuffled:
        np.testing.assert_array_equal(np.sort(order), numbers)
    assert len({tuple(order) for order in (*shuffled, numbers)}) == 4


def test_pixels_are_independent_draws_over_rows_pixels_and_epochs():
    dataset = dynamic_binarisation(np.full((500, 2, 2, 1), 0.3), batch_size=64, seed=1, shuffle=False)
    x = np.stack([np.concatenate(epoch) for epoch in epochs(dataset, 20)]).reshape(20, 500, 4)
    assert stats.binomtest(int(x.sum()), x.size, 0.3).pvalue > 1e-3
    # Neighbours along each axis: uncorrelated. 64 rows on is the same place in the next batch.
    for one, other in [(x[1:], x[:-1]), (x[:, 1:], x[:, :-1]), (x[:, 64:], x[:, :-64]), (x[..., 1:], x[..., :-1])]:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


def test_images_give_their_training_intensities():
    images = digits(binarisation="dynamic")
    first = epochs(dynamic_binarisation(images, batch_size=500, seed=2), 1)
    assert_same(first, epochs(dynamic_binarisation(images.train["x"], batch_size=500, seed=2), 1))
    with pytest.raises(ValueError, match=r"loaded with binarisation='dynamic'.*Received: Images\(name='digits'"):
        dynamic_binarisation(digits(), batch_size=500, seed=2)


class Recorder(keras.Model):
    """Keeps the sum of every batch that it is trained on."""

    def __init__(self):
        super().__init__()
        self.sums = []

    def train_step(self, data):
        self.sums.append(float(tf.reduce_sum(data["x"])))
        return {"loss": 0.0}


def test_fit_sees_a_new_draw_every_epoch_and_the_same_again():
    def seen():
        model = Recorder()
        model.compile(run_eagerly=True)
        model.fit(
            dynamic_binarisation(intensities(50), batch_size=10, seed=0, shuffle=False),
            epochs=3,
            shuffle=False,
            verbose=0,
        )
        return np.reshape(model.sums, (3, 5))

    first = seen()
    np.testing.assert_array_equal(first, seen())
    assert len({tuple(epoch) for epoch in first.tolist()}) == 3


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((2, 3, 3, 1), 16.0), r"`images` must lie in \[0, 1\]\. Received: 16"),
        (np.zeros((3, 3, 1)), r"`images` must have shape \[n, height, width, channels\].*Received: shape \(3, 3, 1\)"),
        (np.zeros((0, 3, 3, 1)), r"`images` must have shape .*Received: shape \(0, 3, 3, 1\)"),
    ],
)
def test_images_that_are_no_intensities_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        dynamic_binarisation(images, batch_size=2, seed=0)


@pytest.mark.parametrize(("batch_size", "error"), [(0, ValueError), (2.5, TypeError)])
def test_a_bad_batch_size_is_refused(batch_size, error):
    with pytest.raises(error, match="`batch_size` must be an integer, at least 1"):
        dynamic_binarisation(intensities(), batch_size=batch_size, seed=0)


def test_without_tensorflow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r"^dynamic_binarisation needs TensorFlow: pip install 'tfgen\[train\]'$"):
        dynamic_binarisation(intensities(), batch_size=2, seed=0)
