"""The variational autoencoder, conditional or not."""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow
from tfgen.layers.arguments import checked_count, checked_widths
from tfgen.layers.distributions import DistributionLayer
from tfgen.layers.distributions.support import Support
from tfgen.layers.networks import MLP
from tfgen.models.autoencoder import Autoencoder
from tfgen.models.conditioning import conditioned, conditioned_shape
from tfgen.models.exact import ExactModel
from tfgen.models.first_rows import first_rows
from tfgen.models.flow import FlowModel
from tfgen.models.flow_distribution import FlowDistribution
from tfgen.models.likelihoods import make_likelihood
from tfgen.models.parts import check_apart, with_parts
from tfgen.models.posteriors import make_posterior
from tfgen.models.priors import ModelPrior, VampPrior, check_prior, make_prior
from tfgen.models.seeds import EVALUATION_SEED
from tfgen.noise import Noise, draw

__all__ = ["VAE"]


@keras.saving.register_keras_serializable(package="tfgen")
class VAE(Autoencoder):
    """A variational autoencoder: z ~ p(z), x ~ p(x | z) by a decoder; q(z | x) by an encoder.

    Training maximises the ELBO, E_q[log p(x | z)] − KL(q(z | x) ‖ p(z)), with one draw of z for each example and the
    KL in closed form where there is one (or, told so by `training_samples`, an importance-weighted bound); `fit`
    reports the two parts, `reconstruction` and `kl`, in nats. `score` and `predict` are the importance-weighted bound
    of `num_samples` draws.

    With a context it is a conditional one, p(x | context): encoder and decoder get the context beside what they get
    anyway, behind the entries of a vector, and as channels that are the same at each position of a map; and so does,
    where the prior is conditional, what makes that.

    Args:
        event_shape: the shape of one event x, such as (28, 28, 1).
        latent_dim: the size of z.
        context_shape: the shape of one context, of rank one (a one-hot label, a vector), or None.
        prior: p(z): `"standard"`, N(0, I); `"conditional"`, a diagonal Gaussian of the context; `"vamp"`, a mixture of
            the diagonal posteriors of learned pseudo-inputs, which `fit` first takes from its data; or a model with an
            exact density of vectors z and with the model's context or none: a flow with `standardize=False`, an `MDN`
            of the context.
        prior_components: how many pseudo-inputs `"vamp"` has. The others do not use it.
        posterior: q(z | x): `"diagonal"`, a Gaussian of independent dimensions; `"full"`, one with any covariance; a
            flow with `standardize=False`, through which the former goes, and whose context, where it has one, the
            encoder gives; or a layer of these kinds, `IndependentNormal`, `MultivariateNormalTriL` or
            `FlowDistribution`.
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
        **kwargs: as in `LatentModel`: `beta`, `free_bits`, `num_samples`, `training_samples`, `gradient_estimator` and
            Keras's own.

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
        prior: str | ExactModel = "standard",
        prior_components: int = 100,
        posterior: str | FlowModel | DistributionLayer = "diagonal",
        likelihood: str | DistributionLayer = "bernoulli",
        levels: int | None = None,
        encoder: keras.layers.Layer | None = None,
        decoder: keras.layers.Layer | None = None,
        hidden: tuple[int, ...] = (256, 256),
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, latent_dim=latent_dim, **kwargs)
        if self.context_shape is not None and len(self.context_shape) != 1:
            raise ValueError(f"`context_shape` must have rank 1. Received: context_shape={context_shape!r}")
        check_prior(
            prior,
            latent_dim=self.latent_dim,
            context_shape=self.context_shape,
            posterior=posterior,
            dtype=self.density_dtype,
        )
        self.prior_components = checked_count("prior_components", prior_components)
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        own: dict[str, Any] = {"activation": self.activation, "dtype": self.dtype_policy}
        self._given = [name for name, part in (("encoder", encoder), ("decoder", decoder)) if part is not None]
        self.encoder = MLP(hidden=self.hidden, name="encoder", **own) if encoder is None else encoder
        self.decoder = MLP(hidden=self.hidden[::-1], name="decoder", **own) if decoder is None else decoder
        parts = {"posterior": posterior, "prior": prior}
        self._named = {name: part for name, part in parts.items() if isinstance(part, str)}
        self.posterior = make_posterior(
            posterior, event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="posterior"
        )
        self._check_layer("posterior", self.posterior, (self.latent_dim,))
        if self.gradient_estimator == "dreg" and isinstance(self.posterior, FlowDistribution):
            raise ValueError(
                "`posterior` must be no flow with gradient_estimator='dreg', which would have to tell the flow's "
                f"weights in a draw from those in its density. Received: posterior={posterior!r}"
            )
        self.prior = make_prior(
            prior,
            latent_dim=self.latent_dim,
            components=self.prior_components,
            network=lambda: MLP(hidden=self.hidden, name="network", **own),
            dtype=self.dtype_policy,
            name="prior",
        )
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
        self._check_layer("likelihood", likelihood, None)
        if (*map_shape, *likelihood.event_shape) != self.event_shape:
            raise ValueError(
                "`decoder` must give [batch, width] with a likelihood of the whole event, or a feature map [batch, "
                f"positions, channels] with one of what is left of it: positions and event must make "
                f"{self.event_shape}. Received: positions {map_shape}, event {likelihood.event_shape}"
            )
        self.likelihood: DistributionLayer = likelihood
        check_apart(
            prior=self.prior,
            posterior=self.posterior,
            likelihood=self.likelihood,
            encoder=self.encoder,
            decoder=self.decoder,
        )
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
        # A layer that is given, or read from a file, may have been built.
        if not self.posterior.built:
            self.posterior.build((None, *features))
        if not self.likelihood.built:
            self.likelihood.build((None, *self._output_shape("decoder", self._decoder_input)))
        if not self.prior.built:
            self.prior.build((None, *(shape if isinstance(self.prior, VampPrior) else self.context_shape or ())))
        super().build(input_shape)

    def _check_layer(self, argument: str, layer: DistributionLayer, event_shape: tuple[int, ...] | None) -> None:
        if layer.density_dtype != self.density_dtype:
            raise ValueError(
                f"`{argument}` must have the model's dtype, {self.density_dtype}. Received: {layer.density_dtype}"
            )
        if event_shape is not None and layer.event_shape != event_shape:
            raise ValueError(f"`{argument}` must have event_shape={event_shape}. Received: {layer.event_shape}")

    def _check_draws(self) -> None:
        """A layer that cannot be sampled from noise is refused now, not when the model is exported."""
        noise = Noise(tf.constant([EVALUATION_SEED], tf.int32))
        with tf.init_scope():
            latent = tf.zeros([1, self.latent_dim], self.density_dtype)
            context = None if self.context_shape is None else tf.zeros([1, *self.context_shape], latent.dtype)
            event = tf.zeros([1, *self.event_shape], self.density_dtype)
            made: dict[str, Callable[[], tfd.Distribution]] = {
                "likelihood": lambda: self.build_likelihood(latent, context),
                "posterior": lambda: self.build_posterior(event, context),
            }
            for argument, make in made.items():
                try:
                    draw(make(), noise)
                except TypeError as error:
                    layer = getattr(self, argument)
                    raise ValueError(f"`{argument}` must be one to draw from: {error} Received: {layer}") from error

    def prepare(self, data: Any) -> None:
        """Puts a VampPrior's pseudo-inputs where the data are; of a `tf.data.Dataset`, among its first 8192 rows."""
        if not isinstance(self.prior, VampPrior) or self.prior.is_adapted or not self.trainable:
            return
        rows = first_rows(data, self.inputs_spec.unpack)
        if rows:
            self.prior.adapt(rows["x"], self._encoder_features)

    def build_prior(self, context: tf.Tensor | None = None, training: bool | None = None) -> tfd.Distribution:
        """See `LatentModel.build_prior`."""

        def posterior_of(features: tf.Tensor) -> tfd.Distribution:
            # Not as in training: batch statistics are to be the data's.
            return self.make_posterior(self.posterior.project(self.encoder(features, training=False)))

        return self.prior.make_distribution(context, training, posterior_of)

    def posterior_estimate(self, posterior: tfd.Distribution) -> dict[str, tf.Tensor]:
        """See `LatentModel.posterior_estimate`; of a flow without `scale`, which has no closed form."""
        estimate = {"z": self.posterior.point_estimate(posterior)}
        return estimate if isinstance(posterior, Flow) else {**estimate, "scale": posterior.stddev()}

    def make_posterior(self, inferred: tf.Tensor) -> tfd.Distribution:
        """See `LatentModel.make_posterior`."""
        return self.posterior.make_distribution(inferred)

    def build_likelihood(
        self, z: tf.Tensor, context: tf.Tensor | None = None, training: bool | None = None
    ) -> tfd.Distribution:
        """See `Autoencoder.build_likelihood`."""
        features = self.decoder(conditioned(z, context), training=training)
        distribution = self.likelihood.make_distribution(self.likelihood.project(features))
        return tfd.Independent(distribution, reinterpreted_batch_ndims=self.map_rank) if self.map_rank else distribution

    def event_estimate(self, likelihood: tfd.Distribution) -> tf.Tensor:
        """See `Autoencoder.event_estimate`."""
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
            "prior_components": self.prior_components,
            **self._parts_config(),
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
            **{name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self._given},
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
        }

    def _parts_config(self) -> dict[str, Any]:
        """Prior and posterior: by name where they have one."""
        prior = self.prior.model if isinstance(self.prior, ModelPrior) else None
        parts = {"posterior": self.posterior, "prior": prior}
        return {
            name: self._named.get(name) or keras.saving.serialize_keras_object(part) for name, part in parts.items()
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "VAE":
        """A model of that configuration, with new weights."""
        return cls(
            **with_parts(
                config, "encoder", "decoder", "likelihood", "posterior", "prior", custom_objects=custom_objects
            )
        )
