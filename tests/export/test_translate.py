"""Failures of tf2onnx come out as errors that name the node."""

from typing import Any

import pytest
import tensorflow as tf
from tf2onnx import tfonnx

from tfgen_export import ConversionError, UnsupportedOperators, convert
from tfgen_export.handlers import elementwise

X = tf.TensorSpec([None], tf.float32, name="x")


def failing(*arguments: Any, **options: Any) -> str:
    raise KeyError("deep inside")


def test_a_handler_s_failure_names_the_node_and_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "log1p", failing)
    with pytest.raises(ConversionError) as caught:
        convert(lambda x: tf.math.log1p(x, name="mine"), [X])
    assert str(caught.value).startswith(f"The translation of node 'mine', Log1p, from {__file__}:")
    assert str(caught.value).endswith("fails: KeyError: 'deep inside'")
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_handler_s_failure_in_a_loop_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "log1p", failing)

    def loop(x: tf.Tensor) -> tf.Tensor:
        shapes = (tf.TensorShape([]), tf.TensorShape([None]))
        return tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.math.log1p(y)), (0, x), shapes)[1]

    with pytest.raises(ConversionError, match=r"node '.*Log1p', Log1p, from .*test_translate.py:\d+ fails: KeyError"):
        convert(loop, [X])


def test_an_unknown_operator_counts_for_more_than_what_fails_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(elementwise, "log1p", failing)
    with pytest.raises(UnsupportedOperators, match="Spence") as caught:
        convert(lambda x: tf.math.log1p(tf.math.special.spence(x)), [X])
    assert [entry.operator for entry in caught.value.operators] == ["Spence"]
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_failure_outside_any_node_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfonnx, "process_tf_graph", failing)
    with pytest.raises(ConversionError, match="The translation fails: KeyError: 'deep inside'"):
        convert(lambda x: x + 1, [X])


def test_a_function_with_an_effect_is_refused() -> None:
    counter = tf.Variable(0.0)

    def count(x: tf.Tensor) -> tf.Tensor:
        counter.assign_add(1.0)
        return x * counter

    with pytest.raises(ConversionError, match="AssignAddVariableOp"):
        convert(count, [X])
    assert counter.numpy() == 0.0
