# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From `fit` to TensorFlow Serving and ONNX
#
# A likelihood is of use where the data are: in a stream that is watched for what has never been seen, in a table of
# millions of rows, in somebody else's program. This notebook trains a small conditional flow, exports it once, and
# uses the same folder four ways: by ONNX Runtime in a process without TensorFlow, over a file of many rows, over HTTP
# and over gRPC, in TensorFlow Serving's protocol. The numbers are the same each time, and the samples too, since a
# sample is a function of its seed.

# %%
import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np

import tfgen
import tfgen_serving

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "legend.frameon": False})
# %matplotlib inline

# %% [markdown]
# ## A model worth serving
#
# A sensor's two readings turn with a dial, which is the context: $x = R(\varphi)\,u$, $u \sim N(0, \mathrm{diag}(1,
# 0.1^2))$. Its density is known, so we can say how good the model is before anyone relies on it.


# %%
def readings(rows, seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-np.pi, np.pi, rows)
    u = rng.normal(size=(rows, 2)) * [1.0, 0.1]
    turned = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    x = np.einsum("rij,ri->rj", turned, u)
    return {"x": x.astype("float32"), "context": np.stack([np.cos(angle), np.sin(angle)], axis=1).astype("float32")}


def true_log_prob(x, context):
    along = np.sum(x * context, axis=1)
    across = x[:, 1] * context[:, 0] - x[:, 0] * context[:, 1]
    return -0.5 * (along**2 + (across / 0.1) ** 2) - np.log(0.1) - np.log(2 * np.pi)


keras.utils.set_random_seed(0)
flow = tfgen.RealNVP(event_shape=(2,), context_shape=(2,), couplings=6, hidden=(32, 32), name="sensor")
flow.compile(keras.optimizers.Adam(5e-3), steps_per_execution=20, jit_compile=True)
flow.fit(readings(100_000, seed=1), batch_size=500, epochs=5, verbose=0)
test = readings(20_000, seed=2)
gap = true_log_prob(**test) - flow.log_prob(**test).numpy()
print(f"gap to the true density: {gap.mean():.4f} ± {gap.std() / len(gap) ** 0.5:.4f} nats")

# %% [markdown]
# ## One export
#
# A bundle is a folder of versions. Each holds a SavedModel (with warm-up requests), an ONNX file for each endpoint, the
# Keras model, and a manifest with the SHA-256 of every file. `export` compares the ONNX files with TensorFlow before it
# returns, and the folder appears whole or not at all.

# %%
folder = Path(tempfile.mkdtemp())
version = flow.export(folder / "sensor", format="bundle")
for path in sorted(path for path in version.rglob("*") if path.is_file()):
    print(f"{path.stat().st_size:>8} bytes  {path.relative_to(folder)}")

# %% [markdown]
# ## Without TensorFlow
#
# `tfgen_serving` needs NumPy and ONNX Runtime. The next cell is a fresh process; it says which heavy packages it has.

# %%
program = """
import sys
import numpy as np
import tfgen_serving

scorer = tfgen_serving.Scorer(sys.argv[1])
print("endpoints:", ", ".join(scorer.endpoints))
print("scores:", scorer.score([[1.0, 0.0], [0.0, 1.0]], context=[[1.0, 0.0], [1.0, 0.0]]))
print("a draw:", scorer.sample(1, context=[[0.0, 1.0]], seed=7)[0])
print("TensorFlow loaded:", "tensorflow" in sys.modules)
"""
done = subprocess.run(
    [sys.executable, "-c", program, str(folder / "sensor")], check=True, stdout=subprocess.PIPE, text=True
)
print(done.stdout)
print("Keras's draw:", flow.sample(1, context=[[0.0, 1.0]], seed=7).numpy()[0])

# %% [markdown]
# ## A server
#
# TensorFlow Serving takes the folder as it is; `tfgen deploy-config` writes its configuration and a compose file for
# the official image. For a laptop, for tests, and where TensorFlow shall not be installed, `tfgen serve` speaks the
# same protocol, REST and gRPC, by ONNX Runtime.

# %%
tfgen_command = str(Path(sys.executable).with_name("tfgen"))
subprocess.run(
    [tfgen_command, "deploy-config", str(folder / "sensor"), "--out", str(folder / "deploy")],
    check=True,
    stdout=subprocess.DEVNULL,
)
print(*sorted(path.name for path in (folder / "deploy").iterdir()), sep="\n")


# %%
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data) as response:
        return response.read().decode()


port, grpc_port = free_port(), free_port()
start = time.perf_counter()
server = subprocess.Popen(
    [tfgen_command, "serve", str(folder / "sensor"), f"--port={port}", f"--grpc-port={grpc_port}"],
    stdout=subprocess.DEVNULL,
)
while True:
    try:
        status = call("/v1/models/sensor")
        break
    except OSError:
        time.sleep(0.02)
