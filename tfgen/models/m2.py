"""The semi-supervised variational autoencoder M2."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_widths
from tfgen.layers.networks import MLP
from tfgen.models.importance import repeat_noise, repeat_rows
from tfgen.models.labels import MISSING, one_hot
from tfgen.models.noise_streams import LABEL
from tfgen.models.parts import check_apart, with_parts
from tfgen.models.styles import StyleModel
from tfgen.models.vae import VAE
from tfgen.noise import Noise, draw

__all__ = ["M2"]


@keras.saving.register_keras_serializable(package="tfgen")
class M2(StyleModel):
    """p(x, y, z) = p(y) p(z | y) p(x | y, z), with q(y | x) q(z | x, y): labels for some rows, or for none.

    p(x | y, z), p(z | y) and q(z | x, y) are a conditional VAE's, whose context is the class y as a one-hot vector. A
    labelled row costs −E_q[log p(x | y, z)] + KL(q(z | x, y) ‖ p(z | y)) − log p(y); of an unlabelled one, classes are
    summed over exactly,

        Σ_y q(y | x) (−E_q[log p(x | y, z)] + KL(q(z | x, y) ‖ p(z | y))) + KL(q(y | x) ‖ p(y)).

    `fit` reports `reconstruction`, `kl` and `label_kl` (whose value for a label that is known is −log p(y)), and
    `classification` and `accuracy` as in `SemiSupervisedModel`. With several samples the bound needs no q(y | x):

        log (1/K) Σ_k Σ_y p(y) p(x, z_k | y) / q(z_k | x, y).

    So with several `training_samples` unlabelled rows teach the classifier nothing: it learns from labels alone.

    Args:
        vae: the conditional VAE, of `context_shape=(classes,)`; it is used as it is, not copied. It has neither `beta`
            nor `free_bits`, and its own `num_samples` and `training_samples` are not used.
        classifier: a Keras layer or model from x (as the likelihood's `to_features` gives it) to features
            [batch, width], which are projected to the classes' logits; None for an MLP.
        hidden: the MLP's widths.
        class_prior: p(y), a probability for each class; None for equal ones.
        **kwargs: as in `SemiSupervisedModel`: `classification_weight`, `num_samples`, `training_samples`, Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Kingma et al., *Semi-supervised learning with deep generative models*, NeurIPS 2014, equations 6 to 9.

    Example:
        >>> m2 = M2(VAE(event_shape=(4,), latent_dim=2, context_shape=(3,), hidden=(8,)), hidden=(8,))
        >>> m2.compile("adam")
        >>> x = m2.sample(6, seed=0)
        >>> history = m2.fit(x, [0, 1, 2, -1, -1, -1], verbose=0)
        >>> m2.predict_label(x).shape.as_list(), m2.analogies(x).shape.as_list()
        ([6], [3, 6, 4])
    """

    term_names: tuple[str, ...] = ("reconstruction", "kl", "label_kl", "classification")

    def __init__(
        self,
        vae: VAE,
        *,
        classifier: keras.layers.Layer | None = None,
        hidden: tuple[int, ...] = (256, 256),
        class_prior: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(vae, VAE) or vae.context_shape is None:
            raise ValueError(f"`vae` must be a VAE with context_shape=(classes,). Received: vae={vae!r}")
        if vae.penalised or vae.gradient_estimator != "reparameterisation":
            raise ValueError(
                "`vae` must have neither beta nor free_bits nor another gradient_estimator: its objective is not used. "
                f"Received: beta={vae.beta}, free_bits={vae.free_bits}, gradient_estimator={vae.gradient_estimator!r}"
            )
        kwargs = {"dtype": vae.dtype_policy, **kwargs}
        super().__init__(**kwargs, event_shape=vae.event_shape, classes=vae.context_shape[0])
        if vae.density_dtype != self.density_dtype:
            raise ValueError(f"`vae` must have the model's dtype, {self.density_dtype}. Received: {vae.density_dtype}")
        self.vae = vae
        self.style_dim = vae.latent_dim
        self.inputs_spec.support = vae.support
        self.hidden = checked_widths("hidden", hidden)
        self._given = classifier is not None
        network = MLP(hidden=self.hidden, activation="relu", dtype=self.dtype_policy, name="classifier")
        self.classifier = classifier if classifier is not None else network
        self.class_head = keras.layers.Dense(self.classes, dtype=self.density_dtype, name="class_head")
        self.class_prior = _checked_prior(class_prior, self.classes)
        check_apart(vae=self.vae, classifier=self.classifier)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes the classifier's weights; the VAE has its own."""
        features = self.vae.likelihood.to_features(tf.zeros([1, *self.event_shape], self.density_dtype))
        outputs = self.classifier(keras.KerasTensor((None, *features.shape[1:]), dtype=self.density_dtype))
        if self.density_dtype == "float64" and outputs.dtype != "float64":
            raise ValueError(f"`classifier` must have the model's dtype, float64. Received: {outputs.dtype}")
        if len(outputs.shape) != 2:
            raise ValueError(f"`classifier` must give features [batch, width]. Received: shape={outputs.shape}")
        self.class_head.build(outputs.shape)
        super().build(input_shape)

    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> tf.Tensor:
        """For each class y the parameters of q(z | x, y), then the logits of q(y | x), in one row."""
        logits = self.logits_of(inputs["x"], training)
        posteriors = self.vae.infer(self._for_classes(inputs["x"]), training)
        return tf.concat([tf.reshape(posteriors, [-1, self.classes * posteriors.shape[-1]]), logits], axis=-1)

    def logits_of(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """[batch, classes], whose softmax is q(y | x), where nothing else of `infer` is wanted."""
        features = self.classifier(self.vae.likelihood.to_features(x), training=training)
        return self.class_head(tf.cast(features, self.density_dtype))

    def class_logits(self, inferred: tf.Tensor) -> tf.Tensor:
        """See `SemiSupervisedModel.class_logits`."""
        return inferred[:, -self.classes :]

    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """`reconstruction`, `kl` and `label_kl`, each [batch], in nats; all classes have the noise of their row."""
        rows = self._class_rows(inputs, inferred, noise)
        log_q = tf.nn.log_softmax(self.class_logits(inferred))
        label = self.labels_of(inputs)[:, tf.newaxis]
        share = tf.where(label == MISSING, tf.exp(log_q), one_hot(label[:, 0], self.classes, log_q.dtype))
        each = self.vae.elbo(*rows, training)
        terms = {
            name: tf.reduce_sum(share * tf.reshape(value, [-1, self.classes]), axis=-1) for name, value in each.items()
        }
        # Of a label that is known, log q is log 1.
        log_share = tf.where(label == MISSING, log_q, tf.zeros_like(log_q))
        terms["label_kl"] = tf.reduce_sum(share * (log_share - self._log_prior), axis=-1)
        return terms

    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log Σ_y p(y) p(x, z_y | y) / q(z_y | x, y), of the one class where it is known."""
        rows = self._class_rows(inputs, inferred, noise)
        weights = self._log_prior + tf.reshape(self.vae.log_weights(*rows, training), [-1, self.classes])
        label = self.labels_of(inputs)[:, tf.newaxis]
        counts = (label == MISSING) | (label == tf.range(self.classes))
        return tf.reduce_logsumexp(tf.where(counts, weights, tf.constant(-np.inf, weights.dtype)), axis=-1)

    def draw_label(self, seed: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.draw_label`."""
        return tf.cast(draw(tfd.Categorical(logits=self._log_prior), Noise(seed).child(LABEL)), tf.int32)

    def draw_of_class(self, seed: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `StyleModel.draw_of_class`."""
        return self.vae.sampled(seed, one_hot_label)

    def style_of(self, x: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """See `StyleModel.style_of`."""
        return self.vae.encoded(x, one_hot_label)

    def draw_style(self, seed: tf.Tensor, x: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.draw_style`."""
        return self.vae.encoded_sample(seed, x, one_hot_label)["z"]

    def event_of(self, z: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """See `StyleModel.event_of`."""
        return self.vae.decoded(z, one_hot_label)["x"]

    @property
    def _log_prior(self) -> tf.Tensor:
        prior = self.class_prior or (1 / self.classes,) * self.classes
        return tf.constant([math.log(probability) for probability in prior], self.density_dtype)

    def _for_classes(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """The VAE's inputs, a row for each class of each event."""
        context = tf.tile(tf.eye(self.classes, dtype=self.density_dtype), [tf.shape(x)[0], 1])
        return {"x": repeat_rows(x, self.classes), "context": context}

    def _class_rows(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, noise: Noise
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor, Noise]:
        posteriors = inferred[:, : -self.classes]
        size = posteriors.shape[-1] // self.classes
        return (
            self._for_classes(inputs["x"]),
            tf.reshape(posteriors, [-1, size]),
            repeat_noise(noise, self.classes),
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {
            name: value for name, value in super().get_config().items() if name not in ("event_shape", "context_shape")
        }
        classifier = keras.saving.serialize_keras_object(self.classifier) if self._given else None
        return {
            **config,
            "vae": keras.saving.serialize_keras_object(self.vae),
            "classifier": classifier,
            "hidden": self.hidden,
            "class_prior": self.class_prior,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "M2":
        """A model of that configuration, with new weights."""
        return cls(**with_parts(config, "vae", "classifier", custom_objects=custom_objects))


def _checked_prior(class_prior: Any, classes: int) -> tuple[float, ...] | None:
    if class_prior is None:
        return None
    prior = np.asarray(class_prior, np.float64)
    if prior.shape != (classes,) or not (prior > 0).all() or abs(prior.sum() - 1) > 1e-6:
        raise ValueError(
            f"`class_prior` must be {classes} positive probabilities that sum to 1. "
            f"Received: class_prior={class_prior!r}"
        )
    return tuple(prior.tolist())
