"""`python -m benchmarks.serving`: the embedded server's latency, throughput, and what faults cost."""

import asyncio
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

import tfgen_serving
from benchmarks.serving.load import Tally, hammer
from benchmarks.serving.server import Server, make_bundle, published


@click.command(context_settings={"show_default": True})
@click.option("--seconds", default=60.0, help="Of the long runs; the others take a third.")
@click.option("--clients", default=64, help="At once.")
def main(seconds: float, clients: int) -> None:
    """Prints what `tfgen serve` does with a RealNVP of the demo's size, by ONNX Runtime."""
    with tempfile.TemporaryDirectory() as name:
        base = make_bundle(Path(name))
        scorer, server = tfgen_serving.Scorer(base), Server(base)
        starts = []
        for _ in range(5):
            starts.append(server.start())
            server.stop()
        print(
            f"answers {np.median(starts):.2f} s after its start (median of 5, at most {max(starts):.2f} s)", flush=True
        )
        with server.running():
            _one_row(server, scorer)
            _throughput(server, scorer, clients=clients, seconds=seconds / 3)
            for scheme in ("http", "grpc"):
                tally = _hammer(server, scorer, scheme, clients=clients, seconds=seconds, rows=3)
                print(f"{clients} clients over {scheme}, {seconds:.0f} s, 3 rows each: {tally}", flush=True)
            print(f"memory of the server afterwards: {server.memory:.0f} MB", flush=True)
            _new_version(server, scorer, clients=clients, seconds=seconds / 3)
        _killed(server, scorer, clients=clients, seconds=seconds / 3)


def _url(server: Server, scheme: str) -> str:
    return f"{scheme}://127.0.0.1:{server.port if scheme == 'http' else server.grpc_port}"


def _hammer(server: Server, scorer: Any, scheme: str, **options: Any) -> Tally:
    return asyncio.run(hammer(_url(server, scheme), scorer, **options))


def _one_row(server: Server, scorer: Any, *, calls: int = 300, rounds: int = 5) -> None:
    """One row at a time, by turns in process, over gRPC and over REST."""
    x = np.float32([[0.5, 0.25]])
    with (
        tfgen_serving.Client(_url(server, "grpc"), "flow") as grpc,
        tfgen_serving.Client(_url(server, "http"), "flow") as rest,
    ):
        ways = {"in process": scorer.score, "gRPC": grpc.score, "REST": rest.score}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, call in ways.items():
                for _ in range(calls):
                    start = time.perf_counter()
                    call(x)
                    times[name].append(time.perf_counter() - start)
    told = ", ".join(f"{name} {1e3 * np.median(found):.3f} ms" for name, found in times.items())
    print(f"one row, median of {calls * rounds}: {told}", flush=True)


def _throughput(server: Server, scorer: Any, *, clients: int, seconds: float, rows: int = 1024) -> None:
    """Rows a second of many clients beside those of the same calls in this process, in turns."""
    x = np.random.default_rng(1).normal(size=(rows, 2)).astype(np.float32)
    inside, outside = [], []
    for _ in range(3):
        end, count, start = time.perf_counter() + seconds / 6, 0, time.perf_counter()
        while time.perf_counter() < end:
            scorer.score(x)
            count += rows
        inside.append(count / (time.perf_counter() - start))
        tally = _hammer(server, scorer, "grpc", clients=clients, seconds=seconds / 3, rows=rows)
        if tally.wrong or tally.failed:
            raise RuntimeError(f"answers were wrong or lost: {tally}")
        outside.append(tally.rows / tally.seconds)
    ratio = np.median(np.array(outside) / inside)
    print(
        f"{clients} gRPC clients, {rows} rows a request: {np.median(outside):.0f} rows/s, {ratio:.2f} × the "
        f"{np.median(inside):.0f} rows/s of the same requests in process, one after another",
        flush=True,
    )


def _new_version(server: Server, scorer: Any, **options: Any) -> None:
    async def run() -> Tally:
        work = asyncio.create_task(hammer(_url(server, "grpc"), scorer, rows=3, **options))
        await asyncio.sleep(options["seconds"] / 3)
        await asyncio.to_thread(published, server.base, 2)
        return await work

    tally = asyncio.run(run())
    print(f"a new version meanwhile: {tally}; versions now: {server.statuses()}", flush=True)


def _killed(server: Server, scorer: Any, **options: Any) -> None:
    """kill −9 in the middle, and a start on the same ports: clients that repeat see no failure."""
    server.start()

    async def run() -> tuple[Tally, float]:
        work = asyncio.create_task(hammer(_url(server, "grpc"), scorer, rows=3, retries=10, **options))
        await asyncio.sleep(options["seconds"] / 3)
        await asyncio.to_thread(server.stop, signal.SIGKILL)
        back = await asyncio.to_thread(server.start)
        return await work, back

    tally, back = asyncio.run(run())
    print(f"kill −9 and a start, back after {back:.2f} s, clients with 10 retries: {tally}", flush=True)
    print(f"exit status on SIGTERM: {server.stop()}", flush=True)


if __name__ == "__main__":
    main()
