"""Models with a vector of latent variables: what all of them share, whatever networks they have."""

import abc
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_choice, checked_count, checked_weight
from tfgen.layers.distributions.support import Support
from tfgen.models.bound import BoundModel
from tfgen.models.doubly_reparameterised import doubly_reparameterised_bound
from tfgen.models.importance import sample_rows
from tfgen.models.kl_penalty import kl_penalty
from tfgen.models.latent_kl import latent_kl
from tfgen.models.noise_streams import POSTERIOR
from tfgen.models.scored_draws import draw_and_log_prob
from tfgen.noise import Noise, draw

__all__ = ["LatentModel"]

_ESTIMATORS = ("reparameterisation", "dreg")


class LatentModel(BoundModel):
    """p(x | context) = ∫ p(x | z, context) p(z | context) dz, with an approximate posterior q(z | x, context).

    `kl`, KL(q(z | x, context) ‖ p(z | context)), is in closed form where there is one; else it is that of the one z.

    A subclass makes the three distributions, and calls `build` at the end of its constructor.

    Args:
        event_shape: the shape of one event x.
        latent_dim: the size of z.
        beta: None for the ELBO; a number β weighs the KL in training, and makes it one that
            `tfgen.callbacks.KLWarmUp` can change. The difference is reported as `penalty`, and is nought outside
            training: `val_loss` and `evaluate` are of the ELBO.
        free_bits: λ, in nats: a latent dimension's mean KL over a batch costs no less than that in training. Where the
            KL is no sum over dimensions, the whole of it costs no less than latent_dim·λ.
        gradient_estimator: of several training samples: `"reparameterisation"`, or `"dreg"`, doubly reparameterised,
            whose signal for the posterior does not drown in noise as their number grows.
        **kwargs: as in `BoundModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    term_names: tuple[str, ...] = ("reconstruction", "kl")
    objective_names: tuple[str, ...] = ("penalty",)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        beta: float | None = None,
        free_bits: float = 0.0,
        gradient_estimator: str = "reparameterisation",
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
        self.gradient_estimator = checked_choice("gradient_estimator", gradient_estimator, _ESTIMATORS)
        if gradient_estimator == "dreg" and self.training_samples == 1:
            raise ValueError(
                "`training_samples` must be 2 at least with gradient_estimator='dreg', which is of importance-weighted "
                "bounds. Received: training_samples=1"
            )

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        if self.penalised:
            # A weight, so that a callback can change it in a compiled step, and an interrupted `fit` goes on with it.
            weight = keras.initializers.Constant(1.0 if self.beta is None else self.beta)
            self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer=weight, trainable=False)
        super().build(input_shape)

    @abc.abstractmethod
    def build_prior(self, context: tf.Tensor | None = None, training: bool | None = None) -> tfd.Distribution:
        """p(z | context), of event shape (latent_dim,) and batch shape (), or [batch] where the context decides."""

    @abc.abstractmethod
    def make_posterior(self, inferred: tf.Tensor) -> tfd.Distribution:
        """q(z | x, context) of what `infer` gave: of batch shape [batch] and event shape (latent_dim,)."""

    @abc.abstractmethod
    def log_likelihood(self, inputs: dict[str, tf.Tensor], z: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """log p(x | z, context).

        Args:
            inputs: the named inputs in the density's dtype.
            z: [batch, latent_dim].
            training: whether this is a training step.

        Returns:
            [batch], in nats.
        """

    @abc.abstractmethod
    def posterior_estimate(self, posterior: tfd.Distribution) -> dict[str, tf.Tensor]:
        """What `encode` shows of q(z | x, context): its mean as `z`, its standard deviation as `scale`."""

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
        z, log_posterior = draw_and_log_prob(posterior, noise.child(POSTERIOR))
        kl = latent_kl(posterior, self.build_prior(context, training), z, log_posterior)
        terms = {
            "reconstruction": -self.log_likelihood(inputs, z, training),
            "kl": tf.reduce_sum(kl, axis=-1),
        }
        if self.penalised:
            weight = tf.convert_to_tensor(self.kl_weight)
            # The bits that are free of all dimensions together, where the KL is not a sum over them.
            free = self.free_bits * self.latent_dim / kl.shape[-1]
            terms["penalty"] = kl_penalty(kl, weight, free) if training else tf.zeros_like(terms["kl"])
        return terms

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x | z, context) + log p(z | context) − log q(z | x, context)."""
        z, log_posterior = draw_and_log_prob(self.make_posterior(inferred), noise.child(POSTERIOR))
        return self._log_joint(inputs, z, training) - log_posterior

    def training_bound(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, seeds: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """See `BoundModel.training_bound`; by doubly reparameterised gradients where the model is told so."""
        if self.gradient_estimator != "dreg" or not training:
            return super().training_bound(inputs, inferred, seeds, training)
        count = self.training_samples
        rows, parameters, noise = sample_rows(inputs, inferred, seeds, tf.constant(0), count)
        held = self.make_posterior(tf.stop_gradient(parameters))

        def weigh(z: tf.Tensor) -> tf.Tensor:
            return self._log_joint(rows, z, training) - held.log_prob(z)

        z = draw(self.make_posterior(parameters), noise.child(POSTERIOR))
        return doubly_reparameterised_bound(z, weigh, count)

    def _log_joint(self, inputs: dict[str, tf.Tensor], z: tf.Tensor, training: bool | None) -> tf.Tensor:
        prior = self.build_prior(inputs.get("context"), training)
        return self.log_likelihood(inputs, z, training) + prior.log_prob(z)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {name: getattr(self, name) for name in ("latent_dim", "beta", "free_bits", "gradient_estimator")}
        return {**super().get_config(), **own}
