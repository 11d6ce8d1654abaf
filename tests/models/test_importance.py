"""Streamed means of importance weights, and how many of these count, against SciPy's logsumexp."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

import tfgen
from tfgen.models.importance import importance_statistics, log_mean_exp, repeat_rows
from tfgen.noise import Noise

COUNTS = (1, 7, 8, 24, 64, 97)  # 97 is a prime: its samples come one by one
ROWS = 5


def _streamed(weights, num_samples):
    """log_mean_exp of a table [rows, samples], and how many samples each call asked for."""
    table, asked = tf.constant(weights), []

    def weigh(first, count):
        asked.append(count)
        return table[:, first : first + count]

    return log_mean_exp(weigh, num_samples).numpy(), asked


def _statistics(weights):
    """importance_statistics of a table [rows, samples]."""
    table = tf.constant(weights)
    found = importance_statistics(lambda first, count: table[:, first : first + count], table.shape[1])
    return [value.numpy() for value in found]


def _effective(weights):
    """By SciPy, of all weights at once."""
    weights = np.asarray(weights, "float64")
    return np.exp(2 * special.logsumexp(weights, axis=1) - special.logsumexp(2 * weights, axis=1))


@pytest.mark.parametrize("num_samples", COUNTS)
@pytest.mark.parametrize("scale", [1.0, 50.0, 1e4])
def test_it_is_scipy_s_logsumexp(num_samples, scale):
    weights = np.random.default_rng(num_samples).normal(-scale, scale, size=(ROWS, num_samples))
    found, _ = _streamed(weights, num_samples)
    expected = special.logsumexp(weights, axis=1) - np.log(num_samples)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("num_samples", [7, 97])
def test_weights_of_nought_and_of_any_size(num_samples, dtype):
    """The largest comes first, last or in between; a running maximum that is not carried along overflows."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(6, num_samples)).astype(dtype)
    weights[0, 1:] = -np.inf
    weights[1, :-1] = -np.inf
    weights[2] += 1e6
    weights[3] -= 1e6
    weights[4] = np.linspace(-1e4, 1e4, num_samples)
    weights[5] = np.linspace(1e4, -1e4, num_samples)
    found, _ = _streamed(weights, num_samples)
    expected = special.logsumexp(weights.astype("float64"), axis=1) - np.log(num_samples)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("num_samples", COUNTS)
def test_no_weight_at_all_is_the_logarithm_of_nought(num_samples):
    weights = np.full((2, num_samples), -np.inf, "float32")
    weights[1, num_samples // 2] = 3.0
    found, _ = _streamed(weights, num_samples)
    assert found[0] == -np.inf
    np.testing.assert_allclose(found[1], 3.0 - np.log(num_samples), rtol=1e-6)


@pytest.mark.parametrize("num_samples", COUNTS)
@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0, 1e4])
def test_the_effective_size_is_that_of_explicit_weights(num_samples, scale):
    weights = np.random.default_rng(num_samples).normal(-scale, scale, size=(ROWS, num_samples))
    found, size = _statistics(weights)
    np.testing.assert_allclose(size, _effective(weights), rtol=1e-9)
    assert ((size >= 1 - 1e-12) & (size <= num_samples * (1 + 1e-12))).all()
    np.testing.assert_array_equal(found, _streamed(weights, num_samples)[0])  # the second sum leaves the first alone


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("num_samples", [7, 24, 97])
def test_the_size_of_weights_of_nought_and_of_any_size(num_samples, dtype):
    """Squares overflow, or vanish, where the running maximum is not carried along twice."""
    weights = np.zeros((7, num_samples), dtype)
    weights[0, 1:] = -np.inf
    weights[1, :-1] = -np.inf
    weights[2] = 1e6
    weights[3] = -1e6
    weights[4] = np.linspace(-1e2, 1e2, num_samples)
    weights[5] = np.linspace(1e2, -1e2, num_samples)
    weights[6] = -np.inf
    size = _statistics(weights)[1]
    assert size.dtype == dtype
    np.testing.assert_allclose(size[:4], [1, 1, num_samples, num_samples], rtol=1e-6)
    np.testing.assert_allclose(size[4:6], _effective(weights[4:6]), rtol=1e-4)
    assert size[6] == 0  # and not NaN


@pytest.mark.parametrize("num_samples", [*COUNTS, 100, 4096])
def test_every_sample_once_and_never_more_than_eight(num_samples):
    found, asked = _streamed(np.zeros((1, num_samples)), num_samples)
    assert max(asked) <= 8
    assert sum(asked) == num_samples  # eagerly every pass is a call
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


