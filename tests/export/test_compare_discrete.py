"""Outputs that are rounded or picked: how many entries may differ, and by how much does not matter."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen_export import Difference, compare, convert, few_unequal, is_discrete


class Session:
    """Answers what it was told, in the place of ONNX Runtime."""

    def __init__(self, result: np.ndarray) -> None:
        self.result = result

    def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [self.result]


def compared(value: np.ndarray, moved: int, *, by: float = 200.0, discrete: Any = ("y",)) -> Difference:
    """Of an output that is the input, the first `moved` entries are off."""
    function = tf.function(lambda x: x).get_concrete_function(tf.TensorSpec([None], value.dtype, name="x"))
    other = value.copy()
    other[:moved] += np.asarray(by, value.dtype)
    (found,) = compare(Session(other), function, [value], ["y"], discrete=discrete)
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_an_entry_in_a_thousand_may_differ(dtype: str) -> None:
    value = np.arange(5000).astype(dtype)
    for moved, within in ((0, True), (1, True), (5, True), (6, False)):
        found = compared(value, moved)
        assert (found.within, found.unequal) == (within, moved / 5000)
        assert found.relative == 0.0 if within else found.relative > 1


def test_of_few_entries_one_may_and_of_very_few_none() -> None:
    assert compared(np.zeros(50, np.float32), 1).within
    assert not compared(np.zeros(50, np.float32), 2).within
    assert not compared(np.zeros(49, np.float32), 1).within


def test_nan_is_no_rounding() -> None:
    assert not compared(np.zeros(5000, np.float32), 1, by=np.nan).within


def test_only_outputs_that_are_named_and_whole() -> None:
    value = np.arange(5000.0)
    assert not compared(value, 1, discrete=()).within
    assert not compared(value, 1, discrete=("x",)).within
    assert not compared(value + 0.5, 1).within
    assert compared(value + 0.5, 1, by=1e-11).within


def test_whole_numbers() -> None:
    assert is_discrete(np.array([0.0, -3.0, 2.0**40]))
    assert is_discrete(np.array([1, 2]))
    for other in (0.5, np.nan, np.inf):
        assert not is_discrete(np.array([1.0, other]))


def test_few() -> None:
    first = np.zeros(4000)
    for moved, few in ((0, True), (4, True), (5, False)):
        second = first.copy()
        second[:moved] = 1
        assert few_unequal(second, first) == few


def test_a_message_tells_the_share() -> None:
    assert "0.5 of the entries differ" in str(compared(np.zeros(10, np.float32), 5))


def _thresholds(x: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"y": tf.cast(tf.sin(x) < 0.5, tf.float32)}


def test_a_converted_function_may_round() -> None:
    """x is where the last digit of the sine decides, for a row of several thousand."""
    x = np.full(4000, -2.0, np.float32)
    x[0] = np.arcsin(0.5).astype(np.float32)
    signature = [tf.TensorSpec([None, 4000], tf.float32, name="x")]
    model = convert(_thresholds, signature, inputs=lambda batch: [np.tile(x, (batch, 1))], discrete=("y",))
    assert float({entry.key: entry.value for entry in model.metadata_props}["largest_difference"]) == 0.0
