"""The distribution: its pins, its names, and what works where a part of it is missing."""

import importlib
import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tensorflow_probability as tfp
from packaging.requirements import Requirement

import tfgen
from tfgen._requirements import check_training_requirements

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
PACKAGES = ("tfgen", "tfgen_export", "tfgen_serving")
TRAINING = ("tensorflow", "tensorflow_probability", "keras")

# Every finder is made blind to some packages: what an installation without them is like.
HIDE = """
import importlib.machinery
import sys

HIDDEN = set({hidden!r})


class Blind:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [Blind(finder) for finder in sys.meta_path]
"""
REFUSED = """
try:
    import tfgen
    tfgen.{name}
except ImportError as error:
    print(error)
print(sorted(sys.modules.keys() & {{"tensorflow", "tensorflow_probability"}}))
"""


def _python(code: str, *arguments: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the code with the environment less Keras's own settings."""
    kept = {key: value for key, value in os.environ.items() if key not in ("KERAS_BACKEND", "KERAS_HOME")}
    words = [sys.executable, "-c", f"import sys\n{code}", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env={**kept, **environment})


def _requirement(name: str, extra: str | None = None) -> Requirement:
    texts = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    (found,) = (text for text in map(Requirement, texts) if text.name == name)
    return found


def test_tfp_works_with_this_numpy() -> None:
    """The reason for the pin: TFP 0.25 calls np.reshape(newshape=), which NumPy 2.4 no longer knows."""
    x = np.array([[0.5, -1.0], [0.0, 2.0]], "float32")
    padded = np.exp(np.concatenate([x, np.zeros((2, 1))], axis=1))
    expected = padded / padded.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(tfp.bijectors.SoftmaxCentered().forward(x), expected, rtol=1e-5)


def test_training_pins_numpy_below_2_4() -> None:
    pin = _requirement("numpy", "train").specifier
    assert "2.4.0" not in pin
    assert "2.3.5" in pin
    assert np.__version__ in pin


@pytest.mark.parametrize(
    "name", ["tensorflow", "tensorflow-probability", "keras", "tf2onnx", "onnx", "scikit-learn", "statsmodels"]
)
def test_what_is_installed_is_what_training_asks_for(name: str) -> None:
    assert metadata.version(name) in _requirement(name, "train").specifier


def test_the_base_installation_has_no_tensorflow() -> None:
    names = {Requirement(text).name for text in PROJECT["dependencies"]}
    assert names == {"click", "numpy", "onnxruntime", "rich"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_say_that_they_are_typed(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert (Path(module.__file__).parent / "py.typed").is_file()
    wheel = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert package in {Path(path).name for path in wheel["targets"]["wheel"]["packages"]}


@pytest.mark.parametrize("name", tfgen.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(tfgen, name)
    assert (value.__doc__ or "").strip(), f"tfgen.{name} has no docstring"
    module = value.__name__ if isinstance(value, ModuleType) else value.__module__
    assert module.startswith("tfgen.")


@pytest.mark.parametrize("package", ["tfgen.datasets", "tfgen.layers", "tfgen.losses", "tfgen.noise"])
def test_the_names_of_its_modules_too(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        if callable(value):
            assert (value.__doc__ or "").strip(), f"{package}.{name} has no docstring"


def test_the_names_are_listed() -> None:
    assert dir(tfgen) == sorted(tfgen.__all__)
    assert len(set(tfgen.__all__)) == len(tfgen.__all__)
    with pytest.raises(AttributeError, match="module 'tfgen' has no attribute 'VEA'"):
        tfgen.VEA  # noqa: B018


@pytest.mark.parametrize(
    ("hidden", "name", "missing"),
    [
        (TRAINING, "MDN", "tensorflow, tensorflow_probability, keras"),
        (("tensorflow", "keras"), "load_model", "tensorflow, keras"),
        (("tensorflow_probability",), "layers", "tensorflow_probability"),
    ],
)
def test_without_the_extra_one_line_names_it(hidden: tuple[str, ...], name: str, missing: str) -> None:
    done = _python(HIDE.format(hidden=hidden) + REFUSED.format(name=name))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"tfgen.{name} needs the extra `train`: pip install 'tfgen[train]' (missing: {missing})\n[]\n"
    )


def test_without_the_extra_bundles_are_scored(tmp_path: Path) -> None:
    flow = tfgen.RealNVP(event_shape=(1,), couplings=1, hidden=())
    flow.export(tmp_path / "base", format="bundle")
    x = np.random.default_rng(0).normal(size=(5, 1)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    hide = HIDE.format(hidden=(*TRAINING, "tf2onnx", "onnx", "sklearn", "matplotlib", "scipy"))
    code = """
import numpy as np
import tfgen
import tfgen_serving
x, scores = np.load(sys.argv[2]), tfgen.datasets.TwoMoons().sample(3, seed=0)
np.save(sys.argv[3], tfgen_serving.Scorer(sys.argv[1]).score(x))
from tfgen.cli.main import main
main(["score", *sys.argv[1:3]], standalone_mode=False)
main(["verify", sys.argv[1]], prog_name="tfgen")
"""
    done = _python(hide + code, tmp_path / "base", tmp_path / "x.npy", tmp_path / "scores.npy")
    np.testing.assert_allclose(np.load(tmp_path / "scores.npy"), flow.score(x), rtol=1e-5)
    np.testing.assert_allclose([float(line) for line in done.stdout.split()], flow.score(x), atol=1e-5)
    assert done.returncode == 1
    _, error = done.stderr.splitlines()
    assert error.startswith("Error: tfgen verify needs the extra `train`: pip install 'tfgen[train]'")


def _keras_home(folder: Path, content: str | None) -> str:
    if content is not None:
        (folder / "keras.json").write_text(content)
    return str(folder)


def test_another_backend_in_the_environment_is_refused() -> None:
    done = _python(REFUSED.format(name="MDN"), KERAS_BACKEND="jax")
    assert done.stdout == (
        "tfgen.MDN needs Keras's TensorFlow backend: set KERAS_BACKEND=tensorflow before importing keras. "
        "Received: KERAS_BACKEND=jax\n[]\n"
    )


def test_another_backend_in_keras_s_configuration_is_refused(tmp_path: Path) -> None:
    done = _python(REFUSED.format(name="MDN"), KERAS_HOME=_keras_home(tmp_path, '{"backend": "jax"}'))
    assert "set KERAS_BACKEND=tensorflow before importing keras. Received: KERAS_BACKEND=jax\n" in done.stdout


@pytest.mark.parametrize(
    ("content", "environment"),
    [
        (None, {}),
        ('{"backend": "tensorflow"}', {}),
        ('{"floatx": "float32"}', {}),
        ("{not json", {}),
        ("[1]", {}),
        ('{"backend": "jax"}', {"KERAS_BACKEND": "tensorflow"}),
    ],
)
def test_tensorflow_is_the_backend_where_nothing_else_is_asked_for(
    content: str | None, environment: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import os\nfrom tfgen._requirements import check_training_requirements\n"
        "check_training_requirements('it'); print(os.environ['KERAS_BACKEND'])"
    )
    done = _python(code, KERAS_HOME=_keras_home(tmp_path, content), **environment)
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")


def test_a_backend_that_keras_has_already_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(ImportError, match="Received: KERAS_BACKEND=torch"):
        check_training_requirements("tfgen.MDN")


@pytest.mark.parametrize(("version", "good"), [("2.15.0", False), ("3.15.1", True), ("10.0", True)])
def test_keras_2_is_refused(version: str, good: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfgen._requirements.metadata.version", lambda package: {"keras": version}[package])
    if good:
        check_training_requirements("tfgen.MDN")
        return
    with pytest.raises(ImportError) as caught:
        check_training_requirements("tfgen.MDN")
    assert str(caught.value) == "tfgen.MDN needs Keras 3: pip install 'tfgen[train]'. Received: Keras 2.15.0"
