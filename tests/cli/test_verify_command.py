"""`tfgen verify`."""

import logging
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from tfgen.bundles import verify_bundle
from tfgen.bundles.verify import EndpointReport


@pytest.fixture(autouse=True)
def _tensorflow_s_logger() -> Iterator[None]:
    """As it was: the command turns it down for its process."""
    level = tf.get_logger().level
    yield
    logging.getLogger("tensorflow").setLevel(level)


def test_a_good_bundle_gets_a_table(command: Any, flow_bundle: Any) -> None:
    result = command("verify", flow_bundle[1], "--rows", 32)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Largest relative difference on 32 rows" in result.stdout
    for words in ("keras / saved_model", "keras / onnx", "saved_model / onnx", "score", "sample", "encode", "decode"):
        assert words in result.stdout
    for report in verify_bundle(flow_bundle[1], rows=32):
        for difference in report.differences.values():
            assert 0 <= difference < 1e-5


def test_a_tolerance_that_is_not_kept(command: Any, flow_bundle: Any) -> None:
    result = command("verify", flow_bundle[1], "--rows", 32, "--tolerance", "1e-12")
    assert result.exit_code == 1
    assert "Largest relative difference" in result.stdout, "the table is shown all the same"
    assert result.stderr.count("\n") == 1
    worst = max(verify_bundle(flow_bundle[1], rows=32), key=lambda report: report.largest)
    assert result.stderr == (
        f"Error: {worst.endpoint} differs by {worst.largest:.1e}, more than the tolerance of 1.0e-12\n"
    )
    assert command("verify", flow_bundle[1], "--rows", 32, "--tolerance", 2 * worst.largest).exit_code == 0


@pytest.mark.parametrize("place", [0, 1])
def test_a_difference_that_is_no_number_is_none_that_passes(
    command: Any, flow_bundle: Any, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [EndpointReport(name, 8, {("keras", "onnx"): 1e-7}) for name in ("score", "sample")]
    reports[place] = EndpointReport("odd", 8, {("keras", "onnx"): math.nan})
    monkeypatch.setattr("tfgen.bundles.verify_bundle", lambda *arguments, **keywords: reports)
    result = command("verify", flow_bundle[1])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: odd differs by nan")


def test_a_changed_file(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    shutil.copytree(flow_bundle[1], tmp_path / "base")
    with (tmp_path / "base" / "1" / "onnx" / "score.onnx").open("ab") as file:
        file.write(b"!")
    result = command("verify", tmp_path / "base")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert "changed 'onnx/score.onnx'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_that_is_no_bundle(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    for arguments in ((tmp_path,), (flow_bundle[1], "--version", 2)):
        result = command("verify", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["none"],
        [".", "--rows", "0"],
        [".", "--tolerance", "little"],
        [".", "--tolerance", "nan"],
        [".", "--tolerance", "-1"],
    ],
)
def test_arguments_that_cannot_be(command: Any, arguments: list[str]) -> None:
    assert command("verify", *arguments).exit_code == 2


def test_in_its_own_process_tensorflow_is_not_heard(process: Any, mdn_bundle: Any) -> None:
    done = process("verify", mdn_bundle[1], "--rows", 8)
    assert (done.returncode, done.stderr) == (0, "")
    assert "saved_model / onnx" in done.stdout
