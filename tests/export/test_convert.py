"""What a converted model promises: names, shapes, types, constants, and a comparison that took place."""

import functools
from typing import Any

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf

from tfgen_export import OPSET, convert

X = tf.TensorSpec([None], tf.float32, name="x")
GRID = np.linspace(-3, 3, 7, dtype=np.float32)


def test_names_of_inputs_and_of_a_dictionary_of_outputs_are_kept(converted: Any) -> None:
    def parts(first: tf.Tensor, second: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"total": first + second, "difference": first - second, "Again": second}

    # The names are the specifications', even where they are other arguments' names.
    signature = [
        tf.TensorSpec([None], tf.float32, name="second"),
        tf.TensorSpec([None], tf.float32, name="a/b c"),
    ]
    model = converted(parts, signature)
    assert [entry.name for entry in model.session.get_inputs()] == ["second", "a/b c"]
    found = model(np.array([5.0], np.float32), np.array([2.0], np.float32))
    assert {name: value.tolist() for name, value in found.items()} == {
        "total": [7.0],
        "difference": [3.0],
        "Again": [2.0],
    }


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda x: x + 1, ["output"]),
        (lambda x: (x + 1,), ["output"]),
        (lambda x: [x + 1, x + 2], ["output_0", "output_1"]),
        (lambda x: tuple(x + index for index in range(1, 13)), [f"output_{index}" for index in range(12)]),
    ],
)
def test_tensors_without_names_are_numbered_in_order(function: Any, names: list[str], converted: Any) -> None:
    found = converted(function, [X])(np.array([0.0], np.float32))
    assert list(found) == names
    assert [float(value[0]) for value in found.values()] == list(range(1, len(names) + 1))


def test_inputs_that_are_outputs_and_outputs_that_are_one(converted: Any) -> None:
    def same(x: tf.Tensor) -> dict[str, tf.Tensor]:
        exponential = tf.exp(x)
        return {"copy": x, "first": exponential, "second": exponential}

    found = converted(same, [X])(GRID)
    np.testing.assert_array_equal(found["copy"], GRID)
    np.testing.assert_array_equal(found["first"], found["second"])


def test_the_batch_stays_dynamic(converted: Any) -> None:
    model = converted(lambda x: tf.reduce_sum(x**2, axis=-1), [tf.TensorSpec([None, 2], tf.float32, name="x")])
    for batch in (1, 5, 1000):
        x = np.ones((batch, 2), np.float32)
        np.testing.assert_array_equal(model(x)["output"], np.full(batch, 2.0))


def test_several_dynamic_dimensions_and_static_ones(converted: Any) -> None:
    signature = [
        tf.TensorSpec([None, None, 2], tf.float32, name="x"),
        tf.TensorSpec([3], tf.float32, name="w"),
    ]
    model = converted(lambda x, w: tf.reduce_sum(x, axis=[1, 2]) * tf.reduce_sum(w), signature)
    shapes = [entry.shape for entry in model.session.get_inputs()]
    assert shapes[0][2] == 2
    assert not any(isinstance(size, int) for size in shapes[0][:2])
    assert shapes[1] == [3]
    found = model(np.ones((4, 5, 2), np.float32), np.array([1, 2, 3], np.float32))["output"]
    np.testing.assert_array_equal(found, np.full(4, 60.0))


def test_the_model_is_of_the_stated_opset_and_standard_domain_only(converted: Any) -> None:
    model = converted(lambda x: tf.nn.softplus(x) + tf.nn.silu(x), [X]).model
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    assert OPSET == 18
    assert {node.domain for node in model.graph.node} == {""}
    onnx.checker.check_model(model, full_check=True)


def test_the_graph_has_the_function_s_name_or_the_one_given() -> None:
    def score(x: tf.Tensor) -> tf.Tensor:
        return x + 1

    assert convert(score, [X]).graph.name == "score"
    assert convert(score, [X], name="mine").graph.name == "mine"
    assert convert(functools.partial(tf.add, 1.0), [X]).graph.name == "function"


def test_an_unused_input_stays_an_input(converted: Any) -> None:
    signature = [X, tf.TensorSpec([None, 2], tf.float32, name="unused")]
    model = converted(lambda x, unused: x + 1, signature)
    assert [entry.name for entry in model.session.get_inputs()] == ["x", "unused"]
    assert model(np.array([1.0], np.float32), np.zeros((1, 2), np.float32))["output"].tolist() == [2.0]