@pytest.mark.parametrize("average", [log_mean_exp, lambda *arguments: importance_statistics(*arguments)[0]])
def test_in_a_graph_the_passes_are_a_loop(average):
    """K changes how often the loop turns, not how much is traced."""
    calls = []

    def traced(num_samples):
        calls.clear()

        def weigh(first, count):
            calls.append(count)
            return tf.cast(first + tf.range(count), tf.float64)[tf.newaxis]

        found = tf.function(lambda: average(weigh, num_samples))()
        expected = special.logsumexp(np.arange(num_samples)) - np.log(num_samples)
        np.testing.assert_allclose(found, [expected], rtol=1e-13)
        return len(calls)

    assert traced(16) == traced(4096)


@pytest.mark.parametrize(("function", "sums"), [(log_mean_exp, 1), (importance_statistics, 2)])
def test_squares_are_summed_only_where_they_are_asked_for(function, sums):
    """In the first pass and in the loop; and one pass makes both sums."""
    table = tf.constant(np.zeros((ROWS, 64)))
    graph = tf.function(lambda: function(lambda first, count: table[:, first : first + count], 64))
    graph = graph.get_concrete_function().graph
    (loop,) = (op for op in graph.get_operations() if op.type in ("While", "StatelessWhile"))
    for part in (graph, _body(graph, loop)):
        assert [op.type for op in part.get_operations()].count("Sum") == sums
        assert [op.type for op in part.get_operations()].count("Max") == 1


def test_gradients_are_the_normalised_weights():
    """∂/∂w_k log (1/K) Σ exp(w_k) = softmax(w)_k: the running maximum must leave no trace."""
    weights = tf.Variable(np.random.default_rng(0).normal(size=(3, 24)))

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(log_mean_exp(lambda first, count: weights[:, first : first + count], 24))
        return tape.gradient(total, weights)

    np.testing.assert_allclose(tf.convert_to_tensor(gradient()), special.softmax(weights.numpy(), axis=1), rtol=1e-12)


def test_rows_are_repeated_in_succession():
    values = np.arange(12.0).reshape(2, 3, 2)
    for count in (1, 4):
        np.testing.assert_array_equal(repeat_rows(tf.constant(values), count), np.repeat(values, count, axis=0))


class _Recorder(keras.layers.Layer):
    """Passes z on, and notes at run time how many rows of it there are."""

    def __init__(self):
        super().__init__(name="recorder")
        self.rows = []

    def call(self, z):
        def note(value):
            self.rows.append(len(value))
            return value

        noted = tf.numpy_function(note, [z], z.dtype, stateful=True)
        return tf.ensure_shape(noted, z.shape)

    def compute_output_shape(self, input_shape):
        return input_shape


def _body(graph, loop):
    name = loop.get_attr("body").name
    definition = next(each for each in graph.as_graph_def().library.function if each.signature.name == name)
    return function_def_to_graph(definition)


@pytest.mark.parametrize("method", ["bound", "importance"])
@pytest.mark.parametrize(("num_samples", "passes"), [(1, 1), (7, 1), (64, 8), (97, 97), (400, 50)])
def test_the_decoder_never_sees_more_than_eight_samples_at_once(method, num_samples, passes):
    """Memory: what the decoder is given at run time, whatever K is."""
    recorder = _Recorder()
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, likelihood="gaussian", hidden=(3,), decoder=recorder)
    x = np.zeros((ROWS, 4), "float32")
    recorder.rows.clear()
    getattr(vae, method)(x, num_samples=num_samples, seed=0)
    assert len(recorder.rows) == passes
    assert max(recorder.rows) <= 8 * ROWS
    assert sum(recorder.rows) == num_samples * ROWS


def test_no_tensor_of_the_bound_grows_with_its_samples():
    """The largest static tensor, loop bodies included, and the number of operations."""
    vae = tfgen.VAE(event_shape=(6,), latent_dim=2, likelihood="gaussian", hidden=(16,))

    def measured(num_samples):
        def bound(x, seeds):
            return vae.bounded({"x": x}, seeds, num_samples)

        specs = tf.TensorSpec([ROWS, 6], tf.float32), tf.TensorSpec([ROWS, 2], tf.int32)
        graph = tf.function(bound).get_concrete_function(*specs).graph
        loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
        bodies = [_body(graph, loop) for loop in loops]
        operations = [op for body in (graph, *bodies) for op in body.get_operations()]
        shapes = [output.shape for op in operations for output in op.outputs]
        sizes = [shape.num_elements() for shape in shapes if shape.is_fully_defined()]
        return len(operations), max(sizes), len(bodies)

    few, many = measured(16), measured(1024)
    assert few == many
    assert few[2] == 1  # the loop's body was looked at
    assert few[1] >= 8 * ROWS * 16  # eight samples' hidden layer is among what was looked at


