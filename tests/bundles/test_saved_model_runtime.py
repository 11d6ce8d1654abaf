"""The SavedModel behind the embedded server answers as ONNX Runtime does, is held to the manifest, and is freed."""

import gc
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from serving.servers import running

from tfgen.bundles.saved_model_runtime import SavedModelRuntime
from tfgen_serving import Bundle, BundleError, RunError
from tfgen_serving.server.runtime import OnnxRuntime

X = np.float32(np.random.default_rng(0).normal(size=(50, 2)))
INPUTS: dict[str, dict[str, Any]] = {
    "score": {"x": X},
    "sample": {"seed": np.int32([[0, i] for i in range(50)])},
    "encode": {"x": X},
    "decode": {"z": X},
}


@pytest.fixture(scope="module")
def bundle(bundles: dict[str, Path]) -> Bundle:
    return Bundle.open(bundles["flow"])


@pytest.fixture(scope="module")
def runtime(bundle: Bundle) -> SavedModelRuntime:
    return SavedModelRuntime(bundle)


@pytest.mark.parametrize("endpoint", INPUTS)
@pytest.mark.parametrize("rows", [50, 1, 0])
def test_it_answers_as_onnx_runtime(bundle: Bundle, runtime: SavedModelRuntime, endpoint: str, rows: int) -> None:
    inputs = {name: value[:rows] for name, value in INPUTS[endpoint].items()}
    expected, found = OnnxRuntime(bundle).run(endpoint, inputs), runtime.run(endpoint, inputs)
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5)


def test_what_does_not_run(runtime: SavedModelRuntime) -> None:
    with pytest.raises(RunError, match="endpoint 'score' failed in TensorFlow"):
        runtime.run("score", {"x": X.astype(float)})


@pytest.mark.parametrize("damage", ["missing", "broken"])
def test_what_does_not_load(bundle: Bundle, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "1"
    shutil.copytree(bundle.path, folder)
    path = folder / "saved_model.pb"
    path.unlink() if damage == "missing" else path.write_bytes(b"\xff" * 10)
    with pytest.raises(BundleError, match="TensorFlow must be able to load"):
        SavedModelRuntime(Bundle.open(tmp_path))


def test_it_is_freed(bundle: Bundle) -> None:
    runtime = SavedModelRuntime(bundle)
    loaded = weakref.ref(runtime._loaded)
    runtime.run("score", {"x": X})
    del runtime
    gc.collect()
    assert loaded() is None


@pytest.fixture
def url(bundle: Bundle) -> Iterator[str]:
    make: Callable[..., Any] = SavedModelRuntime
    with running({"flow": bundle.path.parent}, make_runtime=make) as addresses:
        yield f"http://{addresses.host}:{addresses.port}/v1/models/flow:predict"


def test_it_serves(bundle: Bundle, url: str) -> None:
    found = httpx.post(url, json={"instances": X.tolist()}, timeout=30).json()["predictions"]
    expected = OnnxRuntime(bundle).run("score", {"x": X})["score"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
