"""What ONNX cannot express is refused by name and place, at any depth."""

import inspect
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from onnx import TensorProto, helper

from tfgen_export import ConversionError, UnsupportedOperator, UnsupportedOperators, convert
from tfgen_export.check import check_operators, open_session

X = tf.TensorSpec([None], tf.float32, name="x")
SHAPES = (tf.TensorShape([]), tf.TensorShape([None]))


def spence(x: tf.Tensor) -> tf.Tensor:
    return tf.math.special.spence(x)


def in_a_branch(x: tf.Tensor) -> tf.Tensor:
    return tf.cond(tf.reduce_sum(x) > 0, lambda: spence(x), lambda: x)


def in_a_loop(x: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda step, _: step < 3, lambda step, value: (step + 1, spence(value)), (0, x), SHAPES)[1]


def in_a_loop_in_a_branch(x: tf.Tensor) -> tf.Tensor:
    return tf.cond(tf.reduce_sum(x) > 0, lambda: in_a_loop(x), lambda: x)


def in_an_inner_function(x: tf.Tensor) -> tf.Tensor:
    return tf.function(spence, autograph=False)(x)


def in_a_switch(x: tf.Tensor) -> tf.Tensor:
    return tf.switch_case(tf.size(x), [lambda: x, lambda: spence(x), lambda: -x])


def refused(function: Callable[..., tf.Tensor]) -> UnsupportedOperators:
    with pytest.raises(UnsupportedOperators) as caught:
        convert(function, [X])
    return caught.value


def line_of(function: Callable[..., tf.Tensor]) -> str:
    """The line after the one on which a function is defined."""
    return f"{Path(__file__)}:{inspect.getsourcelines(function)[1] + 1}"


@pytest.mark.parametrize("function", [spence, in_a_branch, in_a_loop, in_a_loop_in_a_branch, in_an_inner_function])
def test_an_operator_is_named_with_its_line_at_any_depth(function: Callable[..., tf.Tensor]) -> None:
    error = refused(function)
    assert [entry.operator for entry in error.operators] == ["Spence"]
    assert error.operators[0].node.endswith("Spence")
    assert error.operators[0].source == line_of(spence)
    assert f"Spence (node {error.operators[0].node!r}, from {line_of(spence)}): " in str(error)


def test_an_operator_in_a_switch_is_found_too() -> None:
    """tf2onnx cannot switch; what is in the cases is named all the same."""
    operators = refused(in_a_switch).operators
    assert [entry.source for entry in operators if entry.operator == "Spence"] == [line_of(spence)]


def test_every_operator_is_named_once_with_its_own_line() -> None:
    def several(x: tf.Tensor) -> tf.Tensor:
        first = tf.math.special.spence(x, name="first")
        second = tf.math.special.spence(2 * x, name="second")
        return first + second + tf.math.special.fresnel_cos(x, name="third")

    error = refused(several)
    start = inspect.getsourcelines(several)[1]
    assert {(entry.operator, entry.node, entry.source) for entry in error.operators} == {
        ("Spence", "first/Spence", f"{__file__}:{start + 1}"),
        ("Spence", "second/Spence", f"{__file__}:{start + 2}"),
        ("FresnelCos", "third/FresnelCos", f"{__file__}:{start + 3}"),
    }


def test_an_operator_of_tfp_is_traced_to_the_user_s_line_and_to_tfp_s() -> None:
    marginals = tfp.experimental.distributions.marginal_fns

    def density(x: tf.Tensor) -> tf.Tensor:
        return marginals.make_eigh_marginal_fn()(x, x[:, None] * x, name="mine").log_prob(x)

    operator = next(entry for entry in refused(density).operators if entry.operator == "SelfAdjointEigV2")
    assert operator.node.startswith("mine/")
    assert operator.source is not None
    own, through = operator.source.split(" (through ")
    assert own == line_of(density)
    path, line = through.removesuffix(")").rsplit(":", 1)
    assert path == "tensorflow_probability/python/experimental/distributions/marginal_fns.py"
    root = Path(inspect.getfile(tfp)).parent.parent
    assert "tf.linalg.eigh(" in (root / path).read_text().splitlines()[int(line) - 1]


