"""KL(q(z | x) ‖ p(z)), in closed form where there is one."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.distributions.independent import _Independent

__all__ = ["latent_kl"]


def latent_kl(
    posterior: tfd.Distribution, prior: tfd.Distribution, z: tf.Tensor, log_posterior: tf.Tensor
) -> tf.Tensor:
    """The KL divergence, dimension by dimension where it is their sum.

    - Of two diagonal Gaussians, each dimension's in closed form.
    - Of a full Gaussian N(μ, L Lᵀ) to a diagonal one N(m, diag s²), as one number,
      Σ_j [(Σ_i L_ji² + (μ_j − m_j)²)/(2 s_j²) − ½ + log s_j − log L_jj].
    - Of others log q(z | x) − log p(z) of the one draw z, which has the KL's mean and may be negative.

    Args:
        posterior: q(z | x), of batch shape [batch].
        prior: p(z), of batch shape [] or [batch].
        z: [batch, latent_dim], drawn from the posterior.
        log_posterior: [batch], log q(z | x).

    Returns:
        [batch, latent_dim], or [batch, 1] where it is not a sum over dimensions; in nats.
    """
    if _diagonal(prior) and _diagonal(posterior):
        return tfd.kl_divergence(posterior.distribution, prior.distribution)
    if _diagonal(prior) and isinstance(posterior, tfd.MultivariateNormalTriL):
        location, scale = prior.distribution.loc, prior.distribution.scale
        triangle = posterior.scale_tril
        variance = tf.reduce_sum(tf.square(triangle / scale[..., tf.newaxis]), axis=-1)
        distance = tf.square((posterior.loc - location) / scale)
        entropy = tf.math.log(tf.linalg.diag_part(triangle))
        each = 0.5 * (variance + distance - 1.0) + tf.math.log(scale) - entropy
        return tf.reduce_sum(each, axis=-1, keepdims=True)
    return (log_posterior - prior.log_prob(z))[:, tf.newaxis]


def _diagonal(distribution: tfd.Distribution) -> bool:
    return isinstance(distribution, _Independent) and isinstance(distribution.distribution, tfd.Normal)
