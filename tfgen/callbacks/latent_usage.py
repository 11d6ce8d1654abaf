"""Collapse, epoch by epoch."""

import functools
import math
from typing import Any

import keras
from numpy.typing import ArrayLike

from tfgen.judging import latent_usage
from tfgen.models.autoencoder import Autoencoder

__all__ = ["LatentUsageMonitor"]


class LatentUsageMonitor(keras.callbacks.Callback):
    """Adds to each epoch's logs which latent dimensions are used, so that a collapse shows while it happens.

    `active_units` is how many dimensions' posterior means vary with the data, and `kl_0`, `kl_1`, … are each
    dimension's mean KL to the prior, in nats: both as `tfgen.judging.latent_usage` measures them. They are in `fit`'s
    history, and callbacks after this one (`CSVLogger`, `TensorBoard`, `EarlyStopping`) see them.

    Args:
        x: [rows, *event_shape], two rows at least: held-out data, rather.
        context: [rows, *context_shape], for conditional models.
        threshold: of the variance of a unit that is active.

    Raises:
        ValueError: when `fit` begins, for what is no VAE, and for posteriors and priors without a mean and a standard
            deviation in closed form, such as flows.

    Reference:
        Burda et al., *Importance weighted autoencoders*, ICLR 2016, section 5.2.

    Example:
        >>> from tfgen.models import VAE
        >>> vae = VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(4,))
        >>> vae.compile("adam")
        >>> x = vae.sample(8, seed=0)
        >>> history = vae.fit(x, epochs=2, verbose=0, callbacks=[LatentUsageMonitor(x)])
        >>> len(history.history["active_units"]), len(history.history["kl_1"])
        (2, 2)
    """

    def __init__(self, x: ArrayLike, context: ArrayLike | None = None, *, threshold: float = 0.01) -> None:
        super().__init__()
        self.x, self.context, self.threshold = x, context, threshold

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Refuses a model that cannot be measured, before anything is trained."""
        del logs
        if not isinstance(self.model, Autoencoder):
            raise ValueError(f"LatentUsageMonitor needs a VAE. Received: {type(self.model).__name__}")
        if math.isnan(self._measure()["kl_0"]):
            raise ValueError(
                "LatentUsageMonitor needs a posterior with a standard deviation in closed form, and finite data. "
                f"Received: {self.model.name}"
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measures."""
        del epoch
        if logs is not None:
            logs.update(self._measure())

    def _measure(self) -> dict[str, float]:
        encode = functools.partial(self.model.run, "encode")
        usage = latent_usage(encode, self.x, self.context, prior=self.model.prior_moments, threshold=self.threshold)
        each = {f"kl_{dimension}": float(kl) for dimension, kl in enumerate(usage.kl)}
        return {"active_units": float(usage.active_units), **each}
