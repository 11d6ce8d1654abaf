import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.bijectors import Partition

MASKS = st.lists(st.booleans(), min_size=1, max_size=9).filter(lambda mask: not all(mask))
LEADING = st.sampled_from([(), (1,), (4,), (2, 3)])


@settings(deadline=None, database=None, max_examples=60)
@given(mask=MASKS, leading=LEADING)
@example(mask=[False], leading=(3,))
@example(mask=[False, False, True, True], leading=(3,))
@example(mask=[True, False, False, True], leading=(3,))
def test_split_is_boolean_indexing_and_merge_its_inverse(mask: list[bool], leading: tuple[int, ...]) -> None:
    value = np.random.default_rng(0).normal(size=(*leading, len(mask)))
    partition = Partition(mask)
    kept, changed = partition.split(tf.constant(value))
    np.testing.assert_array_equal(kept, value[..., np.array(mask)])
    np.testing.assert_array_equal(changed, value[..., ~np.array(mask)])
    np.testing.assert_array_equal(partition.merge(kept, changed), value)
    # New values go to their own places.
    expected = value.copy()
    expected[..., ~np.array(mask)] += 10
    np.testing.assert_array_equal(partition.merge(kept, changed + 10), expected)


def test_truth_values_of_any_type() -> None:
    partition = Partition(np.array([1, 0, 1]))  # type: ignore[arg-type]
    assert partition.mask == (True, False, True)
    assert (partition.kept, partition.changed) == ([0, 2], [1])


def test_a_size_that_only_running_tells() -> None:
    partition = Partition([False, True, False])

    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def around(value: tf.Tensor) -> tf.Tensor:
        return partition.merge(*partition.split(value))

    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(around(tf.constant(value)), value)


@pytest.mark.parametrize("mask", [[True, True, False, False], [False, True], [False], [False, False]])
def test_blocks_need_no_gather(mask: list[bool]) -> None:
    partition = Partition(mask)
    traced = tf.function(lambda value: partition.merge(*partition.split(value)))
    graph = traced.get_concrete_function(tf.TensorSpec([None, len(mask)])).graph
    assert not [operation for operation in graph.get_operations() if "Gather" in operation.type]


@pytest.mark.parametrize("mask", [[True], [True, True], []])
def test_something_must_change(mask: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"`mask` must leave something to change. Received: mask=\("):
        Partition(mask)


@pytest.mark.parametrize("size", [2, 4])
def test_a_vector_of_another_size_is_refused(size: int) -> None:
    # Its parts are blocks, so that slices would cut the vector in silence.
    with pytest.raises(ValueError, match=r"`value` must have 3 entries .* Received: shape="):
        Partition([True, False, False]).split(tf.zeros([5, size]))
