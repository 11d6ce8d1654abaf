"""Bijectors made of others, and those of several parts."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.bijector import bijector
from benchmarks.coverage.case import Case
from benchmarks.coverage.structure import as_list, named
from benchmarks.coverage.values import between, drawn, positive, reals, tril

__all__ = ["CASES"]

tfb = tfp.bijectors
_LOC_SCALE: dict[str, Any] = {"loc": reals(3), "scale": positive(3)}


def _same(value: Any) -> Any:
    return value


def _chain(loc: Any, scale: Any) -> Any:
    return tfb.Chain([tfb.Exp(), tfb.Shift(loc), tfb.Scale(scale)])


def _mixed_chain(loc: Any, scale: Any) -> Any:
    """Elementwise, matrix and permuting parts."""
    return tfb.Chain(
        [tfb.Sigmoid(), tfb.Permute([2, 0, 1]), tfb.Shift(loc), tfb.ScaleMatvecTriL(scale), tfb.SinhArcsinh(0.2, 0.9)]
    )


def _joint_map(loc: Any, scale: Any) -> Any:
    return tfb.JointMap([tfb.Shift(loc), tfb.Chain([tfb.Scale(scale), tfb.Softplus()])])


def _blockwise(loc: Any, scale: Any) -> Any:
    return tfb.Blockwise([tfb.Shift(loc), tfb.Scale(scale)], block_sizes=[3, 3])


CASES: list[Case] = [
    *bijector("tfb.Chain(Exp, Shift, Scale)", _chain, reals(3), **_LOC_SCALE),
    *bijector(
        "tfb.Chain(Sigmoid, Permute, Shift, ScaleMatvecTriL, SinhArcsinh)",
        _mixed_chain,
        reals(3),
        reals=("float32",),
        loc=reals(3),
        scale=tril(3),
    ),
    *bijector(
        "tfb.Chain(by call)",
        lambda scale: tfb.Softplus()(tfb.Scale(scale)),
        reals(),
        scale=positive(),
    ),
    *bijector("tfb.Invert(Softplus)", lambda: tfb.Invert(tfb.Softplus()), positive()),
    *bijector("tfb.Invert(Chain)", lambda loc, scale: tfb.Invert(_chain(loc, scale)), positive(3), **_LOC_SCALE),
    *bijector(
        "tfb.Invert(FillScaleTriL)", lambda: tfb.Invert(tfb.FillScaleTriL()), tril(3), drawn(6), reals=("float32",)
    ),
    *bijector(
        "tfb.JointMap(Shift, Chain)",
        _joint_map,
        {"x0": reals(3), "x1": reals(3)},
        pack=as_list,
        **_LOC_SCALE,
    ),
    *bijector(
        "tfb.JointMap(names)",
        lambda: tfb.JointMap({"a": tfb.Exp(), "b": tfb.FillTriangular()}),
        {"xa": reals(), "xb": reals(3)},
        {"ya": drawn(), "yb": drawn(2, 2)},
        pack=named("a", "b"),
        reals=("float32",),
    ),
    *bijector("tfb.Blockwise(Shift, Scale)", _blockwise, reals(6), **_LOC_SCALE),
    *bijector(
        "tfb.Blockwise(SoftmaxCentered, Exp)",
        lambda: tfb.Blockwise([tfb.SoftmaxCentered(), tfb.Exp()], block_sizes=[2, 2]),
        reals(4),
        drawn(5),
        reals=("float32",),
    ),
    *bijector(
        "tfb.Split",
        lambda: tfb.Split([2, 3]),
        reals(5),
        {"y0": drawn(2), "y1": drawn(3)},
        unpack=as_list,
        pack=_same,
    ),
    *bijector(
        "tfb.Restructure",
        lambda: tfb.Restructure({"a": 0, "b": 1}, [0, 1]),
        {"x0": reals(), "x1": reals(2)},
        {"ya": drawn(), "yb": drawn(2)},
        pack=as_list,
        unpack=named("a", "b"),
    ),
    *bijector(
        "tfb.Chain(JointMap, Restructure, Split)",
        lambda: tfb.Chain(
            [
                tfb.JointMap({"a": tfb.Exp(), "b": tfb.SoftmaxCentered()}),
                tfb.Restructure({"a": 0, "b": 1}),
                tfb.Split([1, 2]),
            ]
        ),
        reals(3),
        {"ya": drawn(1), "yb": drawn(3)},
        pack=_same,
        unpack=named("a", "b"),
        reals=("float32",),
    ),
    *bijector(
        "tfb.RationalQuadraticSpline",
        lambda widths, heights, slopes: tfb.RationalQuadraticSpline(
            2 * tf.nn.softmax(tf.convert_to_tensor(widths)),
            2 * tf.nn.softmax(tf.convert_to_tensor(heights)),
            slopes,
            range_min=-1,
        ),
        between(-1.5, 1.5),
        widths=reals(5),
        heights=reals(5),
        slopes=positive(4),
    ),
    *bijector(
        "tfb.RationalQuadraticSpline(vector)",
        lambda widths, heights, slopes: tfb.RationalQuadraticSpline(widths, heights, slopes, range_min=-3),
        reals(2),
        widths=between(0.5, 1.5, 2, 4),
        heights=between(0.5, 1.5, 2, 4),
        slopes=positive(2, 3),
    ),
    *bijector(
        "tfb.TransformDiagonal(Chain)",
        lambda shift: tfb.TransformDiagonal(tfb.Chain([tfb.Shift(shift), tfb.Softplus()])),
        tril(2),
        reals=("float32",),
        shift=positive(2),
    ),
]
