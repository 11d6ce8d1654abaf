"""The package stays light: a fresh interpreter must not load what scoring does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

import tfgen_serving

FOREIGN = {"tensorflow", "keras", "tf_keras", "onnx", "tf2onnx", "tfgen", "tfgen_export", "scipy"}
REPORT = "\nimport sys; print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))"


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after `code`."""
    root = Path(tfgen_serving.__file__).parents[1]
    code = f"import sys; sys.path.insert(0, {str(root)!r})\n{code}{REPORT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("loaded:")[2].split())


def test_importing_loads_numpy_and_no_runtime() -> None:
    modules = loaded("import tfgen_serving")
    assert {"tfgen_serving", "numpy"} <= modules
    assert not modules & (FOREIGN | {"onnxruntime"})


def test_opening_loads_no_runtime(plain_bundle: Path) -> None:
    modules = loaded(f"import tfgen_serving\ntfgen_serving.Scorer({str(plain_bundle)!r})")
    assert not modules & (FOREIGN | {"onnxruntime"})


@pytest.mark.parametrize("call", ["score([[0.0, 0.0]])", "sample(2, seed=0)", "encode([[0.0, 0.0]])"])
def test_running_loads_the_runtime_and_no_tensorflow(plain_bundle: Path, call: str) -> None:
    modules = loaded(f"import tfgen_serving\ntfgen_serving.Scorer({str(plain_bundle)!r}).{call}")
    assert "onnxruntime" in modules
    assert not modules & FOREIGN


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(tfgen_serving.__file__).parent / "py.typed").is_file()
