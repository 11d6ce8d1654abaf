"""RNNDensity: exact, step by step or all at once, in one piece or in many."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import make, sequences
from scipy import stats

import tfgen
from tfgen import datasets


def test_it_is_keras_s_network_with_a_gaussian_output():
    """From the same weights, by Keras's own layers and SciPy's density."""
    model = make("rnn")
    x = sequences()
    start = np.tile(model.recurrence.start_known.numpy(), (6, 1, 1))
    state = np.tile(model.recurrence.initial_state.numpy(), (6, 1))
    network = keras.layers.RNN(model.recurrence.cells[0], return_sequences=True)
    features = network(np.concatenate([start, x[:, :-1]], axis=1), initial_state=[state]).numpy()
    kernel, bias = model.network.dense[0].get_weights()
    projection, offset = model.likelihood.projection.get_weights()
    location, scale = np.split(np.tanh(features @ kernel + bias) @ projection + offset, 2, axis=-1)
    scale = np.logaddexp(0, scale + np.log(np.e - 1)) + model.likelihood.min_scale
    expected = stats.norm.logpdf(x, location, scale).sum(axis=-1)
    np.testing.assert_allclose(model.log_prob_steps(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.log_prob(x), expected.sum(axis=1), rtol=1e-4)


@pytest.mark.parametrize(
    "likelihood", ["mixture", "autoregressive", "bernoulli", "categorical", "discretised_logistic"]
)
def test_likelihoods_by_name(likelihood):
    model = tfgen.RNNDensity(event_shape=(2,), units=3, likelihood=likelihood, levels=4, components=2)
    x = model.sample(5, steps=4, seed=0)
    assert np.isfinite(model.log_prob(x)).all()
    assert ("bits_per_dim" in model.rate_names) == (likelihood not in ("mixture", "autoregressive"))
    twin = type(model).from_config(model.get_config())
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin.log_prob(x), model.log_prob(x))


def test_autoregressive_outputs_know_the_numbers_before_them():
    """What independent outputs cannot: p(x_2 | x_1) within a step."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2000, 3, 1)).astype(np.float32)
    x = shared + 0.1 * rng.normal(size=(2000, 3, 2)).astype(np.float32)
    scores = {}
    for likelihood in ("gaussian", "autoregressive"):
        keras.utils.set_random_seed(0)
        model = tfgen.RNNDensity(event_shape=(2,), units=8, likelihood=likelihood)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x, batch_size=100, epochs=10, verbose=0)
        scores[likelihood] = model.log_prob(x).numpy().mean() / 3
    # −½ log(1 − ρ²), with ρ = 1/1.01
    assert scores["autoregressive"] - scores["gaussian"] > 0.9 * 1.96


def test_predictive_distributions_are_of_each_step():
    model, x = make("rnn"), sequences()
    predictive = model.predictive_distribution(x)
    assert predictive.batch_shape == (6, 5)
    np.testing.assert_allclose(predictive.log_prob(x), model.log_prob_steps(x), rtol=1e-4, atol=1e-5)
    changed = x.copy()
    changed[:, 3:] += 1.0
    same = model.predictive_distribution(changed).mean().numpy()[:, :4]
    np.testing.assert_allclose(same, predictive.mean().numpy()[:, :4], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("use", ["initial_state", "input", "both"])
def test_a_context_decides_from_the_first_step_on(use):
    model = make("rnn", context_shape=(3,), context_as=use)
    rng = np.random.default_rng(0)
    x = sequences(1, 5)
    first, second = (model.log_prob_steps(x, rng.normal(size=(1, 3)).astype(np.float32)).numpy() for _ in range(2))
    assert np.abs(first - second)[0, 0] > 1e-4
    assert np.abs(first - second)[0, -1] > 1e-6
    assert [spec.name for spec in model.endpoints()[-1].inputs] == ["x", "state", "time", "seed"] + (
        [] if use == "initial_state" else ["context"]
    )


def test_it_learns_what_a_kalman_filter_knows():
    """A known limit, coarsely; `benchmarks.sequence_limits` is the fine measure."""
    truth = datasets.NoisyAutoregression(length=20)
    model = tfgen.RNNDensity(event_shape=(1,), units=16)
    model.compile(keras.optimizers.Adam(1e-2), jit_compile=True, steps_per_execution=25)
    model.fit(truth.sample(20_000, seed=1)["x"], batch_size=100, epochs=2, verbose=0)
    test = truth.sample(2000, seed=2)["x"]
    gap = truth.log_prob(test) - model.log_prob(test).numpy()
    assert -3 * gap.std() / np.sqrt(2000) < gap.mean() < 20 * 5e-3


def test_gradient_clipping_by_the_optimiser_and_in_the_network():
    x = 100.0 * sequences()
    for arguments, optimizer in (
        ({"gradient_clip": 1e-3}, keras.optimizers.SGD(1.0)),
        ({}, keras.optimizers.SGD(1.0, global_clipnorm=1e-3)),
    ):
        model = make("rnn", **arguments)
        kernel = model.recurrence.cells[0].recurrent_kernel.numpy()
        model.compile(optimizer)
        model.fit(x, batch_size=6, verbose=0)
        moved = np.abs(model.recurrence.cells[0].recurrent_kernel.numpy() - kernel).max()
        assert 0 < moved < 0.1


def test_clipping_refuses_an_optimiser_that_scales_the_loss():
    model = make("rnn", gradient_clip=1.0)
    for optimizer in (
        keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()),
        keras.optimizers.Adam(loss_scale_factor=2.0),
    ):
        with pytest.raises(
            ValueError, match=r"`optimizer` must leave the loss as it is with `gradient_clip`.*Received: "
        ):
            model.compile(optimizer)
    assert not model.compiled


