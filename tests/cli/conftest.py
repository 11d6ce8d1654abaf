"""The command in this process and in its own, and two bundles for it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner, Result

import tfgen
from tfgen.cli.main import main

# What the console script does.
SCRIPT = "import sys; from tfgen.cli.main import main; sys.exit(main(prog_name='tfgen'))"


@pytest.fixture
def command() -> Callable[..., Result]:
    """Runs `tfgen` with the arguments, here."""

    def run(*arguments: Any) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="tfgen")

    return run


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `tfgen` with the arguments as a shell would."""

    def run(*arguments: Any, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
        wide = {**os.environ, "COLUMNS": "160"}  # tables in whole lines
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False, env=wide)

    return run


def _export(model: Any, base: Path) -> tuple[Any, Path]:
    rng = np.random.default_rng(0)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    model.export(base, format="bundle")
    return model, base


@pytest.fixture(scope="session")
def flow_bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """An unconditional model and its bundle; to be read only."""
    keras.utils.set_random_seed(0)
    model = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), activation="tanh")
    return _export(model, tmp_path_factory.mktemp("cli") / "flow")


@pytest.fixture(scope="session")
def mdn_bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A conditional model and its bundle; to be read only."""
    keras.utils.set_random_seed(0)
    model = tfgen.MDN(event_shape=(1,), context_shape=(3,), components=2, hidden=(4,), activation="tanh")
    return _export(model, tmp_path_factory.mktemp("cli") / "mdn")
