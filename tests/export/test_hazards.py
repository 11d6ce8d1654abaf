"""What would convert without a complaint and be wrong is refused, with its line and what to use instead."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import samplers

from tfgen_export import UnsupportedOperator, UnsupportedOperators, advice, convert

tfd = tfp.distributions
X = tf.TensorSpec([None], tf.float32, name="x")
SEED = tf.TensorSpec([2], tf.int32, name="seed")
GENERATOR = tf.random.Generator.from_seed(0)


def drawn_in_a_loop(seed: tf.Tensor) -> tf.Tensor:
    def step(index: tf.Tensor, key: tf.Tensor, total: tf.Tensor) -> Any:
        return index + 1, tf.random.fold_in(key, index), total + tf.random.stateless_uniform([3], key)

    return tf.while_loop(lambda index, *_: index < 3, step, (0, seed, tf.zeros(3)))[2]


def late_in_a_loop(seed: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
    """Draws from a constant in the first step only: the second one's key comes from the input."""

    def step(index: tf.Tensor, key: tf.Tensor, total: tf.Tensor) -> Any:
        return index + 1, seed, total + tf.random.stateless_uniform([3], key)

    return tf.while_loop(lambda index, *_: index < 3, step, (0, first, tf.zeros(3)))[2]


def refused(function: Callable[..., Any], signature: list[tf.TensorSpec]) -> list[UnsupportedOperator]:
    with pytest.raises(UnsupportedOperators) as caught:
        convert(function, signature)
    assert all(f": {operator.instead}" in str(caught.value) for operator in caught.value.operators)
    return list(caught.value.operators)


@pytest.mark.parametrize(
    ("function", "operator"),
    [
        (lambda x: x + tf.random.normal(tf.shape(x)), "RandomStandardNormal"),
        (lambda x: tfd.Normal(x, 1.0).sample(), "RandomStandardNormal"),
        (lambda x: tfd.Normal(x, 1.0).sample(seed=42), "RandomStandardNormal"),
        (lambda x: tfd.Gamma(x, 1.0).sample(seed=42), "RandomUniformInt"),
        (lambda x: x + GENERATOR.normal([1]), "RngReadAndSkip"),
        (lambda x: tf.cond(x[0] > 0, lambda: x, lambda: x + tf.random.normal([1])), "RandomStandardNormal"),
        (lambda x: tf.while_loop(lambda _: tf.random.uniform([]) < 0.5, lambda y: y + 1, (x,))[0], "RandomUniform"),
    ],
)
def test_a_generator_with_state_is_refused(function: Callable[..., Any], operator: str) -> None:
    found = refused(function, [X])
    assert operator in {entry.operator for entry in found}
    assert {entry.instead for entry in found} == {advice.STATEFUL}
    assert all(entry.source is not None and entry.source.startswith(__file__) for entry in found)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, None] + tf.random.stateless_normal([3], [1, 2]),
        lambda x: x[:, None] + tfd.Normal(0.0, 1.0).sample(3, seed=tf.constant([1, 2])),
        lambda x: x[:, None] + tfd.Normal(tf.zeros_like(x), 1.0).sample(seed=[1, 2]),
        lambda x: x[:, None] + drawn_in_a_loop(tf.constant([1, 2])),
        lambda x: x[:, None] + tf.function(tf.random.stateless_uniform)([3], seed=tf.constant([1, 2])),
        lambda x: x[:, None] + tf.cond(x[0] > 0, lambda: tf.zeros(3), lambda: drawn_in_a_loop(tf.constant([1, 2]))),
    ],
)
def test_a_seed_that_is_a_constant_is_refused(function: Callable[..., Any]) -> None:
    """Its draw would be folded into the model, or repeat at each call."""
    found = refused(function, [X])
    assert advice.CONSTANT_SEED in {entry.instead for entry in found}


def test_a_line_is_reported_once() -> None:
    def twice(x: tf.Tensor) -> tf.Tensor:
        noise = [tf.random.stateless_normal([1], [1, 2]) for _ in range(2)]
        return x + noise[0] + noise[1]

    (entry,) = refused(twice, [X])
    assert entry.operator == "StatelessRandomNormalV2"
    assert entry.source == f"{__file__}:{inspect.getsourcelines(twice)[1] + 1}"


