"""`tfgen score` of a Parquet file beside ONNX Runtime on the same rows in memory: `python -m benchmarks.bulk_scoring`.

The model is a RealNVP of the demo's size in ten dimensions. The command's time is that of its process, from its start
to the file of scores; ONNX Runtime's is that of its calls alone.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

COLUMNS, CHUNK = 10, 1_000_000
# What `tfgen_serving.tables` runs at a time for rows of ten numbers.
BATCH = 65536


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=["export", "raw"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "export":
        return export(options.folder)
    if options.part == "raw":
        return raw(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options.rows, options.rounds)
    return None


def compare(folder: Path, rows: int, rounds: int) -> None:
    # Each part is a process of its own: TensorFlow is in none of those that are measured, and memory is each one's own.
    run_part("export", folder)
    write_rows(folder / "rows.parquet", rows)
    seconds: dict[str, list[float]] = {"raw": [], "score": []}
    peaks: list[float] = []
    for _ in range(rounds):
        seconds["raw"].append(float(run_part("raw", folder)))
        taken, peak = score(folder)
        seconds["score"].append(taken)
        peaks.append(peak)
    speeds = {name: rows / statistics.median(times) for name, times in seconds.items()}
    found = pa.parquet.read_table(folder / "scores.parquet")["score"].to_numpy()
    np.testing.assert_array_equal(found, np.load(folder / "raw.npy"))
    size = (folder / "rows.parquet").stat().st_size / 2**20
    print(
        f"{rows} rows of {COLUMNS} columns ({size:.0f} MB), median of {rounds}: ONNX Runtime from memory "
        f"{speeds['raw']:,.0f} rows/s, tfgen score {speeds['score']:,.0f} rows/s, ratio "
        f"{speeds['score'] / speeds['raw']:.2f}; at most {max(peaks):.0f} MB of memory; the scores are equal"
    )


def run_part(part: str, folder: Path) -> str:
    words = [sys.executable, "-m", "benchmarks.bulk_scoring", "--part", part, "--folder", str(folder)]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


def export(folder: Path) -> None:
    import keras

    import tfgen

    keras.utils.set_random_seed(0)
    model = tfgen.RealNVP(event_shape=(COLUMNS,), couplings=8, hidden=(64, 64), standardize=False)
    rng = np.random.default_rng(0)
    model.set_weights([value + 0.05 * rng.normal(size=value.shape) for value in model.get_weights()])
    model.export(folder / "flow", format="bundle")


def write_rows(path: Path, rows: int) -> None:
    rng = np.random.default_rng(1)
    names = [f"c{column}" for column in range(COLUMNS)]
    with pa.parquet.ParquetWriter(path, pa.schema(dict.fromkeys(names, pa.float32()))) as writer:
        for start in range(0, rows, CHUNK):
            x = rng.normal(size=(min(CHUNK, rows - start), COLUMNS)).astype("float32")
            writer.write_table(pa.table(dict(zip(names, x.T, strict=True))))


def raw(folder: Path) -> None:
    import onnxruntime

    table = pa.parquet.read_table(folder / "rows.parquet")
    x = np.stack([column.to_numpy() for column in table.columns], axis=1)
    del table
    session = onnxruntime.InferenceSession(folder / "flow" / "1" / "onnx" / "score.onnx")
    session.run(None, {"x": x[:BATCH]})
    start = time.perf_counter()
    scores = [session.run(None, {"x": x[row : row + BATCH]})[0] for row in range(0, len(x), BATCH)]
    print(time.perf_counter() - start)
    np.save(folder / "raw.npy", np.concatenate(scores))


def score(folder: Path) -> tuple[float, float]:
    """The seconds and the largest memory in MB of a process of the command."""
    script = "import sys; from tfgen.cli.main import main; sys.exit(main(prog_name='tfgen'))"
    words = ["score", folder / "flow", folder / "rows.parquet", "--out", folder / "scores.parquet"]
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", script, *map(str, words)], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"tfgen score must succeed. Received: exit status {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
