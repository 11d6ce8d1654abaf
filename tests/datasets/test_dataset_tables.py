import dataclasses
import hashlib
import sys

import numpy as np
import pytest
from scipy import stats
from sklearn import datasets as sklearn_datasets

from tfgen.datasets import breast_cancer, diabetes
from tfgen.datasets.tables import split_indices

SPLITS = ("train", "validation", "test")

# SHA-256 of the row numbers as little-endian int64, train then validation then test.
CHECKSUMS = {
    569: "c64e47bf4ad442632740501ac8959d8ad399e2c5d776c3182155984974c596b4",
    442: "396d511e464d1bbd06dd38aafbe8fd0c233f02f86fceb81d43091c0a9b5325cf",
}


def raw_arrays(name):
    if name == "breast-cancer":
        return {"x": sklearn_datasets.load_breast_cancer().data}
    bunch = sklearn_datasets.load_diabetes(scaled=False)
    return {"x": bunch.target[:, None], "context": bunch.data}


@pytest.fixture(params=[breast_cancer, diabetes], ids=lambda loader: loader.__name__)
def loader(request):
    return request.param


@pytest.mark.parametrize(("n", "sizes"), [(569, (398, 85, 86)), (442, (309, 66, 67))])
def test_the_split_is_pinned_disjoint_and_complete(n, sizes):
    rows = split_indices(n)
    assert tuple(len(rows[split]) for split in SPLITS) == sizes
    together = np.concatenate([rows[split] for split in SPLITS])
    np.testing.assert_array_equal(np.sort(together), np.arange(n))
    assert hashlib.sha256(together.astype("<i8").tobytes()).hexdigest() == CHECKSUMS[n]


@pytest.mark.parametrize("n", range(4, 30))
def test_no_split_is_empty(n):
    rows = split_indices(n)
    assert all(len(rows[split]) > 0 for split in SPLITS)
    assert sum(len(rows[split]) for split in SPLITS) == n


def test_a_table_too_small_to_split_is_refused():
    with pytest.raises(ValueError, match=r"`n` must be at least 4.*Received: 3"):
        split_indices(3)


def test_the_splits_hold_every_raw_row_once(loader):
    table = loader()
    raw, rows = raw_arrays(table.name), split_indices(len(raw_arrays(table.name)["x"]))
    moments = {"x": (table.mean, table.scale), "context": (table.context_mean, table.context_scale)}
    for split in SPLITS:
        data = getattr(table, split)
        assert set(data) == set(raw)
        for key, values in data.items():
            assert values.dtype == np.float32
            mean, scale = moments[key]
            np.testing.assert_allclose(values * scale + mean, raw[key][rows[split]], rtol=1e-5, atol=1e-5 * scale.max())


def test_training_rows_are_standardised_and_the_others_are_not(loader):
    table = loader()
    for key in table.train:
        np.testing.assert_allclose(table.train[key].mean(axis=0, dtype=np.float64), 0.0, atol=1e-6)
        np.testing.assert_allclose(table.train[key].std(axis=0, dtype=np.float64), 1.0, atol=1e-6)
        assert np.abs(table.test[key].mean(axis=0)).max() > 1e-3


def test_the_standardisation_sees_training_rows_only(loader, monkeypatch):
    before = loader()
    name = f"load_{loader.__name__}"
    original = getattr(sklearn_datasets, name)

    def disturbed(**arguments):
        bunch = original(**arguments)
        rows = split_indices(len(bunch.data))
        for split in ("validation", "test"):
            bunch.data[rows[split]] += 1e3
            bunch.target[rows[split]] += 1000
        return bunch

    monkeypatch.setattr(sklearn_datasets, name, disturbed)
    after = loader()
    for field in ("mean", "scale", "context_mean", "context_scale"):
        np.testing.assert_array_equal(getattr(after, field), getattr(before, field))
    for key in before.train:
        np.testing.assert_array_equal(after.train[key], before.train[key])
        assert np.abs(after.test[key] - before.test[key]).min() > 0.1


def test_shapes_and_names():
    table = breast_cancer()
    assert table.event_shape == (30,)
    assert table.context_shape is None
    assert table.feature_names[0] == "mean radius"
    assert set(map(type, table.feature_names)) == {str}
    assert (table.context_names, table.context_mean.shape) == ((), (0,))
    table = diabetes()
    assert (table.event_shape, table.context_shape) == ((1,), (10,))
    assert table.feature_names == ("progression",)
    assert table.context_names[:3] == ("age", "sex", "bmi")
    assert table.context_scale.shape == (10,)


def test_log_det_scale_moves_a_log_density_to_raw_units():
    # One Gaussian, in standardised units and in raw units, differs by just this constant.
    table = breast_cancer()
    raw = raw_arrays("breast-cancer")["x"][split_indices(569)["test"]]
    standard = stats.norm(0, 1).logpdf(table.test["x"]).sum(axis=1)
    direct = stats.norm(table.mean, table.scale).logpdf(raw).sum(axis=1)
    np.testing.assert_allclose(standard - table.log_det_scale, direct, rtol=1e-5)


def test_a_table_is_frozen():
    table = diabetes()
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.name = "other"
    assert repr(table) == "Table(name='diabetes')"


def test_without_scikit_learn_the_error_names_the_extra(loader, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"^The tables need scikit-learn: pip install 'tfgen\[train\]'$"):
        loader()
