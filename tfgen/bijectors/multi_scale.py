"""Flows of images that let half of the channels go at each scale."""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfgen.bijectors.entries import reshape_events
from tfgen.bijectors.one_pass import OnePassBijector
from tfgen.bijectors.squeeze import SqueezeBijector

__all__ = ["MultiScaleBijector"]

Prior = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""From the channels that stay to location and log-scale of those that go."""


class MultiScaleBijector(OnePassBijector):
    """A flow of several scales: at each the image is squeezed, passes a flow, and half of its channels go.

    What goes is standardised by a learned prior given what stays, e = (out − μ(h))·e^(−s(h)), so that all of z is
    standard normal where the model is right; log |det| counts −Σ s. Without a prior it goes as it is. The last scale
    keeps all of its channels. z has x's shape, with the scales one after another in memory, the finest first: its rows
    and columns mean nothing.

    Args:
        scales: a flow of images [height, width, channels] for each scale.
        priors: for each scale but the last; None is a standard normal.
        event_shape: [height, width, channels] of x; both divisible by 2 to the number of scales.
        name: TFP's.

    Raises:
        ValueError: where the numbers do not fit.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 3.6; Kingma and Dhariwal, *Glow*, NeurIPS
        2018, figure 2.
    """

    def __init__(
        self,
        *,
        scales: Sequence[OnePassBijector],
        priors: Sequence[Prior | None],
        event_shape: tuple[int, int, int],
        name: str = "multi_scale",
    ) -> None:
        factor = 2 ** len(scales)
        if not scales or len(priors) != len(scales) - 1 or event_shape[0] % factor or event_shape[1] % factor:
            raise ValueError(
                "`priors` must be one fewer than `scales`, and height and width of `event_shape` divisible by 2 for "
                f"each scale. Received: {len(scales)} scales, {len(priors)} priors, event_shape={event_shape}"
            )
        self.scales, self.priors, self.event_shape = tuple(scales), tuple(priors), event_shape
        parameters = {"scales": scales, "priors": priors, "event_shape": event_shape, "name": name}
        super().__init__(dtype=scales[0].dtype, event_ndims=3, name=name, parameters=parameters)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        squeeze = SqueezeBijector(dtype=self.dtype.name)
        parts, total, h = [], tf.zeros([], x.dtype), x
        for index, scale in enumerate(self.scales):
            h, log_det = scale.inverse_and_log_det(squeeze.inverse_and_log_det(h)[0])
            total += log_det
            if index < len(self.priors):
                h, out = tf.split(h, 2, axis=-1)
                if (prior := self.priors[index]) is not None:
                    location, log_scale = prior(h)
                    out = (out - location) * tf.exp(-log_scale)
                    total -= tf.reduce_sum(log_scale, axis=[-3, -2, -1])
                parts.append(_flat(out))
        parts.append(_flat(h))
        return reshape_events(tf.concat(_broadcast(parts), axis=-1), 1, self.event_shape), total

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        squeeze = SqueezeBijector(dtype=self.dtype.name)
        shapes = self._shapes()
        *parts, last = tf.split(_flat(z), [height * width * channels for height, width, channels in shapes], axis=-1)
        h, total = reshape_events(last, 1, shapes[-1]), tf.zeros([], z.dtype)
        for index in reversed(range(len(self.scales))):
            if index < len(self.priors):
                out = reshape_events(parts[index], 1, shapes[index])
                if (prior := self.priors[index]) is not None:
                    location, log_scale = prior(h)
                    out = out * tf.exp(log_scale) + location
                    total += tf.reduce_sum(log_scale, axis=[-3, -2, -1])
                h = tf.concat(_broadcast([h, out], event_ndims=3), axis=-1)
            h, log_det = self.scales[index].forward_and_log_det(h)
            h = squeeze.forward_and_log_det(h)[0]
            total += log_det
        return h, total

    def _shapes(self) -> list[tuple[int, int, int]]:
        """Of what goes at each scale, and of what is left at the last."""
        height, width, channels = self.event_shape
        shapes = []
        for index in range(len(self.scales)):
            height, width, channels = height // 2, width // 2, channels * 4
            channels = channels // 2 if index < len(self.priors) else channels
            shapes.append((height, width, channels))
        return shapes


def _flat(value: tf.Tensor) -> tf.Tensor:
    """An image as a vector."""
    return reshape_events(value, 3, [value.shape[-3:].num_elements()])


def _broadcast(values: list[tf.Tensor], *, event_ndims: int = 1) -> list[tf.Tensor]:
    """Values with the batch shape to which those of all broadcast: a context may have widened some alone."""
    leads = [value.shape[: value.shape.rank - event_ndims] for value in values]
    if all(lead.is_compatible_with(leads[0]) for lead in leads):
        return values
    shape = functools.reduce(tf.broadcast_dynamic_shape, [tf.shape(value)[:-event_ndims] for value in values])
    return [tf.broadcast_to(value, tf.concat([shape, value.shape[-event_ndims:]], axis=0)) for value in values]
