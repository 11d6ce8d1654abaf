"""What one experiment of the demo is, and what comes out of it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tfgen.models import BoundModel, GenerativeModel

__all__ = ["Experiment", "Outcome", "Progress"]

Rows = dict[str, NDArray[np.float32]]
Progress = Callable[[float, str], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """One model on one data set, with what it is judged by.

    Attributes:
        name: of the bundle's folder and of the picture.
        title: for people.
        model: makes the untrained model.
        train: what to fit.
        validation: what early stopping looks at; None for known densities, where training takes all its steps.
        test: the held-out rows.
        reference: what the model is judged beside, in a word: `truth`, or a rival such as `Gaussian`.
        reference_log_prob: the reference's log-density of the held-out rows, [n] nats.
        batch_size: of training.
        epochs: over `train`; the most, where early stopping ends sooner.
        optimizer: makes the optimizer, given how many steps there will be.
        bound_samples: K of the importance-weighted bound that a model without an exact likelihood is judged by.
        pictures: draws the trained model (its `history` holds the training's), by the pictures' names.
    """

    name: str
    title: str
    model: Callable[[], GenerativeModel]
    train: Rows
    validation: Rows | None = None
    test: Rows
    reference: str
    reference_log_prob: NDArray[np.float64]
    batch_size: int
    epochs: int
    optimizer: Callable[[int], keras.optimizers.Optimizer]
    bound_samples: int = 5000
    pictures: Callable[[Any], dict[str, Figure]]

    @property
    def known(self) -> bool:
        """Whether the reference is the truth, not merely a rival."""
        return self.validation is None

    def fit(self, progress: Progress) -> GenerativeModel:
        """Trains a model.

        Args:
            progress: told the share done and the last loss.
        """
        keras.utils.set_random_seed(0)
        model = self.model()
        steps = self.epochs * -(-len(self.train["x"]) // self.batch_size)
        model.compile(self.optimizer(steps), steps_per_execution=50 if self.known else 1)
        callbacks: list[Any] = [_Report(steps, progress)]
        arguments: dict[str, Any] = {}
        if not self.known:
            arguments["validation_data"] = (self.validation,)
            # Of a bound there is no one term to watch, and nothing is regularised but by its own KL.
            monitor = "val_nll" if "nll" in model.term_names else "val_loss"
            callbacks.append(keras.callbacks.EarlyStopping(monitor, mode="min", patience=40, restore_best_weights=True))
        model.fit(
            self.train, batch_size=self.batch_size, epochs=self.epochs, verbose=0, callbacks=callbacks, **arguments
        )
        return model

    def log_prob(self, model: GenerativeModel) -> NDArray[np.float32]:
        """The trained model's log-density of the held-out rows or, where that is not known, a tight bound of it.

        Args:
            model: the trained model.

        Returns:
            [n], in nats.
        """
        if isinstance(model, BoundModel):
            return model.bound(**self.test, num_samples=self.bound_samples, seed=0).numpy()
        return model.score(**self.test).numpy()


class _Report(keras.callbacks.Callback):
    """Tells how far the training is."""

    def __init__(self, steps: int, progress: Progress) -> None:
        super().__init__()
        self.steps, self.progress, self.done = steps, progress, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done = int(self.model.optimizer.iterations)
        if done - self.done >= 50:  # not every step: reading the loss waits for it
            self.done = done
            nats = sum(float((logs or {})[name]) for name in self.model.term_names)
            self.progress(done / self.steps, f"{nats:.3f} nats")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What an experiment gave.

    Attributes:
        experiment: which.
        nats: the model's mean −log p of a held-out row.
        reference_nats: the reference's.
        gap: mean and standard error of (model − reference), paired, in nats.
        difference: the largest between the runtimes, max |a − b| / max(1, |b|), of the held-out rows' scores.
        endpoints: the same for each endpoint, on rows of `tfgen verify`.
        bundle: where the model is.
        pictures: where its pictures are.
        seconds: that training took.
    """

    experiment: Experiment
    nats: float
    reference_nats: float
    gap: tuple[float, float]
    difference: float
    endpoints: dict[str, float]
    bundle: Path
    pictures: tuple[Path, ...]
    seconds: float
