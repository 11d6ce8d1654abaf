"""Models whose log p(x) is bounded from below by sampling latent variables."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import tensorflow as tf

from tfgen.layers.arguments import checked_count
from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.importance import Inferred, Weigh, importance_statistics, log_mean_exp, sample_rows
from tfgen.models.seeds import prediction_seeds
from tfgen.models.shapes import rows_of
from tfgen.noise import Noise, fresh_seed, seed_rows

__all__ = ["BoundModel"]


class BoundModel(GenerativeModel):
    """A model of p(x) = ∫ p(x, z) dz with an approximate posterior q(z | x).

    With K = 1 the bound is the evidence lower bound (ELBO), E_q[log p(x | z)] − KL(q(z | x) ‖ p(z)), of one draw of z
    and a KL in closed form where there is one. With K > 1 it is the importance-weighted bound,

        log (1/K) Σ_k p(x, z_k) / q(z_k | x),   z_k ~ q(z | x),

    whose mean does not fall with K and tends to log p(x).

    To add one, follow `GenerativeModel`'s recipe, with `infer`, `elbo` and `log_weights` in place of `call`. Where the
    negative ELBO has other parts than these two, name them in `term_names`; the first is then what is left of a bound
    of several samples.

    Args:
        event_shape: the shape of one event x.
        num_samples: K of `score` and `predict`, recorded with every export.
        training_samples: K of the bound that `fit` maximises. More than one frees the posterior from having to fit:
            q may then be simpler than the true posterior, at K times the decoder's cost.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Burda et al., *Importance weighted autoencoders*, ICLR 2016, equation 8.
    """

    inferred_axis: ClassVar[int] = 0
    """Which of the tensors that `infer` gives is the batch."""

    score_kind: ClassVar[str] = "bound"
    stochastic: ClassVar[bool] = True
    term_names: tuple[str, ...] = ("reconstruction", "kl")

    def __init__(
        self, *, event_shape: tuple[int, ...], num_samples: int = 64, training_samples: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.num_samples: int = checked_count("num_samples", num_samples)
        self.training_samples = checked_count("training_samples", training_samples)

    @abc.abstractmethod
    def infer(self, inputs: dict[str, tf.Tensor], training: bool | None = None) -> Inferred:
        """What is computed once for each example, however many samples are weighed.

        Args:
            inputs: the named inputs in the density's dtype.
            training: whether this is a training step.

        Returns:
            A tensor, batch first, such as the posterior's parameters; or several of them.
        """

    @abc.abstractmethod
    def elbo(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, noise: Noise, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """The parts of the negative ELBO, of one z for each row.

        Args:
            inputs: the named inputs in the density's dtype.
            inferred: what `infer` gave.
            noise: each row's.
            training: whether this is a training step.

        Returns:
            By `term_names`: `reconstruction`, −log p(x | z), and `kl`, KL(q(z | x) ‖ p(z)); each [batch], in nats.
        """

    @abc.abstractmethod
    def log_weights(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, noise: Noise, training: bool | None = None
    ) -> tf.Tensor:
        """log p(x, z) − log q(z | x) of one z for each row.

        Args:
            inputs: the named inputs in the density's dtype, rows repeated for each sample.
            inferred: what `infer` gave, repeated alike.
            noise: each row's.
            training: whether this is a training step.

        Returns:
            [rows], in nats.
        """

    def call(
        self, inputs: dict[str, tf.Tensor], training: bool | None = None, seeds: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """The negative bound of `training_samples` in terms, each [batch], in nats.

        `kl` is KL(q(z | x) ‖ p(z)) and `reconstruction` what is left: −E_q[log p(x | z)] of the ELBO, and with more
        samples a smaller number. Of other `term_names` the first is what is left.
        """
        inputs = self.ready(inputs)
        if seeds is None:
            seeds = prediction_seeds(tf.shape(inputs["x"])[0])
        return self.loss_terms(inputs, self.infer(inputs, training), seeds, training)

    def loss_terms(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, seeds: tf.Tensor, training: bool | None
    ) -> dict[str, tf.Tensor]:
        """What `call` gives, of what `infer` gave; a subclass may add what is no part of the bound.

        Args:
            inputs: the named inputs in the density's dtype.
            inferred: what `infer` gave.
            seeds: int32 [batch, 2].
            training: whether this is a training step.

        Returns:
            The terms of the loss by name, each [batch], in nats.
        """
        terms = self.elbo(inputs, inferred, Noise(seeds), training)
        if self.training_samples == 1:
            return terms
        bound = self.training_bound(inputs, inferred, seeds, training)
        first, *others = terms
        return {**terms, first: tf.add_n([-bound, *(-terms[name] for name in others)])}

    def training_bound(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, seeds: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """The bound of `training_samples` that `fit` maximises; a subclass may give it other gradients.

        Args:
            inputs: the named inputs in the density's dtype.
            inferred: what `infer` gave.
            seeds: int32 [batch, 2].
            training: whether this is a training step.

        Returns:
            [batch], in nats.
        """
        return log_mean_exp(self._weigh(inputs, inferred, seeds, training), self.training_samples)

    def bound(
        self, x: Any, context: Any = None, *, num_samples: int | None = None, seed: int | None = None
    ) -> tf.Tensor:
        """A lower bound of log p(x), in expectation over its noise: the ELBO of one sample, or the IWAE bound of K.

        The samples are weighed a few at a time: memory does not grow with K.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.
            num_samples: K; the model's own where it is None.
            seed: a 32-bit integer, example i then having the noise of (seed, i): independent between examples, unlike
                `score`'s, so that a mean over examples is the better estimate. None takes one from Keras's global
                generator, which `keras.utils.set_random_seed` governs.

        Returns:
            [batch], in nats.

        Raises:
            ValueError: for bad input, naming the argument.
        """

        def bound(inputs: dict[str, tf.Tensor], seeds: tf.Tensor, count: int) -> dict[str, tf.Tensor]:
            return {"bound": self.bounded(inputs, seeds, count)}

        return self.run_seeded("bound", bound, {"x": x, "context": context}, num_samples, seed)["bound"]

    def importance(
        self,
        x: Any,
        context: Any = None,
        *,
        num_samples: int | None = None,
        seed: int | None = None,
        first_row: int = 0,
    ) -> dict[str, tf.Tensor]:
        """The importance-weighted bound, and how many of its K weights w_k = p(x, z_k) / q(z_k | x) count.

        The effective sample size, (Σ_k w_k)² / Σ_k w_k², is K where the posterior is the true one, all weights then
        being equal. Near 1 a single sample decides the bound: it is then likely to lie far below log p(x).

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.
            num_samples: K; the model's own where it is None.
            seed: as in `bound`, whose noise it is.
            first_row: the number of the first example, i, where x is a part of more rows: it has the noise of
                (seed, i), the next one that of (seed, i + 1).

        Returns:
            `bound`, [batch], in nats: of several samples what `bound` gives; of one its log-weight, log w_1, not the
            ELBO, whose KL may be in closed form. `effective_sample_size`, [batch], from 1 to K; it is nought where
            no sample has any weight.

        Raises:
            ValueError: for bad input, naming the argument.

        Reference:
            Kong, *A note on importance sampling using standardized weights*, technical report 348, University of
            Chicago, 1992.
        """
        return self.run_seeded("importance", self.weighed, {"x": x, "context": context}, num_samples, seed, first_row)

    def weighed(self, inputs: dict[str, tf.Tensor], seeds: tf.Tensor, num_samples: int) -> dict[str, tf.Tensor]:
        """What `importance` is made of.

        Args:
            inputs: the named inputs.
            seeds: int32 [batch, 2].
            num_samples: K.
        """
        inputs = self.ready(inputs)
        weigh = self._weigh(inputs, self.infer(inputs, training=False), seeds, training=False)
        bound, size = importance_statistics(weigh, num_samples)
        return {"bound": bound, "effective_sample_size": size}

    def predict_step(self, data: Any) -> tf.Tensor:
        """The scores of a batch."""
        inputs, _ = self.inputs_spec.unpack(data, caller="predict")
        return self._score(**inputs)["score"]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`."""
        return (Endpoint("score", self._score, self.inputs_spec.specs(self.density_dtype, *self.data_names)),)

    def _score(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        seeds = prediction_seeds(tf.shape(inputs["x"])[0])
        return {"score": self.bounded(inputs, seeds, self.num_samples)}

    def run_seeded(
        self,
        name: str,
        function: Callable[[dict[str, tf.Tensor], tf.Tensor, int], dict[str, tf.Tensor]],
        given: dict[str, Any],
        num_samples: int | None,
        seed: int | None,
        first_row: int = 0,
    ) -> dict[str, tf.Tensor]:
        """Runs a function of named inputs, seed rows and K, example i having the noise of (seed, first_row + i).

        It is no endpoint that is exported, but run like those that are.

        Args:
            name: under which it is traced, once for each K.
            function: from named inputs, int32 [batch, 2] and K to named outputs.
            given: the public method's arguments by name; what is None was not given.
            num_samples: K; the model's own where it is None.
            seed: a 32-bit integer, or None for one of Keras's global generator.
            first_row: the number of the first example.

        Returns:
            What the function gives.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        count = self.num_samples if num_samples is None else checked_count("num_samples", num_samples)
        first = checked_count("first_row", first_row, minimum=0)
        # In 64 bits: a row's number that needs more than 32 is refused, and does not wrap around.
        seeds = seed_rows(rows_of(given["x"]), fresh_seed() if seed is None else seed).astype("int64")
        seeds[:, 1] += first

        def call(seed: tf.Tensor, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return function(inputs, seed, count)

        data = self.inputs_spec.specs(self.density_dtype, *self.data_names)
        endpoint = Endpoint(f"{name}_{count}", call, (*data, tf.TensorSpec([None, 2], tf.int32, name="seed")))
        return self.run_endpoint(endpoint, **given, seed=seeds)

    def bounded(self, inputs: dict[str, tf.Tensor], seeds: tf.Tensor, num_samples: int) -> tf.Tensor:
        """The bound of K samples, [batch] in nats: what `score` and `bound` are made of.

        Args:
            inputs: the named inputs.
            seeds: int32 [batch, 2].
            num_samples: K.
        """
        inputs = self.ready(inputs)
        inferred = self.infer(inputs, training=False)
        if num_samples == 1:
            return -tf.add_n(list(self.elbo(inputs, inferred, Noise(seeds), training=False).values()))
        return log_mean_exp(self._weigh(inputs, inferred, seeds, training=False), num_samples)

    def _weigh(
        self, inputs: dict[str, tf.Tensor], inferred: Inferred, seeds: tf.Tensor, training: bool | None
    ) -> Weigh:
        """What makes the log-weights, a few samples at a time."""

        def weigh(first: tf.Tensor, count: int) -> tf.Tensor:
            rows = sample_rows(inputs, inferred, seeds, first, count, axis=self.inferred_axis)
            return tf.reshape(self.log_weights(*rows, training), [-1, count])

        return weigh

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "num_samples": self.num_samples,
            "training_samples": self.training_samples,
        }
