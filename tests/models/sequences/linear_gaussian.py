"""A state space model with the truth plugged in: its evidence is known exactly."""

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.models.sequences.filtered import FilteredModel
from tfgen.models.sequences.gaussians import densities

TRANSITIONS, EMISSIONS = (1.0, 2.0, 3.0), (4.0, 5.0, 6.0)
"""The variances of FIVO's `ghmm` test."""


@keras.saving.register_keras_serializable(package="tests")
class LinearGaussian(FilteredModel):
    """z_t ~ N(z_{t−1}, q_t), x_t ~ N(z_t, r_t), z_0 = 0; the posterior is p(z_t | z_{t−1}, x_t), or a worse one.

    Args:
        spread: by how much the posterior's scale is off the best one.
    """

    term_names: ClassVar[tuple[str, ...]] = ("reconstruction", "kl")

    def __init__(self, *, spread: float = 1.0, transitions=TRANSITIONS, emissions=EMISSIONS, **kwargs) -> None:
        super().__init__(event_shape=(1,), latent_dim=1, units=1, **kwargs)
        self.spread, self.transitions, self.emissions = spread, tuple(transitions), tuple(emissions)
        self.build()

    def build(self, input_shape=None):
        self.recurrence.build_for(1)
        self.build_head(1)
        super().build(input_shape)

    @property
    def state_widths(self):
        return [1, 1]

    @property
    def record_specs(self):
        return [tf.TensorSpec([None, 1], tf.float32)] * 5

    @property
    def drawn_shapes(self):
        return {"x": (1,), "z": (1,)}

    def begin(self, rows, context, training=None):
        return tf.zeros([rows, 1]), tf.zeros([rows, 1])

    def observe(self, inputs, observer, training):
        return [tf.transpose(inputs["x"], [1, 0, 2])], observer

    def _variances(self, time):
        index = tf.cast(time, tf.int32)
        return tf.gather(tf.constant(self.transitions), index), tf.gather(tf.constant(self.emissions), index)

    def mover(self, training=None, products=None):
        if products is not None:
            products.complete = False

        def move(state, known, normal):
            before, time = state
            transition, emission = self._variances(time)
            total = transition + emission
            mean = (before * emission + known[0] * transition) / total
            scale = self.spread * tf.sqrt(transition * emission / total)
            z = mean + scale * normal
            return (z, time + 1), [before, time, mean, scale, z]

        return move

    def weigher(self, training=None):
        def weigh(record, x):
            before, time, mean, scale, z = record
            transition, emission = self._variances(time)
            likelihood = tfd.Independent(tfd.Normal(z, tf.sqrt(emission)), 1).log_prob(x)
            return densities(likelihood, z, (mean, scale), (before, tf.sqrt(transition)))

        return weigh

    def generator(self, context):
        raise NotImplementedError

    def get_config(self):
        own = {"spread": self.spread, "transitions": self.transitions, "emissions": self.emissions}
        return {**super().get_config(), **own}


def evidence(x: np.ndarray, transitions=TRANSITIONS, emissions=EMISSIONS) -> np.ndarray:
    """log p(x) by TFP's Kalman filter, in float64."""
    q, r = (tf.constant(values, tf.float64) for values in (transitions, emissions))
    model = tfd.LinearGaussianStateSpaceModel(
        num_timesteps=len(transitions),
        transition_matrix=tf.eye(1, dtype=tf.float64),
        # Of the step from t to t + 1.
        transition_noise=lambda t: tfd.MultivariateNormalDiag(
            tf.zeros([1], tf.float64), tf.sqrt(tf.gather(q, tf.minimum(t + 1, len(transitions) - 1)))[tf.newaxis]
        ),
        observation_matrix=tf.eye(1, dtype=tf.float64),
        observation_noise=lambda t: tfd.MultivariateNormalDiag(
            tf.zeros([1], tf.float64), tf.sqrt(tf.gather(r, t))[tf.newaxis]
        ),
        initial_state_prior=tfd.MultivariateNormalDiag(tf.zeros([1], tf.float64), tf.sqrt(q[:1])),
    )
    return model.log_prob(x.astype(np.float64)).numpy()


def sequences(rows: int, transitions=TRANSITIONS, emissions=EMISSIONS, seed: int = 0) -> np.ndarray:
    """Draws of the model."""
    rng = np.random.default_rng(seed)
    z = np.cumsum(np.sqrt(transitions) * rng.normal(size=(rows, len(transitions))), axis=1)
    return (z + np.sqrt(emissions) * rng.normal(size=z.shape))[..., None].astype(np.float32)
