"""Couplings: one part of an event is changed by what the other part says."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.one_pass import OnePassBijector
from tfgen.bijectors.partition import Partition
from tfgen.bijectors.transformers import Transformer

__all__ = ["CouplingBijector"]


class CouplingBijector(OnePassBijector):
    """Changes one part of a vector, entry by entry, or of an image's channels, as functions of the other part tell.

    With (k, c) the parts of z that the mask keeps and changes, and θ = conditioner(k):

        forward   x = (k, T(c; θ)),        log |det ∂x/∂z| = Σ_i log ∂T(c_i; θ_i)/∂c_i
        inverse   z = (k, T⁻¹(c; θ)),      log |det ∂z/∂x| = minus that

    Args:
        partition: which entries of the last axis are kept and which changed.
        conditioner: from kept entries [..., kept] to the transformer's flat parameters [..., size·changed].
        transformer: T.
        event_ndims: 1 for vectors, 3 for images; log |det| sums over all of these axes.
        dtype: of the values.
        name: TFP's.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, equations 7 and 8; Durkan et al., *Neural spline
        flows*, NeurIPS 2019, section 2.1.
    """

    def __init__(
        self,
        *,
        partition: Partition,
        conditioner: Callable[[tf.Tensor], tf.Tensor],
        transformer: Transformer,
        event_ndims: int = 1,
        dtype: str = "float32",
        name: str = "coupling",
    ) -> None:
        self.partition, self.conditioner, self.transformer = partition, conditioner, transformer
        parameters = {
            "partition": partition,
            "conditioner": conditioner,
            "transformer": transformer,
            "event_ndims": event_ndims,
            "dtype": dtype,
            "name": name,
        }
        super().__init__(dtype=tf.as_dtype(dtype), event_ndims=event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        kept, changed = self.partition.split(z)
        return self._joined(kept, changed, *self.transformer.forward(changed, self.conditioner(kept)))

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        kept, changed = self.partition.split(x)
        return self._joined(kept, changed, *self.transformer.inverse(changed, self.conditioner(kept)))

    def _joined(
        self, kept: tf.Tensor, before: tf.Tensor, after: tf.Tensor, log_slope: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Both parts together; a conditioner's batch may have made the changed one wider."""
        if not kept.shape[:-1].is_compatible_with(after.shape[:-1]):
            lead = tf.shape(after)[:-1]
            kept = tf.broadcast_to(kept, tf.concat([lead, tf.shape(kept)[-1:]], axis=0))
        if log_slope.shape.rank != before.shape.rank:  # one that does not depend on the row is one row's
            log_slope = log_slope + tf.zeros_like(before)
        axes = -1 if self.event_ndims == 1 else list(range(-self.event_ndims, 0))
        return self.partition.merge(kept, after), tf.reduce_sum(log_slope, axis=axes)