def test_an_operator_without_a_line_in_between_is_traced_to_the_call_of_convert() -> None:
    start = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    error = refused(tf.math.special.spence)
    assert error.operators[0].source is not None
    assert error.operators[0].source.startswith(__file__)
    assert abs(int(error.operators[0].source.rsplit(":", 1)[1]) - start) < 100


def test_alike_operators_of_two_branches_give_both_lines() -> None:
    def branches(x: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            tf.reduce_sum(x) > 0,
            lambda: tf.math.special.spence(x),
            lambda: tf.math.special.spence(-x),
        )

    start = inspect.getsourcelines(branches)[1]
    for entry in refused(branches).operators:
        assert entry.source == f"{__file__}:{start + 3} or {__file__}:{start + 4}"


def test_a_loaded_function_has_no_lines_but_names(tmp_path: Path) -> None:
    module = tf.Module()
    module.score = tf.function(lambda x: tf.math.special.spence(x), input_signature=[X])
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    (operator,) = refused(lambda x: loaded.score(x)).operators
    assert (operator.operator, operator.source) == ("Spence", None)
    assert str(operator).startswith(f"Spence (node {operator.node!r}): ")


def test_what_follows_an_unknown_operator_does_not_hide_it() -> None:
    def chain(x: tf.Tensor) -> tf.Tensor:
        return tf.reduce_logsumexp(tf.reshape(spence(x), tf.shape(x))[::-1])

    assert [entry.operator for entry in refused(chain).operators] == ["Spence"]


def test_the_error_is_a_value_error_that_lists_one_operator_a_line() -> None:
    operators = [UnsupportedOperator("A", "a", None), UnsupportedOperator("B", "scope/b", "model.py:3", "use C")]
    error = UnsupportedOperators(operators)
    assert isinstance(error, ConversionError)
    assert isinstance(error, ValueError)
    assert error.operators == tuple(operators)
    assert str(error).splitlines()[1:] == ["  A (node 'a')", "  B (node 'scope/b', from model.py:3): use C"]


def hand_made(node: onnx.NodeProto, *imports: tuple[str, int]) -> onnx.ModelProto:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("x", "y")]
    graph = helper.make_graph([node], "hand_made", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(*entry) for entry in imports], ir_version=8)


def traced() -> tf.Graph:
    return tf.function(lambda x: x).get_concrete_function(X).graph


def test_an_operator_of_another_domain_is_refused() -> None:
    node = helper.make_node("Gelu", ["x"], ["y"], "mine", domain="com.microsoft")
    with pytest.raises(UnsupportedOperators, match="Gelu"):
        check_operators(hand_made(node, ("", 18), ("com.microsoft", 1)), traced())


def test_an_operator_of_a_later_opset_is_refused() -> None:
    node = helper.make_node("Gelu", ["x"], ["y"], "mine")
    with pytest.raises(UnsupportedOperators, match="Gelu"):
        check_operators(hand_made(node, ("", 18)), traced())


def test_imports_that_nothing_uses_are_removed() -> None:
    model = hand_made(helper.make_node("Exp", ["x"], ["y"], "mine"), ("", 18), ("com.microsoft", 1))
    check_operators(model, traced())
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]


def test_an_invalid_model_is_refused_with_the_checker_s_words() -> None:
    node = helper.make_node("Exp", ["nothing"], ["y"], "mine")
    with pytest.raises(ConversionError, match=r"The translated model is refused: (?s:.*)nothing"):
        open_session(hand_made(node, ("", 18)))


def test_a_model_that_onnx_runtime_cannot_run_is_refused() -> None:
    # Valid ONNX, for which ONNX Runtime has no kernel.
    image, kernel = tf.TensorSpec([None, 4, 4, 1], tf.float64, name="x"), tf.ones([2, 2, 1, 1], tf.float64)
    with pytest.raises(ConversionError, match=r"The translated model is refused: .*Conv"):
        convert(lambda x: tf.nn.conv2d(x, kernel, 1, "VALID"), [image])
