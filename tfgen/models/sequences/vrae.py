"""Variational recurrent autoencoders."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions import IndependentNormal
from tfgen.layers.recurrent import over_time, swapped
from tfgen.models.endpoints import Endpoint
from tfgen.models.latent import LatentModel
from tfgen.models.noise_streams import POSTERIOR, PRIOR
from tfgen.models.priors import StandardPrior
from tfgen.models.sequences.bound import SequenceBoundModel
from tfgen.models.sequences.emitting import EmittingModel
from tfgen.models.sequences.model import checked_steps, masked_sum
from tfgen.models.shapes import rows_of
from tfgen.noise import Noise, draw, seed_rows

__all__ = ["VRAE"]


@keras.saving.register_keras_serializable(package="tfgen")
class VRAE(EmittingModel, SequenceBoundModel, LatentModel):
    """A variational recurrent autoencoder: one z for a whole sequence, and recurrent networks on both sides.

        prior       p(z) = N(0, I)
        likelihood  p(x_1 … x_T | z) = Π_t p(x_t | h_t),  h_t = f(φ_x(x_{t−1}), h_{t−1}), which z decides
        posterior   q(z | x_1 … x_T) = N(μ, σ²)           of the last state of a recurrent network of x

    z is to the decoder what a context is: it decides the first state (`context_as="initial_state"`, the paper's), is an
    input at each step, or both. A decoder as strong as this one may leave z unused: `free_bits` and `beta` are against
    that, and `tfgen.judging.latent_usage` tells.

    Args:
        event_shape: the shape of one step.
        latent_dim: the size of z.
        recognition_units: the widths of the posterior's cells, which are of the kind of `cell` where that is a name,
            else GRUs; as `units` where it is None.
        **kwargs: as in `RecurrentModel` and `LatentModel`: `beta`, `free_bits`, `num_samples`, `training_samples`,
            `gradient_estimator`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Fabius and van Amersfoort, *Variational recurrent auto-encoders*, ICLR workshop 2015, equations 2 to 6.

    Example:
        >>> vrae = VRAE(event_shape=(2,), latent_dim=3, units=16)
        >>> x = vrae.sample(4, steps=10, seed=0)
        >>> z = vrae.encode(x)
        >>> z.shape.as_list(), vrae.decode(z, steps=10, seed=0).shape.as_list()
        ([4, 3], [4, 10, 2])
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        recognition_units: int | tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, latent_dim=latent_dim, **kwargs)
        self.recognition_units = recognition_units
        self.recognition = self.make_recognition(recognition_units, context_as="both")
        self.posterior = IndependentNormal(event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="posterior")
        self.prior = StandardPrior(latent_dim=self.latent_dim, dtype=self.dtype_policy, name="prior")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        features = self.build_features()
        self.recurrence.build_for(features, context=self.latent_dim + (self.context_width or 0))
        self.recognition.build_for(features, context=self.context_width)
        self.posterior.build((None, self.recognition.output_width))
        self.prior.build((None, self.latent_dim))
        self.build_head(self.recurrence.output_width)
        super().build(input_shape)

    def build_prior(self, context: tf.Tensor | None = None, training: bool | None = None) -> tfd.Distribution:
        """See `LatentModel.build_prior`."""
        return self.prior.make_distribution(context, training, self.make_posterior)

    def make_posterior(self, inferred: tf.Tensor) -> tfd.Distribution:
        """See `LatentModel.make_posterior`."""
        return self.posterior.make_distribution(inferred)

    def posterior_estimate(self, posterior: tfd.Distribution) -> dict[str, tf.Tensor]:
        """See `LatentModel.posterior_estimate`."""
        return {"z": posterior.mean(), "scale": posterior.stddev()}

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """See `BoundModel.infer`: of the recognition network's last state."""
        context, features = inputs.get("context"), over_time(self.features, swapped(inputs["x"]))
        begin = self.recognition.begin(tf.shape(inputs["x"])[0], context, training)
        _, last = self.followed(self.recognition, features, inputs["mask"], begin, context, training, after=True)
        return self.posterior.project(self.recognition.output(last))

    def log_likelihood(self, inputs: dict[str, tf.Tensor], z: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """See `LatentModel.log_likelihood`."""
        told = self._told(z, inputs.get("context"))
        begin = self.recurrence.begin(tf.shape(z)[0], told, training)
        steps, _ = self.scored(inputs, begin, told, training)
        return masked_sum(steps, inputs["mask"])

    def build_posterior(
        self, x: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None
    ) -> tfd.Distribution:
        """See `LatentModel.build_posterior`; of sequences all of whose steps count."""
        inputs = {"x": x} if context is None else {"x": x, "context": context}
        return self.make_posterior(self.infer(self.ready(inputs), training))

    def encode(self, x: Any, context: Any = None, *, mask: Any = None, seed: int | None = None) -> tf.Tensor:
        """The posterior's mean, or a draw from it.

        Args:
            x: [batch, time, *event_shape].
            context: [batch, *context_shape], for conditional models.
            mask: bool [batch, time], or None where all steps count.
            seed: None for the mean; a 32-bit integer for a draw, that for row i by the seed row (seed, i).

        Returns:
            z, [batch, latent_dim].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        given = {"x": x, "mask": mask, "context": context}
        if seed is None:
            return self.run("encode", **given)["z"]
        return self.run("encode_sample", **given, seed=seed_rows(rows_of(x), seed))["z"]

    def decode(self, z: Any, context: Any = None, *, steps: int, seed: int) -> tf.Tensor:
        """Draws from p(x_1 … x_T | z, context): the mean of a sequence has no closed form.

        Args:
            z: [batch, latent_dim].
            context: [batch, *context_shape], for conditional models.
            steps: T.
            seed: a 32-bit integer; row i has the seed row (seed, i).

        Returns:
            [batch, steps, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        rows = rows_of(z)
        length = tf.fill([rows], checked_steps(steps))
        return self.run("decode", z=z, seed=seed_rows(rows, seed), steps=length, context=context)["x"]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode`, `encode_sample` and `decode`."""
        specs = self.inputs_spec.specs
        data, context = specs(self.density_dtype, *self.data_names), specs(self.density_dtype, "context")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        steps = tf.TensorSpec([None], tf.int32, name="steps")
        latent = tf.TensorSpec([None, self.latent_dim], self.density_dtype, name="z")
        discrete = ("x",) if self.support.integer else ()
        return (
            *super().endpoints(),
            Endpoint("encode", self._encoded, data),
            Endpoint("encode_sample", self._encoded_sample, (seed, *data)),
            Endpoint("decode", self._decoded, (latent, seed, steps, *context), discrete),
        )

    def _sample(self, seed: tf.Tensor, steps: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        z = draw(self.build_prior(context), Noise(seed).child(PRIOR))
        return {**self._decoded(z, seed, steps, context), "z": z}

    def _encoded(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.posterior_estimate(self.make_posterior(self.infer(self.ready(inputs), False)))

    def _encoded_sample(self, seed: tf.Tensor, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"z": draw(self.make_posterior(self.infer(self.ready(inputs), False)), Noise(seed).child(POSTERIOR))}

    def _decoded(
        self, z: tf.Tensor, seed: tf.Tensor, steps: tf.Tensor, context: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        told = self._told(z, context)
        state = self.recurrence.begin(tf.shape(z)[0], told)
        return self.rolled_out(state, self.generator(told), Noise(seed), steps)

    def _told(self, z: tf.Tensor, context: tf.Tensor | None) -> tf.Tensor:
        """What is the recurrence's context: z, and the model's own."""
        return z if context is None else tf.concat([z, context], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "recognition_units": self.recognition_units}
