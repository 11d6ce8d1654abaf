"""A bundle of tiny ONNX models whose every number has a closed form, and a server of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy import stats  # type: ignore[import-untyped, unused-ignore]
from serving.servers import running

from tfgen_serving import EndpointInfo, Manifest, TensorInfo, hash_files
from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.tensors import data_type
from tfgen_serving.server.serve import Addresses

ELEMENTS = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


@dataclass(frozen=True)
class Graph:
    """An endpoint to be written: tensors as (name, dtype, sizes after the batch), nodes, constants."""

    inputs: Sequence[tuple[str, str, tuple[int | None, ...]]]
    outputs: Sequence[tuple[str, str, tuple[int | None, ...]]]
    nodes: Sequence[Any]
    constants: dict[str, NDArray[Any]]

    def endpoint(self, name: str) -> EndpointInfo:
        inputs, outputs = (
            tuple(TensorInfo(name=n, dtype=d, shape=(None, *s)) for n, d, s in side)
            for side in (self.inputs, self.outputs)
        )
        return EndpointInfo(name=name, inputs=inputs, outputs=outputs, onnx=f"onnx/{name}.onnx")

    def save(self, path: Path) -> None:
        inputs, outputs = (
            [helper.make_tensor_value_info(n, ELEMENTS[d], ["batch", *s]) for n, d, s in side]
            for side in (self.inputs, self.outputs)
        )
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def node(operator: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(operator, inputs.split(), [output], **attributes)


def saved_model(graphs: dict[str, Graph]) -> bytes:
    """A SavedModel of signatures alone: nothing that could run."""
    saved = messages.SavedModel()
    definitions = saved.meta_graphs.add().signature_def
    for signature, name in [*((name, name) for name in graphs), ("serving_default", "score")]:
        definition, endpoint = definitions[signature], graphs[name].endpoint(name)
        definition.method_name = "tensorflow/serving/predict"
        for infos, side in ((endpoint.inputs, definition.inputs), (endpoint.outputs, definition.outputs)):
            for info in infos:
                side[info.name].name = f"{name}_{info.name}:0"
                side[info.name].dtype = data_type(info.dtype)
                for size in info.shape:
                    side[info.name].tensor_shape.dim.add(size=-1 if size is None else size)
    return saved.SerializeToString()


class Toy:
    """x ~ N(loc + context · weights, diag scale²) in two dimensions, context being one number or absent."""

    loc = np.array([0.5, -1.0], np.float32)
    scale = np.array([2.0, 0.25], np.float32)
    weights = np.array([[1.5, -0.5]], np.float32)

    def log_prob(self, x: Any, context: Any = None) -> NDArray[np.float64]:
        """The oracle: SciPy in float64."""
        mean = self.loc if context is None else self.loc + np.asarray(context) @ self.weights
        return stats.norm.logpdf(np.asarray(x, np.float64), mean, self.scale).sum(axis=1)

    def graphs(self, *, context: bool) -> dict[str, Graph]:
        number = [("context", "float32", (1,))] if context else []
        x, z = ("x", "float32", (2,)), ("z", "float32", (2,))
        constants = {
            "loc": self.loc,
            "scale": self.scale,
            "weights": self.weights,
            "half": np.float32(-0.5),
            "shift": -np.log(self.scale).sum() - np.log(2 * np.pi).astype(np.float32),
            "volume": -np.log(self.scale).sum(keepdims=True),
            "axes": np.array([1], np.int64),
            "zero": np.zeros([1], np.float32),
        }
        if context:
            mean = [node("MatMul", "context weights", "slope"), node("Add", "slope loc", "mean")]
        else:
            mean = [node("Identity", "loc", "mean")]
        whiten = [*mean, node("Sub", "x mean", "centred"), node("Div", "centred scale", "z")]
        score = [
            *whiten,
            node("Mul", "z z", "square"),
            node("ReduceSum", "square axes", "sum", keepdims=0),
            node("Mul", "sum half", "quadratic"),
            node("Add", "quadratic shift", "score"),
        ]
        # Row by row the volume plus nothing: it is constant, and must still have the batch's size.
        encode = [
            *whiten,
            node("Mul", "x zero", "nothing"),
            node("ReduceSum", "nothing axes", "nothings", keepdims=0),
            node("Add", "nothings volume", "log_det_jacobian"),
        ]
        decode = [*mean, node("Mul", "z scale", "scaled"), node("Add", "scaled mean", "x")]
        # The draw *is* its seed row and context row, exact in float64, so that the layout can be read off.
        sample = [node("Cast", "seed", "row", to=TensorProto.DOUBLE)]
        if context:
            sample += [
                node("Cast", "context", "wide", to=TensorProto.DOUBLE),
                node("Concat", "row wide", "x", axis=1),
            ]
        else:
            sample += [node("Identity", "row", "x")]
        width = 3 if context else 2
        return {
            "score": Graph([x, *number], [("score", "float32", ())], score, constants),
            "sample": Graph([("seed", "int32", (2,)), *number], [("x", "float64", (width,))], sample, {}),
            "encode": Graph([x, *number], [z, ("log_det_jacobian", "float32", ())], encode, constants),
            "decode": Graph([z, *number], [x], decode, constants),
        }

    def write(
        self,
        base: Path,
        version: int | str = 1,
        *,
        context: bool = False,
        extra: dict[str, Graph] | None = None,
    ) -> Path:
        """Writes a version folder, beside-files and all, and returns it."""
        graphs = self.graphs(context=context) | (extra or {})
        folder = base / str(version)
        (folder / "onnx").mkdir(parents=True)
        (folder / "variables").mkdir()
        (folder / "saved_model.pb").write_bytes(saved_model(graphs))
        (folder / "variables" / "variables.index").write_bytes(b"index")
        (folder / "model.keras").write_bytes(b"keras")
        for name, graph in graphs.items():
            graph.save(folder / "onnx" / f"{name}.onnx")
        Manifest(
            model="Toy",
            name="toy",
            score_kind="exact",
            num_samples=None,
            noise_layout=1,
            endpoints={name: graph.endpoint(name) for name, graph in graphs.items()},
            event_shape=(2,),
            context_shape=(1,) if context else None,
            versions={"tfgen": "0.1.0", "keras": "3.15.1"},
            files=hash_files(folder),
            max_difference={"score": 1e-6},
        ).write(folder)
        return folder

    @staticmethod
    def edit_manifest(folder: Path, **changes: Any) -> None:
        """Overwrites fields of a written manifest, past every check; a field set to ... is taken out."""
        path = folder / "manifest.json"
        data = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in data.items() if value is not ...}))


@pytest.fixture(scope="session")
def toy() -> Toy:
    return Toy()


@pytest.fixture(scope="session")
def plain_bundle(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version, without context; to be read only."""
    base = tmp_path_factory.mktemp("plain")
    toy.write(base)
    return base


