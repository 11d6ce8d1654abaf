"""The distribution of a normalising flow."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors.one_pass import OnePassBijector

__all__ = ["Flow"]


class Flow(tfd.TransformedDistribution):
    """p(x) = p_base(f⁻¹(x))·|det ∂f⁻¹/∂x|, with one pass through f⁻¹ for both factors.

    Args:
        distribution: the base, over latent vectors z. Its batch shape is the flow's: [batch] where the bijector has
            a context, else [].
        bijector: f, from z to x.
        name: TFP's.
    """

    def __init__(self, *, distribution: tfd.Distribution, bijector: OnePassBijector, name: str = "flow") -> None:
        # Left to itself, TFP keeps its own constructor's arguments, and `copy` passes them to this one.
        parameters = {"distribution": distribution, "bijector": bijector, "name": name}
        super().__init__(distribution=distribution, bijector=bijector, parameters=parameters, name=name)

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        z, log_det = self.bijector.inverse_and_log_det(x)
        return self.distribution.log_prob(z) + log_det

    def _batch_shape(self) -> tf.TensorShape:
        return self.distribution.batch_shape

    def _batch_shape_tensor(self, **parameters: tf.Tensor) -> tf.Tensor:
        del parameters
        return self.distribution.batch_shape_tensor()
