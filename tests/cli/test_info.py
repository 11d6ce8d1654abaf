"""`tfgen info`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tfgen_serving import Manifest


def test_json_is_the_manifest_and_more(command: Any, mdn_bundle: Any) -> None:
    base = mdn_bundle[1]
    for path in (base, base / "1"):
        result = command("info", path, "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        facts = json.loads(result.stdout)
        manifest = json.loads(Manifest.read(base / "1").to_json())
        assert facts.pop("packages") == manifest.pop("versions")
        assert (facts.pop("version"), facts.pop("versions_present"), facts.pop("files_match")) == (1, [1], True)
        assert Path(facts.pop("path")) == base / "1"
        assert facts == manifest


def test_people_get_a_table(process: Any, mdn_bundle: Any) -> None:
    done = process("info", mdn_bundle[1])
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "MDN 'mdn",  # and a number, after other models of the process
        "log p, exact",
        "x: float32 [batch, 1]",
        "context: float32 [batch, 3]",
        "seed: int32 [batch, 2]",
        "score: float32 [batch]",
        "tensorflow 2.",
        "1 of 1",
        "as in the manifest",
    ):
        assert words in done.stdout
    assert "NOT" not in done.stdout


def test_versions(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    for version in (2, 10):
        shutil.copytree(flow_bundle[1] / "1", tmp_path / "base" / str(version))
    for options, version in (([], 10), (["--version", 2], 2)):
        facts = json.loads(command("info", tmp_path / "base", *options, "--json").stdout)
        assert (facts["version"], facts["versions_present"]) == (version, [2, 10])
    result = command("info", tmp_path / "base", "--version", 3)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: version must be one of [2, 10]")


def test_a_changed_file_is_told_after_the_table(command: Any, flow_bundle: Any, tmp_path: Path) -> None:
    shutil.copytree(flow_bundle[1], tmp_path / "base")
    with (tmp_path / "base" / "1" / "onnx" / "score.onnx").open("ab") as file:
        file.write(b"!")
    result = command("info", tmp_path / "base")
    assert result.exit_code == 1
    assert "NOT as in the manifest" in result.stdout
    assert "changed 'onnx/score.onnx'" in result.stderr
    result = command("info", tmp_path / "base", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["files_match"] is False


def test_in_its_own_process_it_needs_no_runtime(flow_bundle: Any) -> None:
    code = (
        "import sys; from tfgen.cli.main import main; main(sys.argv[1:], standalone_mode=False);"
        "print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'onnx', 'onnxruntime', 'pyarrow'}))"
    )
    words = [sys.executable, "-c", code, "info", str(flow_bundle[1]), "--json"]
    looked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert looked.stdout.endswith("\n[]\n")
