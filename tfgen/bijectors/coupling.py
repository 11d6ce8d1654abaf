"""Couplings: one part of an event is changed by what the other part says."""

import itertools
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfgen.bijectors.one_pass import OnePassBijector
from tfgen.bijectors.partition import Partition
from tfgen.bijectors.transformers import Transformer

__all__ = ["CouplingBijector", "CouplingSequence", "join_couplings"]


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
        return run_couplings([self], z, inverse=False)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        return run_couplings([self], x, inverse=True)

    def change(self, kept: tf.Tensor, changed: tf.Tensor, *, inverse: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """The changed part, and the log-det-Jacobian of its change.

        Args:
            kept: [..., kept].
            changed: [..., changed], as it was.
            inverse: from x to z.
        """
        direction = self.transformer.inverse if inverse else self.transformer.forward
        after, log_slope = direction(changed, self.conditioner(kept))
        if log_slope.shape.rank != changed.shape.rank:  # one that does not depend on the row is one row's
            log_slope = log_slope + tf.zeros_like(changed)
        return after, tf.reduce_sum(log_slope, axis=-1 if self.event_ndims == 1 else list(range(-self.event_ndims, 0)))


class CouplingSequence(OnePassBijector):
    """f_1 ∘ … ∘ f_n of couplings that part their vectors alike, each keeping the one part or the other.

    The same as their chain, but that the parts stay apart in between: neither gathers nor concatenations.

    Args:
        couplings: f_1 to f_n, forward applying the last first.
        name: TFP's.
    """

    def __init__(self, couplings: Sequence[CouplingBijector], *, name: str = "coupling_sequence") -> None:
        self.couplings = tuple(couplings)
        first = self.couplings[0]
        parameters = {"couplings": couplings, "name": name}
        super().__init__(dtype=first.dtype, event_ndims=first.event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        return run_couplings(self.couplings[::-1], z, inverse=False)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        return run_couplings(self.couplings, x, inverse=True)


def join_couplings(bijectors: Sequence[OnePassBijector]) -> list[OnePassBijector]:
    """The same bijectors, neighbouring couplings that part their vectors alike as one sequence."""
    joined: list[OnePassBijector] = []
    for alike, group in itertools.groupby(bijectors, key=_split):
        members = list(group)
        couplings = [member for member in members if isinstance(member, CouplingBijector)]
        joined += [CouplingSequence(couplings)] if alike is not None and len(members) > 1 else members
    return joined


def run_couplings(
    couplings: Sequence[CouplingBijector], value: tf.Tensor, *, inverse: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Couplings that part a value alike, one after the other in the order given."""
    partition = couplings[0].partition
    kept, changed = partition.split(value)
    total: tf.Tensor | None = None
    for coupling in couplings:
        if coupling.partition.kept == partition.kept:
            changed, log_det = coupling.change(kept, changed, inverse=inverse)
        else:
            kept, log_det = coupling.change(changed, kept, inverse=inverse)
        total = log_det if total is None else total + log_det
    # A conditioner's batch may have made one part wider.
    if not kept.shape[:-1].is_compatible_with(changed.shape[:-1]):
        lead = tf.broadcast_dynamic_shape(tf.shape(kept)[:-1], tf.shape(changed)[:-1])
        kept, changed = (tf.broadcast_to(part, tf.concat([lead, tf.shape(part)[-1:]], 0)) for part in (kept, changed))
    return partition.merge(kept, changed), total


def _split(bijector: OnePassBijector) -> frozenset[tuple[int, ...]] | None:
    """What tells how a coupling parts its vectors, whichever part it keeps; None of all else."""
    if not isinstance(bijector, CouplingBijector):
        return None
    return frozenset((tuple(bijector.partition.kept), tuple(bijector.partition.changed)))
