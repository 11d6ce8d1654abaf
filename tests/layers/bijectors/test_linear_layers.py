"""Linear layers against the matrix in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import LULinear, Permutation

CONTEXT = np.random.default_rng(5).normal(size=(6, 2))
ORDERS = [None, (0, 1, 2, 3), (2, 0, 3, 1)]


def points(*shape: int) -> Any:
    return np.random.default_rng(6).normal(size=shape)


def matrix(layer: LULinear) -> Any:
    """W = P·L·U from the weights."""
    triangles, raw = (weight.numpy() for weight in (layer.triangles, layer.diagonal))
    upper = np.triu(triangles, 1) + np.diag(np.exp(layer.max_log_scale * np.tanh(raw / layer.max_log_scale)))
    return np.eye(len(raw))[list(layer.order)] @ (np.tril(triangles, -1) + np.eye(len(raw))) @ upper


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("leading", [(), (7,), (2, 7)])
def test_numpys_matrix_agrees(moved: Any, order: Any, leading: tuple[int, ...]) -> None:
    layer = moved(LULinear(event_shape=(4,), order=order, max_log_scale=0.75, dtype="float64"))
    x, whole = points(*leading, 4), matrix(layer)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z, x @ whole.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, np.full(leading, np.linalg.slogdet(whole)[1]), rtol=0, atol=1e-12)
    back, back_log_det = layer().forward_and_log_det(z)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(back_log_det, -log_det)


def test_the_jacobian_is_the_matrix(moved: Any, autodiff_jacobian: Any) -> None:
    layer = moved(LULinear(event_shape=(4,), order=ORDERS[2], dtype="float64"))
    found = autodiff_jacobian(lambda x: layer().inverse_and_log_det(x)[0], points(3, 4))
    np.testing.assert_allclose(found, np.tile(matrix(layer), (3, 1, 1)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", [LULinear, Permutation])
def test_a_new_layer_is_its_permutation(kind: Any, order: Any) -> None:
    layer, x = kind(event_shape=(4,), order=order), points(7, 4).astype(np.float32)
    chosen = list(order or (3, 2, 1, 0))
    # One direction of each takes entries from their places; the other puts them back.
    taken, back = (layer().forward, layer().inverse) if kind is Permutation else (layer().inverse, layer().forward)
    np.testing.assert_array_equal(taken(x), x[:, chosen])
    np.testing.assert_array_equal(back(x[:, chosen]), x)
    np.testing.assert_array_equal(layer().forward_log_det_jacobian(x, event_ndims=1), np.zeros(7))


def test_every_weight_that_is_read_learns(moved: Any) -> None:
    layer = moved(LULinear(event_shape=(3,)))
    assert len(layer.trainable_weights) == 2
    for direction in ("inverse_and_log_det", "forward_and_log_det"):
        with tf.GradientTape() as tape:
            value, log_det = getattr(layer(), direction)(tf.constant(points(6, 3), tf.float32))
            loss = tf.reduce_mean(tf.reduce_sum(value**2, -1) / 2 - log_det)
        triangles, diagonal = tape.gradient(loss, [layer.triangles.value, layer.diagonal.value])
        assert (diagonal.numpy() != 0).all()
        assert (triangles.numpy()[~np.eye(3, dtype=bool)] != 0).all()
        np.testing.assert_array_equal(np.diag(triangles), np.zeros(3))
    assert Permutation(event_shape=(3,)).weights == []


@pytest.mark.parametrize("raw", [-1e6, 1e6])
def test_the_diagonal_is_bounded(raw: float) -> None:
    layer = LULinear(event_shape=(2,), max_log_scale=0.5)
    layer.build()
    layer.diagonal.assign([raw, raw])
    x = points(5, 2).astype(np.float32)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(log_det, np.full(5, np.sign(raw)), rtol=1e-6)
    np.testing.assert_allclose(layer().forward_and_log_det(z)[0], x, rtol=1e-6)


@pytest.mark.parametrize("kind", [LULinear, Permutation])
def test_a_context_changes_nothing(moved: Any, kind: Any) -> None:
    layer = moved(kind(event_shape=(3,), context_shape=(2,), dtype="float64"))
    alone = moved(kind(event_shape=(3,), dtype="float64"))
    x, log_det = layer(tf.constant(CONTEXT)).forward_and_log_det(tf.constant(points(4, 6, 3)))
    np.testing.assert_array_equal(x, alone().forward(points(4, 6, 3)))
    assert log_det.shape == (4, 6)


@pytest.mark.parametrize("kind", [LULinear, Permutation])
@pytest.mark.parametrize("order", [None, (1, 2, 0), np.array([1, 2, 0])])
def test_configuration_round_trip(moved: Any, kind: Any, order: Any) -> None:
    own = {"max_log_scale": 1.5} if kind is LULinear else {}
    layer = moved(kind(event_shape=(3,), order=order, name="own", dtype="float64", **own))
    assert layer.order == ((2, 1, 0) if order is None else (1, 2, 0))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert (again.name, again.dtype_policy.name) == ("own", "float64")
    moved(again)
    np.testing.assert_array_equal(again().inverse(points(6, 3)), layer().inverse(points(6, 3)))


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
@pytest.mark.parametrize("kind", [LULinear, Permutation])
def test_half_precision_is_not_for_densities(moved: Any, policy: str, kind: Any) -> None:
    layer = moved(kind(event_shape=(3,), dtype=policy))
    dtype = "float64" if policy == "float64" else "float32"
    assert {weight.dtype for weight in layer.weights} <= {dtype}
    assert layer().dtype == dtype
    assert layer().forward(points(6, 3).astype(dtype)).dtype == dtype


@pytest.mark.parametrize("kind", [LULinear, Permutation])
@pytest.mark.parametrize("order", [(0, 1), (0, 0, 1), (1, 2, 3), (0, 1, 2, 3)])
def test_a_bad_order_is_named(kind: Any, order: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"`order` must hold each of 0 to 2 once. Received: order=\("):
        kind(event_shape=(3,), order=order)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bad_bound_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=r"`max_log_scale` must be positive and finite. Received: max_log_scale="):
        LULinear(event_shape=(3,), max_log_scale=value)


@pytest.mark.parametrize("event_shape", [(6,), (2, 3, 6)])
@pytest.mark.parametrize("seed", [0, 7])
def test_it_may_begin_as_a_rotation(event_shape: tuple[int, ...], seed: int) -> None:
    layer = LULinear(event_shape=event_shape, initializer="orthogonal", seed=seed, dtype="float64")
    eye = np.eye(6).reshape(6, *[1] * (len(event_shape) - 1), 6)
    columns, _ = layer().inverse_and_log_det(tf.constant(eye))
    found = columns.numpy().reshape(6, 6).T
    np.testing.assert_allclose(found @ found.T, np.eye(6), atol=1e-12)
    assert np.abs(found).max() < 0.99  # and no permutation
    assert np.abs(layer.diagonal).max() > 0.1
    x = points(4, *event_shape)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(z, x @ found.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, np.zeros(4), atol=1e-10)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert (again.order, again.get_config()["order"]) == (layer.order, None)
    np.testing.assert_array_equal(again().inverse(x), z)  # signs and order come back by the seed
    other = LULinear(event_shape=event_shape, initializer="orthogonal", seed=seed + 1, dtype="float64")
    assert np.abs(other().inverse(x) - z).max() > 0.1


def test_a_rotation_learns_as_any_other_matrix(moved: Any) -> None:
    layer = moved(LULinear(event_shape=(3, 2, 4), initializer="orthogonal", dtype="float64"), scale=0.3)
    x = points(5, 3, 2, 4)
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    eye = tf.constant(np.eye(4).reshape(4, 1, 1, 4))
    whole = layer().inverse(eye).numpy().reshape(4, 4).T
    np.testing.assert_allclose(z, x @ whole.T, atol=1e-12)
    np.testing.assert_allclose(log_det, np.full(5, 6 * np.linalg.slogdet(whole)[1]), rtol=1e-10)
    np.testing.assert_allclose(layer().forward(z), x, atol=1e-10)


def test_a_fixed_map_stays(tmp_path: Any) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.linear = LULinear(event_shape=(4,), initializer="orthogonal", seed=3, trainable=False)
            self.scale = LULinear(event_shape=(4,))
            self.linear.build()
            self.scale.build()

        def call(self, x: tf.Tensor) -> tf.Tensor:
            return self.scale().inverse(self.linear().inverse(x))

    x = points(8, 4).astype(np.float32)
    model, other = Model(), Model()
    assert [weight.path.split("/")[0] for weight in model.trainable_weights] == [model.scale.name] * 2
    assert len(model.weights) == 4
    before = model.linear.get_weights()
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    model.fit(x, 0 * x, verbose=0)
    for one, old in zip(model.linear.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, old)
    assert np.abs(model.scale.diagonal).max() > 0
    model.save_weights(tmp_path / "all.weights.h5")
    other(x)
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_array_equal(other(x), model(x))
    config = keras.saving.serialize_keras_object(model.linear)
    assert keras.saving.deserialize_keras_object(config).trainable is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"initializer": "random"}, "`initializer` must be one of"),
        ({"initializer": "orthogonal", "order": (0, 1, 2)}, "`order` must be None with an orthogonal initializer"),
        ({"initializer": "orthogonal", "max_log_scale": 0.001}, "`max_log_scale` must leave room"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
    ],
)
def test_a_bad_beginning_is_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LULinear(event_shape=(3,), **arguments)
