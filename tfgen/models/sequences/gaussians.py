"""Diagonal Gaussians of each step: locations and scales, densities and divergences."""

import tensorflow as tf

from tfgen.layers.distributions import IndependentNormal

__all__ = ["densities", "location_and_scale"]

Gaussian = tuple[tf.Tensor, tf.Tensor]
"""A location and a scale, [rows, size] each."""


def location_and_scale(layer: IndependentNormal, parameters: tf.Tensor) -> Gaussian:
    """Those of a layer of independent normals, of what its projection gave."""
    normal = layer.make_distribution(parameters).distribution
    return normal.loc, normal.scale


def densities(
    log_likelihood: tf.Tensor, z: tf.Tensor, posterior: Gaussian, prior: Gaussian | None
) -> dict[str, tf.Tensor]:
    r"""What a step with a latent variable is worth.

    $$\mathrm{KL}(q\|p) = \sum_j \ln\frac{\sigma_{p}}{\sigma_{q}} + \frac{\sigma_q^2 + (\mu_q - \mu_p)^2}{2\sigma_p^2}
    - \frac12$$

    Args:
        log_likelihood: log p(x | z), [rows].
        z: [rows, size].
        posterior: q.
        prior: p; None for the standard normal.

    Returns:
        `log_likelihood`, `kl` and `log_weight`, log p(x | z) + log p(z) − log q(z), [rows] each, in nats.
    """
    if prior is None:
        prior = (tf.zeros_like(z), tf.ones_like(z))
    (mean, scale), (prior_mean, prior_scale) = posterior, prior
    log_ratio = tf.math.log(prior_scale / scale)
    kl = log_ratio + 0.5 * (tf.square(scale / prior_scale) + tf.square((mean - prior_mean) / prior_scale) - 1.0)
    # log p(z) − log q(z): the normalising constants but for the scales cancel.
    weight = 0.5 * (tf.square((z - mean) / scale) - tf.square((z - prior_mean) / prior_scale)) - log_ratio
    return {
        "log_likelihood": log_likelihood,
        "kl": tf.reduce_sum(kl, axis=-1),
        "log_weight": log_likelihood + tf.reduce_sum(weight, axis=-1),
    }
