"""Differences, against their definition worked out number by number."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen_export import ConversionError, ConversionMismatch, Difference, compare, largest_relative
from tfgen_export.compare import generate_inputs

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])


def one(actual: float, expected: float) -> float:
    if actual == expected or (math.isnan(actual) and math.isnan(expected)):
        return 0.0
    if not (math.isfinite(actual) and math.isfinite(expected)):
        return math.inf
    return abs(actual - expected) / max(1.0, abs(expected))


@given(hnp.arrays(np.float64, 5, elements=NUMBERS), hnp.arrays(np.float64, 5, elements=NUMBERS))
def test_the_largest_relative_difference_is_its_definition(actual: np.ndarray, expected: np.ndarray) -> None:
    wanted = max(map(one, actual.tolist(), expected.tolist()))
    assert largest_relative(actual, expected) == pytest.approx(wanted, rel=1e-15)


@given(hnp.arrays(np.float32, hnp.array_shapes(min_side=0), elements=st.floats(width=32)))
def test_nothing_differs_from_itself(values: np.ndarray) -> None:
    assert largest_relative(values, values.copy()) == 0.0


@pytest.mark.parametrize(
    ("actual", "expected", "difference"),
    [
        (1e-9, 0.0, 1e-9),  # absolute below one
        (101.0, 100.0, 0.01),  # relative above
        (-100.0, 100.0, 2.0),
        (math.inf, 1e30, math.inf),
        (1e30, math.inf, math.inf),
        (math.inf, -math.inf, math.inf),
        (math.nan, 0.0, math.inf),
        (0.0, math.nan, math.inf),
    ],
)
def test_single_differences(actual: float, expected: float, difference: float) -> None:
    assert largest_relative(np.array([7.0, actual]), np.array([7.0, expected])) == pytest.approx(difference)


def test_other_shapes_differ_infinitely() -> None:
    assert largest_relative(np.zeros((2, 1)), np.zeros(2)) == math.inf
    assert largest_relative(np.zeros(0), np.zeros(0)) == 0.0


class Session:
    """Answers what it was told, in the place of ONNX Runtime."""

    def __init__(self, *results: Any) -> None:
        self.results = results
        self.fed: dict[str, np.ndarray] = {}

    def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.fed = feed
        return [np.asarray(result) for result in self.results]


def traced(dtype: str) -> Any:
    """The identity."""
    return tf.function(lambda x: x).get_concrete_function(tf.TensorSpec([None], dtype, name="x"))


def difference(session: Session, function: Any, value: np.ndarray, **tolerance: float) -> Difference:
    (found,) = compare(session, function, [value], ["y"], **({"rtol": 1e-3, "atol": 1e-3} | tolerance))
    return found


@pytest.mark.parametrize("shift", [0.0, 0.0019, -0.0019])
def test_floats_are_compared_within_the_tolerance(shift: float) -> None:
    found = difference(Session([1.0, 1.0 + shift]), traced("float64"), np.ones(2))
    assert found == Difference("y", 2, found.relative, True, 1e-3, 1e-3)
    assert found.relative == pytest.approx(abs(shift))


def test_each_tolerance_counts() -> None:
    value, off = np.array([1000.0]), [1000.5]
    assert difference(Session(off), traced("float64"), value, rtol=1e-3, atol=0.0).within
    assert not difference(Session(off), traced("float64"), value, rtol=1e-4, atol=0.0).within
    assert difference(Session(off), traced("float64"), value, rtol=0.0, atol=0.6).within
    assert not difference(Session(off), traced("float64"), value, rtol=0.0, atol=0.4).within


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-4), ("float64", 1e-9)])
def test_the_tolerance_is_the_type_s_where_none_is_given(dtype: str, rtol: float) -> None:
    function, value = traced(dtype), np.full(1, 1000.0, dtype)
    close = np.array([1000 * (1 + 0.5 * rtol)], dtype)
    far = np.array([1000 * (1 + 2 * rtol)], dtype)
    assert compare(Session(close), function, [value], ["y"])[0].within
    (found,) = compare(Session(far), function, [value], ["y"])
    assert (found.within, found.rtol, found.atol) == (False, rtol, rtol / 10)


def test_nan_and_infinities_must_be_in_the_same_places() -> None:
    value = np.array([math.nan, math.inf, 0.0])
    assert difference(Session([math.nan, math.inf, 0.0]), traced("float64"), value).within
    for other in ([0.0, math.inf, 0.0], [math.nan, -math.inf, 0.0], [math.nan, math.inf, math.nan]):
        found = difference(Session(other), traced("float64"), value)
        assert (found.within, found.relative) == (False, math.inf)


def test_integers_must_be_equal_however_large() -> None:
    value = np.array([10**9, 2**60])
    assert difference(Session(value), traced("int64"), value, rtol=1.0, atol=1e3).within
    assert not difference(Session(value + np.array([1, 0])), traced("int64"), value, rtol=1.0, atol=1e3).within
    assert not difference(Session(value + np.array([0, 1])), traced("int64"), value, rtol=1.0, atol=1e3).within


def test_truth_values_must_be_equal() -> None:
    assert difference(Session([True, False]), traced("bool"), np.array([True, False])).within
    assert not difference(Session([True, True]), traced("bool"), np.array([True, False]), atol=2.0).within


def test_inputs_of_another_shape_are_refused() -> None:
    for value in (np.zeros((2, 2)), np.zeros(())):
        with pytest.raises(ConversionError, match=r"`inputs` must give arrays of the signature's shapes. Received: "):
            difference(Session([0.0]), traced("float64"), value)


def test_another_type_or_shape_is_a_difference() -> None:
    for result in (np.ones(2, np.float32), np.ones((2, 1)), np.ones(1)):
        found = difference(Session(result), traced("float64"), np.ones(2))
        assert (found.within, found.relative) == (False, math.inf)


def test_inputs_are_fed_by_name_in_the_function_s_type() -> None:
    session = Session([1.0])
    difference(session, traced("float64"), np.ones(1, np.float32))
    assert [(name, str(value.dtype), value.tolist()) for name, value in session.fed.items()] == [
        ("x", "float64", [1.0])
    ]


def test_every_output_is_compared() -> None:
    function = tf.function(lambda x: {"b": x + 1, "a": x}).get_concrete_function(
        tf.TensorSpec([None], tf.float64, name="x")
    )
    first, second = compare(Session([0.0], [3.0]), function, [np.zeros(1)], ["a", "b"], rtol=0.1, atol=0.0)
    assert first == Difference("a", 1, 0.0, True, 0.1, 0.0)
    assert second == Difference("b", 1, 2.0, False, 0.1, 0.0)


def test_a_failure_of_either_side_is_told_apart() -> None:
    built_in = tf.function(lambda x: x + np.zeros(3)).get_concrete_function(tf.TensorSpec([None], tf.float64, name="x"))
    with pytest.raises(ConversionError, match="`function` itself fails on a batch of 2") as caught:
        difference(Session([0.0]), built_in, np.zeros(2))
    assert not isinstance(caught.value, ConversionMismatch)

    class Failing(Session):
        def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            raise RuntimeError("mine")

    with pytest.raises(ConversionMismatch, match=r"ONNX Runtime fails on a batch of 2, .*mine"):
        difference(Failing(), traced("float64"), np.zeros(2))


def test_a_difference_reads_as_a_sentence() -> None:
    assert str(Difference("y", 3, 0.012345, False)) == "output 'y', batch of 3: largest relative difference 0.0123"


@given(st.integers(0, 9), st.sampled_from(["float16", "float32", "float64", "int32", "uint8", "int64", "bool"]))
def test_generated_inputs_fit_the_signature(batch: int, dtype: str) -> None:
    signature = [tf.TensorSpec([None, 2, None], dtype), tf.TensorSpec([], dtype), tf.TensorSpec([4], dtype)]
    values = generate_inputs(signature, batch)
    assert [value.shape for value in values] == [(batch, 2, batch), (), (4,)]
    assert {value.dtype for value in values} == {np.dtype(dtype)}
    again = generate_inputs(signature, batch)
    assert all(np.array_equal(value, other) for value, other in zip(values, again, strict=True))


def test_generated_inputs_have_the_stated_distributions() -> None:
    signature = [tf.TensorSpec([None], dtype) for dtype in ("float64", "int32", "bool", "float64")]
    normal, integers, truth, other = generate_inputs(signature, 20_000)
    assert stats.kstest(normal, "norm").pvalue > 1e-3
    assert stats.chisquare(np.bincount(integers, minlength=10)).pvalue > 1e-3
    assert len(np.bincount(integers)) == 10
    assert stats.binomtest(int(truth.sum()), len(truth)).pvalue > 1e-3
    assert abs(np.corrcoef(normal, other)[0, 1]) < 0.05


@pytest.mark.parametrize(
    "spec",
    [tf.TensorSpec([None], tf.string), tf.TensorSpec(None, tf.float32), tf.TensorSpec([None], tf.complex64)],
)
def test_values_that_cannot_be_generated_are_asked_for(spec: tf.TensorSpec) -> None:
    with pytest.raises(ConversionError, match=r"`inputs` must be given .*Received: TensorSpec"):
        generate_inputs([spec], 3)
