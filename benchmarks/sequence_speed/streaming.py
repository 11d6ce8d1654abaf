"""One step of a stream, batch 1: ONNX Runtime beside Keras."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf

import tfgen_serving
from benchmarks.sequence_speed.ours import make_density, make_vrnn
from benchmarks.sequence_speed.spec import SIZE

__all__ = ["KERAS", "PARTICLES", "call_times", "streaming", "ways_to_step"]

PARTICLES = 16
KERAS = "Keras, `run`"
_ROUNDS, _CALLS = 30, 50


def streaming() -> list[dict[str, Any]]:
    """Measures `step` of the VRNN and of its like without latent variables, in this process.

    Returns:
        For each model and way: `model`, `who`, `seconds` of one call, and the `ratio` of Keras's to them.

    Raises:
        AssertionError: where the runtimes' scores differ.
    """
    keras.utils.set_random_seed(0)
    results = []
    models = {f"VRNN, {PARTICLES} particles": make_vrnn(num_samples=PARTICLES), "RNNDensity": make_density()}
    for name, model in models.items():
        with tempfile.TemporaryDirectory() as folder:
            ways = ways_to_step(model, Path(folder) / "bundle")
            scores = {who: np.asarray(way()) for who, way in ways.items()}
            for who, score in scores.items():
                np.testing.assert_allclose(score, scores[KERAS], rtol=1e-4, atol=1e-4, err_msg=who)
            medians = call_times(ways, rounds=_ROUNDS, calls=_CALLS)
        for who, seconds in medians.items():
            results.append({"model": name, "who": who, "seconds": seconds, "ratio": medians[KERAS] / seconds})
    return results


def call_times(functions: dict[str, Callable[[], Any]], *, rounds: int, calls: int) -> dict[str, float]:
    """The median seconds of a single call, the functions taking turns.

    Each call is timed by itself: where something else runs, most are left alone, and none of the turns may be.

    Args:
        functions: by name.
        rounds: turns of each, after one that warms up.
        calls: of one turn.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(rounds + 1):
        for name, function in functions.items():
            for _ in range(calls):
                start = time.perf_counter()
                function()
                if number:
                    times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def ways_to_step(model: Any, bundle: Path) -> dict[str, Callable[[], Any]]:
    """Functions that take the same step of one stream, and return its score.

    ONNX Runtime runs with its own number of threads, which spin, and with one: a step has little for a second thread to
    do, and where something else uses the processors the two wait for each other.

    Args:
        model: of sequences.
        bundle: the folder to export to.
    """
    model.export(bundle, format="bundle")
    seed = np.int32([[0, 0]])
    started = tfgen_serving.Scorer(bundle).run("start", seed=seed)
    x = np.random.default_rng(0).normal(size=(1, SIZE)).astype(np.float32)
    feed = {"x": x, "state": started["next_state"], "time": started["next_time"], "seed": seed}
    endpoint = next(endpoint for endpoint in model.endpoints() if endpoint.name == "step")
    function, tensors = endpoint.traced().get_concrete_function(), [tf.constant(value) for value in feed.values()]
    ways: dict[str, Callable[[], Any]] = {
        KERAS: lambda: model.run("step", **feed)["score"],
        "Keras, `tf.function` of tensors": lambda: function(*tensors)["score"],
    }
    for threads, told in ((None, ""), (1, ", 1 thread")):
        scorer, session, place = _loaded(bundle, threads)
        ways[f"ONNX Runtime{told}"] = lambda session=session, place=place: session.run(None, feed)[place]
        ways[f"ONNX Runtime, `Scorer.run`{told}"] = lambda scorer=scorer: scorer.run("step", **feed)["score"]
    return ways


def _loaded(bundle: Path, threads: int | None) -> tuple[tfgen_serving.Scorer, onnxruntime.InferenceSession, int]:
    """A scorer, a session of its `step`, and which of the session's outputs is the score; None: threads by default."""
    scorer = tfgen_serving.Scorer(bundle, threads=threads)
    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = threads
    file = scorer.bundle.path / scorer.endpoints["step"].onnx
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return scorer, session, [output.name for output in session.get_outputs()].index("score")
