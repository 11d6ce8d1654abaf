"""The command starts at once: nothing heavy is loaded before it is needed."""

import statistics
import subprocess
import sys
import time
from importlib import metadata
from typing import Any

import pytest

HEAVY = {
    "keras",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "statsmodels",
    "tensorflow",
    "tensorflow_datasets",
    "tensorflow_probability",
    "tf2onnx",
    "tf_keras",
}
HELP = "from tfgen.cli.main import main; main({arguments!r}, prog_name='tfgen', standalone_mode=False)"
REPORT = "\nimport sys; print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))"


def _loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("code", ["import tfgen", HELP.format(arguments=["--help"])])
def test_it_starts_within_a_second(code: str) -> None:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
        seconds.append(time.perf_counter() - start)
    assert statistics.median(seconds) < 1


@pytest.mark.parametrize(
    "code",
    [
        "import tfgen; dir(tfgen); repr(tfgen); hasattr(tfgen, 'nothing')",
        "import tfgen; tfgen.datasets.TwoMoons().sample(3, seed=0)",
        *(
            HELP.format(arguments=[*name, "--help"])
            for name in ([], ["demo"], ["info"], ["sample"], ["score"], ["serve"], ["verify"])
        ),
        HELP.format(arguments=["--version"]),
    ],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    modules = _loaded(code)
    assert "tfgen" in modules
    assert not modules & HEAVY


def test_the_commands_are_listed(process: Any) -> None:
    shown = process("-h")
    assert (shown.returncode, shown.stderr) == (0, "")
    names = [line.split()[0] for line in shown.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    assert names == ["demo", "deploy-config", "info", "sample", "score", "serve", "verify"]


def test_the_version_is_the_distribution_s(command: Any) -> None:
    assert metadata.version("tfgen") in command("--version").output


def test_an_unknown_command(command: Any) -> None:
    result = command("train")
    assert result.exit_code == 2
    assert "No such command 'train'" in result.stderr


def test_the_console_script_is_this_command() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="tfgen")
    assert script.value == "tfgen.cli.main:main"
