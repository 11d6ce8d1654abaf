"""Serves a bundle with the extras serve and client, asks it over REST and gRPC, and stops it."""

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import tfgen
import tfgen_serving

if importlib.util.find_spec("tensorflow"):
    sys.exit("this check is for an environment without TensorFlow")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


ports = free_port(), free_port()
tfgen_command = str(Path(sys.executable).with_name("tfgen"))
x = tfgen.datasets.TwoMoons().sample(1000, seed=2)["x"]
expected = tfgen_serving.Scorer(sys.argv[1]).score(x)
start = time.perf_counter()
server = subprocess.Popen([tfgen_command, "serve", sys.argv[1], f"--port={ports[0]}", f"--grpc-port={ports[1]}"])
try:
    for scheme, port in zip(("http", "grpc"), ports, strict=True):
        with tfgen_serving.Client(f"{scheme}://127.0.0.1:{port}", Path(sys.argv[1]).name, retries=20) as client:
            np.testing.assert_allclose(client.score(x), expected, rtol=1e-5, atol=1e-5)
            draws = client.sample(5, seed=0)
        print(f"{len(x)} rows scored over {scheme}, {time.perf_counter() - start:.1f} s after the start; {draws[0]}")
finally:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(90)
    finally:
        server.kill()
if server.returncode != 0:
    sys.exit(f"the server ended with status {server.returncode}")
