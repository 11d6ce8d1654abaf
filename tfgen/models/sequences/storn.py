"""Stochastic recurrent networks."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_widths
from tfgen.layers.distributions import IndependentNormal
from tfgen.layers.products import Products, dense_stepper
from tfgen.layers.recurrent import over_time, swapped
from tfgen.models.noise_streams import EVENT, PRIOR
from tfgen.models.sequences.filtered import FilteredModel
from tfgen.models.sequences.gaussians import densities, location_and_scale
from tfgen.models.sequences.model import Generate, State
from tfgen.models.sequences.stochastic import Move, Record, Weigh
from tfgen.noise import Noise, draw

__all__ = ["STORN"]


@keras.saving.register_keras_serializable(package="tfgen")
class STORN(FilteredModel):
    """A stochastic recurrent network: a recurrent network that is fed independent noise beside the past.

        prior       p(z_t) = N(0, I)
        recurrence  h_t = f(φ_x(x_{t−1}), φ_z(z_t), h_{t−1})
        likelihood  p(x_t | h_t)                               of an MLP of h_t
        posterior   q(z_t | x_1 … x_t) = N(μ, σ²)              of a recurrent network of its own, the recognition's

    The posterior knows nothing of z_1 … z_{t−1}: it is computed for all steps before the first, and so are the draws.
    φ_x(x_0) is learned.

    Args:
        event_shape: the shape of one step.
        latent_dim: the size of each z_t.
        latent_units: the widths of φ_z.
        recognition_units: the widths of the recognition network's cells, which are of the kind of `cell` where that is
            a name, else GRUs; as `units` where it is None.
        **kwargs: as in `FilteredModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Bayer and Osendorfer, *Learning stochastic recurrent networks*, arXiv:1411.7610, 2014, sections 3.1 and 3.2.

    Example:
        >>> storn = STORN(event_shape=(2,), latent_dim=3, units=16)
        >>> x = storn.sample(4, steps=10, seed=0)
        >>> storn.bound(x, num_samples=8, seed=0).shape.as_list()
        [4]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        latent_units: tuple[int, ...] = (),
        recognition_units: int | tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, latent_dim=latent_dim, **kwargs)
        self.latent_units = checked_widths("latent_units", latent_units)
        self.latent_network = self.make_network("latent", self.latent_units)
        self.recognition_units = recognition_units
        self.recognition = self.make_recognition(recognition_units, context_as=self.recurrence.context_as)
        self.posterior = IndependentNormal(event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="posterior")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        self.latent_network.build((None, self.latent_dim))
        latents = self.latent_units[-1] if self.latent_units else self.latent_dim
        features = self.build_features()
        self.recurrence.build_for(features, latents, self.context_width)
        self.recognition.build_for(features, 0, self.context_width)
        self.posterior.build((None, self.recognition.output_width))
        self.build_head(self.recurrence.output_width)
        self.first_features = self.add_weight(shape=(features,), initializer="zeros", name="first_features")
        super().build(input_shape)

    @property
    def state_widths(self) -> list[int]:
        """The recurrence's, and what it is to see of the last step's x."""
        return [*self.recurrence.state_widths, *self.recurrence.prepared_widths]

    @property
    def observer_widths(self) -> list[int]:
        """See `StochasticModel.observer_widths`: the recognition network's state."""
        return self.recognition.state_widths

    @property
    def record_specs(self) -> list[tf.TensorSpec]:
        """h_t, the posterior's location and scale, and z_t."""
        return [
            tf.TensorSpec([None, self.recurrence.output_width], self.compute_dtype),
            *[tf.TensorSpec([None, self.latent_dim], self.density_dtype)] * 3,
        ]

    @property
    def drawn_shapes(self) -> dict[str, tuple[int, ...]]:
        """See `SequenceModel.drawn_shapes`."""
        return {"x": self.event_shape, "z": (self.latent_dim,)}

    def begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """See `SequenceModel.begin`."""
        first = tf.tile(tf.convert_to_tensor(self.first_features)[tf.newaxis, tf.newaxis], [1, rows, 1])
        seen = [part[0] for part in self.recurrence.prepare(first, context)]
        return (*super().begin(rows, context, training), *seen)

    def observer_begin(self, rows: tf.Tensor, context: tf.Tensor | None, training: bool | None = None) -> State:
        """See `StochasticModel.observer_begin`."""
        return self.recognition.begin(rows, context, training)

    def observe(
        self, inputs: dict[str, tf.Tensor], observer: State, training: bool | None
    ) -> tuple[list[tf.Tensor], State]:
        """See `StochasticModel.observe`: the posterior of each step, and the features for the next one."""
        features = over_time(self.features, swapped(inputs["x"]))
        context = inputs.get("context")
        summary, observer = self.followed(
            self.recognition, features, inputs["mask"], observer, context, training, after=True
        )

        def posterior(summary: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return location_and_scale(self.posterior, self.posterior.project(summary))

        return [*over_time(posterior, summary), *self.recurrence.prepare(features, context)], observer

    def mover(self, training: bool | None = None, products: Products | None = None) -> Move:
        """See `StochasticModel.mover`."""
        follow = self._follower(training, products)

        def move(state: State, known: Record, normal: tf.Tensor) -> tuple[State, Record]:
            location, scale, *seen = known
            z = location + scale * normal
            following = follow(state, z)
            return (*following, *seen), [self.recurrence.output(following), location, scale, z]

        return move

    def weigher(self, training: bool | None = None) -> Weigh:
        """See `StochasticModel.weigher`."""
        del training

        def weigh(record: Record, x: tf.Tensor) -> dict[str, tf.Tensor]:
            summary, location, scale, z = record
            return densities(self._likelihood_of(summary).log_prob(x), z, (location, scale), None)

        return weigh

    def generator(self, context: tf.Tensor | None) -> Generate:
        """See `SequenceModel.generator`."""
        follow = self._follower()

        def generate(state: State, noise: Noise) -> tuple[State, dict[str, tf.Tensor]]:
            z = self.standard_normal(noise.child(PRIOR))
            following = follow(state, z)
            likelihood = self._likelihood_of(self.recurrence.output(following))
            x = tf.cast(draw(likelihood, noise.child(EVENT)), self.density_dtype)
            return (*following, *self.one(x, context)), {"x": x, "z": z}

        return generate

    def _follower(
        self, training: bool | None = None, products: Products | None = None
    ) -> Callable[[State, tf.Tensor], State]:
        """From a state and z to the recurrence's state after the step."""
        products = Products() if products is None else products
        advance, size = self.recurrence.stepper(training, products), len(self.recurrence.state_widths)
        latent_of = dense_stepper(self.latent_network.dense, products)

        def follow(state: State, z: tf.Tensor) -> State:
            return advance(state[size:], latent_of(tf.cast(z, self.compute_dtype)), state[:size])

        return follow

    def _likelihood_of(self, summary: tf.Tensor) -> tfd.Distribution:
        """p(x_t | h_t), batch shape [rows]."""
        return self.likelihood(self.network(summary)).tensor_distribution

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "latent_units": self.latent_units,
            "recognition_units": self.recognition_units,
        }
