"""Class and style as coordinates of an event: styles kept while classes change."""

import abc
from typing import Any

import numpy as np
import tensorflow as tf

from tfgen.models.endpoints import Endpoint
from tfgen.models.labels import MISSING, of_classes, one_hot
from tfgen.models.semi_supervised import SemiSupervisedModel
from tfgen.models.shapes import rows_of
from tfgen.noise import fresh_seed, seed_rows

__all__ = ["StyleModel"]


class StyleModel(SemiSupervisedModel):
    """A semi-supervised model whose x is of a class y and a style z: what can be done with the two.

    A class comes into these as a one-hot vector [batch, classes], with NaN where it is none.
    """

    style_dim: int
    """The size of z."""

    @abc.abstractmethod
    def draw_label(self, seed: tf.Tensor) -> tf.Tensor:
        """int32 [batch]: a class by p(y) for each seed row [batch, 2]."""

    @abc.abstractmethod
    def draw_of_class(self, seed: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """`x` by p(x | y), [batch, *event_shape], and its style `z`, for each seed row."""

    @abc.abstractmethod
    def style_of(self, x: tf.Tensor, one_hot_label: tf.Tensor) -> dict[str, tf.Tensor]:
        """q(z | x, y): its mean as `z`, and as `scale` its standard deviation where that has a closed form."""

    @abc.abstractmethod
    def draw_style(self, seed: tf.Tensor, x: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """A draw from q(z | x, y) for each seed row, [batch, style_dim]."""

    @abc.abstractmethod
    def event_of(self, z: tf.Tensor, one_hot_label: tf.Tensor) -> tf.Tensor:
        """What to show for p(x | y, z), [batch, *event_shape]."""

    def sample_class(self, label: Any, *, seed: int | None = None) -> tf.Tensor:
        """Draws from p(x | y).

        Args:
            label: [n] classes, one for each draw.
            seed: a 32-bit integer, draw i having the seed row (seed, i); None takes one from Keras's global generator.

        Returns:
            [n, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        _refuse_missing(label)
        seeds = seed_rows(rows_of(label), fresh_seed() if seed is None else seed)
        return self.run("sample_class", seed=seeds, label=label)["x"]

    def encode(self, x: Any, label: Any = None, *, seed: int | None = None) -> tf.Tensor:
        """The mean of q(z | x, y), or a draw from it: what is left of x beside its class, its style.

        Args:
            x: [batch, *event_shape].
            label: [batch], y; −1, or None for all of them, takes the most probable class.
            seed: None for the mean; a 32-bit integer for a draw, that for row i by the seed row (seed, i).

        Returns:
            z, [batch, latent_dim].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        label = np.full(rows_of(x), MISSING) if label is None else label
        if seed is None:
            return self.run("encode", x=x, label=label)["z"]
        return self.run("encode_sample", x=x, label=label, seed=seed_rows(rows_of(x), seed))["z"]

    def decode(self, z: Any, label: Any) -> tf.Tensor:
        """The mean of p(x | y, z), or what the likelihood's `event_estimate` shows in its place.

        Args:
            z: [batch, latent_dim].
            label: [batch], y.

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        _refuse_missing(label)
        return self.run("decode", z=z, label=label)["x"]

    def reconstruct(self, x: Any) -> tf.Tensor:
        """`decode(encode(x), predict_label(x))`.

        Args:
            x: [batch, *event_shape].

        Returns:
            [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("reconstruct", x=x)["reconstructed"]

    def analogies(self, x: Any, label: Any = None) -> tf.Tensor:
        """Each event's style in every class: its z, decoded with each y in turn.

        Args:
            x: [batch, *event_shape].
            label: [batch], the classes that the events have; as in `encode`.

        Returns:
            [classes, batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.

        Reference:
            Kingma et al., *Semi-supervised learning with deep generative models*, NeurIPS 2014, figure 1b.
        """
        z = self.encode(x, label)
        classes = np.repeat(np.arange(self.classes), len(z))
        decoded = self.decode(tf.tile(z, [self.classes, 1]), classes)
        return tf.reshape(decoded, [self.classes, -1, *self.event_shape])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `classify`, `sample`, `sample_class`, `encode`, `encode_sample`, `decode` and `reconstruct`."""
        x, label = self.inputs_spec.specs(self.density_dtype, "x"), tf.TensorSpec([None], tf.int32, name="label")
        seed = tf.TensorSpec([None, 2], tf.int32, name="seed")
        latent = tf.TensorSpec([None, self.style_dim], self.density_dtype, name="z")
        integer = self.inputs_spec.support.integer
        discrete = ("x",) if integer else ()
        return (
            *super().endpoints(),
            Endpoint("sample", self._sample, (seed,), ("label", *discrete)),
            Endpoint("sample_class", self._sample_class, (seed, label), discrete),
            Endpoint("encode", self._encode, (*x, label)),
            Endpoint("encode_sample", self._encode_sample, (seed, *x, label)),
            Endpoint("decode", self._decode, (latent, label), discrete),
            Endpoint("reconstruct", self._reconstruct, x, ("reconstructed",) if integer else ()),
        )

    def _sample(self, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        label = self.draw_label(seed)
        return {**self._sample_class(seed, label), "label": label}

    def _sample_class(self, seed: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._of_known(label, self.draw_of_class(seed, self._one_hot(label)))

    def _encode(self, x: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        label = self._known_or_predicted(x, label)
        return self._of_known(label, self.style_of(x, self._one_hot(label)))

    def _encode_sample(self, seed: tf.Tensor, x: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        label = self._known_or_predicted(x, label)
        return self._of_known(label, {"z": self.draw_style(seed, x, self._one_hot(label))})

    def _known_or_predicted(self, x: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        return tf.where(label == MISSING, self._predicted(x), label)

    def _decode(self, z: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._of_known(label, {"x": self.event_of(z, self._one_hot(label))})

    def _reconstruct(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        label = self._predicted(x)
        return {"reconstructed": self._decode(self._encode(x, label)["z"], label)["x"]}

    def _one_hot(self, label: tf.Tensor) -> tf.Tensor:
        return one_hot(label, self.classes, self.density_dtype)

    def _of_known(self, label: tf.Tensor, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Nothing plausible of a label that is none: a server has no other way to say so."""
        return {name: of_classes(value, label, self.classes) for name, value in outputs.items()}

    def _predicted(self, x: tf.Tensor) -> tf.Tensor:
        return self.predicted(self.class_logits(self.infer({"x": x}, training=False)))


def _refuse_missing(label: Any) -> None:
    values = np.asarray(label)
    if values.dtype.kind in "iuf" and (values == MISSING).any():
        raise ValueError(
            f"`label` must be known of every row here. Received: {MISSING} in row {np.argmax(values == -1)}"
        )
