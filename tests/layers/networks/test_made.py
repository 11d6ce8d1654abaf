"""The masked perceptron: who depends on whom, by autodiff."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.layers import MADE


def perturbed(width: int = 0, **arguments: Any) -> MADE:
    """No weight stays nought."""
    made = MADE(**{"activation": "tanh", "dtype": "float64", "context_width": width, **arguments})
    made.build()
    rng = np.random.default_rng(1)
    made.set_weights([weight + 0.3 * rng.normal(size=weight.shape) for weight in made.get_weights()])
    return made


def inputs(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape)


def dependencies(made: MADE, x: Any, context: Any = None) -> tuple[Any, Any]:
    """|∂output/∂entry| [outputs, entries, entries], and |∂output/∂context|, the largest of all rows."""
    values = [tf.constant(value) for value in (x, context) if value is not None]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(values)
        outputs = tf.unstack(made(*values), axis=-1)
    found = []
    for value in values:
        rows = [tape.gradient(output, value, unconnected_gradients="zero").numpy() for output in outputs]
        found.append(np.abs(rows).max(axis=1).reshape(made.outputs, x.shape[1], -1))
    return found[0], found[1] if len(found) == 2 else None


@settings(deadline=None, database=None, derandomize=True, max_examples=40)
@given(
    order=st.integers(1, 6).flatmap(lambda size: st.permutations(range(size))),
    hidden=st.lists(st.integers(1, 9), max_size=3),
    outputs=st.integers(1, 3),
    width=st.integers(0, 2),
)
def test_an_entry_sees_only_those_before_it(order: list[int], hidden: list[int], outputs: int, width: int) -> None:
    made = perturbed(width, order=order, hidden=tuple(hidden), outputs=outputs)
    size = len(order)
    by_entry, by_context = dependencies(made, inputs(5, size), inputs(5, width) if width else None)
    rank = np.array(order)
    allowed = rank[None, :] < rank[:, None]
    assert (by_entry[:, ~allowed] == 0).all()
    # Units that go round the degrees have one of each where they are enough: all that may be seen is.
    if all(units >= size for units in hidden):
        assert (by_entry[:, allowed] > 0).all()
        assert by_context is None or (by_context > 0).all()


@pytest.mark.parametrize("width", [0, 2])
@pytest.mark.parametrize("hidden", [(3,), (5, 2), (9,)])
def test_few_units_still_see_from_end_to_end(hidden: tuple[int, ...], width: int) -> None:
    size = 10
    made = perturbed(width, order=range(size), hidden=hidden, outputs=1)
    by_entry, by_context = dependencies(made, inputs(5, size), inputs(5, width) if width else None)
    assert (by_entry[0, -1, :-1] > 0).all()  # the last sees all others
    assert by_context is None or (by_context > 0).all()  # and each the context


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_numpy_agrees(activation: str) -> None:
    order, x, context = [1, 0, 2], inputs(6, 3), inputs(6, 2)
    made = perturbed(2, order=order, hidden=(4, 5), outputs=2, activation=activation)
    kernels, biases = made.get_weights()[::2], made.get_weights()[1::2]
    degrees = [np.array([2, 1, 3, 0, 0]), np.arange(4) % 3, np.arange(5) % 3]
    value = np.concatenate([x, context], axis=1)
    for layer in range(2):
        mask = degrees[layer][:, None] <= degrees[layer + 1]
        value = value @ (kernels[layer] * mask) + biases[layer]
        value = np.maximum(value, 0) if activation == "relu" else np.tanh(value)
    value = value @ (kernels[2] * (degrees[2][:, None] < np.array([2, 1, 3] * 2))) + biases[2]
    found = made(x, context)
    assert made.compute_output_shape((6, 3)) == found.shape == (6, 6)
    np.testing.assert_allclose(found, value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("hidden", [(), (4,), (7, 5)])
@pytest.mark.parametrize("width", [0, 2])
def test_nought_at_first_and_every_layer_learns(hidden: tuple[int, ...], width: int) -> None:
    made = MADE(order=(2, 0, 1), outputs=2, hidden=hidden, context_width=width)
    values = [inputs(5, 3).astype(np.float32), *([inputs(5, width).astype(np.float32)] if width else [])]
    np.testing.assert_array_equal(made(*values), np.zeros((5, 6)))
    assert len(made.trainable_weights) == 2 * (len(hidden) + 1)
    moved = perturbed(width, order=(2, 0, 1), outputs=2, hidden=hidden, dtype="float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(moved(*values) ** 2)
    for gradient in tape.gradient(loss, [weight.value for weight in moved.trainable_weights]):
        assert (gradient.numpy() != 0).any()


def test_relu_weights_begin_twice_as_wide() -> None:
    # He's variance is 2 / inputs, Glorot's 2 / (inputs + outputs).
    for activation, variance in (("relu", 0.01), ("tanh", 0.004)):
        made = MADE(order=range(200), outputs=1, hidden=(300,), activation=activation)
        made.build()
        assert made.get_weights()[0].var() == pytest.approx(variance, rel=0.05)


def test_the_regulariser_sees_every_kernel() -> None:
    made = perturbed(order=(0, 1), hidden=(4,), outputs=2, kernel_regularizer="l2")
    expected = [0.01 * (kernel**2).sum() for kernel in made.get_weights()[::2]]
    np.testing.assert_allclose(made.losses, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("policy", "output", "compute"),
    [
        ("float64", None, "float64"),
        ("mixed_float16", None, "float16"),
        ("mixed_float16", "float32", "float32"),
        ("mixed_bfloat16", "float32", "float32"),
    ],
)
def test_policies(policy: str, output: str | None, compute: str) -> None:
    made = MADE(order=(0, 1, 2), outputs=2, hidden=(4,), dtype=policy, output_dtype=output)
    assert made(inputs(5, 3).astype(np.float32)).dtype == compute
    # Weights are as precise as the policy's, whatever they are computed with.
    assert {weight.dtype for weight in made.weights} == {keras.DTypePolicy(policy).variable_dtype}


def test_configuration_and_file_round_trip(tmp_path: Path) -> None:
    made = perturbed(
        2,
        order=(1, 2, 0),
        outputs=2,
        hidden=(4, 3),
        activation="gelu",
        kernel_regularizer=keras.regularizers.L1(0.5),
        name="own",
        dtype="mixed_float16",
        output_dtype="float32",
    )
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert again.get_config() == made.get_config()
    assert (again.order, again.hidden, again.outputs, again.context_width) == ((1, 2, 0), (4, 3), 2, 2)
    again.set_weights(made.get_weights())
    x, context = inputs(5, 3).astype(np.float32), inputs(5, 2).astype(np.float32)
    np.testing.assert_array_equal(again(x, context), made(x, context))
    model = keras.Sequential([keras.Input((3,)), perturbed(order=(1, 2, 0), outputs=2, dtype="float32")])
    assert model.output_shape == (None, 6)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(x), model(x))


def test_in_a_functional_model() -> None:
    made = MADE(order=(1, 2, 0), outputs=2, context_width=2)
    arguments = [keras.Input((3,)), keras.Input((2,))]
    model = keras.Model(arguments, made(*arguments))
    assert model.output_shape == (None, 6)
    assert model([inputs(5, 3), inputs(5, 2)]).shape == (5, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": (0, 0)}, r"`order` must hold each of 0 to n − 1 once. Received: order=\(0, 0\)"),
        ({"order": (1, 2)}, r"`order` must hold each of 0 to n − 1 once. Received: order=\(1, 2\)"),
        ({"hidden": (0,)}, r"`hidden` must be a tuple of positive integers. Received: hidden=\(0,\)"),
        ({"outputs": 0}, "`outputs` must be an integer of at least 1. Received: outputs=0"),
        ({"context_width": -1}, "`context_width` must be an integer of at least 0. Received: context_width=-1"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MADE(**{"order": (0, 1), "outputs": 1, **arguments})