def test_a_seed_that_reaches_the_draw_later_is_no_constant() -> None:
    convert(lambda seed: drawn_in_a_loop(seed), [SEED])
    convert(lambda seed: late_in_a_loop(seed, tf.constant([1, 2])), [SEED])


def test_what_the_outputs_do_not_depend_on_does_not_matter() -> None:
    def unused(x: tf.Tensor) -> tf.Tensor:
        tf.random.normal([3])
        tf.random.stateless_normal([3], [1, 2])
        return x + 1

    convert(unused, [X])


@pytest.mark.filterwarnings("ignore:You have created an Inflated distribution")
def test_what_tfp_draws_for_itself_is_no_noise_of_the_user_s() -> None:
    """TFP draws from an inflated density, with a seed of its own, to learn its type."""

    def log_prob(x: tf.Tensor) -> tf.Tensor:
        return tfd.Inflated(tfd.Normal(3.0, 1.0), inflated_loc_probs=0.3, inflated_loc=0.0).log_prob(x)

    def masked(x: tf.Tensor) -> tf.Tensor:
        return tfd.Masked(tfd.Gamma(2.0, 1.0), validity_mask=x > 0).log_prob(tf.exp(x))

    convert(log_prob, [X])
    convert(masked, [X])


def test_a_gradient_taken_earlier_through_a_shared_function_does_not_matter() -> None:
    """TensorFlow lengthens the outputs of the traced function, which TFP keeps for all: its lbeta is one."""

    @tf.function
    def shared(x: tf.Tensor) -> tf.Tensor:
        return tf.exp(x) * tf.sin(x)

    @tf.function
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = shared(x)
        return tape.gradient(y, x)

    gradient.get_concrete_function(X)
    convert(lambda x: shared(x), [X])


def test_a_seed_of_nought_of_the_user_s_is_a_constant() -> None:
    def zeros_seed() -> tf.Tensor:
        return tf.constant([0, 0])

    for seed in (zeros_seed, samplers.zeros_seed):
        (found,) = refused(lambda x, seed=seed: x + tf.random.stateless_normal(tf.shape(x), seed()), [X])
        assert found.instead == advice.CONSTANT_SEED


def test_bfloat16_is_refused_with_advice() -> None:
    found = refused(lambda x: tf.cast(tf.exp(tf.cast(x, tf.bfloat16)), tf.float32), [X])
    assert {operator.instead for operator in found} == {advice.BFLOAT16}


def test_noise_drawn_outside_may_be_captured() -> None:
    noise = tf.random.stateless_normal([1], [1, 2])
    convert(lambda x: x + noise, [X])


@pytest.mark.parametrize("unused", [False, True])
def test_a_variable_that_changes_is_refused(unused: bool) -> None:
    count = tf.Variable(0.0)

    @tf.function
    def counted(x: tf.Tensor) -> tf.Tensor:
        count.assign_add(1.0)
        return x if unused else x + count

    (entry,) = refused(counted, [X])
    assert (entry.operator, entry.instead) == ("AssignAddVariableOp", advice.ASSIGNMENT)


def test_a_callback_is_refused() -> None:
    (entry,) = refused(lambda x: tf.numpy_function(np.sin, [x], tf.float32), [X])
    assert (entry.operator, entry.instead) == ("PyFunc", advice.CALLBACK)


def test_a_table_is_refused() -> None:
    keys, values = tf.constant([1, 2], tf.int64), tf.constant([0.1, 0.2])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), 0.0)
    (entry,) = refused(lambda x: table.lookup(tf.cast(x, tf.int64)), [X])
    assert (entry.operator, entry.instead) == ("LookupTableFindV2", advice.RESOURCE)


def test_what_has_no_translation_comes_with_advice() -> None:
    (entry,) = refused(lambda x: tf.linalg.svd(x[:, None] * x, compute_uv=False), [X])
    assert (entry.operator, entry.instead) == ("Svd", advice.advice("Svd"))