def test_inputs_stay_though_the_outputs_are_constants(converted: Any) -> None:
    model = converted(lambda x: {"half": 0.5, "three": np.arange(3.0)}, [X])
    assert [entry.name for entry in model.session.get_inputs()] == ["x"]
    found = model(GRID)
    assert found["half"] == 0.5
    assert found["half"].shape == ()
    assert found["three"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_types_are_kept(dtype: str, converted: Any) -> None:
    model = converted(lambda x: x * 2, [tf.TensorSpec([None], dtype, name="x")])
    found = model(np.array([3], dtype))["output"]
    assert found.dtype == dtype
    assert found.tolist() == [6]


def test_float64_keeps_its_digits(converted: Any) -> None:
    model = converted(tf.exp, [tf.TensorSpec([None], tf.float64, name="x")])
    assert {tensor.data_type for tensor in model.model.graph.initializer} <= {onnx.TensorProto.DOUBLE}
    x = GRID.astype(np.float64)
    np.testing.assert_allclose(model(x)["output"], np.exp(x), rtol=1e-15)


def test_rounding_and_truncation_by_casts_take_place(converted: Any) -> None:
    def casts(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "rounded": tf.cast(tf.cast(x, tf.float32), tf.float64),
            "truncated": tf.cast(tf.cast(x, tf.int32), tf.bool),
        }

    x = np.array([0.1, 0.5, -0.5, 1.5])
    found = converted(casts, [tf.TensorSpec([None], tf.float64, name="x")])(x)
    np.testing.assert_array_equal(found["rounded"], x.astype(np.float32).astype(np.float64))
    assert found["truncated"].tolist() == [False, False, False, True]


@pytest.mark.parametrize("layer", [keras.layers.GRU, keras.layers.LSTM, keras.layers.SimpleRNN])
def test_recurrent_layers_keep_batch_and_time_dynamic(layer: Any, converted: Any) -> None:
    recurrent = layer(4, return_sequences=True)
    recurrent.build((None, None, 3))
    model = converted(lambda x: recurrent(x), [tf.TensorSpec([None, None, 3], tf.float32, name="x")])
    for batch, steps in ((1, 1), (5, 2), (2, 9)):
        x = np.random.default_rng(0).normal(size=(batch, steps, 3)).astype(np.float32)
        np.testing.assert_allclose(model(x)["output"], recurrent(x).numpy(), rtol=1e-5, atol=1e-6)


def test_truth_values_go_in_and_out(converted: Any) -> None:
    model = converted(tf.logical_not, [tf.TensorSpec([None], tf.bool, name="x")])
    assert model(np.array([True, False]))["output"].tolist() == [False, True]


def test_scalars_and_no_inputs_at_all(converted: Any) -> None:
    assert converted(lambda x: x + 1, [tf.TensorSpec([], tf.float32, name="x")])(np.float32(2.0))["output"] == 3.0
    assert converted(lambda: tf.constant(2.0), [])()["output"] == 2.0


def test_python_scalars_and_default_arguments_are_constants(converted: Any) -> None:
    def scale(x: tf.Tensor, factor: float = 3.0, *, shift: float = 1.0) -> tf.Tensor:
        return x * factor + shift

    model = converted(scale, [X])
    assert [entry.name for entry in model.session.get_inputs()] == ["x"]
    assert model(np.array([2.0], np.float32))["output"].tolist() == [7.0]


def test_a_traced_function_converts_as_it_is(converted: Any) -> None:
    assert converted(tf.function(lambda x: x + 1), [X])(np.array([1.0], np.float32))["output"].tolist() == [2.0]


def test_variables_are_frozen_at_their_values(converted: Any) -> None:
    variable = tf.Variable([2.0])
    model = converted(lambda x: x * variable, [X])
    variable.assign([5.0])
    assert model(np.array([1.0, 3.0], np.float32))["output"].tolist() == [2.0, 6.0]
    assert [entry.name for entry in model.session.get_inputs()] == ["x"]


def loop(factor: Any) -> Any:
    invariants = (tf.TensorShape([]), tf.TensorShape([None]))
    return lambda x: tf.while_loop(
        lambda step, value: step < 3, lambda step, value: (step + 1, value * factor), (0, x), invariants
    )[1]


@pytest.mark.parametrize("function", [lambda factor: lambda x: x * factor * factor * factor, loop])
@pytest.mark.parametrize("kind", [tf.constant, tf.Variable])
def test_captured_tensors_and_variables_are_constants(kind: Any, function: Any, converted: Any) -> None:
    model = converted(function(kind(2.0)), [X])
    assert [entry.name for entry in model.session.get_inputs()] == ["x"]
    assert model(np.array([1.0, 3.0], np.float32))["output"].tolist() == [8.0, 24.0]


def test_the_metadata_tell_the_largest_difference(converted: Any) -> None:
    def function(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"big": tf.exp(x), "small": tf.math.softplus(-x)}

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.random.default_rng(batch).uniform(-20, 20, 500 * batch).astype(np.float32)]

    model = converted(function, [X], inputs=inputs)
    traced = tf.function(function)
    largest = 0.0
    for batch in (1, 7):
        found, wanted = model(*inputs(batch)), traced(tf.constant(inputs(batch)[0]))
        for name, value in found.items():
            other = wanted[name].numpy().astype(float)
            largest = max(largest, float((abs(value - other) / np.maximum(1, abs(other))).max()))
    metadata = {entry.key: entry.value for entry in model.model.metadata_props}
    assert 0 < largest < 1e-6
    assert float(metadata["largest_difference"]) == pytest.approx(largest, rel=1e-12)
