"""Einstein's sums, against NumPy's einsum."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen_export import ConversionError, convert

EQUATIONS: dict[str, list[tuple[int, ...]]] = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ik,jk->ij": [(2, 3), (4, 3)],
    "ki,kj->ij": [(3, 2), (3, 4)],
    "ij,ki->kj": [(2, 3), (4, 2)],
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)],
    "bij,kj->bik": [(2, 3, 4), (5, 4)],
    "bjk,bij->bik": [(2, 3, 4), (2, 5, 3)],
    "bij,bj->bi": [(2, 3, 4), (2, 4)],
    "bj,bij->ib": [(2, 4), (2, 3, 4)],
    "bqhd,bkhd->bhqk": [(2, 3, 2, 4), (2, 5, 2, 4)],
    "abc,cde->abde": [(2, 3, 4), (4, 5, 2)],
    "abc,bcd->ad": [(2, 3, 4), (3, 4, 5)],
    "abij,acij->abc": [(2, 3, 2, 4), (2, 5, 2, 4)],
    "abcij,aij->bac": [(2, 3, 4, 2, 2), (2, 2, 2)],
    "ijk,jikl->jil": [(2, 3, 4), (3, 2, 4, 5)],
    "i,i->": [(3,), (3,)],
    "i,j->ij": [(3,), (4,)],
    "j,i->ij": [(3,), (4,)],
    "bi,bj->jbi": [(2, 3), (2, 4)],
    "ij,ji->ij": [(2, 3), (3, 2)],
    "ij,ij->j": [(2, 3), (2, 3)],
    "ij,kl->i": [(2, 3), (4, 5)],
    ",ij->ij": [(), (2, 3)],
    ",->": [(), ()],
    "i,->i": [(2,), ()],
    "aA,Ab->ab": [(2, 3), (3, 4)],
    "aAB,ABb->ba": [(2, 3, 4), (3, 4, 5)],
    "ij->": [(2, 3)],
    "ijk->ki": [(2, 3, 4)],
    "->": [()],
    "ii->": [(3, 3)],
    "bii->b": [(2, 3, 3)],
    "iji->ij": [(3, 2, 3)],
    "iii->i": [(3, 3, 3)],
    "aab,bca->ac": [(2, 2, 3), (3, 4, 2)],
    "...->...": [(2, 3)],
    "...ij->...ji": [(2, 1, 3, 4)],
    "i...->...i": [(2, 3, 4)],
    "...ii->...i": [(2, 3, 3)],
    "...,...->...": [(2, 3), (3,)],
    "...i,...i->...": [(2, 1, 3), (4, 3)],
    "...i,i->...": [(2, 5, 3), (3,)],
    "i...,i...->...": [(3, 1, 2), (3, 4, 1)],
    "...i,...j->...ij": [(2, 3), (4, 2, 5)],
    "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
    "...oi,...i->...o": [(3, 4), (5, 2, 4)],
    "...dm,...dn->...n": [(2, 4, 1), (2, 4, 3)],
    "i...j,j...k->...ki": [(2, 3, 4), (4, 1, 2)],
}


def tensors(shapes: Sequence[tuple[int, ...]], dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return [rng.normal(size=shape).astype(dtype) for shape in shapes]
    return [rng.integers(-9, 10, shape).astype(dtype) for shape in shapes]


def every(dtype: str, names: list[str], *, dynamic: bool, converted: Any) -> None:
    """All equations in one model, as conversions take longer than sums."""
    shapes = [shape for name in names for shape in EQUATIONS[name]]
    arrays = tensors(shapes, dtype)

    def split(values: Any) -> list[tuple[str, list[Any]]]:
        rest = iter(values)
        return [(name, [next(rest) for _ in EQUATIONS[name]]) for name in names]

    specs = [
        tf.TensorSpec([None] * len(shape) if dynamic else shape, dtype, name=f"x{place}")
        for place, shape in enumerate(shapes)
    ]
    model = converted(
        lambda *values: [tf.raw_ops.Einsum(inputs=part, equation=name) for name, part in split(values)],
        specs,
        inputs=lambda _: arrays,
    )
    for (name, part), found in zip(split(arrays), model(*arrays).values(), strict=True):
        expected = np.einsum(name, *part)
        assert (found.shape, found.dtype) == (expected.shape, dtype), name
        precision = 1e-14 if dtype == "float64" else 2e-6
        np.testing.assert_allclose(found, expected, rtol=precision, atol=precision, err_msg=name)


@pytest.mark.parametrize("dynamic", [False, True])
def test_sums_are_numpy_s(dynamic: bool, converted: Any) -> None:
    every("float64", list(EQUATIONS), dynamic=dynamic, converted=converted)


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64"])
def test_types(dtype: str, converted: Any) -> None:
    names = ["ij,jk->ik", "bij,bj->bi", "bi,bj->jbi", "bii->b", "...i,...i->...", "abij,acij->abc"]
    every(dtype, names, dynamic=True, converted=converted)


def test_sizes_may_be_zero(converted: Any) -> None:
    equations = ["bij,bjk->bik", "bij,bjk->bk", "bij,bjk->ikb", "bij,bjk->"]
    model = converted(
        lambda x, y: [tf.raw_ops.Einsum(inputs=[x, y], equation=name) for name in equations],
        [tf.TensorSpec([None, None, None], tf.float64, name=name) for name in "xy"],
        inputs=lambda batch: [np.ones((batch, 2, 3)), np.ones((batch, 3, 4))],
    )
    for shapes in ([(0, 2, 3), (0, 3, 4)], [(2, 3, 0), (2, 0, 4)], [(2, 0, 3), (2, 3, 4)]):
        arrays = tensors(shapes, "float64")
        for name, found in zip(equations, model(*arrays).values(), strict=True):
            np.testing.assert_allclose(found, np.einsum(name, *arrays), atol=1e-14, err_msg=f"{name} {shapes}")


def test_labels_twice_in_the_output_are_refused() -> None:
    with pytest.raises(ConversionError, match="Einsum"):
        convert(lambda x: tf.raw_ops.Einsum(inputs=[x], equation="i->ii"), [tf.TensorSpec([3], tf.float32, name="x")])
