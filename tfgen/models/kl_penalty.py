"""What an objective adds to the negative ELBO so that latent dimensions are used, or given up."""

import tensorflow as tf

__all__ = ["kl_penalty"]


def kl_penalty(kl: tf.Tensor, beta: tf.Tensor, free_bits: float) -> tf.Tensor:
    """β Σ_j max(λ, mean_i KL_ij) − Σ_j KL_ij, such that its mean over the batch is what the objective adds.

    A dimension whose mean KL over the batch is below λ costs λ, however little it is used: it has no reason to fall
    back to the prior, and gets no gradient from there.

    Args:
        kl: [batch, latent_dim], in nats.
        beta: β.
        free_bits: λ, in nats a dimension.

    Returns:
        [batch], in nats.

    Reference:
        Higgins et al., *β-VAE*, ICLR 2017, equation 4; Kingma et al., *Improving variational inference with inverse
        autoregressive flow*, NeurIPS 2016, appendix C.8, with a group for each dimension.
    """
    total = tf.reduce_sum(kl, axis=-1)
    beta = tf.cast(beta, kl.dtype)
    if free_bits == 0:
        return (beta - 1) * total
    missing = tf.maximum(tf.cast(free_bits, kl.dtype) - tf.reduce_mean(kl, axis=0), 0)
    return (beta - 1) * total + beta * tf.reduce_sum(missing)
