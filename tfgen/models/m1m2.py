"""M1+M2: the semi-supervised model M2 on the latent variables of a VAE."""

from typing import Any

import keras
import tensorflow as tf

from tfgen.models.m2 import M2
from tfgen.models.noise_streams import FIRST_EVENT, FIRST_POSTERIOR
from tfgen.models.parts import check_apart, with_parts
from tfgen.models.scored_draws import draw_and_log_prob
from tfgen.models.styles import StyleModel
from tfgen.models.vae import VAE
from tfgen.noise import Noise, draw

__all__ = ["M1M2"]


@keras.saving.register_keras_serializable(package="tfgen")
class M1M2(StyleModel):
    """p(x, z₁, y, z₂) = p(x | z₁) p(z₁, y, z₂), the first factor of a VAE (M1), the others M2's, whose data z₁ are.

        log p(x) ≥ E_q(z₁ | x)[log p(x | z₁) − log q(z₁ | x) + log p(z₁)],

    with M2's bound in the place of log p(z₁). `fit` reports `reconstruction`, −log p(x | z₁); `kl_z1`, log q(z₁ | x) −
    log p(z₁ | y, z₂); `kl_z2` and `label_kl`, M2's own; `classification` and `accuracy` as in `SemiSupervisedModel`.
    The classifier is M2's, of the mean of q(z₁ | x).

    As in the paper, M1 is trained first and then held, `m1.trainable = False`, while this model is fitted; left
    trainable, both are trained together.

    Args:
        m1: the VAE of x, without context and with the standard prior, in whose place `m2` is here; it is used as it is,
            not copied.
        m2: the model of z₁, of `event_shape=(m1.latent_dim,)` and a likelihood of real numbers; used as it is. Neither
            part's own `num_samples` and `training_samples` are used.
        **kwargs: as in `SemiSupervisedModel`: `classification_weight` (that of `m2` where it is not given),
            `num_samples`, `training_samples`, Keras's own.

    Raises:
        ValueError: naming the argument that does not fit.

    Reference:
        Kingma et al., *Semi-supervised learning with deep generative models*, NeurIPS 2014, section 2.3.

    Example:
        >>> m1 = VAE(event_shape=(4,), latent_dim=3, hidden=(8,))
        >>> vae = VAE(event_shape=(3,), latent_dim=2, context_shape=(5,), likelihood="gaussian", hidden=(8,))
        >>> model = M1M2(m1, M2(vae, hidden=(8,)))
        >>> model.predict_label(model.sample(6, seed=0)).shape.as_list()
        [6]
    """

    term_names: tuple[str, ...] = ("reconstruction", "kl_z1", "kl_z2", "label_kl", "classification")

    def __init__(self, m1: VAE, m2: M2, **kwargs: Any) -> None:
        if not isinstance(m1, VAE) or m1.context_shape is not None or m1.penalised or not m1.prior.is_standard:
            raise ValueError(
                "`m1` must be a VAE without context, beta and free_bits, and with the standard prior, in whose place "
                f"m2 is. Received: m1={m1!r}"
            )
        if not isinstance(m2, M2) or m2.event_shape != (m1.latent_dim,) or not m2.inputs_spec.support.everything:
            raise ValueError(
                f"`m2` must be an M2 of event_shape=({m1.latent_dim},), m1's latents, with a likelihood of all real "
                f"numbers, such as 'gaussian'. Received: m2={m2!r}"
            )
        kwargs = {"dtype": m1.dtype_policy, "classification_weight": m2.classification_weight, **kwargs}
        super().__init__(**kwargs, event_shape=m1.event_shape, classes=m2.classes)
        dtypes = (m1.density_dtype, m2.density_dtype)
        if set(dtypes) != {self.density_dtype}:
            raise ValueError(f"`m1` and `m2` must have the model's dtype, {self.density_dtype}. Received: {dtypes}")
        check_apart(m1=m1, m2=m2)
        self.m1, self.m2 = m1, m2
        self.style_dim = m2.style_dim
        self.inputs_spec.support = m1.support
        self.build()

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """The parameters of q(z₁ | x)."""
        return self.m1.infer({"x": inputs["x"]}, self._training_first(training))

    def class_logits(self, inferred: tf.Tensor) -> tf.Tensor:
        """See `SemiSupervisedModel.class_logits`."""
        mean = self.m1.posterior_estimate(self.m1.make_posterior(inferred))["z"]
        return self.m2.logits_of(mean)

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms but the classifier's, each [batch], in nats."""
        reconstruction, log_posterior, inner = self._first(inputs, inferred, noise, training)
        terms = self.m2.elbo(inner, self.m2.infer(inner, training), noise, training)
        return {
            "reconstruction": reconstruction,
            "kl_z1": log_posterior + terms["reconstruction"],
            "kl_z2": terms["kl"],
            "label_kl": terms["label_kl"],
        }

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x | z₁) − log q(z₁ | x), and M2's weight of z₁."""
        reconstruction, log_posterior, inner = self._first(inputs, inferred, noise, training)
        weights = self.m2.log_weights(inner, self.m2.infer(inner, training), noise, training)
        return weights - reconstruction - log_posterior

    def _first(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """−log p(x | z₁), log q(z₁ | x), and M2's inputs."""
        z, log_posterior = draw_and_log_prob(self.m1.make_posterior(inferred), noise.child(FIRST_POSTERIOR))
        likelihood = self.m1.build_likelihood(z, training=self._training_first(training))
        reconstruction = -likelihood.log_prob(inputs["x"])
        return reconstruction, log_posterior, {**inputs, "x": z}

    def _training_first(self, training: bool | None) -> bool | None:
        """Whether M1's networks are being trained: one that is held has no dropout either."""
        return training and self.m1.trainable

    def draw_label(self, seed: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.draw_label`."""
        return self.m2.draw_label(seed)

    def draw_of_class(self, seed: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `StyleModel.draw_of_class`."""
        drawn = self.m2.draw_of_class(seed, one_hot_label)
        x = draw(self.m1.build_likelihood(drawn["x"], training=False), Noise(seed).child(FIRST_EVENT))
        return {"x": tf.cast(x, self.density_dtype), "z": drawn["z"]}

    def style_of(self, x: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `StyleModel.style_of`; of the mean of q(z₁ | x)."""
        return self.m2.style_of(self.m1.encoded(x)["z"], one_hot_label)

    def draw_style(self, seed: tf.Tensor, x: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.draw_style`; of a draw from q(z₁ | x)."""
        first = draw(self.m1.build_posterior(x, training=False), Noise(seed).child(FIRST_POSTERIOR))
        return self.m2.draw_style(seed, first, one_hot_label)

    def event_of(self, z: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.event_of`; of the mean of p(z₁ | y, z₂)."""
        return self.m1.decoded(self.m2.event_of(z, one_hot_label))["x"]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {name: value for name, value in super().get_config().items() if not name.endswith("_shape")}
        own = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("m1", "m2")}
        return {**config, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "M1M2":
        """A model of that configuration, with new weights."""
        return cls(**with_parts(config, "m1", "m2", custom_objects=custom_objects))
