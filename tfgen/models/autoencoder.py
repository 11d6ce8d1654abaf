"""Latent-variable models as autoencoders: codes, what they decode to, and endpoints for both."""

import abc
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count
from tfgen.models.endpoints import Endpoint
from tfgen.models.latent import LatentModel
from tfgen.models.noise_streams import EVENT, POSTERIOR, PRIOR
from tfgen.models.shapes import rows_of
from tfgen.noise import Noise, draw, seed_rows

__all__ = ["Autoencoder"]


class Autoencoder(LatentModel):
    """A `LatentModel` with `encode`, `decode`, `reconstruct` and `interpolate`, in Python and as endpoints.

    Args:
        **kwargs: as in `LatentModel`.
    """

    @abc.abstractmethod
    def build_likelihood(
        self, z: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None
    ) -> tfd.Distribution:
        """p(x | z, context).

        Args:
            z: [batch, latent_dim] in the density's dtype.
            context: [batch, *context_shape], for conditional models.
            training: whether this is a training step.

        Returns:
            A distribution of batch shape [batch] and event shape `event_shape`.
        """

    @abc.abstractmethod
    def event_estimate(self, likelihood: tfd.Distribution) -> tf.Tensor:
        """What `decode` shows of p(x | z, context)."""

    def log_likelihood(self, inputs: dict[str, tf.Tensor], z: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """See `LatentModel.log_likelihood`."""
        return self.build_likelihood(z, inputs.get("context"), training).log_prob(inputs["x"])

    def encode(self, x: Any, context: Any = None, *, seed: int | None = None) -> tf.Tensor:
        """The posterior's mean, or a draw from it.

        `run("encode", x=x)` gives its standard deviation too, as `scale`, where it has one in closed form.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.
            seed: None for the mean (of a flow, where it takes its Gaussian's mean); a 32-bit integer for a draw, that
                for row i by the seed row (seed, i).

        Returns:
            z, [batch, latent_dim].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        if seed is None:
            return self.run("encode", x=x, context=context)["z"]
        return self.run("encode_sample", x=x, context=context, seed=seed_rows(rows_of(x), seed))["z"]

    def decode(self, z: Any, context: Any = None) -> tf.Tensor:
        """The mean of p(x | z), or what the likelihood's `event_estimate` shows in its place.

        Of a Bernoulli the mean is its probability; of levels and counts it is rounded to one; of a categorical the
        most probable class is shown.

        Args:
            z: [batch, latent_dim].
            context: [batch, *context_shape], for conditional models.

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("decode", z=z, context=context)["x"]

    def reconstruct(self, x: Any, context: Any = None) -> tf.Tensor:
        """`decode(encode(x))`: what is left of x after the latent space, without any noise.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("reconstruct", x=x, context=context)["reconstructed"]

    def interpolate(self, start: Any, end: Any, context: Any = None, *, steps: int = 10) -> tf.Tensor:
        """Decoded points of the straight lines between the encodings of two batches, both ends included.

        Args:
            start: [batch, *event_shape].
            end: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models: the same for both ends.
            steps: how many points, at least 2.

        Returns:
            [steps, batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        steps = checked_count("steps", steps, minimum=2)
        first, last = self.encode(start, context), self.encode(end, context)
        if len(first) != len(last):
            raise ValueError(f"`end` must have as many rows as `start`, {len(first)}. Received: {len(last)} rows")
        share = tf.reshape(tf.linspace(tf.zeros([], first.dtype), tf.ones([], first.dtype), steps), [-1, 1, 1])
        z = tf.reshape(first + share * (last - first), [-1, self.latent_dim])
        if context is not None:
            context = tf.repeat(tf.convert_to_tensor(context)[tf.newaxis], steps, axis=0)
            context = tf.reshape(context, [-1, *context.shape[2:]])
        return tf.reshape(self.decode(z, context), [steps, -1, *self.event_shape])

    def prior_moments(self, context: Any = None) -> dict[str, tf.Tensor]:
        """The prior's mean and standard deviation, as `encode` gives the posterior's.

        Args:
            context: [batch, *context_shape], for conditional models.

        Returns:
            `z` and `scale`, each [latent_dim], or [batch, latent_dim] where the context decides.

        Raises:
            ValueError: for priors that have neither in closed form, as flows, and for a bad context.
        """
        prior = self.build_prior(**self.context_inputs(context), training=False)
        try:
            return {"z": prior.mean(), "scale": prior.stddev()}
        except NotImplementedError as error:
            raise ValueError(f"`prior` must have a mean and a standard deviation in closed form. {error}") from error

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode`, `encode_sample`, `decode` and `reconstruct`."""
        specs = self.inputs_spec.specs
        x, context = specs(self.density_dtype, "x", "context"), specs(self.density_dtype, "context")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        latent = tf.TensorSpec([None, self.latent_dim], self.density_dtype, name="z")
        discrete = self.support.integer
        return (
            *super().endpoints(),
            Endpoint("sample", self.sampled, (seed, *context), ("x",) if discrete else ()),
            Endpoint("encode", self.encoded, x),
            Endpoint("encode_sample", self.encoded_sample, (seed, *x)),
            Endpoint("decode", self.decoded, (latent, *context), ("x",) if discrete else ()),
            Endpoint("reconstruct", self._reconstruct, x, ("reconstructed",) if discrete else ()),
        )

    def sampled(self, seed: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The endpoint `sample`: `x` and `z` of each seed row."""
        noise = Noise(seed)
        z = draw(self.build_prior(context), noise.child(PRIOR))
        x = draw(self.build_likelihood(z, context, training=False), noise.child(EVENT))
        return {"x": tf.cast(x, self.density_dtype), "z": z}

    def encoded(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The endpoint `encode`."""
        return self.posterior_estimate(self.build_posterior(x, context, training=False))

    def encoded_sample(self, seed: tf.Tensor, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The endpoint `encode_sample`."""
        return {"z": draw(self.build_posterior(x, context, training=False), Noise(seed).child(POSTERIOR))}

    def decoded(self, z: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The endpoint `decode`."""
        likelihood = self.build_likelihood(z, context, training=False)
        return {"x": tf.cast(self.event_estimate(likelihood), self.density_dtype)}

    def _reconstruct(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"reconstructed": self.decoded(self.encoded(x, context)["z"], context)["x"]}
