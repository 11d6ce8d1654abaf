import itertools
import math

import numpy as np
import pytest
from scipy import stats

from tfgen.datasets import Bars


def bernoulli_by_loops(image, flip):
    """The probability of one image, pixel by pixel."""
    total = 0.0
    for column in range(4):
        product = 1.0
        for row, pixel in itertools.product(range(4), range(4)):
            lit = (pixel == column) != 0
            product *= (1 - flip) if bool(image[row, pixel, 0]) == lit else flip
        total += product / 4
    return total


@pytest.mark.parametrize("flip", [0.05, 0.1, 0.3])
def test_log_prob_is_the_mixture_of_columns(flip):
    images = np.random.default_rng(0).integers(2, size=(50, 4, 4, 1))
    images = np.concatenate([images, Bars(flip=flip).sample(50, seed=1)["x"]])
    expected = [math.log(bernoulli_by_loops(image, flip)) for image in images]
    np.testing.assert_allclose(Bars(flip=flip).log_prob(images), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("flip", "entropy", "gap"), [(0.0, math.log(4), None), (0.05, 4.56150, 4.849), (0.1, 6.57176, 3.202)]
)
def test_the_entropy_and_what_independent_pixels_lose(flip, entropy, gap):
    truth = Bars(flip=flip)
    assert abs(truth.entropy - entropy) < 6e-6
    if gap is not None:
        assert abs(truth.independent_cross_entropy - truth.entropy - gap) < 6e-4


@pytest.mark.parametrize("flip", [0.0, 0.05, 0.5, 1.0])
def test_the_probabilities_of_every_image_sum_to_one(flip):
    images = np.array(list(itertools.product((0, 1), repeat=16))).reshape(-1, 4, 4, 1)
    assert abs(np.exp(Bars(flip=flip).log_prob(images)).sum() - 1) < 1e-10


def test_independent_pixels_by_their_own_log_prob():
    # The cross-entropy is the mean over samples of a product of Bernoulli variables with the true means.
    truth = Bars(flip=0.1)
    x = truth.sample(100_000, seed=0)["x"].reshape(-1, 16)
    lit = x.mean(axis=0)
    np.testing.assert_allclose(lit, 0.3, atol=0.006)
    cross_entropy = -stats.bernoulli(0.3).logpmf(x).sum(axis=1).mean()
    assert abs(cross_entropy - truth.independent_cross_entropy) < 0.02


def test_without_flips_only_columns_are_possible():
    truth = Bars(flip=0)
    x = truth.sample(1000, seed=0)["x"]
    columns = np.zeros((4, 4, 4, 1))
    for column in range(4):
        columns[column, :, column] = 1
    assert {image.tobytes() for image in x} == {image.tobytes() for image in columns.astype(np.float32)}
    np.testing.assert_allclose(truth.log_prob(columns), -math.log(4), rtol=1e-12)
    np.testing.assert_array_equal(truth.log_prob(np.zeros((2, 4, 4, 1))), -math.inf)
    np.testing.assert_array_equal(Bars(flip=1).log_prob(columns), -math.inf)
    np.testing.assert_allclose(Bars(flip=1).log_prob(1 - columns), -math.log(4), rtol=1e-12)


def test_samples_are_as_frequent_as_the_mass_says():
    truth = Bars(flip=0.02)
    x = truth.sample(20_000, seed=4)["x"]
    images, counts = np.unique(x, axis=0, return_counts=True)
    expected = 20_000 * np.exp(truth.log_prob(images))
    common = expected > 5
    observed = np.append(counts[common], 20_000 - counts[common].sum())
    expected = np.append(expected[common], 20_000 - expected[common].sum())
    assert len(expected) > 30
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_repr_is_the_call_that_builds_it():
    assert repr(Bars()) == "Bars(flip=0.05)"
    assert repr(Bars(flip=np.float32(0.5))) == "Bars(flip=0.5)"


@pytest.mark.parametrize(
    ("flip", "error"),
    [(-0.1, ValueError), (1.5, ValueError), (math.nan, ValueError), ("0.1", TypeError), (True, TypeError)],
)
def test_a_flip_that_is_no_probability_is_refused(flip, error):
    with pytest.raises(error, match=r"`flip` must be a probability, from 0 to 1\. Received: "):
        Bars(flip=flip)


@pytest.mark.parametrize("value", [0.5, 2.0, -1.0, 1e-6])
def test_a_value_that_is_neither_0_nor_1_is_refused(value):
    x = np.zeros((1500, 4, 4, 1))
    x[1200, 1, 2] = value
    with pytest.raises(ValueError, match=rf"`x` must hold no value but 0, 1\. Received: {value:g} in row 1200"):
        Bars().log_prob(x)
