"""Distributions of matrices."""

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, drawn, reals, tril

__all__ = ["CASES"]

tfd = tfp.distributions
_KINDS = ("log_prob", "sample", "mean", "entropy", "mode", "stddev")


def _operator(matrix: Any) -> Any:
    return tf.linalg.LinearOperatorLowerTriangular(matrix)


CASES: list[Case] = [
    *law(
        "tfd.LKJ",
        lambda concentration: tfd.LKJ(3, concentration),
        drawn(3, 3),
        kinds=("log_prob", "mean", "mode"),
        concentration=between(1.2, 4),
    ),
    *law(
        "tfd.LKJ",
        lambda concentration: tfd.LKJ(3, concentration),
        drawn(3, 3),
        kinds=("sample",),
        rows=3,
        concentration=between(1.2, 4),
    ),
    *law(
        "tfd.CholeskyLKJ",
        lambda concentration: tfd.CholeskyLKJ(3, concentration),
        drawn(3, 3),
        kinds=("log_prob", "mean", "mode"),
        concentration=between(1.2, 4),
    ),
    *law(
        "tfd.CholeskyLKJ",
        lambda concentration: tfd.CholeskyLKJ(3, concentration),
        drawn(3, 3),
        kinds=("sample",),
        rows=3,
        concentration=between(1.2, 4),
    ),
    *law(
        "tfd.WishartTriL",
        tfd.WishartTriL,
        drawn(3, 3),
        kinds=_KINDS,
        df=between(4.5, 8),
        scale_tril=tril(3),
    ),
    *law(
        "tfd.WishartTriL(input_output_cholesky)",
        lambda df, scale_tril: tfd.WishartTriL(df, scale_tril, input_output_cholesky=True),
        drawn(2, 2),
        kinds=("log_prob", "sample"),
        df=between(4.5, 8),
        scale_tril=tril(2),
    ),
    *law(
        "tfd.WishartLinearOperator",
        lambda df, scale: tfd.WishartLinearOperator(df, _operator(scale)),
        drawn(2, 2),
        kinds=_KINDS,
        df=between(4.5, 8),
        scale=tril(2),
    ),
    *law(
        "tfd.MatrixNormalLinearOperator",
        lambda loc, row, column: tfd.MatrixNormalLinearOperator(loc, _operator(row), _operator(column)),
        reals(3, 2),
        kinds=_KINDS,
        rows=3,
        loc=reals(3, 2),
        row=tril(3),
        column=tril(2),
    ),
    *law(
        "tfd.MatrixTLinearOperator",
        lambda df, loc, row, column: tfd.MatrixTLinearOperator(df, loc, _operator(row), _operator(column)),
        reals(3, 2),
        kinds=_KINDS,
        rows=3,
        df=between(4.5, 8),
        loc=reals(3, 2),
        row=tril(3),
        column=tril(2),
    ),
]
