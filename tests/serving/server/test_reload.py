"""New versions: taken up without a lost request, refused where they are not whole, given up wholly."""

import gc
import json
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from serving.conftest import Toy

from tfgen_serving import BundleError
from tfgen_serving.server.runtime import OnnxRuntime
from tfgen_serving.server.serve import Addresses

X = [[0.5, -1.0], [2.5, -0.5], [0.0, 0.0]]


class Shifted(Toy):
    """A version that is told from the first by its numbers."""

    loc = np.array([-1.5, 2.0], np.float32)


FIRST, SECOND = Toy(), Shifted()
SCORES = {1: FIRST.log_prob(X), 2: SECOND.log_prob(X)}


class Watched:
    """A maker of runtimes that remembers them without keeping them."""

    def __init__(self) -> None:
        self.made: list[weakref.ref[OnnxRuntime]] = []

    def __call__(self, bundle: Any) -> OnnxRuntime:
        runtime = OnnxRuntime(bundle)
        self.made.append(weakref.ref(runtime))
        return runtime


class Served:
    """A server of one base path, and what it says."""

    def __init__(self, base: Path, addresses: Addresses, runtimes: Watched) -> None:
        self.base, self.addresses, self.runtimes = base, addresses, runtimes
        self.url = f"http://{addresses.host}:{addresses.port}/v1/models/toy"

    def states(self) -> dict[int, str]:
        found = httpx.get(self.url).json()["model_version_status"]
        return {int(each["version"]): each["state"] for each in found}

    def error(self, version: int) -> tuple[str, str]:
        (found,) = httpx.get(f"{self.url}/versions/{version}").json()["model_version_status"]
        return found["status"]["error_code"], found["status"]["error_message"]

    def version(self) -> int:
        """Which version answers, by its numbers."""
        found = httpx.post(f"{self.url}:predict", json={"instances": X}).json()["predictions"]
        (number,) = [number for number, scores in SCORES.items() if np.allclose(found, scores, rtol=1e-5)]
        return number

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.states()
            time.sleep(0.02)


@pytest.fixture
def served(tmp_path: Path, start: Callable[..., Any]) -> Iterator[Served]:
    base, runtimes = tmp_path / "toy", Watched()
    FIRST.write(base, 1)
    with start({"toy": base}, poll_seconds=0.05, make_runtime=runtimes) as addresses:
        yield Served(base, addresses, runtimes)


def publish(served: Served, damage: Callable[[Path], None] = lambda folder: None, name: str = "2") -> Path:
    """Writes version 2 beside the base path and moves it there, as `export` does."""
    folder = SECOND.write(served.base.parent / "draft", name)
    damage(folder)
    return folder.rename(served.base / name)


def test_a_new_version_answers_and_no_request_is_lost(served: Served) -> None:
    seen: list[tuple[int, Any]] = []
    done = threading.Event()

    def hammer() -> None:
        with httpx.Client() as client:
            while not done.is_set():
                response = client.post(f"{served.url}:predict", json={"instances": X})
                seen.append((response.status_code, response.json().get("predictions")))

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    served.until(lambda: len(seen) > 20)
    publish(served)
    served.until(lambda: served.version() == 2)
    count = len(seen)
    served.until(lambda: len(seen) > count + 20)
    done.set()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} == {200}
    answered = [next(n for n, scores in SCORES.items() if np.allclose(found, scores, rtol=1e-5)) for _, found in seen]
    assert set(answered) == {1, 2}
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    response = httpx.post(f"{served.url}/versions/1:predict", json={"instances": X})
    assert (response.status_code, response.json()["error"]) == (
        404,
        "Servable not found for request: Specific(toy, 1)",
    )


def test_a_version_that_is_given_up_is_freed(served: Served) -> None:
    assert served.version() == 1
    publish(served)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    assert not gc.isenabled()  # see tests/conftest.py: nothing but the server itself collects
    served.until(lambda: served.runtimes.made[0]() is None)
    assert served.runtimes.made[1]() is not None
    assert served.version() == 2


def _truncate(folder: Path) -> None:
    path = folder / "onnx" / "score.onnx"
    path.write_bytes(path.read_bytes()[:-20])


