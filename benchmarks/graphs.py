"""Size and time of ten graphs that TFP's users export: ONNX Runtime beside `tf.function`.

    python -m benchmarks.graphs [NAME...]

Both have two threads and take turns in one process; times are medians of calls.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime
import tensorflow as tf
import tensorflow_probability as tfp

import tfgen_export
from benchmarks.scoring import alternate

tfb, tfd = tfp.bijectors, tfp.distributions
ROWS = (1, 4096)
CALLS = {1: 100, 4096: 3}
THREADS = 2
_DIMENSIONS, _COUPLINGS, _HIDDEN = 4, 8, 64


def main(names: Sequence[str]) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    print(
        f"{'graph':24}{'nodes':>6}{'KB':>7}" + "".join(f"{f'{rows} rows: tf/onnx ms':>28}{'ratio':>7}" for rows in ROWS)
    )
    for name, (function, signature, inputs) in graphs().items():
        if not names or name in names:
            measure(name, function, signature, inputs)


def measure(
    name: str,
    function: Callable[..., tf.Tensor],
    signature: list[tf.TensorSpec],
    inputs: Callable[[int], list[np.ndarray]],
) -> None:
    model = tfgen_export.convert(function, signature, inputs=inputs, rtol=1e-3, atol=1e-3)
    serialized = model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(serialized, options)
    traced = tf.function(function, input_signature=signature).get_concrete_function()
    line = f"{name:24}{len(model.graph.node):6}{len(serialized) / 1024:7.1f}"
    for rows in ROWS:
        arrays = [
            np.asarray(value, spec.dtype.as_numpy_dtype) for value, spec in zip(inputs(rows), signature, strict=True)
        ]
        feed = {spec.name: value for spec, value in zip(signature, arrays, strict=True)}
        tensors = [tf.constant(value) for value in arrays]
        medians = alternate(
            {"tf": lambda tensors=tensors: traced(*tensors), "onnx": lambda feed=feed: session.run(None, feed)},
            calls=CALLS[rows],
        )
        times = f"{1e3 * medians['tf']:.3f} / {1e3 * medians['onnx']:.3f}"
        line += f"{times:>28}{medians['tf'] / medians['onnx']:7.1f}"
    print(line, flush=True)


def graphs() -> dict[str, tuple[Callable[..., tf.Tensor], list[tf.TensorSpec], Callable[[int], list[np.ndarray]]]]:
    """Functions of a batch, what they take, and values for it."""

    def normals(*shapes: tuple[int, ...]) -> Callable[[int], list[np.ndarray]]:
        return lambda rows: [np.random.default_rng(rows).normal(size=(rows, *shape)) for shape in shapes]

    def positives(*shapes: tuple[int, ...]) -> Callable[[int], list[np.ndarray]]:
        return lambda rows: [np.random.default_rng(rows).gamma(2.0, size=(rows, *shape)) + 0.1 for shape in shapes]

    def counts(rows: int) -> list[np.ndarray]:
        rng = np.random.default_rng(rows)
        return [rng.poisson(4.0, rows), rng.gamma(2.0, size=rows) + 0.1, rng.normal(size=rows)]

    def seeded(rows: int) -> list[np.ndarray]:
        return [np.array([-3, rows], np.int32), np.random.default_rng(rows).normal(size=(rows, 5))]

    def unit(rows: int) -> list[np.ndarray]:
        rng = np.random.default_rng(rows)
        return [rng.uniform(0.01, 0.99, rows), *positives((), ())(rows)]

    def sequences(rows: int) -> list[np.ndarray]:
        return [np.random.default_rng(rows).normal(size=(rows, 20))]

    return {
        "normal": (_normal, _specs("x", "loc", "scale"), positives((), (), ())),
        "mixture of 5": (_mixture, _specs("x", logits=5, loc=5, raw=5), normals((), (5,), (5,), (5,))),
        "student t": (_student_t, _specs("x", "df", "loc"), positives((), (), ())),
        "beta cdf": (lambda x, a, b: tfd.Beta(a, b).cdf(x), _specs("x", "a", "b"), unit),
        "negative binomial": (
            lambda x, r, logits: tfd.NegativeBinomial(r, logits=logits).log_prob(x), _specs("x", "r", "logits"), counts,
        ),
        "full covariance, 5-D": (_full_covariance, _specs(x=5, root=(5, 5)), normals((5,), (5, 5))),
        "realnvp, 4-D": (_realnvp, _specs(x=_DIMENSIONS), normals((_DIMENSIONS,))),
        "spline flow": (_spline, _specs(x=2), normals((2,))),
        "hidden markov, 20 steps": (_hidden_markov, _specs(x=20), sequences),
        "sample of mixture": (_sample, [tf.TensorSpec([2], tf.int32, name="seed"), *_specs(logits=5)], seeded),
    }  # fmt: skip


def _specs(*scalars: str, **shaped: Any) -> list[tf.TensorSpec]:
    entries = dict.fromkeys(scalars, ()) | {
        name: size if isinstance(size, tuple) else (size,) for name, size in shaped.items()
    }
    return [tf.TensorSpec([None, *size], tf.float32, name=name) for name, size in entries.items()]


def _normal(x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    return tfd.Normal(loc, scale).log_prob(x)


def _student_t(x: tf.Tensor, df: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
    return tfd.StudentT(df, loc, 1.0).log_prob(x)


def _mixture(x: tf.Tensor, logits: tf.Tensor, loc: tf.Tensor, raw: tf.Tensor) -> tf.Tensor:
    components = tfd.Normal(loc, tf.math.softplus(raw))
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components).log_prob(x)


def _full_covariance(x: tf.Tensor, root: tf.Tensor) -> tf.Tensor:
    covariance = tf.matmul(root, root, transpose_b=True) + tf.eye(5)
    return tfd.MultivariateNormalTriL(scale_tril=tf.linalg.cholesky(covariance)).log_prob(x)


def _realnvp(x: tf.Tensor) -> tf.Tensor:
    rng, half = np.random.default_rng(0), _DIMENSIONS // 2
    bijectors = []
    for _ in range(_COUPLINGS):
        first = tf.constant(rng.normal(size=(half, _HIDDEN)), tf.float32)
        second = tf.constant(rng.normal(size=(_HIDDEN, _HIDDEN)) / 8, tf.float32)
        last = tf.constant(rng.normal(size=(_HIDDEN, 2 * half)) / 16, tf.float32)

        def network(x: tf.Tensor, units: int, kernels: tuple = (first, second, last), **_: Any) -> list[tf.Tensor]:
            hidden = tf.nn.relu(tf.nn.relu(x @ kernels[0]) @ kernels[1])
            return tf.split(hidden @ kernels[2], 2, axis=-1)

        bijectors += [
            tfb.RealNVP(half, shift_and_log_scale_fn=network),
            tfb.Permute([*range(half, 2 * half), *range(half)]),
        ]
    base = tfd.MultivariateNormalDiag(tf.zeros(_DIMENSIONS))
    return tfd.TransformedDistribution(base, tfb.Chain(bijectors)).log_prob(x)


def _spline(x: tf.Tensor) -> tf.Tensor:
    rng = np.random.default_rng(0)
    widths, heights = (tf.nn.softmax(tf.constant(rng.normal(size=(2, 8)), tf.float32)) * 6 for _ in range(2))
    slopes = tf.math.softplus(tf.constant(rng.normal(size=(2, 7)), tf.float32))
    spline = tfb.RationalQuadraticSpline(widths, heights, slopes, range_min=-3)
    return tfd.TransformedDistribution(tfd.MultivariateNormalDiag(tf.zeros(2)), spline).log_prob(x)


def _hidden_markov(x: tf.Tensor) -> tf.Tensor:
    transition = tfd.Categorical(logits=2 * tf.eye(5))
    emission = tfd.Normal(tf.range(5, dtype=tf.float32) - 2, 1.0)
    return tfd.HiddenMarkovModel(tfd.Categorical(logits=tf.zeros(5)), transition, emission, 20).log_prob(x)


def _sample(seed: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    components = tfd.Normal(tf.range(5, dtype=tf.float32), 0.5)
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components).sample(seed=seed)


if __name__ == "__main__":
    main(sys.argv[1:])
