"""The coupling against its formula in NumPy, its Jacobian by autodiff, and TFP's RealNVP."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.bijectors import Additive, Affine, CouplingBijector, OnePassBijector, Partition, RationalQuadraticSpline

tfb = tfp.bijectors

MASKS = st.lists(st.booleans(), min_size=1, max_size=6).filter(lambda mask: not all(mask))
CONTEXT = np.random.default_rng(9).normal(size=(5, 2))


def points(size: int, *leading: int) -> Any:
    return 2 * np.random.default_rng(1).normal(size=(*leading, size))


@settings(deadline=None, database=None, derandomize=True, max_examples=30)
@given(mask=MASKS, conditional=st.booleans(), seed=st.integers(0, 99))
@example(mask=[False], conditional=False, seed=0)
@example(mask=[False], conditional=True, seed=0)
@example(mask=[False, False, True], conditional=True, seed=0)
def test_formula_inverse_and_jacobian(
    coupling: Any, autodiff_log_det: Any, mask: list[bool], conditional: bool, seed: int
) -> None:
    case = coupling(mask, seed=seed, context=CONTEXT if conditional else None)
    z = points(len(mask), 5)
    x, log_det = case.bijector().forward_and_log_det(tf.constant(z))
    expected, expected_log_det = case.forward(z)
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, autodiff_log_det(case.bijector().forward, z), rtol=0, atol=1e-10)
    back, back_log_det = case.bijector().inverse_and_log_det(tf.constant(expected))
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_det, autodiff_log_det(case.bijector().inverse, expected), rtol=0, atol=1e-10)
    assert log_det.shape == back_log_det.shape == (5,)


def test_kept_entries_pass_untouched(coupling: Any) -> None:
    z = points(4, 6)
    mask = [True, False, False, True]
    x = coupling(mask).bijector().forward(z).numpy()
    np.testing.assert_array_equal(x[:, mask], z[:, mask])
    assert (x[:, 1:3] != z[:, 1:3]).all()


@pytest.mark.parametrize(
    ("leading", "conditional"),
    [((), False), ((5,), False), ((5,), True), ((3, 5), False), ((3, 5), True), ((2, 3, 5), True)],
)
def test_leading_dimensions(coupling: Any, leading: tuple[int, ...], conditional: bool) -> None:
    case = coupling([True, False, True], context=CONTEXT if conditional else None)
    z = points(3, *leading)
    x, log_det = case.bijector().forward_and_log_det(tf.constant(z))
    assert log_det.shape == leading
    np.testing.assert_allclose(x, case.forward(z)[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_det, case.forward(z)[1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(case.bijector().inverse(x.numpy()), z, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("size", "kept"), [(2, 1), (5, 2), (5, 3), (3, 0)])
def test_tfp_agrees(coupling: Any, size: int, kept: int) -> None:
    case = coupling([True] * kept + [False] * (size - kept))

    def network(x: tf.Tensor, output_units: int) -> tuple[tf.Tensor, tf.Tensor]:
        assert output_units == size - kept
        shift, raw = tf.split(case.condition(x), 2, axis=-1)
        return shift, case.max_log_scale * tf.tanh(raw / case.max_log_scale)

    def oracle() -> Any:
        return tfb.RealNVP(num_masked=kept, shift_and_log_scale_fn=network)

    z = points(size, 7)
    x = case.bijector().forward(z).numpy()
    np.testing.assert_allclose(x, oracle().forward(z), rtol=0, atol=1e-6)
    np.testing.assert_allclose(case.bijector().inverse(x), oracle().inverse(x), rtol=0, atol=1e-6)
    for name, value in (("forward_log_det_jacobian", z), ("inverse_log_det_jacobian", x)):
        found = getattr(case.bijector(), name)(value, event_ndims=1)
        assert found.shape == (7,)
        np.testing.assert_allclose(found, getattr(oracle(), name)(value, event_ndims=1), rtol=0, atol=1e-6)


def test_it_is_a_tfp_bijector(coupling: Any) -> None:
    case = coupling([True, False, True])
    bijector = case.bijector()
    assert isinstance(bijector, tfb.Bijector)
    assert bijector.forward_min_event_ndims == bijector.inverse_min_event_ndims == 1
    assert bijector.forward_event_shape([3]) == [3]
    assert bijector.dtype == tf.float64
    assert bijector.name == "coupling"
    assert set(bijector.parameters) == {"partition", "conditioner", "transformer", "event_ndims", "dtype", "name"}
    assert not bijector.is_constant_jacobian
    z = points(3, 4)
    inverted = tfb.Invert(case.bijector())
    np.testing.assert_allclose(inverted.inverse(z), case.forward(z)[0], rtol=0, atol=1e-12)
    # Two event dimensions: the second's log-dets are summed.
    found = case.bijector().forward_log_det_jacobian(z, event_ndims=2)
    np.testing.assert_allclose(found, case.forward(z)[1].sum(), rtol=0, atol=1e-12)


def test_each_direction_costs_one_evaluation(coupling: Any) -> None:
    case = coupling([True, False])
    z = tf.constant(points(2, 4))
    case.bijector().forward_and_log_det(z)
    assert case.calls == 1
    case.bijector().inverse_and_log_det(z)
    assert case.calls == 2


def test_single_precision(coupling: Any) -> None:
    case = coupling([True, False, False], dtype="float32")
    z = points(3, 4).astype(np.float32)
    x, log_det = case.bijector().forward_and_log_det(tf.constant(z))
    assert x.dtype == log_det.dtype == case.bijector().dtype == tf.float32
    np.testing.assert_allclose(x, case.forward(z)[0], rtol=1e-5, atol=1e-6)


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        OnePassBijector(dtype=tf.float32, name="none", parameters={})


def test_a_vector_of_another_size_is_refused() -> None:
    bijector = CouplingBijector(
        partition=Partition([True, False]),
        conditioner=lambda kept: tf.zeros([*kept.shape[:-1], 2]),
        transformer=Affine(),
    )
    with pytest.raises(ValueError, match="`value` must have 2 entries"):
        bijector.forward(tf.zeros([4, 3]))


@pytest.mark.parametrize("transformer", [Additive(), Affine(), RationalQuadraticSpline(bins=3)])
@pytest.mark.parametrize("mask", [[True, False], [False, True, False], [False, False]])
def test_any_transformer(autodiff_log_det: Any, transformer: Any, mask: list[bool]) -> None:
    changed, width = mask.count(False), mask.count(True)
    kernel = np.random.default_rng(2).normal(size=(width, transformer.size * changed))
    bijector = CouplingBijector(
        partition=Partition(mask),
        # Without a kept entry, one row of parameters has to serve every row.
        conditioner=lambda kept: tf.constant(np.ones(kernel.shape[1])) if not width else kept @ kernel,
        transformer=transformer,
        dtype="float64",
    )
    z = points(len(mask), 9)
    x, log_det = bijector.forward_and_log_det(tf.constant(z))
    kept = np.array(mask)
    np.testing.assert_array_equal(x.numpy()[:, kept], z[:, kept])
    flat = np.ones((9, kernel.shape[1])) if not width else z[:, kept] @ kernel
    expected = transformer.forward(tf.constant(z[:, ~kept]), tf.constant(flat))[0]
    np.testing.assert_allclose(x.numpy()[:, ~kept], expected, rtol=0, atol=1e-12)
    assert log_det.shape == (9,)
    np.testing.assert_allclose(log_det, autodiff_log_det(lambda z: bijector.forward_and_log_det(z)[0], z), atol=1e-10)
    back, back_log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-10)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-10)
