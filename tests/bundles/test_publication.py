"""A version appears by one rename: an error or a kill before it leaves what was there, and nothing else."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfgen_serving

KILLED = """
import sys
import time
from pathlib import Path

import tfgen
import tfgen.bundles.export

base = Path(sys.argv[1])


def stuck(folder):
    print("hashing", flush=True)
    time.sleep(600)


tfgen.bundles.export.hash_files = stuck
tfgen.load_model(base / "1" / "model.keras").export(base, format="bundle")
"""


class _Late(Exception):
    pass


def _raise(error: type[BaseException]) -> Any:
    def fail(*arguments: Any, **keywords: Any) -> None:
        raise error("at the last moment")

    return fail


@pytest.mark.parametrize(
    ("step", "error", "old"),
    [("hash_files", KeyboardInterrupt, False), ("hash_files", _Late, True), ("Manifest.write", _Late, True)],
)
def test_an_error_in_a_late_step_leaves_what_was_there(
    line: Any, step: str, error: type[BaseException], old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "deep" / "base"
    if old:
        (base / "1").mkdir(parents=True)
        (base / "1" / "mark").write_text("the old one")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(f"tfgen.bundles.export.{step}", _raise(error))
    with pytest.raises(error, match="at the last moment"):
        line.export(base, format="bundle")
    assert sorted(tmp_path.rglob("*")) == before, "neither a version, nor a part of one, nor folders made for it"


def test_the_rename_comes_last_and_alone(line: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, events = tmp_path / "base", []
    rename, write = Path.rename, tfgen_serving.Manifest.write

    def spied_write(manifest: Any, folder: Path) -> Path:
        events.append(("manifest", (base / "1").exists()))
        return write(manifest, folder)

    def spied_rename(source: Path, target: Path) -> Path:
        held = {path.name for path in source.iterdir()}
        events.append(("rename", held >= {"manifest.json", "model.keras", "onnx", "saved_model.pb", "variables"}))
        assert source.parent == Path(target).parent, "on one file system, or it is no rename"
        assert Path(target) == base / "1"
        return rename(source, target)

    monkeypatch.setattr(tfgen_serving.Manifest, "write", spied_write)
    monkeypatch.setattr(Path, "rename", spied_rename)
    line.export(base, format="bundle")
    assert events == [("manifest", False), ("rename", True)]


def test_whoever_publishes_second_is_told(line: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two exports to one base: the version that came first stays as it is."""
    base, write = tmp_path / "base", tfgen_serving.Manifest.write

    def overtaken(manifest: Any, folder: Path) -> Path:
        (base / "1").mkdir()
        (base / "1" / "mark").write_text("the first")
        return write(manifest, folder)

    monkeypatch.setattr(tfgen_serving.Manifest, "write", overtaken)
    with pytest.raises(FileExistsError, match="Received: "):
        line.export(base, format="bundle")
    assert [path.relative_to(base).as_posix() for path in base.rglob("*")] == ["1", "1/mark"]


def test_a_killed_export_leaves_the_old_version_and_the_next_one_works(
    line: Any, x: np.ndarray, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    line.export(base, format="bundle")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(base)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "hashing\n"
        partial = [path for path in base.iterdir() if path.name != "1"]
        assert [path.name.startswith(".") for path in partial] == [True]
        assert (partial[0] / "saved_model.pb").exists(), "killed before it wrote anything"
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert process.returncode < 0
    assert tfgen_serving.Bundle.versions(base) == (1,)
    scorer = tfgen_serving.Scorer(base)
    assert scorer.bundle.version == 1
    np.testing.assert_allclose(scorer.score(x[:, :1]), line.score(x[:, :1]), atol=1e-5)
    assert line.export(base, format="bundle").name == "2"
    assert tfgen_serving.Scorer(base).bundle.version == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many bytes; for root alone."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(size: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no disk can be mounted here")
        return disk

    yield mount
    subprocess.run(["umount", str(disk)], capture_output=True, check=False)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_a_full_disk_leaves_the_old_version(
    share: float, line: Any, small_disk: Callable[[int], Path], tmp_path: Path
) -> None:
    """Wherever in the writing it happens: the old version is served, and there is room again."""
    one = line.export(tmp_path / "elsewhere", format="bundle")
    # A disk counts pages.
    pages = sum(-(-path.stat().st_size // 4096) for path in one.rglob("*") if path.is_file())
    base = small_disk(int(4096 * pages * (1 + share))) / "base"
    shutil.copytree(one, base / "1")
    before = sorted(base.rglob("*"))
    with pytest.raises(Exception, match=r"[Nn]o space left"):
        line.export(base, format="bundle")
    assert sorted(base.rglob("*")) == before
    scorer = tfgen_serving.Scorer(base)
    assert scorer.bundle.version == 1
    x = np.linspace(-1, 1, 5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(scorer.score(x), line.log_prob(x), rtol=1e-5)
