"""Sampling a TFP distribution from noise: one handler for each family."""

from collections.abc import Callable, Sequence
from functools import singledispatch

import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.layers.internal.distribution_tensor_coercible import _TensorCoercible

from tfgen.noise.noise import Noise

__all__ = ["draw", "pick", "register_draw"]


def draw(distribution: tfd.Distribution, noise: Noise) -> tf.Tensor:
    """One draw for each seed row, differentiable where the family is reparameterised.

    A draw is a deterministic function of the distribution's parameters and of the noise: row i depends on
    seed row i and on the parameters of batch member i only. TFP's own samplers are not used, since the same
    seed gives other numbers under XLA.

    Args:
        distribution: batch shape [] (every row draws from the same) or [batch], one member for each seed row.
        noise: the rows' noise.

    Returns:
        [batch, *event_shape].

    Raises:
        TypeError: for a family without a handler, naming it.
        ValueError: where the batch shape has a rank over one.

    Example:
        >>> noise = Noise(tf.constant([[0, 0], [0, 1], [0, 2]]))
        >>> draw(tfd.Normal([0.0, 10.0, 20.0], 0.1), noise).shape.as_list()
        [3]
    """
    if distribution.batch_shape.rank is None or distribution.batch_shape.rank > 1:
        raise ValueError(
            f"`distribution` must have batch shape [] or [batch]. Received: batch_shape={distribution.batch_shape}"
        )
    return _draw(distribution, noise, tuple(distribution.event_shape.as_list()))


def pick(logits: tf.Tensor, noise: Noise, shape: Sequence[int]) -> tf.Tensor:
    """Category numbers by inverse CDF: how many cumulative probabilities lie below a uniform.

    Args:
        logits: [..., *shape, categories], log-probabilities up to a constant.
        noise: the rows' noise.
        shape: one row's shape.

    Returns:
        int32 [batch, *shape].
    """
    if logits.shape[-1] == 1:  # ONNX Runtime sums no entries to a wrong shape
        return tf.zeros_like(noise.uniform(shape, logits.dtype), tf.int32)
    probabilities = tf.nn.softmax(logits, axis=-1)
    cumulative = tf.cumsum(probabilities, axis=-1)
    # Over their own sum the last is exactly 1, and so is the one before it where the last category is impossible.
    cumulative = (cumulative / cumulative[..., -1:])[..., :-1]
    uniform = noise.uniform(shape, logits.dtype)[..., tf.newaxis]
    return tf.reduce_sum(tf.cast(uniform > cumulative, tf.int32), axis=-1)


@singledispatch
def _draw(distribution: tfd.Distribution, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """Draws rows of `shape`: the part of batch and event shape that lies inside one row."""
    raise TypeError(
        f"tfgen cannot sample tfd.{type(distribution).__name__} from noise. "
        "Register a handler with `tfgen.noise.register_draw`, or choose another family."
    )


def register_draw(family: type) -> Callable:
    """Registers `handler(distribution, noise, row_shape) -> [batch, *row_shape]` for a TFP family."""
    return _draw.register(family)


@register_draw(_TensorCoercible)
def _layer_output(distribution: _TensorCoercible, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # What distribution layers return: the family's object in Keras's wrapping.
    return _draw(distribution.tensor_distribution, noise, shape)


@register_draw(tfd.Normal)
def _normal(distribution: tfd.Normal, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return distribution.loc + distribution.scale * noise.normal(shape, distribution.dtype)


@register_draw(tfd.Bernoulli)
def _bernoulli(distribution: tfd.Bernoulli, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    probs = distribution.probs_parameter()
    return tf.cast(noise.uniform(shape, probs.dtype) < probs, distribution.dtype)


@register_draw(tfd.Categorical)
def _categorical(distribution: tfd.Categorical, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return tf.cast(pick(distribution.logits_parameter(), noise, shape), distribution.dtype)


@register_draw(tfd.Independent)
def _independent(distribution: tfd.Independent, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return _draw(distribution.distribution, noise, shape)


@register_draw(tfd.MultivariateNormalLinearOperator)
def _multivariate_normal(
    distribution: tfd.MultivariateNormalLinearOperator, noise: Noise, shape: tuple[int, ...]
) -> tf.Tensor:
    # L ε as a sum, not as a matrix product: small events, and no dependence on a product's batch layout.
    scale = distribution.scale.to_dense()
    normal = noise.normal(shape, distribution.dtype)
    centred = tf.reduce_sum(scale * normal[..., tf.newaxis, :], axis=-1)
    return centred if distribution.loc is None else distribution.loc + centred


@register_draw(tfd.MixtureSameFamily)
def _mixture(distribution: tfd.MixtureSameFamily, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    logits = distribution.mixture_distribution.logits_parameter()
    components = distribution.components_distribution
    event_rank = components.event_shape.rank
    batch_shape, event_shape = shape[: len(shape) - event_rank], shape[len(shape) - event_rank :]
    count = logits.shape[-1]
    component = pick(logits, noise.child(0), batch_shape)
    # Every component draws; one is kept by selection, never by a product with zeros, which spreads NaN.
    draws = _draw(components, noise.child(1), (*batch_shape, count, *event_shape))
    return tf.gather(draws, component, axis=1 + len(batch_shape), batch_dims=1 + len(batch_shape))


@register_draw(tfd.TransformedDistribution)
def _transformed(distribution: tfd.TransformedDistribution, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # The bijector may change the event's shape, never the batch's.
    batch_shape = shape[: len(shape) - distribution.event_shape.rank]
    base_event_shape = distribution.distribution.event_shape.as_list()
    base = _draw(distribution.distribution, noise, (*batch_shape, *base_event_shape))
    return distribution.bijector.forward(base)
