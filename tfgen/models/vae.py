"""The variational autoencoder."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count, checked_widths
from tfgen.layers.distributions import DistributionLayer, IndependentNormal
from tfgen.layers.networks import MLP
from tfgen.models.bound import BoundModel
from tfgen.models.endpoints import Endpoint
from tfgen.models.likelihoods import make_likelihood
from tfgen.models.seeds import EVALUATION_SEED
from tfgen.noise import Noise, draw

__all__ = ["VAE"]

# The streams of a row's noise.
_LATENT, _EVENT = 0, 1


@keras.saving.register_keras_serializable(package="tfgen")
class VAE(BoundModel):
    """A variational autoencoder: z ~ N(0, I), x ~ p(x | z) by a decoder; q(z | x) = N(μ(x), diag σ(x)²) by an encoder.

    Training maximises the ELBO, E_q[log p(x | z)] − KL(q(z | x) ‖ N(0, I)), with one draw of z for each example and the
    KL in closed form (or, told so by `training_samples`, an importance-weighted bound); `fit` reports the two parts,
    `reconstruction` and `kl`, in nats. `score` and `predict` are the importance-weighted bound of `num_samples` draws.

    Args:
        event_shape: the shape of one event x, such as (28, 28, 1).
        latent_dim: the size of z.
        likelihood: p(x | z): `"bernoulli"`, `"gaussian"` (one trained scale), `"discretised_logistic"` or
            `"categorical"`, or a distribution layer for all else.
        levels: how many values a number of x takes, 0 … levels − 1, of the last two names; 256 where it is None.
            The others do not use it.
        encoder: a Keras layer or model from x (as the likelihood's `to_features` gives it) to features
            [batch, width]; None for an MLP.
        decoder: a Keras layer or model from z to features: [batch, width], or a feature map such as
            [batch, 28, 28, channels], where each position then has the same projection to p(x | z); None for an MLP.
        hidden: the MLPs' widths, the encoder's in this order and the decoder's reversed.
        activation: the MLPs', by Keras's names.
        **kwargs: as in `BoundModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Kingma and Welling, *Auto-encoding variational Bayes*, ICLR 2014, equations 3 and 10.

    Example:
        >>> vae = VAE(event_shape=(8, 8, 1), latent_dim=2, likelihood="bernoulli", hidden=(32,))
        >>> vae.compile("adam")
        >>> x = vae.sample(5, seed=0)
        >>> vae.bound(x, num_samples=16, seed=0).shape.as_list(), vae.encode(x).shape.as_list()
        ([5], [5, 2])
        >>> vae.reconstruct(x).shape.as_list()
        [5, 8, 8, 1]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        likelihood: str | DistributionLayer = "bernoulli",
        levels: int | None = None,
        encoder: keras.layers.Layer | None = None,
        decoder: keras.layers.Layer | None = None,
        hidden: tuple[int, ...] = (256, 256),
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        context_shape = kwargs.pop("context_shape", None)
        if context_shape is not None:
            raise ValueError(
                f"`context_shape` must be None: a VAE is unconditional. Received: context_shape={context_shape!r}"
            )
        super().__init__(event_shape=event_shape, **kwargs)
        self.latent_dim = checked_count("latent_dim", latent_dim)
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        own: dict[str, Any] = {"activation": self.activation, "dtype": self.dtype_policy}
        self._given = [name for name, part in (("encoder", encoder), ("decoder", decoder)) if part is not None]
        self.encoder = MLP(hidden=self.hidden, name="encoder", **own) if encoder is None else encoder
        self.decoder = MLP(hidden=self.hidden[::-1], name="decoder", **own) if decoder is None else decoder
        self.posterior = IndependentNormal(event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="posterior")
        map_shape = self._output_shape("decoder", (self.latent_dim,))[:-1]
        self.map_rank = len(map_shape)
        if not isinstance(likelihood, DistributionLayer):
            likelihood = make_likelihood(
                likelihood,
                event_shape=self.event_shape[self.map_rank :],
                levels=levels,
                dtype=self.dtype_policy,
                name="likelihood",
            )
        if likelihood.density_dtype != self.density_dtype:
            raise ValueError(
                f"`likelihood` must have the model's dtype, {self.density_dtype}. Received: {likelihood.density_dtype}"
            )
        if (*map_shape, *likelihood.event_shape) != self.event_shape:
            raise ValueError(
                "`decoder` must give [batch, width] with a likelihood of the whole event, or a feature map [batch, "
                f"positions, channels] with one of what is left of it: positions and event must make "
                f"{self.event_shape}. Received: positions {map_shape}, event {likelihood.event_shape}"
            )
        self.likelihood = likelihood
        self.inputs_spec.support = likelihood.support
        self.build()
        self._check_draws()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        event = tf.zeros([1, *self.event_shape], self.density_dtype)
        features = self._output_shape("encoder", tuple(self.likelihood.to_features(event).shape[1:]))
        if len(features) != 1:
            raise ValueError(f"`encoder` must give features [batch, width]. Received: shape={(None, *features)}")
        self.posterior.build((None, *features))
        if not self.likelihood.built:  # one that is given, or read from a file, may be
            self.likelihood.build((None, *self._output_shape("decoder", (self.latent_dim,))))
        super().build(input_shape)

    def _check_draws(self) -> None:
        """A likelihood that cannot be sampled from noise is refused now, not when the model is exported."""
        try:
            with tf.init_scope():
                latent = tf.zeros([1, self.latent_dim], self.density_dtype)
                draw(self.build_likelihood(latent), Noise(tf.constant([EVALUATION_SEED], tf.int32)))
        except TypeError as error:
            raise ValueError(f"`likelihood` must be one to draw from: {error} Received: {self.likelihood}") from error

    def build_prior(self) -> tfd.Distribution:
        """p(z), of event shape (latent_dim,) and batch shape ()."""
        location = tf.zeros([self.latent_dim], self.density_dtype)
        return tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=1)

    def build_posterior(self, x: tf.Tensor, training: bool | None = None) -> tfd.Distribution:
        """q(z | x).

        Args:
            x: [batch, *event_shape] in the density's dtype.
            training: whether this is a training step.

        Returns:
            A distribution of batch shape [batch] and event shape (latent_dim,).
        """
        return self.posterior.make_distribution(self._infer(x, training))

    def build_likelihood(self, z: tf.Tensor, training: bool | None = None) -> tfd.Distribution:
        """p(x | z).

        Args:
            z: [batch, latent_dim] in the density's dtype.
            training: whether this is a training step.

        Returns:
            A distribution of batch shape [batch] and event shape `event_shape`.
        """
        distribution = self.likelihood.make_distribution(self.likelihood.project(self.decoder(z, training=training)))
        return tfd.Independent(distribution, reinterpreted_batch_ndims=self.map_rank) if self.map_rank else distribution

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """The unconstrained parameters of q(z | x)."""
        return self._infer(inputs["x"], training)

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """See `BoundModel.elbo`."""
        posterior = self.posterior.make_distribution(inferred)
        z = draw(posterior, noise.child(_LATENT))
        return {
            "reconstruction": -self.build_likelihood(z, training).log_prob(inputs["x"]),
            "kl": tfd.kl_divergence(posterior, self.build_prior()),
        }

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x | z) + log p(z) − log q(z | x)."""
        posterior = self.posterior.make_distribution(inferred)
        z = draw(posterior, noise.child(_LATENT))
        likelihood = self.build_likelihood(z, training)
        return likelihood.log_prob(inputs["x"]) + self.build_prior().log_prob(z) - posterior.log_prob(z)

    def encode(self, x: Any) -> tf.Tensor:
        """The posterior's mean, μ(x). `run("encode", x=x)` gives its standard deviation too, as `scale`.

        Args:
            x: [batch, *event_shape].

        Returns:
            z, [batch, latent_dim].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("encode", x=x)["z"]

    def decode(self, z: Any) -> tf.Tensor:
        """The mean of p(x | z), or what the likelihood's `event_estimate` shows in its place.

        Of a Bernoulli the mean is its probability; of levels and counts it is rounded to one; of a categorical the
        most probable class is shown.

        Args:
            z: [batch, latent_dim].

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("decode", z=z)["x"]

    def reconstruct(self, x: Any) -> tf.Tensor:
        """`decode(encode(x))`: what is left of x after the latent space, without any noise.

        Args:
            x: [batch, *event_shape].

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("reconstruct", x=x)["reconstructed"]

    def interpolate(self, start: Any, end: Any, *, steps: int = 10) -> tf.Tensor:
        """Decoded points of the straight lines between the encodings of two batches, both ends included.

        Args:
            start: [batch, *event_shape].
            end: [batch, *event_shape].
            steps: how many points, at least 2.

        Returns:
            [steps, batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        steps = checked_count("steps", steps, minimum=2)
        first, last = self.encode(start), self.encode(end)
        if len(first) != len(last):
            raise ValueError(f"`end` must have as many rows as `start`, {len(first)}. Received: {len(last)} rows")
        share = tf.reshape(tf.linspace(tf.zeros([], first.dtype), tf.ones([], first.dtype), steps), [-1, 1, 1])
        z = tf.reshape(first + share * (last - first), [-1, self.latent_dim])
        return tf.reshape(self.decode(z), [steps, -1, *self.event_shape])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode`, `decode` and `reconstruct`."""
        x = self.inputs_spec.specs(self.density_dtype, "x")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        latent = tf.TensorSpec([None, self.latent_dim], self.density_dtype, name="z")
        discrete = self.likelihood.support.integer
        return (
            *super().endpoints(),
            Endpoint("sample", self._sample, (seed,), ("x",) if discrete else ()),
            Endpoint("encode", self._encode, x),
            Endpoint("decode", self._decode, (latent,), ("x",) if discrete else ()),
            Endpoint("reconstruct", self._reconstruct, x, ("reconstructed",) if discrete else ()),
        )

    def _sample(self, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        noise = Noise(seed)
        z = draw(self.build_prior(), noise.child(_LATENT))
        x = draw(self.build_likelihood(z, training=False), noise.child(_EVENT))
        return {"x": tf.cast(x, self.density_dtype), "z": z}

    def _encode(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        posterior = self.build_posterior(x, training=False)
        return {"z": posterior.mean(), "scale": posterior.stddev()}

    def _decode(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        distribution = self.build_likelihood(z, training=False)
        if self.map_rank:
            distribution = distribution.distribution
        return {"x": tf.cast(self.likelihood.event_estimate(distribution), self.density_dtype)}

    def _reconstruct(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reconstructed": self._decode(self._encode(x)["z"])["x"]}

    def _infer(self, x: tf.Tensor, training: bool | None) -> tf.Tensor:
        return self.posterior.project(self.encoder(self.likelihood.to_features(x), training=training))

    def _output_shape(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The features' shape; builds the network where it is not built yet."""
        outputs = getattr(self, network)(keras.KerasTensor((None, *shape), dtype=self.density_dtype))
        if self.density_dtype == "float64" and outputs.dtype != "float64":
            raise ValueError(f"`{network}` must have the model's dtype, float64. Received: {outputs.dtype}")
        return tuple(outputs.shape[1:])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            **{name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self._given},
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "VAE":
        """A model of that configuration, with new weights."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
            for name in ("encoder", "decoder", "likelihood")
            if isinstance(config.get(name), dict)
        }
        return cls(**{**config, **parts})
