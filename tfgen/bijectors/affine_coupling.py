"""The affine coupling of RealNVP."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.one_pass import OnePassBijector
from tfgen.bijectors.partition import Partition

__all__ = ["AffineCouplingBijector"]


class AffineCouplingBijector(OnePassBijector):
    """Scales and shifts one part of a vector by functions of the other.

    With (k, c) the parts of z that the mask keeps and changes, and (t, s) = conditioner(k):

        forward   x = (k, c·eˢ + t),      log |det ∂x/∂z| =  Σ s
        inverse   z = (k, (c − t)·e⁻ˢ),   log |det ∂z/∂x| = −Σ s

    Args:
        partition: which entries are kept and which changed.
        conditioner: from kept entries [..., kept] to shift and log-scale, each [..., changed].
        dtype: of the values.
        name: TFP's.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, equations 7 and 8.
    """

    def __init__(
        self,
        *,
        partition: Partition,
        conditioner: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
        dtype: str = "float32",
        name: str = "affine_coupling",
    ) -> None:
        self.partition = partition
        self.conditioner = conditioner
        parameters = {"partition": partition, "conditioner": conditioner, "dtype": dtype, "name": name}
        super().__init__(dtype=tf.as_dtype(dtype), name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        kept, changed = self.partition.split(z)
        shift, log_scale = self.conditioner(kept)
        x = self._merge(kept, changed * tf.exp(log_scale) + shift)
        return x, _sum_over_event(log_scale, changed)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        kept, changed = self.partition.split(x)
        shift, log_scale = self.conditioner(kept)
        z = self._merge(kept, (changed - shift) * tf.exp(-log_scale))
        return z, -_sum_over_event(log_scale, changed)

    def _merge(self, kept: tf.Tensor, changed: tf.Tensor) -> tf.Tensor:
        """Both parts together; a conditioner's batch may have made the changed one wider."""
        if not kept.shape[:-1].is_compatible_with(changed.shape[:-1]):
            lead = tf.shape(changed)[:-1]
            kept = tf.broadcast_to(kept, tf.concat([lead, tf.shape(kept)[-1:]], axis=0))
        return self.partition.merge(kept, changed)


def _sum_over_event(log_scale: tf.Tensor, changed: tf.Tensor) -> tf.Tensor:
    """Σ s for each row; a log-scale that does not depend on the row is one row's."""
    if log_scale.shape.rank != changed.shape.rank:
        log_scale = log_scale + tf.zeros_like(changed)
    return tf.reduce_sum(log_scale, axis=-1)
