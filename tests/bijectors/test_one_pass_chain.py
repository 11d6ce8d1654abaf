from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen.bijectors import OnePassChain, OnePassInverse, PermutationBijector

tfb = tfp.bijectors

MASKS = [[True, False, True], [False, True, False], [False, False, True], [True, True, False]]


def cases(coupling: Any, count: int) -> list[Any]:
    return [coupling(mask, seed=seed) for seed, mask in enumerate(MASKS[:count])]


def points(*leading: int) -> Any:
    return np.random.default_rng(2).normal(size=(*leading, 3))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("leading", [(6,), (2, 6)])
def test_tfps_chain_agrees(coupling: Any, count: int, leading: tuple[int, ...]) -> None:
    parts = cases(coupling, count)
    ours, theirs = (kind([part.bijector() for part in parts]) for kind in (OnePassChain, tfb.Chain))
    z = points(*leading)
    x, log_det = ours.forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(x, theirs.forward(z), rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, theirs.forward_log_det_jacobian(z, event_ndims=1), rtol=0, atol=1e-12)
    assert log_det.shape == leading
    back, back_log_det = ours.inverse_and_log_det(tf.constant(x.numpy()))
    theirs = tfb.Chain([part.bijector() for part in parts])
    np.testing.assert_allclose(back, theirs.inverse(x.numpy()), rtol=0, atol=1e-12)
    expected = theirs.inverse_log_det_jacobian(x.numpy(), event_ndims=1)
    np.testing.assert_allclose(back_log_det, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)


def test_the_last_bijector_comes_first(coupling: Any) -> None:
    outer, inner = cases(coupling, 2)
    z = points(5)
    middle, first = inner.forward(z)
    x, second = outer.forward(middle)
    found, log_det = OnePassChain([outer.bijector(), inner.bijector()]).forward_and_log_det(tf.constant(z))
    np.testing.assert_allclose(found, x, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, first + second, rtol=0, atol=1e-12)
    swapped = OnePassChain([inner.bijector(), outer.bijector()]).forward(z)
    assert np.abs(swapped - x).max() > 0.1


def test_jacobian(coupling: Any, autodiff_log_det: Any) -> None:
    parts = cases(coupling, 4)

    def chain() -> OnePassChain:
        return OnePassChain([part.bijector() for part in parts])

    z = points(6)
    forward = chain().forward_log_det_jacobian(z, event_ndims=1)
    np.testing.assert_allclose(forward, autodiff_log_det(chain().forward, z), rtol=0, atol=1e-10)
    inverse = chain().inverse_log_det_jacobian(z, event_ndims=1)
    np.testing.assert_allclose(inverse, autodiff_log_det(chain().inverse, z), rtol=0, atol=1e-10)


def test_each_conditioner_runs_once(coupling: Any) -> None:
    parts = cases(coupling, 3)
    chain = OnePassChain([part.bijector() for part in parts])
    chain.forward_and_log_det(tf.constant(points(5)))
    assert [part.calls for part in parts] == [1, 1, 1]
    chain.inverse_and_log_det(tf.constant(points(5)))
    assert [part.calls for part in parts] == [2, 2, 2]


def test_chains_nest(coupling: Any) -> None:
    first, second, third = cases(coupling, 3)
    nested = OnePassChain([first.bijector(), OnePassChain([second.bijector(), third.bijector()])])
    flat = OnePassChain([part.bijector() for part in (first, second, third)])
    for nested_value, flat_value in zip(
        nested.inverse_and_log_det(tf.constant(points(5))),
        flat.inverse_and_log_det(tf.constant(points(5))),
        strict=True,
    ):
        np.testing.assert_allclose(nested_value, flat_value, rtol=0, atol=1e-12)
    assert isinstance(flat, tfb.Bijector)
    assert flat.dtype == tf.float64
    assert flat.name == "one_pass_chain"


def test_an_empty_chain_is_refused() -> None:
    with pytest.raises(ValueError, match="`bijectors` must hold at least one bijector"):
        OnePassChain([])


def test_an_inverse_changes_the_directions(coupling: Any) -> None:
    case = coupling([True, False, True])
    z = points(2, 6)
    x, log_det = case.forward(z)
    inverse = OnePassInverse(case.bijector())
    found, found_log_det = inverse.forward_and_log_det(tf.constant(x))
    np.testing.assert_allclose(found, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found_log_det, -log_det, rtol=0, atol=1e-12)
    back, back_log_det = inverse.inverse_and_log_det(tf.constant(z))
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_det, log_det, rtol=0, atol=1e-12)
    assert (inverse.dtype, inverse.event_ndims, inverse.name) == (tf.float64, 1, "one_pass_inverse")


def test_an_inverse_is_tfps(coupling: Any, autodiff_log_det: Any) -> None:
    case = coupling([False, True, False])
    x = points(6)
    ours, theirs = OnePassInverse(case.bijector()), tfb.Invert(case.bijector())
    np.testing.assert_allclose(ours.forward(x), theirs.forward(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.inverse(x), theirs.inverse(x), rtol=0, atol=1e-12)
    found = OnePassInverse(case.bijector()).forward_log_det_jacobian(x, event_ndims=1)
    np.testing.assert_allclose(found, autodiff_log_det(theirs.forward, x), rtol=0, atol=1e-10)


def test_an_inverse_costs_one_evaluation_and_keeps_the_events_rank(coupling: Any) -> None:
    case = coupling([True, False, True])
    inverse = OnePassInverse(case.bijector())
    inverse.forward_and_log_det(tf.constant(points(4)))
    inverse.inverse_and_log_det(tf.constant(points(4)))
    assert case.calls == 2
    image = OnePassInverse(PermutationBijector([1, 0, 2], event_ndims=3))
    assert (image.event_ndims, image.forward_min_event_ndims) == (3, 3)
    assert image.forward_and_log_det(tf.zeros([5, 2, 2, 3]))[1].shape == (5,)


def test_a_chain_with_its_inverse_is_the_identity(coupling: Any) -> None:
    first, second = cases(coupling, 2)
    pair = [first.bijector(), second.bijector()]
    chain = OnePassChain([OnePassInverse(OnePassChain(pair)), *pair])
    z, log_det = chain.forward_and_log_det(tf.constant(points(6)))
    np.testing.assert_allclose(z, points(6), rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, np.zeros(6), rtol=0, atol=1e-12)
