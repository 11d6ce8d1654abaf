"""Gaussian and Student processes, by several kernels."""

from typing import Any

import numpy as np
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.structure import dtype_of
from benchmarks.coverage.values import Values, between, positive, reals, tril

__all__ = ["CASES"]

tfd, tfk = tfp.distributions, tfp.math.psd_kernels
_KINDS = ("log_prob", "sample", "mean", "stddev")
_KERNEL: dict[str, Any] = {"amplitude": positive(), "length_scale": positive()}


def _grid(count: int, size: int = 1) -> Values:
    """Places that lie apart: a covariance that any precision can factor."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        steps = np.cumsum(rng.uniform(0.5, 1.5, (*shape[:-1], 1)), -2)
        return np.broadcast_to(steps, shape) + 0.1 * rng.normal(size=shape)

    return Values(draw, (count, size))


def _gaussian(kernel: Any, points: Any, noise: float = 0.1) -> Any:
    return tfd.GaussianProcess(kernel, points, observation_noise_variance=np.asarray(noise, dtype_of(points)))


def _periodic(amplitude: Any, length_scale: Any, points: Any) -> Any:
    return _gaussian(tfk.ExpSinSquared(amplitude, length_scale, period=np.asarray(3, dtype_of(points))), points)


def _sum(amplitude: Any, length_scale: Any, points: Any) -> Any:
    dtype = dtype_of(points)
    linear = tfk.Linear(np.asarray(0.3, dtype), np.asarray(0.5, dtype), np.asarray(0, dtype))
    rational = tfk.RationalQuadratic(amplitude, length_scale, scale_mixture_rate=np.asarray(1.5, dtype))
    return _gaussian(tfk.MaternThreeHalves(amplitude, length_scale) + linear * rational, points)


def _regression(amplitude: Any, length_scale: Any, points: Any, seen: Any, values: Any) -> Any:
    return tfd.GaussianProcessRegressionModel(
        tfk.MaternFiveHalves(amplitude, length_scale),
        index_points=points,
        observation_index_points=seen,
        observations=values,
        observation_noise_variance=np.asarray(0.2, dtype_of(points)),
    )


def _student_regression(df: Any, amplitude: Any, length_scale: Any, points: Any, seen: Any, values: Any) -> Any:
    return tfd.StudentTProcessRegressionModel(
        df,
        tfk.ExponentiatedQuadratic(amplitude, length_scale),
        index_points=points,
        observation_index_points=seen,
        observations=values,
        observation_noise_variance=np.asarray(0.2, dtype_of(points)),
    )


def _variational(points: Any, inducing: Any, loc: Any, scale: Any) -> Any:
    dtype = dtype_of(points)
    return tfd.VariationalGaussianProcess(
        tfk.ExponentiatedQuadratic(np.asarray(1.2, dtype), np.asarray(0.8, dtype)),
        index_points=points,
        inducing_index_points=inducing,
        variational_inducing_observations_loc=loc,
        variational_inducing_observations_scale=scale,
        observation_noise_variance=np.asarray(0.1, dtype),
    )


CASES: list[Case] = [
    *law(
        "tfd.GaussianProcess(ExponentiatedQuadratic)",
        lambda amplitude, length_scale, points: _gaussian(tfk.ExponentiatedQuadratic(amplitude, length_scale), points),
        reals(5),
        kinds=(*_KINDS, "entropy", "mode"),
        points=_grid(5),
        **_KERNEL,
    ),
    *law(
        "tfd.GaussianProcess(MaternFiveHalves, 2 features)",
        lambda amplitude, length_scale, points: _gaussian(tfk.MaternFiveHalves(amplitude, length_scale), points),
        reals(4),
        kinds=_KINDS,
        points=_grid(4, 2),
        **_KERNEL,
    ),
    *law("tfd.GaussianProcess(ExpSinSquared)", _periodic, reals(4), kinds=("log_prob",), points=_grid(4), **_KERNEL),
    *law(
        "tfd.GaussianProcess(MaternThreeHalves + Linear * RationalQuadratic)",
        _sum,
        reals(4),
        kinds=("log_prob", "sample"),
        points=_grid(4),
        **_KERNEL,
    ),
    *law(
        "tfd.GaussianProcessRegressionModel(MaternFiveHalves)",
        _regression,
        reals(3),
        kinds=_KINDS,
        points=_grid(3),
        seen=_grid(5),
        values=reals(5),
        **_KERNEL,
    ),
    *law(
        "tfd.VariationalGaussianProcess",
        _variational,
        reals(4),
        kinds=_KINDS,
        points=_grid(4),
        inducing=_grid(3),
        loc=reals(3),
        scale=tril(3),
    ),
    *law(
        "tfd.StudentTProcess(ExponentiatedQuadratic)",
        lambda df, amplitude, length_scale, points: tfd.StudentTProcess(
            df,
            tfk.ExponentiatedQuadratic(amplitude, length_scale),
            points,
            observation_noise_variance=np.asarray(0.1, dtype_of(points)),
        ),
        reals(4),
        kinds=_KINDS,
        df=between(3, 8),
        points=_grid(4),
        **_KERNEL,
    ),
    *law(
        "tfd.StudentTProcessRegressionModel(ExponentiatedQuadratic)",
        _student_regression,
        reals(3),
        kinds=_KINDS,
        df=between(3, 8),
        points=_grid(3),
        seen=_grid(4),
        values=reals(4),
        **_KERNEL,
    ),
]
