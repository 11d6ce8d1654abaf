"""One-row `score`: the exported ONNX beside Keras's tf.function and the smallest graph one could write by hand."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf

import tfgen
from benchmarks.handwritten import Graph
from benchmarks.minimal_flow import minimal_flow

REPEATS, CALLS = 30, 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for model, minimal in ((_mdn(), minimal_mdn), (_flow(), minimal_flow)):
            model.export(Path(folder) / model.name, format="onnx")
            exported = onnxruntime.InferenceSession(Path(folder) / model.name / "score.onnx")
            written = onnxruntime.InferenceSession(minimal(model).SerializeToString())
            rng = np.random.default_rng(0)
            shapes = {"x": model.event_shape, "context": model.context_shape}
            feed = {
                name: rng.normal(size=(1, *shape)).astype("f4") for name, shape in shapes.items() if shape is not None
            }
            np.testing.assert_allclose(exported.run(None, feed)[0], written.run(None, feed)[0], rtol=1e-4, atol=1e-4)
            endpoint = model.endpoints()[0]
            function = endpoint.traced().get_concrete_function()
            tensors = [tf.constant(feed[spec.name]) for spec in endpoint.inputs]
            medians = alternate(
                {
                    "keras": lambda function=function, tensors=tensors: function(*tensors),
                    "onnx": lambda session=exported, feed=feed: session.run(None, feed),
                    "minimal": lambda session=written, feed=feed: session.run(None, feed),
                }
            )
            nodes = len(onnx.load(Path(folder) / model.name / "score.onnx").graph.node)
            print(
                f"{type(model).__name__}: keras {1e3 * medians['keras']:.3f} ms, onnx {1e3 * medians['onnx']:.3f} ms "
                f"({nodes} nodes), hand-minimal {1e3 * medians['minimal']:.3f} ms; "
                f"keras/onnx {medians['keras'] / medians['onnx']:.1f}, onnx/minimal "
                f"{medians['onnx'] / medians['minimal']:.2f}"
            )


def alternate(functions: dict[str, Callable[[], object]], *, calls: int = CALLS) -> dict[str, float]:
    """The median seconds of a call, the functions taking turns so that a noisy machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(REPEATS + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls):
                function()
            if repeat:  # the first round warms up
                times[name].append((time.perf_counter() - start) / calls)
    return {name: float(np.median(values)) for name, values in times.items()}


def minimal_mdn(mdn: tfgen.MDN) -> onnx.ModelProto:
    """log Σ_k softmax(l)_k N(x; μ_k, σ_k) of one x, with ONNX's own Softplus."""
    g, count = Graph(), mdn.head.components
    features = "context"
    for layer in mdn.network.dense:
        features = g.dense(features, layer, "Relu")
    kernel, bias = mdn.head.projection.get_weights()
    parts = []
    for start in (0, count, 2 * count):
        columns = slice(start, start + count)
        parts.append(g("Gemm", features, g.constant(kernel[:, columns]), g.constant(bias[columns])))
    logits, location, raw = parts
    scale = g("Add", g("Softplus", g("Add", raw, g.constant(np.log(np.e - 1)))), g.constant(mdn.head.min_scale))
    standard = g("Div", g("Sub", "x", location), scale)
    square = g("Mul", g("Mul", standard, standard), g.constant(-0.5))
    component = g("Sub", g("Sub", square, g("Log", scale)), g.constant(0.5 * np.log(2 * np.pi)))
    total = g("Add", g("LogSoftmax", logits, axis=-1), component)
    g("ReduceLogSumExp", total, g.constant([-1], "i8"), keepdims=0, output="score")
    return g.model({"x": 1, "context": 1})


def _mdn() -> tfgen.MDN:
    return tfgen.MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64), name="mdn")


def _flow() -> tfgen.RealNVP:
    flow = tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False, name="flow")
    rng = np.random.default_rng(0)
    flow.set_weights([value + 0.02 * rng.normal(size=value.shape) for value in flow.get_weights()])
    return flow


if __name__ == "__main__":
    main()
