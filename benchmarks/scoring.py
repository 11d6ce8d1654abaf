"""One-row `score`: the exported ONNX beside Keras's tf.function and the smallest graph one could write by hand."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

import tfgen

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


class Graph:
    """A few ONNX nodes, written by hand."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: object, dtype: str = "f4") -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def dense(self, x: str, layer: object, activation: str | None = None) -> str:
        kernel, bias = (self.constant(weight) for weight in layer.get_weights())
        x = self("Gemm", x, kernel, bias)
        return self(activation, x) if activation else x

    def model(self, inputs: dict[str, int]) -> onnx.ModelProto:
        tensors = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size]) for name, size in inputs.items()
        ]
        score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch"])
        graph = helper.make_graph(self.nodes, "minimal", tensors, [score], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


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


def minimal_flow(flow: tfgen.RealNVP) -> onnx.ModelProto:
    """RealNVP of two entries: each coupling three products, one tanh, one scale and shift."""
    g = Graph()
    parts = [g("Slice", "x", *(g.constant([value], "i8") for value in (entry, entry + 1, 1))) for entry in (0, 1)]
    log_scales = []
    for layer in flow.bijector_layers:
        kept = layer.partition.kept[0]
        features = parts[kept]
        for dense in layer.conditioner.network.dense:
            features = g.dense(features, dense, "Relu")
        kernel, bias = layer.conditioner.projection.get_weights()
        shift = g("Gemm", features, g.constant(kernel[:, :1]), g.constant(bias[:1]))
        bound = layer.max_log_scale
        raw = g("Gemm", features, g.constant(kernel[:, 1:] / bound), g.constant(bias[1:] / bound))
        negative = g("Mul", g("Tanh", raw), g.constant(-bound))
        parts[1 - kept] = g("Mul", g("Sub", parts[1 - kept], shift), g("Exp", negative))
        log_scales.append(negative)
    squares = [g("Mul", g("Mul", part, part), g.constant(-0.5)) for part in parts]
    total = g("Sum", *squares, *log_scales, g.constant(-np.log(2 * np.pi)))
    g("Squeeze", total, g.constant([1], "i8"), output="score")
    return g.model({"x": 2})


def _mdn() -> tfgen.MDN:
    return tfgen.MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64), name="mdn")


def _flow() -> tfgen.RealNVP:
    flow = tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False, name="flow")
    rng = np.random.default_rng(0)
    flow.set_weights([value + 0.05 * rng.normal(size=value.shape) for value in flow.get_weights()])
    return flow


if __name__ == "__main__":
    main()
