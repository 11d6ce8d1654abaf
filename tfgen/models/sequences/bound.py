"""Models of sequences with latent variables: bounds that know of masks."""

from typing import Any

import tensorflow as tf

from tfgen.models.bound import BoundModel
from tfgen.models.endpoints import Endpoint
from tfgen.models.sequences.model import SequenceModel

__all__ = ["SequenceBoundModel"]


class SequenceBoundModel(SequenceModel, BoundModel):
    """A `SequenceModel` whose log p(x) is bounded.

    Args:
        **kwargs: as in `SequenceModel` and `BoundModel`.
    """

    def bound(
        self,
        x: Any,
        context: Any = None,
        *,
        mask: Any = None,
        num_samples: int | None = None,
        seed: int | None = None,
    ) -> tf.Tensor:
        """A lower bound of log p(x), in expectation over its noise: see `BoundModel.bound`.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.
            num_samples: K; the model's own where it is None. One gives the ELBO.
            seed: a 32-bit integer, example i then having the noise of (seed, i); None takes one from Keras's global
                generator.

        Returns:
            [batch], in nats a sequence.

        Raises:
            ValueError: for bad input, naming the argument.
        """

        def bound(inputs: dict[str, tf.Tensor], seeds: tf.Tensor, count: int) -> dict[str, tf.Tensor]:
            return {"bound": self.bounded(inputs, seeds, count)}

        return self.run_seeded("bound", bound, {"x": x, "mask": mask, "context": context}, num_samples, seed)["bound"]

    def importance(
        self,
        x: Any,
        context: Any = None,
        *,
        mask: Any = None,
        num_samples: int | None = None,
        seed: int | None = None,
        first_row: int = 0,
    ) -> dict[str, tf.Tensor]:
        """See `BoundModel.importance`: of whole trajectories, without resampling.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.
            num_samples: K; the model's own where it is None.
            seed: as in `bound`.
            first_row: as in `BoundModel.importance`.

        Returns:
            `bound` and `effective_sample_size`, [batch] each.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        given = {"x": x, "mask": mask, "context": context}
        return self.run_seeded("importance", self.weighed, given, num_samples, seed, first_row)

    def _score(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        inputs = self.ready(inputs)
        return {"score": self.checked_score(super()._score(**inputs)["score"], inputs["mask"])}

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, and those of `SequenceModel`."""
        return (*BoundModel.endpoints(self), *SequenceModel.endpoints(self))
