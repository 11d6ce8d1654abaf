"""Priors p(z | context): layers from a context, or nothing, to a distribution of z."""

import abc
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions import IndependentNormal
from tfgen.layers.networks import MLP
from tfgen.layers.precision import density_dtype
from tfgen.models.exact import ExactModel
from tfgen.models.flow import FlowModel
from tfgen.models.flow_distribution import check_inner_flow

__all__ = [
    "PRIORS",
    "ConditionalPrior",
    "ModelPrior",
    "Prior",
    "StandardPrior",
    "VampPrior",
    "check_prior",
    "make_prior",
]

PosteriorOf = Callable[[tf.Tensor], tfd.Distribution]

PRIORS = ("standard", "conditional", "vamp")
"""The priors that have names; others are models."""


class Prior(keras.layers.Layer, abc.ABC):
    """p(z | context) for vectors z.

    Args:
        latent_dim: the size of z.
        **kwargs: Keras's own layer arguments.
    """

    def __init__(self, *, latent_dim: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.latent_dim = latent_dim
        self.density_dtype = density_dtype(self.dtype_policy)

    @property
    def is_standard(self) -> bool:
        """Whether it is N(0, I)."""
        return False

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """None: a model's own are of a training of its own."""
        return []

    @abc.abstractmethod
    def make_distribution(
        self, context: tf.Tensor | None, training: bool | None, posterior_of: PosteriorOf
    ) -> tfd.Distribution:
        """p(z | context).

        Args:
            context: [batch, *context_shape], for conditional models.
            training: whether this is a training step.
            posterior_of: the model's q(z | ·) of what its encoder reads.

        Returns:
            A distribution of event shape (latent_dim,) and batch shape [], or [batch] where the context decides.
        """


class StandardPrior(Prior):
    """N(0, I)."""

    @property
    def is_standard(self) -> bool:
        """Yes."""
        return True

    def make_distribution(
        self, context: tf.Tensor | None, training: bool | None, posterior_of: PosteriorOf
    ) -> tfd.Distribution:
        """See `Prior.make_distribution`."""
        del context, training, posterior_of
        location = tf.zeros([self.latent_dim], self.density_dtype)
        return tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=1)


class ConditionalPrior(Prior):
    """N(μ(context), diag σ(context)²), by an MLP.

    Args:
        latent_dim: the size of z.
        network: the MLP.
        **kwargs: Keras's own layer arguments.
    """

    def __init__(self, *, latent_dim: int, network: MLP, **kwargs: Any) -> None:
        super().__init__(latent_dim=latent_dim, **kwargs)
        self.network = network
        self.head = IndependentNormal(event_shape=(latent_dim,), dtype=self.dtype_policy, name="head")

    def build(self, input_shape: Any) -> None:
        """Makes the weights, for contexts [batch, size]."""
        features = self.network(keras.KerasTensor(input_shape, dtype=self.density_dtype))
        self.head.build(features.shape)

    def make_distribution(
        self, context: tf.Tensor | None, training: bool | None, posterior_of: PosteriorOf
    ) -> tfd.Distribution:
        """See `Prior.make_distribution`."""
        del posterior_of
        features = self.network(tf.cast(context, self.density_dtype), training=training)
        return self.head.make_distribution(self.head.project(features))


class ModelPrior(Prior):
    """The density of a model of z: a flow, or, of a context, an MDN.

    Args:
        model: the model, trained along.
        **kwargs: Keras's own layer arguments.
    """

    def __init__(self, *, model: ExactModel, **kwargs: Any) -> None:
        super().__init__(latent_dim=model.event_shape[0], **kwargs)
        self.model = model

    def make_distribution(
        self, context: tf.Tensor | None, training: bool | None, posterior_of: PosteriorOf
    ) -> tfd.Distribution:
        """See `Prior.make_distribution`."""
        del posterior_of
        if self.model.context_shape is None:
            return self.model.build_distribution(training=training)
        return self.model.build_distribution(context, training=training)