def _flip(folder: Path) -> None:
    path = folder / "onnx" / "score.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "half-written": (lambda folder: shutil.rmtree(folder / "onnx"), "missing 'onnx/decode.onnx'"),
    "truncated": (_truncate, "changed 'onnx/score.onnx'"),
    "flipped": (_flip, "changed 'onnx/score.onnx'"),
    "of another format": (lambda folder: Toy.edit_manifest(folder, format_version=9), "format_version"),
    "without a manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
    "broken manifest": (lambda folder: (folder / "manifest.json").write_text("{") and None, "manifest.json"),
    "more than is listed": (lambda folder: (folder / "more").write_text("x") and None, "not listed 'more'"),
    "empty": (_empty, "manifest.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_whole_is_not_served_until_it_is_mended(served: Served, damage: str) -> None:
    change, reason = DAMAGES[damage]
    folder = publish(served, change)
    served.until(lambda: served.states().get(2) == "END")
    code, message = served.error(2)
    assert code == "FAILED_PRECONDITION"
    assert reason in message
    assert served.states() == {2: "END", 1: "AVAILABLE"}
    assert served.version() == 1
    time.sleep(0.2)  # it is not tried again as it is
    assert len(served.runtimes.made) == 1
    whole = SECOND.write(served.base.parent / "whole", 2)
    if damage == "flipped":  # mended in place, which no folder's time tells
        shutil.copyfile(whole / "onnx" / "score.onnx", folder / "onnx" / "score.onnx")
    else:
        shutil.rmtree(folder)
        whole.rename(folder)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    assert served.version() == 2


def test_a_version_that_is_copied_file_by_file(served: Served) -> None:
    whole, folder = SECOND.write(served.base.parent / "draft", 2), served.base / "2"
    files = sorted(path for path in whole.rglob("*") if path.is_file())
    for path in files:
        target = folder / path.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        time.sleep(0.06)
        assert served.version() == (1 if path != files[-1] else served.version())
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})


def test_a_version_whose_endpoint_fails(served: Served) -> None:
    folder = SECOND.write(served.base.parent / "draft", 2)
    data = json.loads((folder / "manifest.json").read_text())
    data["endpoints"]["score"]["outputs"][0]["shape"] = [None, 5]
    Toy.edit_manifest(folder, endpoints=data["endpoints"])
    folder.rename(served.base / "2")
    served.until(lambda: served.states().get(2) == "END")
    assert served.version() == 1


def test_going_back(served: Served) -> None:
    folder = publish(served)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    shutil.rmtree(folder)
    served.until(lambda: served.states() == {2: "END", 1: "AVAILABLE"})
    assert served.version() == 1
    publish(served)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    assert served.version() == 2


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_removed_goes_on_answering(served: Served, whole: bool) -> None:
    shutil.rmtree(served.base if whole else served.base / "1")
    time.sleep(0.3)
    assert served.states() == {1: "AVAILABLE"}
    assert served.version() == 1
    served.base.mkdir(exist_ok=True)
    publish(served)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})
    assert served.version() == 2


@pytest.mark.parametrize("name", ["draft", ".2", "2.old", "-2", "+2", "２", "²"])
def test_folders_that_are_no_versions(served: Served, name: str) -> None:
    publish(served, name=name)
    time.sleep(0.2)
    assert served.states() == {1: "AVAILABLE"}


def test_a_new_version_beside_a_folder_that_is_none(served: Served) -> None:
    (served.base / "²").mkdir()
    publish(served)
    served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})


def test_the_old_version_finishes_what_it_has_begun(tmp_path: Path, start: Callable[..., Any]) -> None:
    base, hold, entered = tmp_path / "toy", threading.Event(), threading.Event()
    FIRST.write(base, 1)

    class Slow(OnnxRuntime):
        def run(self, endpoint: str, inputs: Any) -> Any:
            if len(inputs.get("x", ())) == len(X):
                entered.set()
                assert hold.wait(20)
            return super().run(endpoint, inputs)

    with start({"toy": base}, poll_seconds=0.05, make_runtime=Slow) as addresses:
        served = Served(base, addresses, Watched())
        answers: list[Any] = []
        thread = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{served.url}:predict", json={"instances": X}, timeout=30).json())
        )
        thread.start()
        assert entered.wait(10)
        publish(served)
        served.until(lambda: served.states() == {2: "AVAILABLE", 1: "UNLOADING"})
        hold.set()
        thread.join()
        np.testing.assert_allclose(answers[0]["predictions"], SCORES[1], rtol=1e-5)
        served.until(lambda: served.states() == {2: "AVAILABLE", 1: "END"})


@pytest.mark.parametrize("damage", ["flipped", "without a manifest", "empty"])
def test_a_start_without_a_whole_version_is_an_error(tmp_path: Path, start: Callable[..., Any], damage: str) -> None:
    DAMAGES[damage][0](FIRST.write(tmp_path / "toy", 1))
    with pytest.raises(BundleError), start({"toy": tmp_path / "toy"}):
        pass
    with pytest.raises(BundleError), start({"toy": tmp_path / "nothing"}):
        pass
