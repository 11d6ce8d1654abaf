"""Graphs become smaller, and stay the same function of the same names."""

import sys
from typing import Any

import numpy as np
import onnx
import pytest
import tensorflow as tf

from tfgen_export import convert

X = tf.TensorSpec([None, 3], tf.float32, name="x")


def redundant(x: tf.Tensor) -> dict[str, tf.Tensor]:
    """Twice the same, shapes that are known, what nothing needs, and a constant that could be one."""
    table = tf.constant(np.arange(3000.0).reshape(1000, 3), tf.float32)
    copy = tf.constant(np.arange(3000.0).reshape(1000, 3), tf.float32)
    width = tf.cast(tf.shape(x)[1], tf.float32)
    first, second = tf.exp(x) * width, tf.exp(x) * width
    return {"y": first + second + tf.reduce_sum(table, axis=0) - tf.reduce_sum(copy, axis=0) + tf.exp(tf.constant(1.0))}


def operators(model: onnx.ModelProto) -> list[str]:
    return sorted(node.op_type for node in model.graph.node)


def test_constants_are_folded_and_repetitions_removed() -> None:
    model = convert(redundant, [X])
    assert operators(model).count("Exp") == 1
    assert not {"Shape", "Cast", "ReduceSum"} & set(operators(model))
    assert sum(tensor.ByteSize() for tensor in model.graph.initializer) < 1000


def test_equal_initialisers_are_one() -> None:
    table = np.random.default_rng(0).normal(size=(3, 500)).astype("f4")
    variable = tf.Variable(table)
    model = convert(lambda x: (x @ tf.constant(table)) * tf.tanh(x @ variable), [X])
    assert sum(tensor.ByteSize() > 1000 for tensor in model.graph.initializer) == 1


def test_names_and_dynamic_dimensions_are_kept() -> None:
    model = convert(redundant, [X], name="mine")
    (x,), (y,) = model.graph.input, model.graph.output
    assert (model.graph.name, x.name, y.name) == ("mine", "x", "y")
    for value in (x, y):
        sizes = value.type.tensor_type.shape.dim
        assert [size.dim_value for size in sizes] == [0, 3]
        assert not sizes[0].HasField("dim_value")


@pytest.mark.parametrize("fault", ["raises", "wrong", "invalid"])
def test_a_fault_of_the_optimiser_is_not_the_model_s(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(model: onnx.ModelProto) -> onnx.ModelProto:
        if fault == "raises":
            raise RuntimeError("mine")
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        if fault == "wrong":
            next(node for node in copy.graph.node if node.op_type == "Exp").op_type = "Sqrt"
        else:
            del copy.graph.node[0]
        return copy

    # The package's attribute of the module's name is the function.
    monkeypatch.setattr(sys.modules[convert.__module__], "simplify", faulty)
    model = convert(redundant, [X])
    assert "Exp" in operators(model)
    assert float({entry.key: entry.value for entry in model.metadata_props}["largest_difference"]) < 1e-5


def test_the_rank_of_a_trial_is_not_taken_for_the_output_s(converted: Any) -> None:
    def reshaped(x: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.Bucketize(input=tf.reshape(x, shape), boundaries=[0.0, 1.0])

    signature = [tf.TensorSpec([None], tf.float32, name="x"), tf.TensorSpec([None], tf.int32, name="shape")]
    model = converted(reshaped, signature, inputs=lambda batch: [np.zeros(batch), np.array([batch])])
    found = model(np.arange(6, dtype=np.float32), np.array([2, 3], np.int32))["output"]
    np.testing.assert_array_equal(found, [[1, 2, 2], [2, 2, 2]])