@pytest.fixture(scope="session")
def context_bundle(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version, with context; to be read only."""
    base = tmp_path_factory.mktemp("context")
    toy.write(base, context=True)
    return base


@pytest.fixture(scope="session")
def odd_graphs() -> dict[str, Graph]:
    """Endpoints that are unusual, or that break a promise of their manifest only when they run."""
    label, mask = ("label", "int32", ()), ("mask", "bool", (None,))
    one, two = ("one", "float32", (None,)), ("two", "float32", (None,))
    axes = {"axes": np.array([0], np.int64)}
    return {
        "echo": Graph(
            [label, mask],
            [("label_out", "int32", ()), ("mask_out", "bool", (None,))],
            [node("Identity", "label", "label_out"), node("Identity", "mask", "mask_out")],
            {},
        ),
        "fork": Graph(
            [("z", "float32", (2,))],
            [("left", "float32", (2,)), ("right", "float32", (2,))],
            [node("Identity", "z", "left"), node("Identity", "z", "right")],
            {},
        ),
        # Its output is one row whatever the batch.
        "total": Graph(
            [("x", "float32", (2,))],
            [("sum", "float32", (2,))],
            [node("ReduceSum", "x axes", "sum", keepdims=1)],
            axes,
        ),
        # Two free sizes that must agree, which only running tells.
        "pair": Graph([one, two], [("sum", "float32", (None,))], [node("Add", "one two", "sum")], {}),
    }


@pytest.fixture(scope="session")
def odd_bundle(toy: Toy, odd_graphs: dict[str, Graph], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version that has the odd endpoints too; to be read only."""
    base = tmp_path_factory.mktemp("odd")
    toy.write(base, extra=odd_graphs)
    return base


@pytest.fixture(scope="session")
def drawn_bundle(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version, with context, whose `encode_sample` gives all that it gets; to be read only."""
    nodes = [
        node("Cast", "seed", "row", to=TensorProto.DOUBLE),
        node("Cast", "x", "wide", to=TensorProto.DOUBLE),
        node("Cast", "context", "given", to=TensorProto.DOUBLE),
        node("Concat", "row wide given", "z", axis=1),
    ]
    inputs = [("seed", "int32", (2,)), ("x", "float32", (2,)), ("context", "float32", (1,))]
    base = tmp_path_factory.mktemp("drawn")
    toy.write(base, context=True, extra={"encode_sample": Graph(inputs, [("z", "float64", (5,))], nodes, {})})
    return base


@pytest.fixture(scope="session")
def classes_model() -> Any:
    """A small model of three classes, none of its weights at its beginning."""
    import keras

    import tfgen

    keras.utils.set_random_seed(0)
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, context_shape=(3,), hidden=(4,), name="vae")
    model = tfgen.M2(vae, hidden=(), class_prior=(0.5, 0.3, 0.2), num_samples=1)
    rng = np.random.default_rng(5)
    model.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in model.get_weights()])
    kernel, _ = model.class_head.get_weights()
    model.class_head.set_weights([3 * kernel, -1.5 * kernel.sum(axis=0)])  # no class has all
    return model


@pytest.fixture(scope="session")
def classes_bundle(classes_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version of that model; to be read only."""
    base = tmp_path_factory.mktemp("classes") / "base"
    classes_model.export(base, format="bundle")
    return base


@pytest.fixture(scope="session")
def walk_bundle(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with one version of a random walk; to be read only."""
    from serving.sequences import Walk

    base = tmp_path_factory.mktemp("walk")
    Walk().write(toy, base)
    return base


def _recurrent(name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    from serving.sequences import recurrent

    model, base = recurrent(name), tmp_path_factory.mktemp(name) / "base"
    model.export(base, format="bundle")
    return model, base


@pytest.fixture(scope="session")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A conditional model of sequences, whose log p is exact, and its bundle; to be read only."""
    return _recurrent("rnn", tmp_path_factory)


@pytest.fixture(scope="session")
def vrnn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model of sequences with latent variables, and its bundle; to be read only."""
    return _recurrent("vrnn", tmp_path_factory)


@pytest.fixture(scope="session")
def start() -> Callable[..., Any]:
    """`running`, for tests with a server of their own."""
    return running


@pytest.fixture(scope="session")
def addresses(plain_bundle: Path, context_bundle: Path, odd_bundle: Path) -> Iterator[Addresses]:
    """One server of three models, for requests that change nothing."""
    with running({"plain": plain_bundle, "context": context_bundle, "odd": odd_bundle}) as found:
        yield found


@pytest.fixture(scope="session")
def url(addresses: Addresses) -> str:
    return f"http://{addresses.host}:{addresses.port}"
