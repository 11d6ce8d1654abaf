"""Doubly reparameterised gradients of importance-weighted bounds."""

from collections.abc import Callable

import tensorflow as tf

__all__ = ["doubly_reparameterised_bound"]


def doubly_reparameterised_bound(z: tf.Tensor, weigh: Callable[[tf.Tensor], tf.Tensor], num_samples: int) -> tf.Tensor:
    """log (1/K) Σ_k w_k, whose gradient by the posterior's parameters φ is Σ_k w̃_k² (∂ log w_k/∂z_k)(∂z_k/∂φ).

    w̃ are the normalised weights. The plain gradient has a score-function term, whose mean is no help and whose noise
    outgrows the signal as K grows (Rainforth et al. 2018); here it is reparameterised once more. By all other
    parameters the gradient is the plain one, Σ_k w̃_k ∂ log w_k.

    Args:
        z: [batch · K, latent_dim], draws through which φ is reached.
        weigh: from z to log w, [batch · K]; it must not reach φ by another way than z.
        num_samples: K.

    Returns:
        [batch], in nats.

    Reference:
        Tucker et al., *Doubly reparameterized gradient estimators for Monte Carlo objectives*, ICLR 2019, equation 8.
    """
    held = tf.stop_gradient(z)
    with tf.GradientTape() as tape:
        tape.watch(held)
        log_weights = weigh(held)
    slope = tape.gradient(log_weights, held)  # rows do not see one another: each row's own
    by_example = tf.reshape(log_weights, [-1, num_samples])
    share = tf.stop_gradient(tf.reshape(tf.nn.softmax(by_example, axis=-1), [-1, 1]))
    path = tf.stop_gradient(tf.square(share) * slope)
    # Nought in value, and all of φ's gradient.
    along = tf.reduce_sum(tf.reshape(path * (z - held), [-1, num_samples * z.shape[-1]]), axis=-1)
    size = tf.math.log(tf.cast(num_samples, by_example.dtype))
    return tf.reduce_logsumexp(by_example, axis=-1) - size + along
