import dataclasses
import hashlib
import sys

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from tfgen.datasets import digits
from tfgen.judging import bernoulli_independent, bernoulli_mixture

SPLITS = {"train": 1200, "validation": 200, "test": 397}
# SHA-256 of the row numbers as little-endian int64, train then validation then test.
CHECKSUM = "14b7f6bc58ce844efd500d56ca64ce44abff6e3dd1d9b8d2a6d11825767e38d3"


@pytest.fixture(scope="module")
def grey():
    return digits(binarisation=None)


def test_the_splits_hold_every_row_once_with_its_label(grey):
    raw = sklearn_datasets.load_digits()
    rows = np.random.default_rng(0).permutation(1797)
    assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest() == CHECKSUM
    start = 0
    for split, size in SPLITS.items():
        chosen = rows[start : start + size]
        x = getattr(grey, split)["x"]
        assert (set(getattr(grey, split)), x.dtype) == ({"x"}, np.float32)
        np.testing.assert_array_equal(x[..., 0], raw.images[chosen])
        np.testing.assert_array_equal(grey.labels[split], raw.target[chosen])
        assert grey.labels[split].dtype == np.int32
        start += size
    assert start == 1797


def test_shapes_levels_and_names(grey):
    assert (grey.name, grey.levels, grey.binarisation, grey.event_shape) == ("digits", 17, None, (8, 8, 1))
    for binarisation in ("threshold", "static", "dynamic"):
        images = digits(binarisation=binarisation)
        assert (images.levels, images.binarisation, images.event_shape) == (2, binarisation, (8, 8, 1))
    assert digits().binarisation == "threshold"
    assert repr(digits()) == "Images(name='digits', levels=2, binarisation='threshold')"
    with pytest.raises(dataclasses.FrozenInstanceError):
        grey.levels = 2


def test_threshold(grey):
    images = digits()
    for split in SPLITS:
        np.testing.assert_array_equal(getattr(images, split)["x"], getattr(grey, split)["x"] >= 8)
        np.testing.assert_array_equal(images.labels[split], grey.labels[split])


def test_static_is_one_draw_for_everybody(grey):
    first, again = digits(binarisation="static"), digits(binarisation="static")
    for split in SPLITS:
        x, intensities = getattr(first, split)["x"], getattr(grey, split)["x"] / 16
        np.testing.assert_array_equal(x, getattr(again, split)["x"])
        assert set(np.unique(x)) == {0.0, 1.0}
        # As many lit as the intensities say, in units of the standard deviation of that number.
        for level in range(17):
            chosen = x[intensities == level / 16]
            sd = np.sqrt(len(chosen) * level / 16 * (1 - level / 16))
            assert abs(chosen.sum() - len(chosen) * level / 16) <= 4 * sd


def test_dynamic_keeps_training_intensities_and_holds_out_the_static_draw(grey):
    dynamic, static = digits(binarisation="dynamic"), digits(binarisation="static")
    np.testing.assert_array_equal(dynamic.train["x"], grey.train["x"] / 16)
    for split in ("validation", "test"):
        np.testing.assert_array_equal(getattr(dynamic, split)["x"], getattr(static, split)["x"])


def test_what_the_baselines_need():
    """Nats a test image of models fitted on the 1400 other images; the mixture's depends on where EM begins."""
    images = digits()
    train = np.concatenate([images.train["x"], images.validation["x"]])
    assert abs(-bernoulli_independent(train, images.test["x"]).mean() - 25.2523) < 1e-4
    mixtures = [-bernoulli_mixture(train, images.test["x"], seed=seed).mean() for seed in range(3)]
    assert abs(np.mean(mixtures) - 17.65) < 0.2


def test_an_unknown_binarisation_is_refused():
    with pytest.raises(ValueError, match=r"must be None or one of threshold, static, dynamic\. Received: 'random'"):
        digits(binarisation="random")


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"^The digits need scikit-learn: pip install 'tfgen\[train\]'$"):
        digits()