class VampPrior(Prior):
    """(1/K) Σ_k q(z | u_k): a mixture of diagonal posteriors of pseudo-inputs u_k, which are trained.

    u_k is what an encoder reads, not an event: of class numbers a relaxed one-hot vector. The encoder is the model's.

    Args:
        latent_dim: the size of z.
        components: K.
        **kwargs: Keras's own layer arguments.

    Reference:
        Tomczak and Welling, *VAE with a VampPrior*, AISTATS 2018, equation 9.
    """

    def __init__(self, *, latent_dim: int, components: int, **kwargs: Any) -> None:
        super().__init__(latent_dim=latent_dim, **kwargs)
        self.components = components

    def build(self, input_shape: Any) -> None:
        """Makes the pseudo-inputs, for features [batch, ...]; `adapt` puts them where the data are."""
        shape = (self.components, *input_shape[1:])
        own = {"dtype": self.density_dtype, "autocast": False}
        self.pseudo_inputs = self.add_weight(name="pseudo_inputs", shape=shape, initializer="random_normal", **own)
        self.adapted = self.add_weight(name="adapted", shape=(), initializer="zeros", dtype="int32", trainable=False)

    @property
    def is_adapted(self) -> bool:
        """Whether data have set the pseudo-inputs."""
        return bool(int(keras.ops.convert_to_numpy(self.adapted)))

    def adapt(self, x: Any, features: Callable[[tf.Tensor], tf.Tensor]) -> None:
        """Takes K rows of the data, evenly spaced, as pseudo-inputs; of fewer, some more than once.

        Args:
            x: [rows, *event_shape].
            features: from events to what the encoder reads.
        """
        picked = np.linspace(0, len(x) - 1, self.components).round().astype(int)
        self.pseudo_inputs.assign(features(tf.cast(np.asarray(x)[picked], self.density_dtype)))
        self.adapted.assign(1)

    def make_distribution(
        self, context: tf.Tensor | None, training: bool | None, posterior_of: PosteriorOf
    ) -> tfd.Distribution:
        """See `Prior.make_distribution`."""
        del context, training
        posteriors = posterior_of(tf.convert_to_tensor(self.pseudo_inputs))
        logits = tf.zeros([self.components], self.density_dtype)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), posteriors)


def make_prior(
    prior: str | ExactModel, *, latent_dim: int, components: int, network: Callable[[], MLP], **kwargs: Any
) -> Prior:
    """The prior that an argument stands for, which `check_prior` has let pass.

    Args:
        prior: one of `PRIORS`, or a model.
        latent_dim: the size of z.
        components: how many pseudo-inputs a `VampPrior` has.
        network: makes the MLP of a conditional prior.
        **kwargs: Keras's own layer arguments.
    """
    if isinstance(prior, ExactModel):
        return ModelPrior(model=prior, **kwargs)
    if prior == "conditional":
        return ConditionalPrior(latent_dim=latent_dim, network=network(), **kwargs)
    if prior == "vamp":
        return VampPrior(latent_dim=latent_dim, components=components, **kwargs)
    return StandardPrior(latent_dim=latent_dim, **kwargs)


def check_prior(
    prior: Any, *, latent_dim: int, context_shape: tuple[int, ...] | None, posterior: Any, dtype: str
) -> None:
    """Refuses what is neither a prior's name nor a model that may be one.

    Args:
        prior: one of `PRIORS`, or a model with an exact density of z.
        latent_dim: the size of z.
        context_shape: the shape of one context, or None.
        posterior: what is given for the posterior.
        dtype: of densities.

    Raises:
        ValueError: for anything that does not fit.
    """
    if not isinstance(prior, ExactModel):
        if prior not in PRIORS:
            raise ValueError(
                f"`prior` must be one of {PRIORS}, or a model with an exact density, such as a flow. "
                f"Received: prior={prior!r}"
            )
        if prior == "conditional" and context_shape is None:
            raise ValueError("`context_shape` must be given with a conditional prior. Received: context_shape=None")
        if prior == "vamp" and posterior != "diagonal":
            raise ValueError(f"`posterior` must be 'diagonal' with prior='vamp'. Received: posterior={posterior!r}")
        if prior == "vamp" and context_shape is not None:
            raise ValueError(
                "`prior` must not be 'vamp' with a context, of which each row would need pseudo-inputs of its own. "
                f"Received: context_shape={context_shape}"
            )
        return
    if prior.event_shape != (latent_dim,) or prior.context_shape not in (None, context_shape):
        raise ValueError(
            f"`prior` must have event_shape=({latent_dim},), that of z, and the model's context or none. "
            f"Received: event_shape={prior.event_shape}, context_shape={prior.context_shape}"
        )
    if prior.density_dtype != dtype:
        raise ValueError(f"`prior` must have the model's dtype, {dtype}. Received: {prior.density_dtype}")
    if isinstance(prior, FlowModel):
        check_inner_flow("prior", prior)
