"""Couplings that part their vectors alike are one sequence, and the chain of them."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import Additive, CouplingBijector, CouplingSequence, OnePassChain, Partition, join_couplings

SIZE = 6
EVEN, ODD = (tuple(entry % 2 == flip for entry in range(SIZE)) for flip in (0, 1))
FIRST, LAST = (tuple((entry < 3) != flip for entry in range(SIZE)) for flip in (False, True))


def lengths(joined: Any) -> list[int]:
    return [len(each.couplings) if isinstance(each, CouplingSequence) else 1 for each in joined]


@pytest.mark.parametrize("masks", [(EVEN, ODD), (ODD, ODD, EVEN), (EVEN, ODD, FIRST, LAST, EVEN)])
@pytest.mark.parametrize("conditional", [False, True])
def test_the_sequence_is_the_chain(masks: Any, conditional: bool, coupling: Any) -> None:
    context = np.random.default_rng(1).normal(size=(4, 2)) if conditional else None
    couplings = [coupling(mask, seed=seed, context=context) for seed, mask in enumerate(masks)]
    chain = OnePassChain([each.bijector() for each in couplings])
    joined = OnePassChain(join_couplings([each.bijector() for each in couplings]))
    z = np.random.default_rng(0).normal(size=(4, SIZE))
    expected, log_det = z, 0.0
    for each in reversed(couplings):  # NumPy's own
        expected, more = each.forward(expected)
        log_det = log_det + more
    for bijector in (chain, joined):
        x, found = bijector.forward_and_log_det(tf.constant(z))
        np.testing.assert_allclose(x, expected, rtol=1e-12)
        np.testing.assert_allclose(found, log_det, rtol=1e-12)
        back, back_log_det = bijector.inverse_and_log_det(x)
        np.testing.assert_allclose(back, z, atol=1e-12)
        np.testing.assert_allclose(back_log_det, -log_det, rtol=1e-12)


def test_only_neighbours_that_part_alike_are_joined(coupling: Any) -> None:
    bijectors = [coupling(mask).bijector() for mask in (EVEN, ODD, EVEN, FIRST, EVEN, LAST, FIRST)]
    assert lengths(join_couplings(bijectors)) == [3, 1, 1, 2]


def test_parts_stay_apart_in_between() -> None:
    """No gather at all, and one merge at the end."""
    bijectors = [
        CouplingBijector(partition=Partition(mask), conditioner=tf.tanh, transformer=Additive())
        for mask in (EVEN, ODD) * 3
    ]
    joined = OnePassChain(join_couplings(bijectors))
    function = tf.function(joined.inverse_and_log_det).get_concrete_function(tf.TensorSpec([None, SIZE]))
    found = [operation.type for operation in function.graph.get_operations()]
    assert not {"GatherV2", "Gather", "ConcatV2"} & set(found)
    assert found.count("Pack") == 1


def test_a_conditioner_of_a_wider_batch_widens_all() -> None:
    shifts = np.random.default_rng(1).normal(size=(5, 3))
    bijectors = [
        CouplingBijector(
            partition=Partition(mask), conditioner=lambda kept: kept + shifts, transformer=Additive(), dtype="float64"
        )
        for mask in (EVEN, ODD)
    ]
    (joined,) = join_couplings(bijectors)
    z = np.random.default_rng(0).normal(size=(1, SIZE))
    x, log_det = joined.forward_and_log_det(tf.constant(z))
    even, odd = (np.tile(z[:, start::2], (5, 1)) for start in (0, 1))
    even = even + odd + shifts  # forward applies the last first: it keeps the odd ones
    odd = odd + even + shifts
    np.testing.assert_allclose(x, np.stack([even, odd], axis=-1).reshape(5, SIZE), rtol=1e-12)
    assert log_det.shape == (5,)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("mask", [EVEN, ODD, FIRST, LAST])
def test_a_partition_is_undone(mask: Any, lead: tuple[int, ...]) -> None:
    value = np.random.default_rng(0).normal(size=(*lead, SIZE))
    parts = Partition(mask).split(tf.constant(value))
    np.testing.assert_array_equal(parts[0], value[..., np.array(mask)])
    np.testing.assert_array_equal(parts[1], value[..., ~np.array(mask)])
    np.testing.assert_array_equal(Partition(mask).merge(*parts), value)
