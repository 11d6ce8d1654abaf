import importlib.resources
import importlib.util
import socket
import sys
import tempfile
import time

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import downloader

from tfgen.datasets import by_name, cifar10, fashion_mnist, mnist
from tfgen.datasets.tfds_images import _load

LOADERS = {"mnist": mnist, "fashion-mnist": fashion_mnist, "cifar10": cifar10}
SHAPES = {"mnist": (28, 28, 1), "fashion-mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
SPLITS = ("train", "validation", "test")


@pytest.fixture(params=LOADERS)
def name(request):
    return request.param


@pytest.fixture
def mocked():
    """Random images in place of the data; every split, however sliced, has six."""
    with tfds.testing.mock_data(num_examples=6):
        yield


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No host has an address, as without a network; temporary files go where the test can see them."""

    def refuse(*arguments, **named):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture
def resources(monkeypatch):
    """TensorFlow Datasets 4.9.10 imports a backport that it does not ask for; the standard library has the same."""
    if importlib.util.find_spec("importlib_resources") is None:
        monkeypatch.setitem(sys.modules, "importlib_resources", importlib.resources)


def test_images_of_the_mock_have_the_documented_form(name, mocked):
    images = LOADERS[name]()
    assert (images.name, images.event_shape, images.levels, images.binarisation) == (name, SHAPES[name], 256, None)
    for split in SPLITS:
        (x,) = getattr(images, split).values()
        labels = images.labels[split]
        assert (x.shape, x.dtype, labels.shape, labels.dtype) == ((6, *SHAPES[name]), np.float32, (6,), np.int32)
        assert set(np.unique(x)) <= set(range(256))
        assert x.max() > 100
    assert by_name(name).name == name


@pytest.mark.parametrize("loader", [mnist, fashion_mnist])
def test_the_binarisations(loader, mocked):
    grey = loader()
    threshold, static, dynamic = (loader(binarisation=which) for which in ("threshold", "static", "dynamic"))
    assert (threshold.levels, static.levels, dynamic.levels) == (2, 2, 2)
    for split in SPLITS:
        x = getattr(grey, split)["x"]
        np.testing.assert_array_equal(getattr(threshold, split)["x"], x >= 128)
        drawn = getattr(static, split)["x"]
        assert set(np.unique(drawn)) == {0.0, 1.0}
        assert abs(drawn.mean() - x.mean() / 255) < 4 * 0.5 / np.sqrt(drawn.size)
        if split != "train":
            np.testing.assert_array_equal(getattr(dynamic, split)["x"], drawn)
    np.testing.assert_allclose(dynamic.train["x"], grey.train["x"] / 255, rtol=1e-6)
    # The mock's splits are the same images; their draws are not.
    assert (static.train["x"] != static.test["x"]).any()


def test_an_unknown_binarisation_is_refused_before_anything_is_loaded(tmp_path):
    for loader in (mnist, fashion_mnist):
        with pytest.raises(ValueError, match=r"`binarisation` must be None or one of .*Received: 'otsu'"):
            loader(binarisation="otsu", data_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


class Numbered(tfds.core.GeneratorBasedBuilder):
    """Images that hold their own number, in the form of MNIST."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image": tfds.features.Image(shape=(2, 2, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features), supervised_keys=("image", "label")
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(0, 40), "test": self._generate_examples(100, 15)}

    def _generate_examples(self, first=0, count=0):
        for number in range(first, first + count):
            yield number, {"image": np.full((2, 2, 1), number, np.uint8), "label": number % 10}


def test_prepared_data_are_split_without_overlap_and_read_without_a_network(tmp_path, offline, resources):
    Numbered(data_dir=tmp_path / "data").download_and_prepare()
    first, again = (_load("numbered", "numbered", validation_rows=8, data_dir=tmp_path / "data") for _ in range(2))
    numbers = {split: getattr(first, split)["x"][:, 0, 0, 0] for split in SPLITS}
    assert [len(numbers[split]) for split in SPLITS] == [32, 8, 15]
    assert sorted([*numbers["train"], *numbers["validation"]]) == list(range(40))
    assert sorted(numbers["test"]) == list(range(100, 115))
    for split in SPLITS:
        np.testing.assert_array_equal(first.labels[split], numbers[split] % 10)
        np.testing.assert_array_equal(getattr(first, split)["x"], getattr(again, split)["x"])
    # Validation is the end of the training rows as they are read.
    rows = tfds.builder("numbered", data_dir=tmp_path / "data").as_dataset(split="train", as_supervised=True)
    order = [int(image[0, 0, 0]) for image, _ in rows.as_numpy_iterator()]
    assert order == [*numbers["train"], *numbers["validation"]]


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_without_a_network_the_error_says_what_to_do_soon_and_nothing_is_left(
    name, where, tmp_path, monkeypatch, offline, resources
):
    folder = tmp_path / "new" / "data"
    if where == "environment":
        # TensorFlow Datasets has read the variable on import.
        monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(folder))
    begin = time.monotonic()
    with pytest.raises(ConnectionError) as caught:
        LOADERS[name](data_dir=folder if where == "argument" else None)
    assert time.monotonic() - begin < 30
    message = str(caught.value)
    assert message.startswith(f"{name} is not prepared in `data_dir` and cannot be downloaded: connect to the Internet")
    assert "TFDS_DATA_DIR" in message
    assert f"Received: data_dir='{folder}'" in message
    # TensorFlow Datasets itself leaves an empty temporary folder for every builder, success or not.
    left = [path.name for path in tmp_path.rglob("*") if not path.name.endswith("tfds")]
    assert left == ["temporary"]
    assert downloader.MAX_RETRIES == 10


def test_a_failure_spares_what_was_there_before(tmp_path, offline, resources):
    (tmp_path / "data" / "mnist" / "2.0.0").mkdir(parents=True)
    (tmp_path / "data" / "other").mkdir()
    with pytest.raises(ConnectionError):
        mnist(data_dir=tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == ["2.0.0", "mnist", "other"]


@pytest.mark.parametrize("module", ["tensorflow_datasets", "requests"])
def test_without_the_packages_the_error_names_the_extra(module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"^mnist needs TensorFlow Datasets: pip install 'tfgen\[train\]' \(missing: {module}\)$"
    with pytest.raises(ImportError, match=message):
        mnist(data_dir=tmp_path / "data")
    assert list(tmp_path.iterdir()) == []
