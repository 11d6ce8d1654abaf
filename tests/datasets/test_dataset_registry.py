import subprocess
import sys

import pytest
import tensorflow_datasets as tfds

from tfgen import datasets


def test_every_name_leads_to_the_thing_so_named():
    assert datasets.DATASET_NAMES == (
        "eight-gaussians",
        "two-moons",
        "checkerboard",
        "pinwheel",
        "rings",
        "sine-curve",
        "funnel",
        "bishop-inverse-smooth",
        "probabilistic-pca",
        "bars",
        "noisy-autoregression",
        "common-factor",
        "even-process",
        "stochastic-volatility",
        "breast-cancer",
        "diabetes",
        "sunspots",
        "co2",
        "digits",
        "mnist",
        "fashion-mnist",
        "cifar10",
    )
    with tfds.testing.mock_data(num_examples=1):  # nothing is downloaded
        for name in datasets.DATASET_NAMES:
            assert datasets.by_name(name).name == name


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"`name` must be one of eight-gaussians, .*Received: 'moons'"):
        datasets.by_name("moons")


def test_every_export_exists():
    assert len(set(datasets.__all__)) == len(datasets.__all__)
    assert all(hasattr(datasets, name) for name in datasets.__all__)


def test_import_brings_numpy_only():
    heavy = {"tensorflow", "tensorflow_probability", "keras", "scipy", "sklearn", "tensorflow_datasets"}
    heavy |= {"pandas", "statsmodels"}
    code = f"import sys; sys.path[:0] = {sys.path!r}; import tfgen.datasets; print({heavy!r} & set(sys.modules))"
    arguments = [sys.executable, "-c", code]
    assert subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip() == "set()"
