"""Models of data of which some have a class label: what all of them share."""

import abc
from typing import Any

import tensorflow as tf

from tfgen.layers.arguments import checked_count, checked_weight
from tfgen.models.bound import BoundModel
from tfgen.models.endpoints import Endpoint
from tfgen.models.labels import MISSING

__all__ = ["SemiSupervisedModel"]


class SemiSupervisedModel(BoundModel):
    """A model of p(x, y) = p(y) p(x | y), y a class, with a classifier q(y | x) as part of its posterior.

    `fit` takes `{"x": x, "label": label}` or Keras's `(x, label)`: class numbers, −1 where a label is missing; with no
    labels at all they are missing everywhere. What it minimises is, for each row, the negative bound of log p(x, y)
    where there is a label, and of log p(x) where there is none; and, of a labelled row in training, α·(−log q(y | x))
    beside it, without which labels would teach the classifier nothing. That is reported as `classification`, and nought
    outside training.
    `accuracy` is the share of labelled rows whose most probable class by q(y | x) is their label; NaN without any.

    `score` and `predict` bound log p(x), whether a label is known or not.

    Args:
        event_shape: the shape of one event x.
        classes: how many classes there are.
        classification_weight: α. The paper's, 0.1 · rows / labelled rows, is small where labels are few and rows not
            many: z then may take over the class (`kl` rises, `label_kl` falls below ln classes, and accuracy is high on
            labelled rows alone).
        **kwargs: as in `BoundModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    figure_names: tuple[str, ...] = ("accuracy",)
    objective_names: tuple[str, ...] = ("classification",)

    def __init__(
        self, *, event_shape: tuple[int, ...], classes: int, classification_weight: float = 50.0, **kwargs: Any
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.classes = checked_count("classes", classes, minimum=2)
        self.classification_weight = checked_weight("classification_weight", classification_weight)
        self.inputs_spec.classes = self.classes

    @abc.abstractmethod
    def class_logits(self, inferred: tf.Tensor) -> tf.Tensor:
        """[batch, classes], whose softmax is q(y | x), of what `infer` gave."""

    def loss_terms(
        self, inputs: dict[str, tf.Tensor], inferred: tf.Tensor, seeds: tf.Tensor, training: bool | None
    ) -> dict[str, tf.Tensor]:
        """See `BoundModel.loss_terms`; with the classifier's own part, and its accuracy."""
        terms = super().loss_terms(inputs, inferred, seeds, training)
        logits = self.class_logits(inferred)
        label = self.labels_of(inputs)
        known = label != MISSING
        log_likelihood = tf.reduce_sum(
            tf.one_hot(label, self.classes, dtype=logits.dtype) * tf.nn.log_softmax(logits), axis=-1
        )
        terms["classification"] = -self.classification_weight * log_likelihood
        if not training:
            terms["classification"] = tf.zeros_like(log_likelihood)
        right = tf.cast(self.predicted(logits) == label, logits.dtype)
        return {**terms, "accuracy": tf.where(known, right, tf.constant(float("nan"), logits.dtype))}

    def labels_of(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """int32 [batch]: the labels among named inputs, −1 where there are none."""
        if "label" in inputs:
            return tf.cast(inputs["label"], tf.int32)
        return tf.fill([tf.shape(inputs["x"])[0]], MISSING)

    def predicted(self, logits: tf.Tensor) -> tf.Tensor:
        """int32 [batch]: the most probable classes."""
        return tf.argmax(logits, axis=-1, output_type=tf.int32)

    def predict_label(self, x: Any) -> tf.Tensor:
        """The most probable class of each event, by q(y | x).

        Args:
            x: [batch, *event_shape].

        Returns:
            int32 [batch]. `run("classify", x=x)` gives all classes' probabilities too.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("classify", x=x)["label"]

    def predict_step(self, data: Any) -> tf.Tensor:
        """The scores of a batch; labels, which Keras's data sets may hold, are passed over."""
        inputs, _ = self.inputs_spec.unpack(data, caller="predict")
        return self._score(x=inputs["x"])["score"]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score` and `classify`."""
        x = self.inputs_spec.specs(self.density_dtype, "x")
        return (*super().endpoints(), Endpoint("classify", self._classify, x, ("label",)))

    def _classify(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = self.class_logits(self.infer({"x": x}, training=False))
        return {"label": self.predicted(logits), "probabilities": tf.nn.softmax(logits)}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "classification_weight": self.classification_weight}
