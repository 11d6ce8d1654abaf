"""The variational autoencoder, conditional or not."""

import math
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_choice, checked_widths
from tfgen.layers.distributions import DistributionLayer, IndependentNormal
from tfgen.layers.distributions.support import Support
from tfgen.layers.networks import MLP
from tfgen.models.conditioning import conditioned, conditioned_shape
from tfgen.models.latent import LatentModel
from tfgen.models.likelihoods import make_likelihood
from tfgen.models.seeds import EVALUATION_SEED
from tfgen.noise import Noise, draw

__all__ = ["VAE"]

_PRIORS = ("standard", "conditional")


@keras.saving.register_keras_serializable(package="tfgen")
class VAE(LatentModel):
    """A variational autoencoder: z ~ N(0, I), x ~ p(x | z) by a decoder; q(z | x) = N(μ(x), diag σ(x)²) by an encoder.

    Training maximises the ELBO, E_q[log p(x | z)] − KL(q(z | x) ‖ N(0, I)), with one draw of z for each example and the
    KL in closed form (or, told so by `training_samples`, an importance-weighted bound); `fit` reports the two parts,
    `reconstruction` and `kl`, in nats. `score` and `predict` are the importance-weighted bound of `num_samples` draws.

    With a context it is a conditional one, p(x | context): encoder and decoder get the context beside what they get
    anyway, behind the entries of a vector, and as channels that are the same at each position of a map; and so does,
    where `prior="conditional"`, a network that gives the prior's mean and scale.

    Args:
        event_shape: the shape of one event x, such as (28, 28, 1).
        latent_dim: the size of z.
        context_shape: the shape of one context, of rank one (a one-hot label, a vector), or None.
        prior: `"standard"`, N(0, I), or `"conditional"`, a diagonal Gaussian of the context.
        likelihood: p(x | z): `"bernoulli"`, `"gaussian"` (one trained scale), `"discretised_logistic"` or
            `"categorical"`, or a distribution layer for all else.
        levels: how many values a number of x takes, 0 … levels − 1, of the last two names; 256 where it is None.
            The others do not use it.
        encoder: a Keras layer or model from x (as the likelihood's `to_features` gives it, with the context) to
            features [batch, width]; None for an MLP.
        decoder: a Keras layer or model from z (with the context) to features: [batch, width], or a feature map such as
            [batch, 28, 28, channels], where each position then has the same projection to p(x | z); None for an MLP.
        hidden: the MLPs' widths, the encoder's in this order and the decoder's reversed.
        activation: the MLPs', by Keras's names.
        **kwargs: as in `LatentModel`: `beta`, `free_bits`, `num_samples`, `training_samples` and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Kingma and Welling, *Auto-encoding variational Bayes*, ICLR 2014, equations 3 and 10; Sohn et al., *Learning
        structured output representation using deep conditional generative models*, NeurIPS 2015, equation 4.

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
        context_shape: tuple[int, ...] | None = None,
        prior: str = "standard",
        likelihood: str | DistributionLayer = "bernoulli",
        levels: int | None = None,
        encoder: keras.layers.Layer | None = None,
        decoder: keras.layers.Layer | None = None,
        hidden: tuple[int, ...] = (256, 256),
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, latent_dim=latent_dim, **kwargs)
        self.prior = checked_choice("prior", prior, _PRIORS)
        if self.context_shape is not None and len(self.context_shape) != 1:
            raise ValueError(f"`context_shape` must have rank 1. Received: context_shape={context_shape!r}")
        if self.prior == "conditional" and self.context_shape is None:
            raise ValueError("`context_shape` must be given with a conditional prior. Received: context_shape=None")
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        own: dict[str, Any] = {"activation": self.activation, "dtype": self.dtype_policy}
        self._given = [name for name, part in (("encoder", encoder), ("decoder", decoder)) if part is not None]
        self.encoder = MLP(hidden=self.hidden, name="encoder", **own) if encoder is None else encoder
        self.decoder = MLP(hidden=self.hidden[::-1], name="decoder", **own) if decoder is None else decoder
        latent = {"event_shape": (self.latent_dim,), "dtype": self.dtype_policy}
        self.posterior = IndependentNormal(**latent, name="posterior")
        if self.prior == "conditional":
            self.prior_network = MLP(hidden=self.hidden, name="prior_network", **own)
            self.prior_head = IndependentNormal(**latent, name="prior_head")
        map_shape = self._output_shape("decoder", self._decoder_input)[:-1]
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
        self.likelihood: DistributionLayer = likelihood
        self.inputs_spec.support = likelihood.support
        self.build()
        self._check_draws()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        event = tf.zeros([1, *self.event_shape], self.density_dtype)
        shape = tuple(self._encoder_features(event).shape[1:])
        features = self._output_shape("encoder", conditioned_shape(shape, self.context_shape))
        if len(features) != 1:
            raise ValueError(f"`encoder` must give features [batch, width]. Received: shape={(None, *features)}")
        self.posterior.build((None, *features))
        if not self.likelihood.built:  # one that is given, or read from a file, may be
            self.likelihood.build((None, *self._output_shape("decoder", self._decoder_input)))
        if self.prior == "conditional":
            self.prior_head.build((None, *self._output_shape("prior_network", self.context_shape or ())))
        super().build(input_shape)

    def _check_draws(self) -> None:
        """A likelihood that cannot be sampled from noise is refused now, not when the model is exported."""
        try:
            with tf.init_scope():
                latent = tf.zeros([1, self.latent_dim], self.density_dtype)
                context = None if self.context_shape is None else tf.zeros([1, *self.context_shape], latent.dtype)
                draw(self.build_likelihood(latent, context), Noise(tf.constant([EVALUATION_SEED], tf.int32)))
        except TypeError as error:
            raise ValueError(f"`likelihood` must be one to draw from: {error} Received: {self.likelihood}") from error

    def build_prior(self, context: tf.Tensor | None = None) -> tfd.Distribution:
        """See `LatentModel.build_prior`."""
        if self.prior == "conditional":
            features = self.prior_network(tf.cast(context, self.density_dtype))
            return self.prior_head.make_distribution(self.prior_head.project(features))
        location = tf.zeros([self.latent_dim], self.density_dtype)
        return tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=1)

    def make_posterior(self, inferred: tf.Tensor) -> tfd.Distribution:
        """See `LatentModel.make_posterior`."""
        return self.posterior.make_distribution(inferred)

    def build_likelihood(
        self, z: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None
    ) -> tfd.Distribution:
        """See `LatentModel.build_likelihood`."""
        features = self.decoder(conditioned(z, context), training=training)
        distribution = self.likelihood.make_distribution(self.likelihood.project(features))
        return tfd.Independent(distribution, reinterpreted_batch_ndims=self.map_rank) if self.map_rank else distribution

    def event_estimate(self, likelihood: tfd.Distribution) -> tf.Tensor:
        """See `LatentModel.event_estimate`."""
        return self.likelihood.event_estimate(likelihood.distribution if self.map_rank else likelihood)

    @property
    def support(self) -> Support:
        """See `LatentModel.support`."""
        return self.likelihood.support

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """The unconstrained parameters of q(z | x, context)."""
        features = conditioned(self._encoder_features(inputs["x"]), inputs.get("context"))
        return self.posterior.project(self.encoder(features, training=training))

    def _encoder_features(self, x: tf.Tensor) -> tf.Tensor:
        """What the encoder sees of x: our own MLP with a context a vector, so that there is one copy of the context."""
        features = self.likelihood.to_features(x)
        if self.context_shape is None or "encoder" in self._given:
            return features
        return tf.reshape(features, [-1, math.prod(features.shape[1:])])

    @property
    def _decoder_input(self) -> tuple[int, ...]:
        return conditioned_shape((self.latent_dim,), self.context_shape)

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
            "prior": self.prior,
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
