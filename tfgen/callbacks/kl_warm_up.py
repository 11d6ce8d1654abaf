"""A KL that is let in slowly."""

import keras

from tfgen.layers.arguments import checked_count
from tfgen.models.latent import LatentModel

__all__ = ["KLWarmUp"]


class KLWarmUp(keras.callbacks.Callback):
    """Raises the weight of the KL from 0 to the model's β over the first steps: min(1, t/T)·β at step t.

    At the beginning the decoder ignores z, and the KL then teaches the encoder to say nothing: a posterior collapses
    before the decoder has learned to listen. While the KL weighs little, z carries as much as it can.

    The step is the optimiser's, so that a training that goes on after an interruption goes on here too. With several
    steps an execution the weight changes from execution to execution.

    Args:
        steps: T.

    Raises:
        ValueError: for a count below one; when `fit` begins, for a model without a weight of its KL.

    Reference:
        Bowman et al., *Generating sentences from a continuous space*, CoNLL 2016, section 3.1; Sønderby et al.,
        *Ladder variational autoencoders*, NeurIPS 2016, section 2.3.

    Example:
        >>> from tfgen.models import VAE
        >>> vae = VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(4,), beta=1.0)
        >>> vae.compile("adam")
        >>> history = vae.fit(vae.sample(8, seed=0), epochs=2, verbose=0, callbacks=[KLWarmUp(steps=4)])
        >>> float(vae.kl_weight.numpy())  # of the second step: weights change before a step
        0.25
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = checked_count("steps", steps)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Refuses a model without a weight."""
        del logs
        model = self.model
        if not (isinstance(model, LatentModel) and model.penalised):
            raise ValueError(
                "KLWarmUp needs a model with a weight of its KL, such as VAE(…, beta=1.0). "
                f"Received: {type(model).__name__}"
            )

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Sets the weight of the next step."""
        del batch, logs
        target = 1.0 if self.model.beta is None else self.model.beta
        step = int(self.model.optimizer.iterations.numpy())
        self.model.kl_weight.assign(target * min(1.0, step / self.steps))