def test_widths_of_numpy_s_kind_and_stacks_of_keras_s():
    assert tfgen.RNNDensity(event_shape=(2,), units=np.int64(3)).recurrence.output_width == 3
    stack = keras.layers.StackedRNNCells([keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)])
    with pytest.raises(ValueError, match=r"`cell` must be single cells, or a list of them: give its `cells`"):
        tfgen.RNNDensity(event_shape=(2,), cell=stack)
    assert tfgen.RNNDensity(event_shape=(2,), cell=stack.cells).recurrence.output_width == 5


@pytest.mark.parametrize("model", [tfgen.STORN, tfgen.VRAE])
def test_widths_of_the_recognition_network_are_named(model):
    with pytest.raises(ValueError, match=r"`recognition_units` must .*Received: recognition_units=0"):
        model(event_shape=(2,), latent_dim=2, recognition_units=0)


@pytest.mark.parametrize("argument", ["likelihood", "cell", "units", "context_shape", "truncation", "components"])
def test_bad_arguments(argument):
    value = {"context_shape": (2, 2), "likelihood": tfgen.layers.IndependentNormal(event_shape=(3,))}.get(argument, -1)
    with pytest.raises(ValueError, match=f"`{argument}` must .*Received: "):
        tfgen.RNNDensity(event_shape=(2,), **{argument: value})


@pytest.mark.parametrize("steps", [0, 2.5, None, True])
def test_bad_steps(steps):
    with pytest.raises(ValueError, match=r"`steps` must be a positive integer\. Received: "):
        make("rnn").sample(2, steps=steps, seed=0)


def test_double_precision_throughout():
    model = tfgen.RNNDensity(event_shape=(2,), units=3, likelihood="mixture", components=2, dtype="float64")
    score = model.log_prob(sequences().astype(np.float64))
    assert score.dtype == tf.float64
    half = tfgen.RNNDensity(event_shape=(2,), units=3, dtype="mixed_bfloat16")
    assert half.log_prob(sequences()).dtype == tf.float32
    half.compile("sgd")
    assert np.isfinite(half.fit(sequences(), verbose=0).history["loss"]).all()


@pytest.mark.parametrize("several", [False, True])
def test_a_model_with_given_cells_and_likelihood_is_saved_whole(several, tmp_path):
    cell = keras.layers.LSTMCell(3)
    model = tfgen.VRNN(
        event_shape=(2,),
        latent_dim=2,
        cell=[cell, keras.layers.SimpleRNNCell(2)] if several else cell,
        likelihood=tfgen.layers.IndependentStudentT(event_shape=(2,)),
        hidden=(3,),
        num_samples=2,
    )
    model.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.score(sequences()), model.score(sequences()))
