"""The loss against SciPy, and its weighting and reduction against Keras's own losses."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

import tfgen
from tfgen.losses import NegativeLogLikelihood

tfd = tfp.distributions

MEAN = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
X = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
EACH = -stats.norm.logpdf(X, MEAN, 0.5).sum(axis=1)


def vectors() -> Any:
    return tfd.Independent(tfd.Normal(MEAN, 0.5), 1)


def scalars(dtype: Any = np.float32) -> Any:
    return tfd.Normal(MEAN[:, 0].astype(dtype), np.asarray(0.5, dtype))


class Handed(keras.losses.Loss):
    """Keras's own way with losses already computed."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        del y_true
        return y_pred


def test_the_mean_over_the_batch() -> None:
    loss = NegativeLogLikelihood()(X, vectors())
    assert loss.shape == ()
    np.testing.assert_allclose(loss, EACH.mean(), rtol=1e-5)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None])
@pytest.mark.parametrize("weight", [None, [1, 2, 3, 0, 0.5], [[1], [2], [3], [0], [0.5]], 2.0])
def test_reductions_and_weights_are_keras_own(reduction: Any, weight: Any) -> None:
    sample_weight = None if weight is None else np.array(weight, np.float32)
    found = NegativeLogLikelihood(reduction=reduction)(X, vectors(), sample_weight)
    each = EACH.astype(np.float32)
    expected = Handed(reduction=reduction)(each, each, sample_weight)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_reductions_and_weights_in_numbers() -> None:
    weight = np.array([1, 2, 3, 0, 0.5])
    for reduction, expected in {
        "sum_over_batch_size": (weight * EACH).sum() / 5,
        "sum": (weight * EACH).sum(),
        "mean_with_sample_weight": (weight * EACH).sum() / 6.5,
        "none": weight * EACH,
    }.items():
        found = NegativeLogLikelihood(reduction=reduction)(X, vectors(), weight)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_last_axis_of_one_is_free() -> None:
    expected = -stats.norm.logpdf(X[:, 0], MEAN[:, 0], 0.5).mean()
    of_one = tfd.Independent(tfd.Normal(MEAN[:, :1], 0.5), 1)
    for y_true in (X[:, 0], X[:, :1]):
        for distribution in (scalars(), of_one):
            np.testing.assert_allclose(NegativeLogLikelihood()(y_true, distribution), expected, rtol=1e-5)


def test_a_last_axis_of_one_is_free_in_a_graph() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 1]), tf.TensorSpec([None])])
    def loss(y_true: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
        return NegativeLogLikelihood(reduction="none")(y_true, tfd.Normal(mean, 0.5))

    expected = -stats.norm.logpdf(X[:, 0], MEAN[:, 0], 0.5)
    np.testing.assert_allclose(loss(X[:, :1], MEAN[:, 0]), expected, rtol=1e-5)


def test_an_event_that_ends_in_one_stays() -> None:
    images = tfd.Independent(tfd.Bernoulli(logits=np.zeros((5, 2, 2, 1), np.float32)), 3)
    for y_true in (np.ones((5, 2, 2, 1)), np.ones((5, 2, 2))):
        np.testing.assert_allclose(NegativeLogLikelihood()(y_true, images), 4 * np.log(2), rtol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 2), (4, 2), (1, 2), (2,), ()])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"`y_true` must have the shape .*, \(5, 2\). Received: shape=\("):
        NegativeLogLikelihood()(np.zeros(shape, np.float32), vectors())


@pytest.mark.parametrize("y_pred", [np.zeros((5, 2), np.float32), tf.zeros([5, 2])])
def test_a_plain_tensor_is_refused(y_pred: Any) -> None:
    with pytest.raises(TypeError, match=r"`y_pred` must be a distribution.*tfgen.layers.*Received: "):
        NegativeLogLikelihood()(X, y_pred)
    with pytest.raises(TypeError, match=f"Received: {type(y_pred).__name__}"):
        NegativeLogLikelihood()(X, y_pred)


def test_a_model_without_a_distribution_is_told_so() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile(loss=NegativeLogLikelihood())
    with pytest.raises(TypeError, match=r"let the model end in a layer of `tfgen.layers`"):
        model.fit(X, X, verbose=0)


def test_dtypes() -> None:
    # Class numbers as floats, as Keras may hand them over; doubles in full where the loss is told to.
    categorical = tfd.Categorical(probs=np.array([[0.2, 0.8]] * 3, np.float32))
    found = NegativeLogLikelihood()(np.array([0.0, 1.0, 1.0]), categorical)
    np.testing.assert_allclose(found, -np.log([0.2, 0.8, 0.8]).mean(), rtol=1e-6)
    found = NegativeLogLikelihood(dtype="float64")(X[:, 0], scalars(np.float64))
    assert found.dtype == tf.float64
    expected = -stats.norm.logpdf(X[:, 0].astype(np.float64), MEAN[:, 0].astype(np.float64), 0.5).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_lists_and_batches_of_higher_rank() -> None:
    np.testing.assert_allclose(NegativeLogLikelihood()(X.tolist(), vectors()), EACH.mean(), rtol=1e-5)
    sequences = tfd.Normal(np.zeros((2, 3), np.float32), 1.0)
    y_true = np.arange(6.0).reshape(2, 3)
    weight = np.array([[1, 1, 0], [1, 0, 0]])
    each = -stats.norm.logpdf(y_true)
    np.testing.assert_allclose(NegativeLogLikelihood()(y_true, sequences), each.mean(), rtol=1e-6)
    np.testing.assert_allclose(NegativeLogLikelihood()(y_true, sequences, weight), (weight * each).mean(), rtol=1e-6)


def test_the_gradient() -> None:
    mean = tf.Variable(MEAN)
    with tf.GradientTape() as tape:
        loss = NegativeLogLikelihood()(X, tfd.Independent(tfd.Normal(mean, 0.5), 1))
    np.testing.assert_allclose(tape.gradient(loss, mean), (MEAN - X) / 0.25 / 5, rtol=1e-4)


def test_serialisation() -> None:
    loss = NegativeLogLikelihood(reduction="sum", name="nats")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, NegativeLogLikelihood)
    assert (again.reduction, again.name) == ("sum", "nats")
    np.testing.assert_allclose(again(X, vectors()), EACH.sum(), rtol=1e-5)
    assert NegativeLogLikelihood().name == "negative_log_likelihood"


def test_arguments_are_keywords() -> None:
    with pytest.raises(TypeError, match="positional"):
        NegativeLogLikelihood("sum")  # type: ignore[call-arg]


def test_it_is_public() -> None:
    assert tfgen.NegativeLogLikelihood is NegativeLogLikelihood
