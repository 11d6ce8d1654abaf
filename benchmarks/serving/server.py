"""`tfgen serve` as a process, and bundles to serve."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Server", "make_bundle", "published"]

_TFGEN = str(Path(sys.executable).with_name("tfgen"))
_EXPORT = """
import sys, numpy as np, keras, tfgen
keras.utils.set_random_seed(0)
flow = tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False, name="flow")
rng = np.random.default_rng(0)
flow.set_weights([value + 0.02 * rng.normal(size=value.shape) for value in flow.get_weights()])
flow.export(sys.argv[1], format="bundle")
"""


def make_bundle(folder: Path) -> Path:
    """A RealNVP of the demo's size, exported by a process of its own: this one stays without TensorFlow."""
    subprocess.run([sys.executable, "-c", _EXPORT, str(folder / "flow")], check=True, stderr=subprocess.DEVNULL)
    return folder / "flow"


def published(base: Path, version: int) -> None:
    """Another version of the same numbers, by one rename, as `export` publishes."""
    newest = max(int(path.name) for path in base.iterdir() if path.name.isdigit())
    shutil.copytree(base / str(newest), base / ".next")
    (base / ".next").rename(base / str(version))


@dataclass
class Server:
    """A server on two ports of its own, which it keeps when it is started again."""

    base: Path
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.port, self.grpc_port = _free_port(), _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator["Server"]:
        """From when it answers until it has stopped."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def start(self) -> float:
        """Starts it; gives the seconds until it answered."""
        ports = [f"--port={self.port}", f"--grpc-port={self.grpc_port}"]
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [_TFGEN, "serve", str(self.base), *ports, *self.options], stdout=subprocess.DEVNULL
        )
        while "AVAILABLE" not in self.statuses().values():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}")
            time.sleep(0.01)
        return time.perf_counter() - start

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it; gives its exit status."""
        process = self._started()
        process.send_signal(number)
        return process.wait(60)

    def statuses(self) -> dict[str, str]:
        """States by version; none where it does not answer."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/v1/models/{self.base.name}", timeout=5
            ) as answer:
                found = json.load(answer)["model_version_status"]
        except OSError:
            return {}
        return {status["version"]: status["state"] for status in found}

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        pages = int(Path(f"/proc/{self._started().pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _started(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            raise RuntimeError("the server must be started first")
        return self.process


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
