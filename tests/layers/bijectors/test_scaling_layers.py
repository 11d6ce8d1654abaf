"""Scales that are learned and scales that data set."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.layers import ActNorm, Scale, Standardization

tfb = tfp.bijectors

ADAPTIVE = [ActNorm, Standardization]
CONTEXT = np.random.default_rng(5).normal(size=(6, 2))


def points(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


def data(rows: int = 50) -> Any:
    return points(rows, 3) * [0.01, 1.0, 300.0] + [5.0, 0.0, -1000.0]


@pytest.mark.parametrize("kind", [Scale, ActNorm])
@pytest.mark.parametrize("leading", [(), (6,), (2, 6)])
def test_scale_in_numpy(moved: Any, kind: Any, leading: tuple[int, ...]) -> None:
    layer = moved(kind(event_shape=(3,), dtype="float64"))
    shift, log_scale = (weight.numpy() for weight in layer.trainable_weights)
    z = points(*leading, 3)
    x, log_det = layer().forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, z * np.exp(log_scale) + shift, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, np.full(leading, log_scale.sum()), rtol=1e-12)
    back, back_log_det = layer().inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(back_log_det, -log_det)


@pytest.mark.parametrize("kind", [Scale, *ADAPTIVE])
def test_a_new_layer_is_the_identity(kind: Any) -> None:
    z = points(6, 3).astype(np.float32)
    x, log_det = kind(event_shape=(3,))().forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x, z)
    np.testing.assert_array_equal(log_det, np.zeros(6))


@pytest.mark.parametrize("kind", ADAPTIVE)
@pytest.mark.parametrize("dtype", ["float32", "float64", "mixed_float16"])
def test_data_come_to_mean_0_and_variance_1(kind: Any, dtype: str) -> None:
    layer = kind(event_shape=(3,), dtype=dtype)
    layer.adapt(data())
    z, log_det = layer().inverse_and_log_det(tf.constant(data(), layer.density_dtype))
    np.testing.assert_allclose(np.mean(z, axis=0), np.zeros(3), atol=1e-3)
    np.testing.assert_allclose(np.var(z, axis=0), np.ones(3), rtol=1e-3)
    np.testing.assert_allclose(log_det, np.full(50, -np.log(data().std(axis=0)).sum()), rtol=1e-5)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_tfps_scale_of_the_same_moments(kind: Any) -> None:
    layer = kind(event_shape=(3,), dtype="float64")
    layer.adapt(data())
    oracle = tfb.Shift(data().mean(axis=0))(tfb.ScaleMatvecDiag(data().std(axis=0)))
    np.testing.assert_allclose(layer().forward(points(6, 3)), oracle.forward(points(6, 3)), rtol=1e-10)
    found = layer().inverse_log_det_jacobian(points(6, 3), event_ndims=1)
    expected = oracle.inverse_log_det_jacobian(points(6, 3), event_ndims=1)
    np.testing.assert_allclose(found, np.full(6, expected), rtol=1e-10)


@pytest.mark.parametrize("kind", ADAPTIVE)
@pytest.mark.parametrize("constant", [0.0, 7.0, -1e6, 0.1])
def test_a_constant_entry_keeps_its_scale(kind: Any, constant: float) -> None:
    values = data()
    values[:, 1] = constant
    layer = kind(event_shape=(3,), dtype="float64")
    layer.adapt(values)
    np.testing.assert_allclose(layer.log_scale.numpy()[1], 0)
    np.testing.assert_allclose(layer.shift.numpy()[1], constant)
    z = layer().inverse(values).numpy()
    np.testing.assert_allclose(z[:, 1], np.zeros(50), atol=1e-9)
    np.testing.assert_allclose(z.std(axis=0)[[0, 2]], [1, 1])


@pytest.mark.parametrize("kind", ADAPTIVE)
@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((1, 3)),
        np.zeros((0, 3)),
        np.zeros((5, 2)),
        np.zeros((5, 3, 1)),
        np.zeros(3),
        np.float64(1),
        np.full((5, 3), np.nan),
        np.array([[0, 0, 0], [1, np.inf, 2]]),
    ],
)
def test_bad_data_are_refused_and_leave_the_layer_as_it_was(kind: Any, bad: Any) -> None:
    layer = kind(event_shape=(3,))
    layer.build()
    with pytest.raises(ValueError, match=r"`x` must be at least two finite rows of shape \(3,\). Received: shape="):
        layer.adapt(bad)
    assert not layer.is_adapted
    np.testing.assert_array_equal(layer.shift.numpy(), np.zeros(3))


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_whether_it_was_adapted_survives_a_file(kind: Any, tmp_path: Path) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.scale = kind(event_shape=(3,))
            self.scale.build()

        def call(self, z: tf.Tensor) -> tf.Tensor:
            return self.scale().forward(z)

    z = points(4, 3).astype(np.float32)
    model, other = Model(), Model()
    model(z)
    other(z)
    model.save_weights(tmp_path / "before.weights.h5")
    assert not model.scale.is_adapted
    model.scale.adapt(data())
    assert model.scale.is_adapted
    model.save_weights(tmp_path / "after.weights.h5")
    other.load_weights(tmp_path / "after.weights.h5")
    assert other.scale.is_adapted
    np.testing.assert_array_equal(other(z), model(z))
    other.load_weights(tmp_path / "before.weights.h5")
    assert not other.scale.is_adapted


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_a_layer_that_is_not_built_can_be_asked_and_adapted(kind: Any) -> None:
    layer = kind(event_shape=(3,))
    assert not layer.is_adapted
    layer.adapt(data().tolist())
    assert layer.is_adapted


@pytest.mark.parametrize(("kind", "count"), [(Scale, 2), (ActNorm, 2), (Standardization, 0)])
def test_which_learn(kind: Any, count: int) -> None:
    layer = kind(event_shape=(3,), dtype="float64")
    layer.build()
    if kind is not Scale:
        layer.adapt(data())
    assert len(layer.trainable_weights) == count
    assert len(layer.weights) == (2 if kind is Scale else 3)
    before = [weight.numpy() for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        # Other data than those it was adapted to, whose gradients would be nought.
        z, log_det = layer().inverse_and_log_det(tf.constant(2 * data() + 1))
        loss = tf.reduce_mean(tf.reduce_sum(z**2, -1) / 2 - log_det)
    values = [weight.value for weight in (layer.shift, layer.log_scale)]
    gradients = [gradient for gradient in tape.gradient(loss, values) if gradient is not None]
    assert len(gradients) == count
    assert all((gradient.numpy() != 0).all() for gradient in gradients)
    keras.optimizers.SGD(0.1).apply(gradients, layer.trainable_weights)
    assert all((weight.numpy() != old).all() for weight, old in zip(layer.trainable_weights, before, strict=True))


@pytest.mark.parametrize("kind", [Scale, *ADAPTIVE])
def test_a_context_changes_nothing_and_the_configuration_comes_back(moved: Any, kind: Any) -> None:
    layer = moved(kind(event_shape=(3,), context_shape=(2,), name="own", dtype="float64"))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert (again.name, again.event_shape, again.context_shape) == ("own", (3,), (2,))
    moved(again)
    alone = moved(kind(event_shape=(3,), dtype="float64"))
    z = points(4, 6, 3)
    x, log_det = again(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(z))
    np.testing.assert_array_equal(x, alone().forward(z))
    assert log_det.shape == (4, 6)


def test_data_without_tails_are_stretched_until_they_reach() -> None:
    """The first entry ends at √3 standard deviations, the second has a row far beyond four: it is only standardised."""
    x = np.stack([np.linspace(-1.0, 3.0, 401), points(401)], axis=1)
    x[7, 1] = 30.0
    layer = Standardization(event_shape=(2,), reach=4.0, dtype="float64")
    layer.adapt(x)
    z = layer().inverse_and_log_det(tf.constant(x))[0].numpy()
    np.testing.assert_allclose([z[:, 0].min(), z[:, 0].max()], [-4.0, 4.0], rtol=1e-12)
    np.testing.assert_allclose(z[:, 1].std(), 1.0, rtol=1e-12)
    copy = Standardization.from_config(layer.get_config())
    assert copy.reach == 4.0


def test_rows_that_do_not_count_reach_nowhere() -> None:
    x = np.array([[-1.0], [1.0], [500.0]])
    layer = Standardization(event_shape=(1,), reach=2.0, dtype="float64")
    layer.adapt(x, sample_weight=[1.0, 1.0, 0.0])
    np.testing.assert_allclose(layer().inverse_and_log_det(tf.constant(x))[0].numpy()[:2], [[-2.0], [2.0]])


@pytest.mark.parametrize("reach", [0, -1.0, np.inf, np.nan, "far", True])
def test_reach_is_positive(reach: Any) -> None:
    with pytest.raises(ValueError, match=r"`reach` must be a positive number\. Received: reach="):
        Standardization(event_shape=(1,), reach=reach)
