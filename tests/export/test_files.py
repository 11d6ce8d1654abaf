"""Folders that appear whole or not at all."""

import errno
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from tfgen_export import atomic_folder


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_folder_appears_with_all_that_was_written(tmp_path: Path) -> None:
    target = tmp_path / "bundle" / "1"
    with atomic_folder(target) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("whole")
        assert folder.parent == target.parent, "a rename across file systems would copy"
        assert not target.exists()
    assert everything(tmp_path) == ["bundle", "bundle/1", "bundle/1/inner", "bundle/1/inner/file"]
    assert (target / "inner" / "file").read_text() == "whole"


def test_others_may_read_it(tmp_path: Path) -> None:
    with atomic_folder(str(tmp_path / "one")):
        pass
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o755


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_inside_leaves_nothing(kind: type[BaseException], tmp_path: Path) -> None:
    def fail() -> None:
        with atomic_folder(tmp_path / "made" / "for" / "it") as folder:
            (folder / "file").write_text("half")
            raise kind("mine")

    with pytest.raises(kind, match="mine"):
        fail()
    assert everything(tmp_path) == []


def test_parents_with_something_else_in_them_stay(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic_folder(tmp_path / "made" / "it"):
            (tmp_path / "made" / "neighbour").write_text("stays")
            raise ValueError

    (tmp_path / "before").mkdir()
    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert everything(tmp_path) == ["before", "made", "made/neighbour"]


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_exists_is_refused_and_untouched(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    if kind == "folder":
        target.mkdir()
        (target / "file").write_text("old")
    elif kind == "file":
        target.write_text("old")
    else:
        target.symlink_to("nowhere")
    before = everything(tmp_path)
    with (
        pytest.raises(FileExistsError, match=r"`path` must not exist yet. Received: path='.*target'"),
        atomic_folder(target),
    ):
        pytest.fail("the block must not run")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("content", [[], ["file"]])
def test_what_came_into_being_meanwhile_is_not_replaced(content: list[str], tmp_path: Path) -> None:
    target = tmp_path / "target"

    def race() -> None:
        with atomic_folder(target) as folder:
            (folder / "mine").write_text("late")
            target.mkdir()
            for name in content:
                (target / name).write_text("theirs")

    with pytest.raises(FileExistsError, match="`path` must not exist yet"):
        race()
    assert everything(tmp_path) == ["target", *(f"target/{name}" for name in content)]


@pytest.mark.parametrize("depth", ["file/target", "file/deeper/target"])
def test_a_file_in_a_parent_s_place_is_refused_before_any_work(depth: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("stays")
    message = "`path` must lie in a folder that can be written .*Received: path="
    with pytest.raises(PermissionError, match=message), atomic_folder(tmp_path / depth):
        pytest.fail("the block must not run")
    assert everything(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "stays"


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.EACCES, PermissionError, "`path` must lie in a folder that can be written .*Received: path="),
        (errno.EROFS, OSError, "`path` cannot be written"),
        (errno.ENOSPC, OSError, "`path` cannot be written"),
    ],
)
def test_a_parent_that_cannot_be_written_is_told_before_any_work(
    number: int, kind: type[OSError], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> str:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(kind, match=message) as caught, atomic_folder(tmp_path / "new" / "target"):
        pytest.fail("the block must not run")
    assert os.strerror(number) in str(caught.value)
    assert everything(tmp_path) == []


def test_a_rename_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(errno.EIO, "mine")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="mine"), atomic_folder(tmp_path / "target") as folder:
        (folder / "file").write_text("whole")
    assert everything(tmp_path) == []


def test_a_killed_writer_leaves_a_hidden_folder_that_does_not_stand_in_the_way(tmp_path: Path) -> None:
    target = tmp_path / "1"
    killed = atomic_folder(target)
    partial = killed.__enter__()  # and never left: what a killed process has on the disk
    (partial / "file").write_text("half")
    assert [path.name for path in tmp_path.iterdir()] == [partial.name]
    assert partial.name.startswith(".")
    assert not partial.name.isdigit(), "TensorFlow Serving would load it as a version"
    assert stat.S_IMODE(partial.stat().st_mode) == 0o700
    with atomic_folder(target) as folder:
        (folder / "file").write_text("whole")
    assert (target / "file").read_text() == "whole"
    assert (partial / "file").read_text() == "half"
    shutil.rmtree(partial)
