"""Models of sequences that are made of a recurrence, features of the data and a likelihood of a step."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_count, checked_units, checked_widths
from tfgen.layers.distributions import DistributionLayer
from tfgen.layers.distributions.support import Support
from tfgen.layers.networks import MLP
from tfgen.layers.products import Products
from tfgen.layers.recurrent import Recurrence, scan, swapped
from tfgen.models.parts import check_apart, with_parts
from tfgen.models.seeds import EVALUATION_SEED
from tfgen.models.sequences.likelihoods import make_step_likelihood
from tfgen.models.sequences.model import SequenceModel, State, kept_where
from tfgen.noise import Noise, draw

__all__ = ["RecurrentModel"]


class RecurrentModel(SequenceModel):
    """A `SequenceModel` with features φ(x_t), a recurrence h_t, and p(x_t | …) by a distribution layer.

    A subclass's constructor ends with `build`.

    `tf.distribute.MirroredStrategy` on logical CPUs needs `cross_device_ops=tf.distribute.ReductionToOneDevice()`:
    TensorFlow's collectives on CPUs may wait for threads that the replicas' loops hold, and never end.

    Args:
        event_shape: the shape of one step.
        context_shape: the shape of one context, of rank one, or None.
        likelihood: p(x_t | …): `"gaussian"` (independent normals, scales predicted), `"mixture"` (of `components`
            such), `"autoregressive"` (normals, each given the numbers before it in the step), `"bernoulli"`,
            `"categorical"` or `"discretised_logistic"` (of `levels`), or a distribution layer for all else.
        components: of `"mixture"`. The others do not use it.
        levels: how many values a number takes, 0 … levels − 1, of the last two names; 256 where it is None.
            The others do not use it.
        cell: `"lstm"`, `"gru"`, or Keras's cells, one or a list of them, which are then the recurrence's.
        units: the cells' widths from below: an integer, or a tuple for a stack. Given cells have their own.
        skip: whether the input goes to every cell of a stack, and every cell's output out of it.
        context_as: what the context is to the recurrence: `"initial_state"`, `"input"` at each step, or `"both"`.
        gradient_clip: the greatest size of an entry of the gradient of a sequence's loss by its state, clipped at each
            step, or None; with several training samples it is of a sample's share. Not with an optimiser that scales
            the loss. The optimiser's `global_clipnorm=1.0` is the other way to keep gradients small, and the usual one.
        feature_units: the widths of φ, an MLP of one step's x; () passes x on.
        hidden: the widths of the MLP before the likelihood.
        activation: the MLPs', by Keras's names.
        **kwargs: as in `SequenceModel`.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        likelihood: str | DistributionLayer = "gaussian",
        components: int = 10,
        levels: int | None = None,
        cell: str | keras.layers.Layer | Sequence[keras.layers.Layer] = "gru",
        units: int | tuple[int, ...] = 128,
        skip: bool = True,
        context_as: str = "both",
        gradient_clip: float | None = None,
        feature_units: tuple[int, ...] = (),
        hidden: tuple[int, ...] = (),
        activation: str = "tanh",
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        self.components = checked_count("components", components)
        self.levels = levels
        self.units = checked_units("units", units) if isinstance(cell, str) else units
        # Given cells are the recurrence's alone: kept here as well they would be saved under this name.
        self.cell_name = cell if isinstance(cell, str) else None
        self.hidden = checked_widths("hidden", hidden)
        self.feature_units = checked_widths("feature_units", feature_units)
        self.activation = keras.activations.get(activation)
        self.recurrence = Recurrence(
            cell=cell,
            units=units,
            skip=skip,
            context_as=context_as,
            gradient_clip=gradient_clip,
            dtype=self.dtype_policy,
            name="recurrence",
        )
        self.state_from_context = self.context_shape is not None and context_as != "initial_state"
        self.feature_network = self.make_network("features", self.feature_units)
        self.network = self.make_network("network", self.hidden)
        self._likelihood_name = likelihood if isinstance(likelihood, str) else None
        self.likelihood = make_step_likelihood(
            likelihood,
            event_shape=self.event_shape,
            components=self.components,
            levels=levels,
            width=self.hidden[-1] if self.hidden else self.recurrence.output_width,
            dtype=self.dtype_policy,
            **({"name": "likelihood"} if isinstance(likelihood, str) else {}),
        )
        if self.likelihood.density_dtype != self.density_dtype:
            raise ValueError(
                f"`likelihood` must have the model's dtype, {self.density_dtype}. "
                f"Received: {self.likelihood.density_dtype}"
            )
        check_apart(likelihood=self.likelihood, cell=self.recurrence)
        self.inputs_spec.support = self.likelihood.support

    @property
    def support(self) -> Support:
        """See `SequenceModel.support`."""
        return self.likelihood.support

    @property
    def context_width(self) -> int | None:
        """The context's size, or None."""
        return None if self.context_shape is None else self.context_shape[0]

    def build_features(self) -> int:
        """Makes the weights of φ; its width."""
        with tf.init_scope():
            event = tf.zeros([1, *self.event_shape], self.density_dtype)
            width = tf.reshape(self.likelihood.to_features(event), [1, -1]).shape[-1]
        if not self.feature_network.built:
            self.feature_network.build((None, width))
        return self.feature_units[-1] if self.feature_units else width

    def make_recognition(self, units: int | tuple[int, ...] | None, *, context_as: str) -> Recurrence:
        """A recurrence that reads x for a posterior: of the same kind of cells, where that is told by a name.

        Args:
            units: the widths of its cells; the model's where it is None.
            context_as: what the context is to it.
        """
        return Recurrence(
            cell=self.cell_name or "gru",
            units=self.units if units is None else checked_units("recognition_units", units),
            skip=self.recurrence.skip,
            context_as=context_as,
            gradient_clip=self.recurrence.gradient_clip,
            dtype=self.dtype_policy,
            name="recognition",
        )

    def compile(self, optimizer: Any = "adam", *args: Any, **kwargs: Any) -> None:
        """As of every model.

        Raises:
            ValueError: also for an optimiser that scales the loss, where `gradient_clip` is a limit of its gradient.
        """
        optimizer = keras.optimizers.get(optimizer)
        scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer) or optimizer.loss_scale_factor is not None
        if self.recurrence.gradient_clip is not None and scales:
            raise ValueError(
                "`optimizer` must leave the loss as it is with `gradient_clip`, whose limit would be of the scaled "
                f"gradient: use its `global_clipnorm` instead. Received: optimizer={optimizer!r}"
            )
        super().compile(optimizer, *args, **kwargs)

    def features(self, x: tf.Tensor) -> tf.Tensor:
        """φ(x), [batch, width], of single steps x, [batch, *event_shape]."""
        return self.feature_network(tf.cast(self.likelihood.to_features(x), self.compute_dtype))

    def begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """See `SequenceModel.begin`."""
        return self.recurrence.begin(rows, context, training)

    def build_head(self, width: int) -> None:
        """Makes the weights of the likelihood and of the network before it.

        Args:
            width: of the features that it gets.
        """
        shape = (None, width)
        self.network.build(shape)
        # A layer that is given, or read from a file, may have been built.
        if not self.likelihood.built:
            self.likelihood.build(self.network.compute_output_shape(shape))
        self._check_draws()

    def one(self, x: tf.Tensor, context: tf.Tensor | None) -> list[tf.Tensor]:
        """What the recurrence sees of a single step x, [batch, *event_shape]."""
        return [part[0] for part in self.recurrence.prepare(self.features(x)[tf.newaxis], context)]

    def followed(
        self,
        recurrence: Recurrence,
        features: tf.Tensor,
        mask: tf.Tensor,
        state: State,
        context: tf.Tensor | None,
        training: bool | None,
        *,
        after: bool,
    ) -> tuple[tf.Tensor, State]:
        """A recurrence of features alone, over all steps.

        Args:
            recurrence: which one.
            features: [time, batch, width].
            mask: bool [batch, time].
            state: before the first step.
            context: as the recurrence takes it.
            training: whether this is a training step.
            after: whether h_t shall have seen step t, or only what was before it.

        Returns:
            h_t of all steps, [time, batch, width], and the state after them.
        """
        known = recurrence.prepare(features, context)
        products = Products() if training else None
        move = recurrence.stepper(training, products)

        def body(_: tf.Tensor, state: State, given: list[tf.Tensor]) -> tuple[State, list[tf.Tensor]]:
            valid, *known = given
            following = kept_where(valid, move(known, None, state), state)
            return following, [recurrence.output(following if after else state)]

        outputs = [tf.TensorSpec([None, recurrence.output_width], self.compute_dtype)]
        given = [swapped(mask), *known]
        state, (summary,) = scan(body, state, given, outputs, steps=tf.shape(features)[0], products=products)
        return summary, state

    def make_network(self, name: str, hidden: tuple[int, ...]) -> MLP:
        """An MLP of the model's activation and dtype."""
        return MLP(hidden=hidden, activation=self.activation, dtype=self.dtype_policy, name=name)

    def _check_draws(self) -> None:
        """A layer that cannot be sampled from noise is refused now, not when the model is exported."""
        with tf.init_scope():
            parameters = tf.zeros([1, self.likelihood.parameter_size], self.density_dtype)
            try:
                draw(self.likelihood.make_distribution(parameters), Noise(tf.constant([EVALUATION_SEED], tf.int32)))
            except TypeError as error:
                raise ValueError(
                    f"`likelihood` must be one to draw from: {error} Received: {self.likelihood}"
                ) from error

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        given = self._likelihood_name or keras.saving.serialize_keras_object(self.likelihood)
        cells = self.cell_name or [keras.saving.serialize_keras_object(cell) for cell in self.recurrence.cells]
        return {
            **super().get_config(),
            "likelihood": given,
            "components": self.components,
            "levels": self.levels,
            "cell": cells,
            "units": self.units,
            "skip": self.recurrence.skip,
            "context_as": self.recurrence.context_as,
            "gradient_clip": self.recurrence.gradient_clip,
            "feature_units": self.feature_units,
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "RecurrentModel":
        """A model of that configuration, with new weights."""
        config = with_parts(config, "likelihood", custom_objects=custom_objects)
        if not isinstance(config.get("cell", "gru"), str):
            cells = [
                keras.saving.deserialize_keras_object(cell, custom_objects=custom_objects) for cell in config["cell"]
            ]
            config = {**config, "cell": cells}
        return cls(**config)
