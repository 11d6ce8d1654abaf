"""Choosing a version, and finding what was changed in it."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tfgen_serving import Bundle, BundleError, Scorer, hash_files


def test_the_highest_integer_version_is_picked(toy: Any, tmp_path: Path) -> None:
    for version in (1, 9, 10):  # "9" sorts after "10" as text
        toy.write(tmp_path, version)
    bundle = Bundle.open(tmp_path)
    assert (bundle.version, bundle.path) == (10, tmp_path / "10")
    assert Bundle.open(tmp_path, version=9).path == tmp_path / "9"
    assert Bundle.versions(tmp_path) == (1, 9, 10)


def test_partial_and_foreign_names_are_passed_over(toy: Any, tmp_path: Path) -> None:
    toy.write(tmp_path, 2)
    for name in (".3.partial", "3.tmp", "latest", "-4", "+5", "1_0", " 6", "٧"):
        (tmp_path / name).mkdir()
    (tmp_path / "8").write_text("a file, not a folder")
    assert Bundle.versions(tmp_path) == (2,)
    assert Bundle.open(tmp_path).version == 2


def test_a_version_folder_opens_itself(toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = toy.write(tmp_path, 7)
    assert Bundle.open(folder).version == 7
    assert Bundle.open(str(folder), version=7).version == 7
    (tmp_path / "latest").symlink_to(folder)
    assert Bundle.open(tmp_path / "latest").version == 7
    monkeypatch.chdir(folder)
    assert Bundle.open(".").version == 7
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder, tmp_path / "moved")
    assert Bundle.open("moved").version is None
    (tmp_path / "8").symlink_to(tmp_path / "moved")
    assert Bundle.open(tmp_path / "8").version == 8
    assert Bundle.versions(tmp_path) == (7, 8)
    with pytest.raises(BundleError, match=r"version must be 7, the one in .*7'\. Received: 8"):
        Bundle.open(folder, version=8)


def test_the_highest_version_is_not_passed_over_for_lack_of_a_manifest(toy: Any, tmp_path: Path) -> None:
    toy.write(tmp_path, 1)
    (tmp_path / "2").mkdir()
    with pytest.raises(BundleError, match=r"must hold manifest\.json\. Received: .*2'"):
        Bundle.open(tmp_path)
    assert Bundle.open(tmp_path, version=1).version == 1


@pytest.mark.parametrize("version", [3, "1", True, 1.5])
def test_a_version_that_is_not_there(toy: Any, tmp_path: Path, version: Any) -> None:
    toy.write(tmp_path, 1)
    toy.write(tmp_path, 2)
    with pytest.raises(BundleError, match=r"version must be one of \[1, 2\] in .*\. Received: "):
        Bundle.open(tmp_path, version=version)


def test_paths_that_are_no_bundle(tmp_path: Path) -> None:
    for call in (Bundle.open, Bundle.versions, hash_files):
        with pytest.raises(BundleError, match=r"must be a folder that exists\. Received: .*nowhere"):
            call(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"path must hold manifest\.json or folders named by an integer"):
        Bundle.open(tmp_path)


def test_two_folders_of_one_number_are_refused(toy: Any, tmp_path: Path) -> None:
    toy.write(tmp_path, "01")
    assert Bundle.open(tmp_path, version=1).path == tmp_path / "01"
    toy.write(tmp_path, "1")
    with pytest.raises(BundleError, match=r"one folder for version 1\. Received: '01' and '1'"):
        Bundle.open(tmp_path)


def test_hash_files_against_hashlib(tmp_path: Path) -> None:
    content = {"b.bin": b"b", "a/deep/x": b"x", "a/manifest.json": b"not the folder's own", "a.bin": b""}
    for name, data in content.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "b.bin")
    wanted = {name: hashlib.sha256(data).hexdigest() for name, data in (content | {"link": b"b"}).items()}
    found = hash_files(tmp_path)
    assert found == wanted
    assert list(found) == sorted(wanted)


@pytest.mark.parametrize("target", ["elsewhere", "nothing"])
def test_links_to_folders_and_to_nothing_are_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "assets").symlink_to(tmp_path / target)
    with pytest.raises(BundleError, match=r"a bundle holds files and folders only\. Received: .*assets"):
        hash_files(tmp_path / "version")


def test_an_untouched_bundle_passes(plain_bundle: Path) -> None:
    Bundle.open(plain_bundle).verify_files()


def test_tampering_is_found_and_named(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    weights = folder / "variables" / "variables.index"
    size = weights.stat().st_size
    weights.write_bytes(b"I" * size)  # same length: only the digest tells
    with pytest.raises(BundleError, match=r"Received: changed 'variables/variables\.index'$"):
        Bundle.open(folder).verify_files()
    weights.unlink()
    (folder / "notes.txt").write_text("hello")
    with pytest.raises(BundleError, match=r"Received: missing 'variables/variables\.index', not listed 'notes\.txt'$"):
        Bundle.open(folder).verify_files()


def test_the_scorer_checks_files_unless_told_not_to(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    (folder / "model.keras").write_bytes(b"other")
    with pytest.raises(BundleError, match=r"changed 'model\.keras'"):
        Scorer(tmp_path)
    assert Scorer(tmp_path, check_files=False).score([[0.0, 0.0]]).shape == (1,)


def test_a_bad_manifest_is_named_by_its_path(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path)
    toy.edit_manifest(folder, score_kind="guess")
    with pytest.raises(BundleError, match=r"1.manifest\.json: score_kind must be 'exact' or 'bound'"):
        Bundle.open(tmp_path)


def test_a_base_path_is_none_of_its_versions(toy: Any, tmp_path: Path) -> None:
    folder = toy.write(tmp_path / "toy", 7)
    (tmp_path / "latest").symlink_to(folder)
    assert Bundle.open_base(tmp_path / "toy").version == 7
    for path in (folder, tmp_path / "latest"):
        with pytest.raises(BundleError, match=r"^path must be a base path, not one of its versions\. Received: "):
            Bundle.open_base(path)
    with pytest.raises(BundleError, match="path must be a folder that exists"):
        Bundle.open_base(tmp_path / "nothing")
