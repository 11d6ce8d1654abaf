"""Streamed means of importance weights against SciPy's logsumexp."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

import tfgen
from tfgen.models.importance import log_mean_exp, repeat_rows

COUNTS = (1, 7, 8, 24, 64, 97)  # 97 is a prime: its samples come one by one
ROWS = 5


def _streamed(weights, num_samples):
    """log_mean_exp of a table [rows, samples], and how many samples each call asked for."""
    table, asked = tf.constant(weights), []

    def weigh(first, count):
        asked.append(count)
        return table[:, first : first + count]

    return log_mean_exp(weigh, num_samples).numpy(), asked


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


@pytest.mark.parametrize("num_samples", [*COUNTS, 100, 4096])
def test_every_sample_once_and_never_more_than_eight(num_samples):
    found, asked = _streamed(np.zeros((1, num_samples)), num_samples)
    assert max(asked) <= 8
    assert sum(asked) == num_samples  # eagerly every pass is a call
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


def test_in_a_graph_the_passes_are_a_loop():
    """K changes how often the loop turns, not how much is traced."""
    calls = []

    def traced(num_samples):
        calls.clear()

        def weigh(first, count):
            calls.append(count)
            return tf.cast(first + tf.range(count), tf.float64)[tf.newaxis]

        found = tf.function(lambda: log_mean_exp(weigh, num_samples))()
        expected = special.logsumexp(np.arange(num_samples)) - np.log(num_samples)
        np.testing.assert_allclose(found, [expected], rtol=1e-13)
        return len(calls)

    assert traced(16) == traced(4096)


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


@pytest.mark.parametrize(("num_samples", "passes"), [(1, 1), (7, 1), (64, 8), (97, 97), (400, 50)])
def test_the_decoder_never_sees_more_than_eight_samples_at_once(num_samples, passes):
    """Memory: what the decoder is given at run time, whatever K is."""
    recorder = _Recorder()
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, likelihood="gaussian", hidden=(3,), decoder=recorder)
    x = np.zeros((ROWS, 4), "float32")
    recorder.rows.clear()
    vae.bound(x, num_samples=num_samples, seed=0)
    assert len(recorder.rows) == passes
    assert max(recorder.rows) <= 8 * ROWS
    assert sum(recorder.rows) == num_samples * ROWS


def test_no_tensor_of_the_bound_grows_with_its_samples():
    """The largest static tensor, loop bodies included, and the number of operations."""
    vae = tfgen.VAE(event_shape=(6,), latent_dim=2, likelihood="gaussian", hidden=(16,))

    def measured(num_samples):
        def bound(x, seeds):
            return vae._bound({"x": x}, seeds, num_samples)

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
