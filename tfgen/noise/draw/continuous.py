"""Draws of continuous families other than normals.

Logarithms and cosines are computed in float64 and rounded once, as those of `Noise.normal` and for its reasons.
"""

import math

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.noise.draw.registry import draw_rows, register_draw
from tfgen.noise.noise import Noise

__all__ = ["standard_logistic"]


def standard_logistic(noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """ln(u/(1 − u)) in float64; 1 − u is exact, as u has 24 binary digits."""
    uniform = noise.uniform(shape, tf.float64)
    return tf.math.log(uniform) - tf.math.log(1.0 - uniform)


@register_draw(tfd.Logistic)
def _logistic(distribution: tfd.Logistic, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return distribution.loc + distribution.scale * tf.cast(standard_logistic(noise, shape), distribution.dtype)


@register_draw(tfd.StudentT)
def _student_t(distribution: tfd.StudentT, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """t = √(ν(u^{−2/ν} − 1))·cos 2πv: the polar method of Bailey, Mathematics of Computation 62, 1994."""
    pair = noise.uniform((*shape, 2), tf.float64)
    freedom = tf.cast(distribution.df, tf.float64)
    radius = tf.sqrt(freedom * tf.math.expm1(-2.0 / freedom * tf.math.log(pair[..., 0])))
    standard = tf.cast(radius * tf.cos(2.0 * math.pi * pair[..., 1]), distribution.dtype)
    return distribution.loc + distribution.scale * standard


@register_draw(tfd.Dirichlet)
def _dirichlet(distribution: tfd.Dirichlet, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """Gamma variables over their sum; in float64, where small concentrations underflow later."""
    gammas = draw_rows(
        tfd.Gamma(tf.cast(distribution.concentration, tf.float64), tf.ones([], tf.float64)), noise, shape
    )
    return tf.cast(gammas / tf.reduce_sum(gammas, axis=-1, keepdims=True), distribution.dtype)
