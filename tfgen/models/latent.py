"""Models with a vector of latent variables: what all of them share, whatever networks they have."""

import abc
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count, checked_weight
from tfgen.layers.distributions.support import Support
from tfgen.models.bound import BoundModel
from tfgen.models.endpoints import Endpoint
from tfgen.models.kl_penalty import kl_penalty
from tfgen.noise import Noise, draw

__all__ = ["LatentModel"]

# The streams of a row's noise.
_LATENT, _EVENT = 0, 1


class LatentModel(BoundModel):
    """p(x | context) = ∫ p(x | z, context) p(z | context) dz, with q(z | x, context), all with diagonal Gaussians of z.

    A subclass makes the three distributions, and calls `build` at the end of its constructor.

    Args:
        event_shape: the shape of one event x.
        latent_dim: the size of z.
        beta: None for the ELBO; a number β weighs the KL in training, and makes it one that
            `tfgen.callbacks.KLWarmUp` can change. The difference is reported as `penalty`, and is nought outside
            training: `val_loss` and `evaluate` are of the ELBO.
        free_bits: λ, in nats: a latent dimension's mean KL over a batch costs no less than that in training.
        **kwargs: as in `BoundModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    term_names: tuple[str, ...] = ("reconstruction", "kl")

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        beta: float | None = None,
        free_bits: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.latent_dim = checked_count("latent_dim", latent_dim)
        self.beta = None if beta is None else checked_weight("beta", beta)
        self.free_bits = checked_weight("free_bits", free_bits)
        self.penalised = self.beta is not None or self.free_bits > 0
        if self.penalised and self.training_samples > 1:
            raise ValueError(
                "`beta` and `free_bits` must be left out with several training samples: the bound has no KL then. "
                f"Received: beta={beta!r}, free_bits={free_bits!r}, training_samples={self.training_samples}"
            )
        if self.penalised:
            self.term_names = (*type(self).term_names, "penalty")

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        if self.penalised:
            # A weight, so that a callback can change it in a compiled step, and an interrupted `fit` goes on with it.
            weight = keras.initializers.Constant(1.0 if self.beta is None else self.beta)
            self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer=weight, trainable=False)
        super().build(input_shape)

    @abc.abstractmethod
    def build_prior(self, context: tf.Tensor | None = None) -> tfd.Distribution:
        """p(z | context), of event shape (latent_dim,) and batch shape (), or [batch] where the context decides."""

    @abc.abstractmethod
    def make_posterior(self, inferred: tf.Tensor) -> tfd.Distribution:
        """q(z | x, context) of what `infer` gave: of batch shape [batch] and event shape (latent_dim,)."""

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

    @property
    @abc.abstractmethod
    def support(self) -> Support:
        """The values that an event may hold."""

    def build_posterior(
        self, x: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None
    ) -> tfd.Distribution:
        """q(z | x, context).

        Args:
            x: [batch, *event_shape] in the density's dtype.
            context: [batch, *context_shape], for conditional models.
            training: whether this is a training step.

        Returns:
            A distribution of batch shape [batch] and event shape (latent_dim,).
        """
        inputs = {"x": x} if context is None else {"x": x, "context": context}
        return self.make_posterior(self.infer(inputs, training))

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """See `BoundModel.elbo`; `penalty` is the objective's part beside them, where there is one."""
        context = inputs.get("context")
        posterior = self.make_posterior(inferred)
        z = draw(posterior, noise.child(_LATENT))
        kl = tfd.kl_divergence(posterior.distribution, self.build_prior(context).distribution)
        terms = {
            "reconstruction": -self.build_likelihood(z, context, training).log_prob(inputs["x"]),
            "kl": tf.reduce_sum(kl, axis=-1),
        }
        if self.penalised:
            weight = tf.convert_to_tensor(self.kl_weight)
            terms["penalty"] = kl_penalty(kl, weight, self.free_bits) if training else tf.zeros_like(terms["kl"])
        return terms

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x | z, context) + log p(z | context) − log q(z | x, context)."""
        context = inputs.get("context")
        posterior = self.make_posterior(inferred)
        z = draw(posterior, noise.child(_LATENT))
        likelihood = self.build_likelihood(z, context, training)
        return likelihood.log_prob(inputs["x"]) + self.build_prior(context).log_prob(z) - posterior.log_prob(z)

    def encode(self, x: Any, context: Any = None) -> tf.Tensor:
        """The posterior's mean, μ(x). `run("encode", x=x)` gives its standard deviation too, as `scale`.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            z, [batch, latent_dim].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("encode", x=x, context=context)["z"]

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

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode`, `decode` and `reconstruct`."""
        specs = self.inputs_spec.specs
        x, context = specs(self.density_dtype, "x", "context"), specs(self.density_dtype, "context")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        latent = tf.TensorSpec([None, self.latent_dim], self.density_dtype, name="z")
        discrete = self.support.integer
        return (
            *super().endpoints(),
            Endpoint("sample", self._sample, (seed, *context), ("x",) if discrete else ()),
            Endpoint("encode", self._encode, x),
            Endpoint("decode", self._decode, (latent, *context), ("x",) if discrete else ()),
            Endpoint("reconstruct", self._reconstruct, x, ("reconstructed",) if discrete else ()),
        )

    def _sample(self, seed: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        noise = Noise(seed)
        z = draw(self.build_prior(context), noise.child(_LATENT))
        x = draw(self.build_likelihood(z, context, training=False), noise.child(_EVENT))
        return {"x": tf.cast(x, self.density_dtype), "z": z}

    def _encode(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        posterior = self.build_posterior(x, context, training=False)
        return {"z": posterior.mean(), "scale": posterior.stddev()}

    def _decode(self, z: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        likelihood = self.build_likelihood(z, context, training=False)
        return {"x": tf.cast(self.event_estimate(likelihood), self.density_dtype)}

    def _reconstruct(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"reconstructed": self._decode(self._encode(x, context)["z"], context)["x"]}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {name: getattr(self, name) for name in ("latent_dim", "beta", "free_bits")}
        return {**super().get_config(), **own}
