"""Models whose log p(x) is exact."""

import abc
from typing import Any, ClassVar

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.noise import Noise, draw

__all__ = ["ExactModel"]


class ExactModel(GenerativeModel):
    """A model that builds the distribution it stands for, and derives all else from it.

    To add one, follow `GenerativeModel`'s recipe, with `build_distribution` in place of `call` and `endpoints`.

    Args:
        event_shape: the shape of one event x.
        context_shape: the shape of one context, or None.
        **kwargs: as in `GenerativeModel`.
    """

    score_kind: ClassVar[str] = "exact"

    @abc.abstractmethod
    def build_distribution(self, context: tf.Tensor | None = None, training: bool | None = None) -> tfd.Distribution:
        """The model's distribution.

        Args:
            context: [batch, *context_shape] in the density's dtype; None for unconditional models.
            training: whether this is a training step.

        Returns:
            Batch shape [batch], or [] without a context; event shape `event_shape`.
        """

    def call(
        self, inputs: dict[str, tf.Tensor], training: bool | None = None, seeds: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """`nll`, −log p(x | context), [batch], in nats."""
        del seeds
        context = inputs.get("context")
        if context is not None:
            context = tf.cast(context, self.density_dtype)
        distribution = self.build_distribution(context, training=training)
        return {"nll": -distribution.log_prob(tf.cast(inputs["x"], self.density_dtype))}

    def distribution(self, context: Any = None) -> tfd.Distribution:
        """p(x), or p(x | context), as TFP's object: for its mean, mode, cdf or entropy where the family has them.

        Args:
            context: [batch, *context_shape], for conditional models.

        Returns:
            A distribution of batch shape [batch], or [] without a context, whose `log_prob` is this model's. Its own
            `sample` is TFP's, with TFP's seeds; `model.sample` is the one that is the same everywhere.

        Raises:
            ValueError: for a bad, missing or unexpected context.
        """
        return self.build_distribution(**self.context_inputs(context))

    def log_prob(self, x: Any, context: Any = None) -> tf.Tensor:
        """Exact log p(x | context).

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            [batch], in nats.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.score(x, context)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score` and `sample`."""
        dtype = self.density_dtype
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        return (
            Endpoint("score", self._score, self.inputs_spec.specs(dtype, "x", "context")),
            Endpoint("sample", self._sample, (seed, *self.inputs_spec.specs(dtype, "context"))),
        )

    def _score(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"score": self.build_distribution(context).log_prob(x)}

    def _sample(self, seed: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"x": draw(self.build_distribution(context), Noise(seed))}
