"""Draws of normals, scalar and multivariate."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.noise.draw.registry import register_draw
from tfgen.noise.noise import Noise

__all__: list[str] = []


@register_draw(tfd.Normal)
def _normal(distribution: tfd.Normal, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return distribution.loc + distribution.scale * noise.normal(shape, distribution.dtype)


@register_draw(tfd.MultivariateNormalLinearOperator)
def _multivariate_normal(
    distribution: tfd.MultivariateNormalLinearOperator, noise: Noise, shape: tuple[int, ...]
) -> tf.Tensor:
    # L ε as a sum, not as a matrix product: small events, and no dependence on a product's batch layout.
    scale = distribution.scale.to_dense()
    normal = noise.normal(shape, distribution.dtype)
    centred = tf.reduce_sum(scale * normal[..., tf.newaxis, :], axis=-1)
    return centred if distribution.loc is None else distribution.loc + centred