X, CONTEXT = (np.random.default_rng(seed).normal(size=(ROWS, size)) for seed, size in enumerate((4, 2)))


def _vae(**arguments):
    own = {"event_shape": (4,), "latent_dim": 2, "likelihood": "gaussian", "hidden": (6,), "dtype": "float64"}
    return tfgen.VAE(**{**own, **arguments})


def _dequantized():
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), dtype="float64")
    return tfgen.Dequantized(flow, levels=6), {"x": np.arange(10.0).reshape(ROWS, 2) % 6}


MODELS = {
    "plain": lambda: (_vae(), {"x": X}),
    "conditional": lambda: (_vae(context_shape=(2,), prior="conditional"), {"x": X, "context": CONTEXT}),
    "dequantized": _dequantized,
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("num_samples", [1, 7, 24])
def test_importance_is_that_of_the_model_s_own_weights(kind, num_samples):
    """Made one sample at a time, from the documented noise; of one sample its weight, and not the ELBO."""
    model, given = MODELS[kind]()
    inputs = {name: tf.constant(value) for name, value in given.items()}
    inferred, seeds = model.infer(inputs), tf.constant([[3, i] for i in range(ROWS)], tf.int32)
    noises = [Noise(seeds, index=tf.fill([ROWS, 1], k)) for k in range(num_samples)]
    weights = np.stack([model.log_weights(inputs, inferred, noise) for noise in noises], axis=1)
    found = model.importance(**given, num_samples=num_samples, seed=3)
    assert list(found) == ["bound", "effective_sample_size"]
    np.testing.assert_allclose(found["bound"], special.logsumexp(weights, axis=1) - np.log(num_samples), rtol=1e-10)
    np.testing.assert_allclose(found["effective_sample_size"], _effective(weights), rtol=1e-9)
    if num_samples == 1:
        assert (found["effective_sample_size"].numpy() == 1).all()
    else:
        assert len(np.unique(weights)) == weights.size
        np.testing.assert_allclose(found["bound"], model.bound(**given, num_samples=num_samples, seed=3), rtol=1e-13)


def test_importance_of_the_model_s_own_number_of_samples():
    vae = _vae(num_samples=5)
    found, other = (vae.importance(X, num_samples=count, seed=1) for count in (None, 5))
    np.testing.assert_array_equal(found["bound"], other["bound"])
    assert (found["bound"].numpy() != vae.importance(X, num_samples=6, seed=1)["bound"].numpy()).all()


def test_without_a_seed_keras_s_decides():
    vae, found = _vae(), []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        found.append([vae.importance(X, num_samples=2)["bound"].numpy() for _ in range(2)])
    np.testing.assert_array_equal(*found)
    assert (found[0][0] != found[0][1]).all()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("first", [1, 4])
def test_a_part_of_the_rows_has_the_noise_of_the_whole(kind, first):
    model, inputs = MODELS[kind]()
    whole = model.importance(**inputs, num_samples=3, seed=2)
    rest = {name: value[first:] for name, value in inputs.items()}
    part = model.importance(**rest, num_samples=3, seed=2, first_row=first)
    for name, value in whole.items():
        np.testing.assert_allclose(part[name], value[first:], rtol=1e-12)
    other = model.importance(**rest, num_samples=3, seed=2)
    assert (other["bound"].numpy() != part["bound"].numpy()).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": 0}, "`num_samples` must be an integer of at least 1.*Received: num_samples=0"),
        ({"first_row": -1}, "`first_row` must be an integer of at least 0.*Received: first_row=-1"),
        ({"first_row": 2.5}, r"`first_row` must be an integer of at least 0.*Received: first_row=2\.5"),
        ({"first_row": 2**31 - 3}, "`seed` must hold integers that fit int32"),  # row 5 has no number
        ({"seed": 0.5}, r"`seed` must be an integer.*Received: seed=0\.5"),
        ({"x": X[0]}, r"`x` must have shape \[batch, 4\]\. Received: shape=\(4,\)"),
        ({"context": CONTEXT}, "`context` must be None.*Received"),
    ],
)
def test_bad_input_of_importance_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        _vae().importance(**{"x": X, **arguments})
