"""Variational recurrent neural networks."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_choice, checked_widths
from tfgen.layers.distributions import IndependentNormal
from tfgen.layers.networks import JointMLP
from tfgen.layers.products import Products, dense_stepper
from tfgen.layers.recurrent import over_time, swapped
from tfgen.models.noise_streams import EVENT, PRIOR
from tfgen.models.sequences.filtered import FilteredModel
from tfgen.models.sequences.gaussians import densities, location_and_scale
from tfgen.models.sequences.model import Generate, State
from tfgen.models.sequences.stochastic import Move, Record, Weigh
from tfgen.noise import Noise, draw

__all__ = ["VRNN"]

_PRIORS = ("recurrent", "standard")


@keras.saving.register_keras_serializable(package="tfgen")
class VRNN(FilteredModel):
    """A variational recurrent network: in each step a VAE whose every part knows the past by h_{t−1}.

        prior       p(z_t | h_{t−1}) = N(μ_0, σ_0²)            of an MLP of h_{t−1}
        likelihood  p(x_t | z_t, h_{t−1})                      of an MLP of φ_z(z_t) and h_{t−1}
        recurrence  h_t = f(φ_x(x_t), φ_z(z_t), h_{t−1})
        posterior   q(z_t | x_t, h_{t−1}) = N(μ, σ²)           of an MLP of φ_x(x_t) and h_{t−1}

    With `likelihood="gaussian"` it is the paper's VRNN-Gauss, with `"mixture"` VRNN-GMM; with `prior="standard"`, where
    p(z_t) = N(0, I) whatever came before, VRNN-I.

    φ_x, and the products with it, are computed for all steps before the first, prior and likelihood for all steps after
    the last: only the posterior, φ_z and the recurrence go step by step.

    Args:
        event_shape: the shape of one step.
        latent_dim: the size of each z_t.
        prior: `"recurrent"` or `"standard"`.
        latent_units: the widths of φ_z.
        feature_units: the widths of φ_x.
        hidden: the widths of the MLPs of prior, posterior and likelihood.
        **kwargs: as in `FilteredModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Chung et al., *A recurrent latent variable model for sequential data*, NeurIPS 2015, equations 5 to 11.

    Example:
        >>> vrnn = VRNN(event_shape=(2,), latent_dim=3, units=16, hidden=(16,), feature_units=(8,), latent_units=(8,))
        >>> vrnn.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0))
        >>> x = vrnn.sample(4, steps=10, seed=0)
        >>> vrnn.bound(x, num_samples=8, seed=0, kind="fivo").shape.as_list()
        [4]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        prior: str = "recurrent",
        latent_units: tuple[int, ...] = (64,),
        feature_units: tuple[int, ...] = (64,),
        hidden: tuple[int, ...] = (64,),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            event_shape=event_shape, latent_dim=latent_dim, feature_units=feature_units, hidden=hidden, **kwargs
        )
        self.prior_kind = checked_choice("prior", prior, _PRIORS)
        self.latent_units = checked_widths("latent_units", latent_units)
        self.latent_network = self.make_network("latent", self.latent_units)
        self.encoder = JointMLP(hidden=self.hidden, activation=self.activation, dtype=self.dtype_policy, name="encoder")
        self.posterior = IndependentNormal(event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="posterior")
        if self.prior_kind == "recurrent":
            self.prior_network = self.make_network("prior_network", self.hidden)
            self.prior = IndependentNormal(event_shape=(self.latent_dim,), dtype=self.dtype_policy, name="prior")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        self.latent_network.build((None, self.latent_dim))
        features, latents = self.build_features(), self._latent_width
        self.recurrence.build_for(features, latents, self.context_width)
        width = self.recurrence.output_width
        self.encoder.build_for(features, width)
        self.posterior.build((None, self.encoder.width))
        if self.prior_kind == "recurrent":
            self.prior_network.build((None, width))
            self.prior.build(self.prior_network.compute_output_shape((None, width)))
        self.build_head(latents + width)
        super().build(input_shape)

    @property
    def _latent_width(self) -> int:
        return self.latent_units[-1] if self.latent_units else self.latent_dim

    @property
    def state_widths(self) -> list[int]:
        """See `StochasticModel.state_widths`."""
        return self.recurrence.state_widths

    @property
    def record_specs(self) -> list[tf.TensorSpec]:
        """h_{t−1}, φ_z(z_t), the posterior's location and scale, and z_t."""
        networks = [self.recurrence.output_width, self._latent_width]
        return [
            *(tf.TensorSpec([None, width], self.compute_dtype) for width in networks),
            *[tf.TensorSpec([None, self.latent_dim], self.density_dtype)] * 3,
        ]

    @property
    def drawn_shapes(self) -> dict[str, tuple[int, ...]]:
        """See `SequenceModel.drawn_shapes`."""
        return {"x": self.event_shape, "z": (self.latent_dim,)}

    def observe(
        self, inputs: dict[str, tf.Tensor], observer: State, training: bool | None
    ) -> tuple[list[tf.Tensor], State]:
        """See `StochasticModel.observe`: the products with φ_x."""
        del training
        features = over_time(self.features, swapped(inputs["x"]))
        return [self.encoder.prepare(features), *self.recurrence.prepare(features, inputs.get("context"))], observer

    def mover(self, training: bool | None = None, products: Products | None = None) -> Move:
        """See `StochasticModel.mover`."""
        products = Products() if products is None else products
        encode, advance = self.encoder.stepper(products), self.recurrence.stepper(training, products)
        posterior = dense_stepper([self.posterior.projection], products)
        latent_of = dense_stepper(self.latent_network.dense, products)

        def move(state: State, known: Record, normal: tf.Tensor) -> tuple[State, Record]:
            ahead, *parts = known
            past = self.recurrence.output(state)
            location, scale = location_and_scale(self.posterior, posterior(encode(ahead, past)))
            z = location + scale * normal
            latent = latent_of(tf.cast(z, self.compute_dtype))
            return advance(parts, latent, state), [past, latent, location, scale, z]

        return move

    def weigher(self, training: bool | None = None) -> Weigh:
        """See `StochasticModel.weigher`."""
        del training

        def weigh(record: Record, x: tf.Tensor) -> dict[str, tf.Tensor]:
            past, latent, location, scale, z = record
            likelihood = self._likelihood_of(latent, past).log_prob(x)
            return densities(likelihood, z, (location, scale), self._prior_of(past))

        return weigh

    def generator(self, context: tf.Tensor | None) -> Generate:
        """See `SequenceModel.generator`."""
        advance = self.recurrence.stepper()

        def generate(state: State, noise: Noise) -> tuple[State, dict[str, tf.Tensor]]:
            past = self.recurrence.output(state)
            z, prior = self.standard_normal(noise.child(PRIOR)), self._prior_of(past)
            if prior is not None:
                z = prior[0] + prior[1] * z
            latent = self.latent_network(tf.cast(z, self.compute_dtype))
            x = tf.cast(draw(self._likelihood_of(latent, past), noise.child(EVENT)), self.density_dtype)
            return advance(self.one(x, context), latent, state), {"x": x, "z": z}

        return generate

    def _prior_of(self, past: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor] | None:
        """The prior's location and scale, None of the standard one."""
        return (
            None
            if self.prior_kind == "standard"
            else location_and_scale(self.prior, self.prior.project(self.prior_network(past)))
        )

    def _likelihood_of(self, latent: tf.Tensor, past: tf.Tensor) -> tfd.Distribution:
        """p(x_t | z_t, h_{t−1}), batch shape [rows]."""
        return self.likelihood(self.network(tf.concat([latent, past], axis=-1))).tensor_distribution

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "prior": self.prior_kind, "latent_units": self.latent_units}
