"""Draws of families that are made of others."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.distributions.independent import _Independent
from tensorflow_probability.python.distributions.mixture_same_family import _MixtureSameFamily
from tensorflow_probability.python.distributions.sample import _Sample
from tensorflow_probability.python.distributions.transformed_distribution import _TransformedDistribution
from tensorflow_probability.python.layers.internal.distribution_tensor_coercible import _TensorCoercible

from tfgen.noise.draw.discrete import pick
from tfgen.noise.draw.registry import draw_rows, register_draw
from tfgen.noise.noise import Noise

__all__: list[str] = []

# Of members that are no composite tensors, as a family of one's own, `tfd.Independent(...)` makes an object of the
# class with the underscore, which is the base of the public one.


@register_draw(_TensorCoercible)
def _layer_output(distribution: _TensorCoercible, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # What distribution layers return: the family's object in Keras's wrapping.
    return draw_rows(distribution.tensor_distribution, noise, shape)


@register_draw(_Independent)
def _independent(distribution: tfd.Independent, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return draw_rows(distribution.distribution, noise, shape)


@register_draw(_Sample)
def _sample(distribution: tfd.Sample, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # Its axes come after the batch's: the parameters must leave them room.
    member = distribution.distribution
    for _ in range(distribution.event_shape.rank - member.event_shape.rank):
        member = member[..., tf.newaxis]
    return draw_rows(member, noise, shape)


@register_draw(_MixtureSameFamily)
def _mixture(distribution: tfd.MixtureSameFamily, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    logits = distribution.mixture_distribution.logits_parameter()
    components = distribution.components_distribution
    event_rank = components.event_shape.rank
    batch_shape, event_shape = shape[: len(shape) - event_rank], shape[len(shape) - event_rank :]
    count = logits.shape[-1]
    component = pick(logits, noise.child(0), batch_shape)
    # Every component draws; one is kept by selection, never by a product with zeros, which spreads NaN.
    draws = draw_rows(components, noise.child(1), (*batch_shape, count, *event_shape))
    return tf.gather(draws, component, axis=1 + len(batch_shape), batch_dims=1 + len(batch_shape))


@register_draw(_TransformedDistribution)
def _transformed(distribution: tfd.TransformedDistribution, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # The bijector may change the event's shape, never the batch's.
    batch_shape = shape[: len(shape) - distribution.event_shape.rank]
    base_event_shape = distribution.distribution.event_shape.as_list()
    base = draw_rows(distribution.distribution, noise, (*batch_shape, *base_event_shape))
    return distribution.bijector.forward(base)
