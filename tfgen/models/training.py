"""Keras's training, evaluation and prediction steps for models of named inputs."""

import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tfgen.models.calls import CheckedCalls
from tfgen.models.execution import joined_steps
from tfgen.models.figures import MeanOfGiven
from tfgen.models.seeds import evaluation_seeds, prediction_seeds, training_seeds

__all__ = ["TrainingSteps"]


class TrainingSteps(CheckedCalls):
    """Keras's steps where the model's output is its loss, term by term.

    With w the sample weights and N the batch's rows over all replicas, the loss is

        Σ_i w_i Σ_terms term_i / N  +  Σ regularisers,

    Keras's own reduction. Each term is a metric under its own name, with the same weights, and `loss` is theirs and
    the regularisers' sum; where x is quantised, `bits_per_dim` is the sum of those that bound −log p(x), / (D ln 2).
    They are exact under `tf.distribute` too, an uneven last batch included.
    """

    stochastic: ClassVar[bool] = False
    """Whether the terms need noise. Training then gives global row r at step s the seed row (s, r); evaluation gives
    row r of its data the seed row (0, r), without which one draw of noise would decide the mean over all of them."""

    figure_names: tuple[str, ...] = ()
    """What `call` gives beside the terms, and `fit` reports: a number for each example, NaN where it has none."""

    objective_names: tuple[str, ...] = ()
    """Those terms that only the objective has: they are no part of −log p(x), nor of `bits_per_dim`."""

    term_names: tuple[str, ...]

    def build(self, input_shape: Any = None) -> None:
        """Makes the terms' metrics; a subclass makes its layers' weights first."""
        self.term_metrics = [keras.metrics.Mean(name=name) for name in self.term_names]
        self.figure_metrics = [MeanOfGiven(name=name) for name in self.figure_names]
        self.rate_metrics = [keras.metrics.Mean(name=name) for name in self.rate_names]
        if not self.trainable:  # type: ignore[has-type]
            # Keras tells layers only of a change: not of what the constructor was told, as when a file is read.
            self.trainable = True
            self.trainable = False
        self.built = True

    @property
    def rate_names(self) -> tuple[str, ...]:
        """What −log p(x) is reported in beside nats an example: rates, such as bits a dimension.

        Nats are the same whatever the size of an image; bits a dimension compare with the papers'.
        """
        return ("bits_per_dim",) if self.inputs_spec.support.levels is not None else ()

    def rate_units(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """How many nats each example would have at a rate of one: float [batch], by `rate_names`."""
        bits = math.prod(size or 1 for size in self.inputs_spec.shapes["x"]) * math.log(2.0)
        return {name: tf.fill(tf.shape(inputs["x"])[:1], tf.constant(bits, "float32")) for name in self.rate_names}

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **kwargs: Any,
    ) -> None:
        """As Keras's, but for the loss and metrics, which a generative model brings along.

        Args:
            optimizer: as in Keras.
            loss: must be None, like the next three.
            loss_weights: None.
            metrics: None.
            weighted_metrics: None.
            **kwargs: Keras's others (`jit_compile`, `steps_per_execution`, `run_eagerly`…).

        Raises:
            ValueError: where a loss or metrics are given.
        """
        given = {"loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        for name, value in given.items():
            if value is not None and value != []:
                raise ValueError(
                    f"`{name}` must be None: {type(self).__name__} is its own loss, and reports "
                    f"{', '.join(self.term_names)}. Received: {name}={value!r}"
                )
        super().compile(optimizer=optimizer, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Restores what `compile` was told; Keras leaves it to those who override `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def make_train_function(self, force: bool = False) -> None:
        """As Keras's; of `jit_compile=True` with several steps an execution, those steps are one XLA program."""
        if self.train_function is not None and not force:
            return
        if self.trainable_variables and not self.optimizer.built:
            # A step that made the optimiser's variables would have to be traced twice.
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)
        super().make_train_function(force=force)
        together = self.jit_compile and self.steps_per_execution > 1 and not self.run_eagerly
        if together and self.distribute_strategy.num_replicas_in_sync == 1:
            self.train_function: Any = joined_steps(self, self.train_function)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One forward pass, one backward pass, one update."""
        inputs, weight = self.inputs_spec.unpack(data, caller="fit")
        with tf.GradientTape() as tape:
            terms = self(inputs, training=True, **self._seeds(inputs, training_seeds, self.optimizer.iterations))
            loss = self.optimizer.scale_loss(self.objective(terms, weight))
        self.report(inputs, terms, weight)
        variables = self.trainable_weights
        if variables:
            self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        else:
            warnings.warn("The model has no trainable weights: `fit` only evaluates it.", stacklevel=2)
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, Any]:
        """The loss and its terms on a batch."""
        inputs, weight = self.inputs_spec.unpack(data, caller="evaluate")
        seeds = self._seeds(inputs, evaluation_seeds, self._loss_tracker.count)
        self.report(inputs, self(inputs, training=False, **seeds), weight)
        return self.get_metrics_result()

    def predict_step(self, data: Any) -> tf.Tensor:
        """The scores of a batch."""
        inputs, _ = self.inputs_spec.unpack(data, caller="predict")
        terms = self(inputs, training=False, **self._seeds(inputs, prediction_seeds))
        return -tf.add_n([terms[name] for name in self.term_names])

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """What Keras does before distributed steps, less the forward pass: the constructor has built the model.

        Keras would average the replicas' first batches to learn a shape, which fails where they are uneven.
        """
        del iterator, data_batch

    def objective(self, terms: dict[str, tf.Tensor], weight: Any, share: tf.Tensor | float = 1.0) -> tf.Tensor:
        """This replica's share of the loss.

        Args:
            terms: what `call` gives.
            weight: of the examples, or None.
            share: the part of the regularisers that goes with these terms.
        """
        total = tf.add_n([_weighted(terms[name], weight) for name in self.term_names])
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        rows = tf.shape(total)[0]
        if replicas > 1:
            rows = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, rows)
        # Gradients are summed over replicas: each gives its part of the one mean.
        mean = tf.reduce_sum(total) / tf.cast(tf.maximum(rows, 1), total.dtype)
        return mean + share * tf.cast(self._regularisation(), total.dtype) / replicas

    def report(self, inputs: dict[str, tf.Tensor], terms: dict[str, tf.Tensor], weight: Any) -> None:
        """Updates the metrics.

        Args:
            inputs: the named inputs.
            terms: what `call` gave for them.
            weight: of the examples, or None.
        """
        weighted = {name: _weighted(terms[name], weight) for name in self.term_names}
        for metric in self.term_metrics:
            metric.update_state(weighted[metric.name])
        for metric in self.figure_metrics:
            metric.update_state(terms[metric.name], sample_weight=weight)
        nats = tf.add_n([terms[name] for name in self.term_names if name not in self.objective_names])
        units = self.rate_units(inputs)
        for metric in self.rate_metrics:
            unit = tf.cast(units[metric.name], nats.dtype)
            # A row that counts for less has fewer of the units too: a rate is a mean, not a sum.
            metric.update_state(tf.math.divide_no_nan(nats, unit), sample_weight=_weighted(unit, weight))
        # Keras's tracker is told each row's loss: a replica without rows then adds nothing, rather than NaN.
        total = tf.add_n(list(weighted.values()))
        self._loss_tracker.update_state(total + tf.cast(self._regularisation(), total.dtype))

    def _regularisation(self) -> Any:
        return tf.add_n(self.losses) if self.losses else 0.0

    def _seeds(self, inputs: dict[str, tf.Tensor], make: Callable[..., tf.Tensor], *arguments: Any) -> dict[str, Any]:
        """What `call` gets beside its inputs: of models with noise, a seed row for each example."""
        return {"seeds": make(tf.shape(inputs["x"])[0], *arguments)} if self.stochastic else {}


def _weighted(term: tf.Tensor, weight: Any) -> tf.Tensor:
    return term if weight is None else term * tf.reshape(tf.cast(weight, term.dtype), tf.shape(term))
