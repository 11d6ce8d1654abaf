"""Random chains of all bijector layers: their Jacobian, their way back, and what single precision makes of depth."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen.bijectors import OnePassChain
from tfgen.layers import (
    ActNorm,
    AdditiveCoupling,
    AffineCoupling,
    BijectorLayer,
    LULinear,
    MaskedAutoregressive,
    Permutation,
    Scale,
    SplineCoupling,
    Standardization,
)

SIZE = 4
CONTEXT = np.random.default_rng(5).normal(size=(6, 2))
COUPLINGS: list[Any] = [AdditiveCoupling, AffineCoupling, SplineCoupling]
SCALES: list[Any] = [Scale, ActNorm, Standardization]
KINDS = [*COUPLINGS, LULinear, MaskedAutoregressive, Permutation, *SCALES]


@st.composite
def layers(draw: st.DrawFn, *, kinds: list[Any] = KINDS) -> tuple[Any, dict[str, Any]]:
    """A class and its arguments."""
    kind = draw(st.sampled_from(kinds))
    arguments: dict[str, Any] = {}
    if kind in COUPLINGS:
        mask = draw(st.lists(st.booleans(), min_size=SIZE, max_size=SIZE).filter(lambda mask: not all(mask)))
        arguments = {"mask": tuple(mask), "hidden": (5,), "activation": "tanh"}
    elif kind is MaskedAutoregressive:
        transformer = draw(st.sampled_from(["affine", "rational_quadratic_spline"]))
        arguments = {"transformer": transformer, "inverse": draw(st.booleans()), "hidden": (5,), "activation": "tanh"}
    if kind in (MaskedAutoregressive, LULinear, Permutation):
        arguments["order"] = tuple(draw(st.permutations(range(SIZE))))
    return kind, arguments


def built(moved: Any, parts: list[Any], *, conditional: bool, dtype: str, scale: float) -> list[BijectorLayer]:
    made = []
    for seed, (kind, arguments) in enumerate(parts):
        layer = kind(event_shape=(SIZE,), context_shape=(2,) if conditional else None, dtype=dtype, **arguments)
        made.append(moved(layer, scale=scale, seed=seed))
        if kind is Standardization:
            layer.adapt(1.5 * np.random.default_rng(seed).normal(size=(20, SIZE)) + 0.5)
    return made


def chain(made: list[BijectorLayer], conditional: bool, dtype: str = "float64") -> OnePassChain:
    arguments = (tf.constant(CONTEXT, dtype),) if conditional else ()
    return OnePassChain([layer(*arguments) for layer in made])


def check(moved: Any, autodiff_jacobian: Any, parts: list[Any], conditional: bool) -> None:
    made = built(moved, parts, conditional=conditional, dtype="float64", scale=0.4)
    z = np.random.default_rng(6).normal(size=(6, SIZE))
    x, log_det = chain(made, conditional).forward_and_log_det(tf.constant(z))
    assert log_det.shape == (6,)
    forward = autodiff_jacobian(lambda z: chain(made, conditional).forward_and_log_det(z)[0], z)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(forward)[1], rtol=0, atol=1e-8)
    back, back_log_det = chain(made, conditional).inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-8)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-8)
    inverse = autodiff_jacobian(lambda x: chain(made, conditional).inverse_and_log_det(x)[0], x.numpy())
    np.testing.assert_allclose(back_log_det, np.linalg.slogdet(inverse)[1], rtol=0, atol=1e-8)
    # The two Jacobians are each other's inverse, not only their determinants.
    np.testing.assert_allclose(inverse @ forward, np.tile(np.eye(SIZE), (6, 1, 1)), rtol=0, atol=1e-6)


@settings(deadline=None, database=None, derandomize=True, max_examples=20)
@given(parts=st.lists(layers(), min_size=2, max_size=5), conditional=st.booleans())
@example(parts=[(kind, {"mask": (False,) * SIZE} if kind in COUPLINGS else {}) for kind in KINDS], conditional=False)
@example(parts=[(kind, {"mask": (False,) * SIZE} if kind in COUPLINGS else {}) for kind in KINDS], conditional=True)
def test_jacobian_and_round_trip(moved: Any, autodiff_jacobian: Any, parts: list[Any], conditional: bool) -> None:
    check(moved, autodiff_jacobian, parts, conditional)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("conditional", [False, True])
def test_each_layer_alone(moved: Any, autodiff_jacobian: Any, kind: Any, conditional: bool) -> None:
    arguments = {"mask": (True, False, False, True)} if kind in COUPLINGS else {}
    check(moved, autodiff_jacobian, [(kind, arguments)], conditional)


@settings(deadline=None, database=None, derandomize=True, max_examples=10)
@given(parts=st.lists(layers(), min_size=8, max_size=8), conditional=st.booleans())
def test_single_precision_at_depth_32(moved: Any, parts: list[Any], conditional: bool) -> None:
    # Weights that are not so large that the function itself multiplies roundings.
    made = built(moved, parts * 4, conditional=conditional, dtype="float32", scale=0.2)
    assert len(made) == 32
    z = np.random.default_rng(6).normal(size=(6, SIZE)).astype(np.float32)
    x, log_det = chain(made, conditional, "float32").forward_and_log_det(tf.constant(z))
    back, back_log_det = chain(made, conditional, "float32").inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-4)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=0, atol=1e-3)
