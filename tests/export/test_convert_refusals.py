"""What does not convert, or not to the same numbers, is refused in words that tell what to do."""

from typing import Any

import numpy as np
import onnx
import pytest
import tensorflow as tf
from tf2onnx import optimizer

from tfgen_export import ConversionError, ConversionMismatch, convert
from tfgen_export.handlers import elementwise

X = tf.TensorSpec([None], tf.float32, name="x")


def zeros(batch: int) -> list[np.ndarray]:
    return [np.zeros(batch, np.float32)]


def test_a_batch_size_built_in_is_an_error() -> None:
    captured = tf.constant([1.0, 2.0, 3.0])
    with pytest.raises(ConversionError, match="`function` itself fails on a batch of 7") as caught:
        convert(lambda x: x + captured, [X])
    assert not isinstance(caught.value, ConversionMismatch)


def test_inputs_outside_the_function_s_domain_are_an_error_that_says_so() -> None:
    def positive(x: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.assert_positive(x, message="mine")]):
            return tf.identity(x)

    with pytest.raises(ConversionError, match=r"(?s)`inputs` must give values of its domain.*mine"):
        convert(positive, [X])
    convert(positive, [X], inputs=lambda batch: [np.ones(batch)])


def test_both_batch_sizes_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation that is right for the first batch alone does not pass."""
    sizes = []

    def inputs(batch: int) -> list[np.ndarray]:
        sizes.append(batch)
        return zeros(batch)

    convert(tf.math.log1p, [X], inputs=inputs)
    assert sizes == [1, 7]
    monkeypatch.setattr(elementwise, "log1p", lambda b, x: b.constant(np.zeros(1)))
    with pytest.raises(ConversionMismatch, match="batch of 7: largest relative difference inf"):
        convert(tf.math.log1p, [X], inputs=zeros)


def test_a_model_that_fails_to_run_on_the_second_batch_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "log1p", lambda b, x: b("Reshape", x, b.integers(1)))
    with pytest.raises(ConversionMismatch, match="ONNX Runtime fails on a batch of 7"):
        convert(tf.math.log1p, [X], inputs=zeros)


def test_the_batch_is_not_the_seed_s_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "log1p", lambda b, x: x)
    seed = tf.TensorSpec([2], tf.float32, name="seed")
    with pytest.raises(ConversionMismatch, match="batch of 7"):
        convert(
            lambda seed, x: tf.math.log1p(x) + seed[0],
            [seed, X],
            inputs=lambda batch: [np.zeros(2), np.full(batch, float(batch > 1))],
        )


def test_a_wrong_translation_is_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "log1p", lambda b, x: x)
    with pytest.raises(
        ConversionMismatch, match=r"output 'y', batch of 1: largest .* 0\.307.*rtol=0\.0001, atol=1e-05"
    ):
        convert(lambda x: {"y": tf.math.log1p(x)}, [X], inputs=lambda batch: [np.ones(batch)])
    convert(tf.math.log1p, [X], inputs=lambda batch: [np.ones(batch)], atol=0.31)


def test_a_tolerance_of_nothing_is_a_mismatch_where_a_digit_differs() -> None:
    def digits(x: tf.Tensor) -> tf.Tensor:
        return tf.stack([tf.exp(x), tf.tanh(x), tf.math.softplus(x), tf.math.erf(x)])

    inputs = lambda batch: [np.random.default_rng(0).normal(size=1000 * batch)]  # noqa: E731
    with pytest.raises(ConversionMismatch, match=r"largest relative difference \d\.\d+e-\d+ \(rtol=0, atol=0\)"):
        convert(digits, [X], inputs=inputs, rtol=0, atol=0)
    convert(lambda x: x + 1, [X], rtol=0, atol=0)


def test_float64_computed_in_float32_is_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(b: Any, x: str) -> str:
        single = b("Cast", x, to=onnx.TensorProto.FLOAT)
        return b("Cast", b("Log", b("Add", single, b.constant(1, np.float32))), to=onnx.TensorProto.DOUBLE)

    monkeypatch.setattr(elementwise, "log1p", narrow)
    signature = [tf.TensorSpec([None], tf.float64, name="x")]
    with pytest.raises(ConversionMismatch, match=r"\(rtol=1e-09, atol=1e-10\)"):
        convert(tf.math.log1p, signature, inputs=lambda batch: [np.linspace(0.1, 1, batch)])
    convert(tf.math.log1p, signature, inputs=lambda batch: [np.linspace(0.1, 1, batch)], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "signature",
    [
        [tf.TensorSpec([None], tf.float32, name="")],
        [X, X],
    ],
)
def test_inputs_without_names_of_their_own_are_refused(signature: list[tf.TensorSpec]) -> None:
    with pytest.raises(ConversionError, match=r"`input_signature` must give each input a name.*Received: "):
        convert(lambda *xs: xs[0], signature)


def test_an_input_of_unknown_rank_is_refused() -> None:
    with pytest.raises(ConversionError, match=r"`input_signature` must give each input a rank.*Received: "):
        convert(lambda x: x + 1, [tf.TensorSpec(None, tf.float32, name="x")], inputs=zeros)


def test_an_input_and_an_output_of_one_name_are_refused() -> None:
    with pytest.raises(ConversionError, match=r"must not share a name. Received: \['x'\] and \['x', 'y'\]"):
        convert(lambda x: {"x": x + 1, "y": x}, [X])
    with pytest.raises(ConversionError, match="must not share a name"):
        convert(lambda x: x, [tf.TensorSpec([None], tf.float32, name="output")])


@pytest.mark.parametrize(
    "result",
    [
        lambda x: None,
        lambda x: (),
        lambda x: {},
        lambda x: (x, None),
        lambda x: {"y": {"a": x, "b": x}},
        lambda x: {"y": (x, x), "z": None},
        lambda x: ((x,), x),
        lambda x: {1: x},
        lambda x: {"": x},
    ],
)
def test_results_that_are_not_named_tensors_are_refused(result: Any) -> None:
    with pytest.raises(ConversionError, match=r"`function` must return a tensor, a tuple .*Received: "):
        convert(result, [X])


@pytest.mark.parametrize("arrays", [[], [np.zeros(3), np.zeros(3)]])
def test_inputs_of_another_number_are_refused(arrays: list[np.ndarray]) -> None:
    with pytest.raises(ConversionError, match=f"`inputs` must give 1 arrays. Received: {len(arrays)}"):
        convert(lambda x: x + 1, [X], inputs=lambda batch: arrays)


def test_an_error_of_the_user_s_code_is_the_user_s_error() -> None:
    def broken(x: tf.Tensor) -> tf.Tensor:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        convert(broken, [X])


@pytest.mark.parametrize(
    ("signature", "options", "said"),
    [
        (X, {}, "`input_signature` must be a list of tf.TensorSpec"),
        ([{"x": X}], {}, "`input_signature` must be a list of tf.TensorSpec"),
        ([tf.TensorSpec([None], tf.string, name="x")], {}, "`input_signature` must be of numbers"),
        ([X], {"inputs": [np.zeros(3)]}, "`inputs` must be a function"),
        ([X], {"metadata": {"a": 1}}, "`metadata` must be text"),
        ([X], {"rtol": -1.0}, "`rtol` must not be negative"),
        ([X], {"discrete": ["y"]}, r"`discrete` must name outputs, of \['output'\]"),
        ([X], {"discrete": "output"}, "`discrete` must name outputs"),
    ],
)
def test_bad_arguments_are_named(signature: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConversionError, match=said):
        convert(tf.math.log1p, signature, **options)


def test_an_array_as_a_default_value_is_refused() -> None:
    """TensorFlow makes an input of it, which nobody asked for."""
    ones = np.ones(1, np.float32)
    with pytest.raises(ConversionError, match="must not have arrays or tensors as default values"):
        convert(lambda x, loc=ones: x + loc, [X])


def test_two_arguments_of_one_name_are_refused() -> None:
    unnamed = tf.TensorSpec([None], tf.float32)
    with pytest.raises(ConversionError, match=r"a name of its own. Received: \['y', 'y'\]"):
        convert(lambda x, y: x + y, [tf.TensorSpec([None], tf.float32, name="y"), unnamed])


def test_what_is_nowhere_finite_is_told() -> None:
    with pytest.warns(UserWarning, match=r"Nothing finite was compared of \['y'\]"):
        convert(lambda x: {"y": x / 0.0 - x / 0.0, "z": x}, [X])
    with pytest.warns(UserWarning, match="Nothing finite was compared"):
        convert(lambda x: tf.math.log(x), [X], inputs=lambda batch: [-np.ones(batch)])


def test_what_inputs_raises_comes_through_at_once() -> None:
    calls = []

    def inputs(batch: int) -> list[np.ndarray]:
        calls.append(batch)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        convert(tf.math.log1p, [X], inputs=inputs)
    assert calls == [1]


def test_an_optimiser_of_tf2onnx_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ValueError("mine")

    monkeypatch.setattr(optimizer, "optimize_graph", fail)
    convert(tf.math.log1p, [X], inputs=zeros)


def test_half_precision_is_held_to_its_own(converted: Any) -> None:
    half = tf.TensorSpec([None, 4], tf.float16, name="x")
    for function in (tf.nn.softplus, lambda x: x / 3 + tf.nn.softmax(x)):
        converted(function, [half])