print(f"answers after {time.perf_counter() - start:.1f} s")
print(status)

# %% [markdown]
# ## The protocol, by hand
#
# Any HTTP client will do. Rows are `instances`; a signature has the name of the method in Python.

# %%
body = {"signature_name": "score", "instances": [{"x": [1.0, 0.0], "context": [1.0, 0.0]}]}
print(call("/v1/models/sensor:predict", body))

# %% [markdown]
# ## The client
#
# `tfgen_serving.Client` learns the signatures from the server, checks arrays before it sends them, cuts large ones
# into batches, and gives NumPy back. It does not know which server it talks to. Over gRPC the numbers travel as
# bytes, which is much faster for many rows.

# %%
rest = tfgen_serving.Client(f"http://127.0.0.1:{port}", "sensor")
grpc = tfgen_serving.Client(f"grpc://127.0.0.1:{grpc_port}", "sensor")
keras_scores = flow.log_prob(**test).numpy()
scorer = tfgen_serving.Scorer(folder / "sensor")
for name, remote in {"REST": rest, "gRPC": grpc, "ONNX Runtime": scorer}.items():
    start = time.perf_counter()
    scores = remote.score(**test)
    seconds = time.perf_counter() - start
    draws = remote.sample(100, test["context"][:1], seed=3)
    difference = np.abs(draws - flow.sample(100, test["context"][:1], seed=3).numpy()).max()
    print(
        f"{name:>12}: 20 000 rows in {1000 * seconds:5.0f} ms, largest difference from Keras "
        f"{np.abs(scores - keras_scores).max():.0e}, of draws {difference:.0e}"
    )

# %% [markdown]
# ## Watching a stream
#
# What the likelihood is for: after 300 readings the sensor's two wires are swapped. Each reading by itself looks
# ordinary, since the numbers have the same range as before; given the dial, most are next to impossible. The alarm is
# the score below which one reading in a thousand lies while all is well.

# %%
stream = readings(600, seed=3)
stream["x"][300:] = stream["x"][300:, ::-1]
alarm = np.quantile(keras_scores, 0.001)
scores = np.concatenate(
    [grpc.score(x=stream["x"][i : i + 1], context=stream["context"][i : i + 1]) for i in range(600)]
)
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), width_ratios=[1, 2])
axes[0].scatter(*stream["x"][:300].T, s=4, label="before")
axes[0].scatter(*stream["x"][300:].T, s=4, label="after")
axes[0].set(title="Readings, dial unseen", aspect="equal")
axes[0].legend(loc="upper right", markerscale=3)
axes[1].plot(np.maximum(scores, -60), ".", markersize=3)
axes[1].axhline(alarm, color="C3", linewidth=1, label=f"alarm below {alarm:.1f} nats")
axes[1].axvline(300, color="0.7", linewidth=1)
axes[1].set(title="log p(reading given the dial), as it arrives", xlabel="reading", ylabel="nats, cut at −60")
axes[1].legend(loc="lower left")
plt.show()
flags = scores < alarm
print(f"flagged before the fault: {flags[:300].mean():.1%}, after it: {flags[300:].mean():.1%}")

# %% [markdown]
# ## A new version, while the old one answers
#
# Another export makes version 2 of the same bundle. The server sees the folder, loads it beside the old one, and
# changes over between two requests.

# %%
flow.fit(readings(100_000, seed=4), batch_size=500, epochs=2, verbose=0)
flow.export(folder / "sensor", format="bundle")
asked = 0
while '"2"' not in call("/v1/models/sensor") or "END" not in call("/v1/models/sensor"):
    rest.score(x=test["x"][:1], context=test["context"][:1])
    asked += 1
print(f"{'some' if asked else 'no'} requests meanwhile, all answered")
print(call("/v1/models/sensor"))

# %% [markdown]
# ## Many rows
#
# Files need no server: `tfgen score` reads Parquet, CSV and NumPy files in constant memory, keeps the order of the
# rows, goes on where it was interrupted, and names every row that it cannot score.

# %%
np.savez(folder / "rows.npz", **readings(200_000, seed=5))
done = subprocess.run(
    [tfgen_command, "score", "sensor", "rows.npz", "--out", "scores.npy"],
    cwd=folder,
    capture_output=True,
    text=True,
    check=True,
)
scores = np.load(folder / "scores.npy")
print(f"{len(scores)} rows, mean {scores.mean():.4f} nats")

# %% [markdown]
# ## The end
#
# On SIGTERM the server answers what has begun, and stops.

# %%
rest.close()
grpc.close()
server.send_signal(signal.SIGTERM)
print("exit status:", server.wait(timeout=30))
