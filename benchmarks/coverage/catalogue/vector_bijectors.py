"""Bijectors of vectors and matrices."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.bijector import bijector
from benchmarks.coverage.case import Case
from benchmarks.coverage.structure import as_list
from benchmarks.coverage.values import drawn, positive, positive_definite, reals, sphere, tril

__all__ = ["CASES"]

tfb = tfp.bijectors


def _triangular(matrix: Any) -> Any:
    return tf.linalg.LinearOperatorLowerTriangular(matrix)


def _block(first: Any, second: Any) -> Any:
    return tfb.ScaleMatvecLinearOperatorBlock(
        tf.linalg.LinearOperatorBlockDiag([_triangular(first), tf.linalg.LinearOperatorDiag(second)])
    )


CASES: list[Case] = [
    *bijector("tfb.ScaleMatvecDiag", tfb.ScaleMatvecDiag, reals(3), scale_diag=positive(3)),
    *bijector("tfb.ScaleMatvecTriL", tfb.ScaleMatvecTriL, reals(3), scale_tril=tril(3)),
    *bijector(
        "tfb.ScaleMatvecTriL(adjoint)",
        lambda scale_tril: tfb.ScaleMatvecTriL(scale_tril, adjoint=True),
        reals(4),
        scale_tril=tril(4),
    ),
    *bijector(
        "tfb.ScaleMatvecLU",
        lambda lower_upper: tfb.ScaleMatvecLU(tf.convert_to_tensor(lower_upper), [2, 0, 1]),
        reals(3),
        lower_upper=tril(3),
    ),
    *bijector(
        "tfb.MatvecLU",
        lambda lower_upper: tfb.MatvecLU(tf.convert_to_tensor(lower_upper), [1, 2, 0]),
        reals(3),
        lower_upper=tril(3),
    ),
    *bijector(
        "tfb.ScaleMatvecLinearOperator",
        lambda scale: tfb.ScaleMatvecLinearOperator(_triangular(scale)),
        reals(3),
        scale=tril(3),
    ),
    *bijector(
        "tfb.ScaleMatvecLinearOperatorBlock",
        _block,
        {"x0": reals(3), "x1": reals(2)},
        pack=as_list,
        first=tril(3),
        second=positive(2),
    ),
    *bijector("tfb.Householder", tfb.Householder, reals(3), reflection_axis=sphere(3)),
    *bijector("tfb.Permute", lambda: tfb.Permute([2, 0, 1]), reals(3)),
    *bijector("tfb.Permute(axis)", lambda: tfb.Permute([1, 0], axis=-2), reals(2, 3)),
    *bijector("tfb.Transpose", lambda: tfb.Transpose([1, 0]), reals(2, 3), drawn(3, 2)),
    *bijector("tfb.Cumsum", tfb.Cumsum, reals(4)),
    *bijector("tfb.Ascending", tfb.Ascending, reals(4)),
    *bijector("tfb.SoftmaxCentered", tfb.SoftmaxCentered, reals(3), drawn(4)),
    *bijector("tfb.IteratedSigmoidCentered", tfb.IteratedSigmoidCentered, reals(3), drawn(4)),
    *bijector("tfb.UnitVector", tfb.UnitVector, reals(3), drawn(4)),
    *bijector("tfb.DiscreteCosineTransform", tfb.DiscreteCosineTransform, reals(6)),
    *bijector("tfb.DiscreteCosineTransform(3)", lambda: tfb.DiscreteCosineTransform(3), reals(4), reals=("float32",)),
    *bijector("tfb.FillTriangular", tfb.FillTriangular, reals(6), drawn(3, 3)),
    *bijector(
        "tfb.FillTriangular(upper)", lambda: tfb.FillTriangular(upper=True), reals(3), drawn(2, 2), reals=("float32",)
    ),
    *bijector("tfb.FillScaleTriL", tfb.FillScaleTriL, reals(6), drawn(3, 3), reals=("float32",)),
    *bijector(
        "tfb.FillScaleTriL(Exp)",
        lambda: tfb.FillScaleTriL(tfb.Exp(), None),
        reals(3),
        drawn(2, 2),
    ),
    *bijector("tfb.CorrelationCholesky", tfb.CorrelationCholesky, reals(3), drawn(3, 3)),
    *bijector("tfb.CholeskyOuterProduct", tfb.CholeskyOuterProduct, tril(3), positive_definite(3)),
    *bijector("tfb.CholeskyToInvCholesky", tfb.CholeskyToInvCholesky, tril(3)),
    *bijector("tfb.MatrixInverseTriL", tfb.MatrixInverseTriL, tril(3)),
    *bijector("tfb.TransformDiagonal(Exp)", lambda: tfb.TransformDiagonal(tfb.Exp()), tril(3)),
    *bijector("tfb.Pad", tfb.Pad, reals(3), drawn(4)),
    *bijector(
        "tfb.Pad(both sides)",
        lambda: tfb.Pad([[1, 2]], constant_values=2),
        reals(3),
        drawn(6),
        reals=("float32",),
    ),
    *bijector("tfb.Reshape", lambda: tfb.Reshape([2, 3], [6]), reals(6), drawn(2, 3)),
    *bijector(
        "tfb.Reshape(unknown size)", lambda: tfb.Reshape([2, -1], [-1]), reals(6), drawn(2, 3), reals=("float32",)
    ),
]
