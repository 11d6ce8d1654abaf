"""Models of sequences for the tests: a random walk in closed form, written as ONNX, and small recurrent ones."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from scipy import stats  # type: ignore[import-untyped, unused-ignore]
from serving.conftest import Graph, node

FLOAT = TensorProto.FLOAT


class Walk:
    """x_t ~ N(x_{t−1}, 1) in one dimension, x_0 being the context, of which `step` knows by its state alone.

    What is drawn tells how it came about: the context, plus the second number of the seed row, plus t. z is the sum of
    the steps that count and the context; what is decoded is drawn, but with z beside the context.
    """

    def log_prob(self, x: Any, context: Any, mask: Any) -> NDArray[np.float64]:
        """The oracle: SciPy in float64, row by row."""
        rows = []
        for row, start, valid in zip(np.asarray(x, np.float64), context, mask, strict=True):
            steps = row[np.asarray(valid, bool), 0]
            rows.append(stats.norm.logpdf(np.diff(steps, prepend=start)).sum())
        return np.array(rows)

    def draws(self, seeds: Any, steps: Any, context: Any) -> NDArray[np.float32]:
        """The oracle of `sample`: noughts behind a row's own steps."""
        time = np.arange(max(steps))
        x = np.asarray(context)[:, :1] + np.asarray(seeds)[:, 1:] + time
        return np.where(time < np.asarray(steps)[:, None], x, 0)[..., None].astype(np.float32)

    def graphs(self) -> dict[str, Graph]:
        x, context, mask = ("x", "float32", (None, 1)), ("context", "float32", (1,)), ("mask", "bool", (None,))
        seed, steps = ("seed", "int32", (2,)), ("steps", "int32", ())
        one, state, time = ("x", "float32", (1,)), ("state", "float32", (2,)), ("time", "int32", ())
        handed_out = [("next_state", "float32", (2,)), ("next_time", "int32", ()), ("next_x", "float32", (1,))]
        constants = {
            "half": np.float32(-0.5),
            "shift": np.float32(-0.5 * np.log(2 * np.pi)),
            "zero": np.array([0], np.int64),
            "one": np.array([1], np.int64),
            "two": np.array([2], np.int64),
            "last": np.array([-1], np.int64),
            "both": np.array([1, 2], np.int64),
            "nought": np.int64(0),
            "unit": np.int64(1),
            "none": np.float32(0),
            "int_one": np.int32(1),
        }
        score = [
            node("Unsqueeze", "context one", "first"),
            node("Slice", "x zero last one", "before"),
            node("Concat", "first before", "past", axis=1),
            node("Sub", "x past", "move"),
            node("Mul", "move move", "square"),
            node("Mul", "square half", "quadratic"),
            node("Add", "quadratic shift", "densities"),
            node("Unsqueeze", "mask two", "wide"),
            node("Where", "wide densities none", "counted"),
            node("ReduceSum", "counted both", "score", keepdims=0),
        ]
        encode = [
            node("Unsqueeze", "mask two", "wide"),
            node("Where", "wide x none", "counted"),
            node("ReduceSum", "counted one", "sum", keepdims=0),
            node("Add", "sum context", "z"),
        ]
        offset = [
            node("Slice", "seed one two one", "second"),
            node("Cast", "second", "offset", to=FLOAT),
        ]
        drawn = [
            node("Cast", "steps", "lengths", to=TensorProto.INT64),
            node("ReduceMax", "lengths", "longest", keepdims=0),
            node("Range", "nought longest unit", "times"),
            node("Cast", "times", "since", to=FLOAT),
            node("Add", "start since", "walk"),
            node("Unsqueeze", "lengths one", "ends"),
            node("Less", "times ends", "mask"),
            node("Where", "mask walk none", "drawn"),
            node("Unsqueeze", "drawn two", "x"),
        ]
        sample = [*offset, node("Add", "context offset", "start"), *drawn]
        both = [node("Add", "z context", "told"), node("Add", "told offset", "start")]
        decode = [*offset, *both, *drawn]
        start = [
            *offset,
            node("Concat", "context context", "next_state", axis=1),
            node("Slice", "seed zero one one", "column"),
            node("Sub", "column column", "zeros"),
            node("Squeeze", "zeros one", "next_time"),
            node("Add", "context offset", "next_x"),
        ]
        step = [
            *offset,
            node("Slice", "state zero one one", "before"),
            node("Slice", "state one two one", "context"),
            node("Sub", "x before", "move"),
            node("Mul", "move move", "square"),
            node("Mul", "square half", "quadratic"),
            node("Add", "quadratic shift", "density"),
            node("Squeeze", "density one", "score"),
            node("Concat", "x context", "next_state", axis=1),
            node("Add", "time int_one", "next_time"),
            node("Unsqueeze", "next_time one", "ahead"),
            node("Cast", "ahead", "since", to=FLOAT),
            node("Add", "context offset", "start"),
            node("Add", "start since", "next_x"),
        ]
        return {
            "score": Graph([x, mask, context], [("score", "float32", ())], score, constants),
            "sample": Graph([seed, steps, context], [x, mask], sample, constants),
            "encode": Graph([x, mask, context], [("z", "float32", (1,))], encode, constants),
            "decode": Graph([("z", "float32", (1,)), seed, steps, context], [x, mask], decode, constants),
            "start": Graph([seed, context], handed_out, start, constants),
            "step": Graph([one, state, time, seed], [("score", "float32", ()), *handed_out], step, constants),
        }

    def write(self, toy: Any, base: Path, version: int = 1, **changes: Graph) -> Path:
        """Writes a version folder, which has the toy's other endpoints too, and returns it."""
        return Path(toy.write(base, version, context=True, extra=self.graphs() | changes))


def recurrent(name: str) -> Any:
    """`rnn`, exact and conditional, or `vrnn`, a bound of four particles; none of their weights at its beginning."""
    import keras

    import tfgen

    keras.utils.set_random_seed(0)
    if name == "rnn":
        model: Any = tfgen.RNNDensity(event_shape=(2,), units=4, context_shape=(3,), name="rnn")
    else:
        widths: Any = {"hidden": (3,), "feature_units": (3,), "latent_units": (3,)}
        model = tfgen.VRNN(event_shape=(1,), latent_dim=1, units=3, num_samples=4, name="vrnn", **widths)
    rng = np.random.default_rng(5)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model
