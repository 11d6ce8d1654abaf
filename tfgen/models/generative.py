"""The contract that every model keeps: `fit`, `predict`, `sample`, endpoints, `save` and `export`."""

import abc
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfgen.layers.arguments import checked_shape
from tfgen.layers.precision import density_dtype
from tfgen.models.endpoints import Endpoint
from tfgen.models.inputs import ModelInputs
from tfgen.models.training import TrainingSteps
from tfgen.noise import fresh_seed, seed_rows

__all__ = ["GenerativeModel"]


class GenerativeModel(TrainingSteps, abc.ABC):
    """A Keras model of p(x) or p(x | context).

    To add a model, subclass it (or `ExactModel`, where log p is exact, or `BoundModel`, where it is bounded), and

    1. take the constructor's own arguments by keyword, keep each as an attribute, return them from `get_config`;
    2. call `super().__init__` first, make the layers, and end with `self.build()`, so that a model has its weights
       from the start and can be saved, restored and distributed at once;
    3. make the layers' weights in `build`, calling `super().build()` last;
    4. name what the loss is made of in `term_names`, and give `call`, from named inputs to per-example terms;
    5. give `endpoints`;
    6. register the class with Keras under the package `tfgen`, and the model in `tests/laws/registry.py`.

    Args:
        event_shape: the shape of one event x.
        context_shape: the shape of one context, or None for an unconditional model.
        **kwargs: Keras's own model arguments (`name`, `dtype`, `trainable`). Whatever the dtype policy, x and
            densities are float32 at least, float64 under a float64 policy.

    Raises:
        ValueError: for a shape that is no tuple of positive integers.
    """

    score_kind: ClassVar[str]
    """`"exact"` or `"bound"`: what `score` is."""

    num_samples: int | None = None
    """K, the samples behind a bound; None where the score is exact."""

    inputs_class: ClassVar[type[ModelInputs]] = ModelInputs
    """What is said of the inputs."""

    data_names: ClassVar[tuple[str, ...]] = ("x", "context")
    """What is scored, and what beside it decides its score; in the order in which endpoints take it."""

    term_names: tuple[str, ...] = ("nll",)
    """The per-example terms, in nats, whose sum is the loss."""

    def __init__(
        self, *, event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None = None, **kwargs: Any
    ) -> None:
        # Keras would cast the data to a half-precision policy's dtype: 1000.3 would become 1000.5.
        super().__init__(autocast=False, **kwargs)
        self.event_shape = checked_shape("event_shape", event_shape)
        self.context_shape = None if context_shape is None else checked_shape("context_shape", context_shape)
        self.inputs_spec = self.inputs_class(self.event_shape, self.context_shape)
        self.density_dtype = density_dtype(self.dtype_policy)
        self._functions: dict[str, Any] = {}

    @abc.abstractmethod
    def call(
        self, inputs: dict[str, tf.Tensor], training: bool | None = None, seeds: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """One forward pass.

        Args:
            inputs: the named inputs.
            training: whether this is a training step.
            seeds: int32 [batch, 2], for models that set `stochastic`.

        Returns:
            The terms of the loss by name, each [batch], in nats.
        """

    @abc.abstractmethod
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What is exported: `score` first."""

    def score(self, x: Any, context: Any = None) -> tf.Tensor:
        """log p(x | context), or its lower bound: `score_kind` tells which.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            [batch], in nats.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("score", x=x, context=context)["score"]

    def sample(self, n: int, context: Any = None, *, seed: int | None = None) -> tf.Tensor:
        """Draws from the model.

        Draw i has the seed row (seed, i); with a context of b rows, draw i for row j has (seed, i·b + j). So
        `sample(5, seed=3)` is how `sample(100, seed=3)` begins, and every runtime draws the same.

        Args:
            n: how many draws, for each context where there is one.
            context: [batch, *context_shape], for conditional models.
            seed: a 32-bit integer; None takes one from Keras's global generator, which
                `keras.utils.set_random_seed` governs.

        Returns:
            [n, *event_shape], or with a context [n, batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.drawn(n, context, seed)

    def drawn(self, n: int, context: Any, seed: int | None, **given: int) -> tf.Tensor:
        """What `sample` gives.

        Args:
            n: how many draws, for each context where there is one.
            context: [batch, *context_shape], or None.
            seed: as in `sample`.
            **given: more of the endpoint's inputs, each a number that all rows get.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"`n` must be a positive integer. Received: n={n!r}")
        n, seed = int(n), fresh_seed() if seed is None else seed
        conditional = self.context_inputs(context)
        batch = len(conditional["context"]) if conditional else 1
        rows = {name: np.full(n * batch, value) for name, value in given.items()}
        if conditional:
            rows["context"] = tf.tile(conditional["context"], [n] + [1] * len(self.inputs_spec.shapes["context"]))
        x = self.run("sample", seed=seed_rows(n * batch, seed), **rows)["x"]
        return tf.reshape(x, [n, batch, *x.shape[1:]]) if conditional else x

    def ready(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Named inputs as the mathematics takes them: in the density's dtype."""
        return {name: tf.cast(value, self.density_dtype) for name, value in inputs.items()}

    def run(self, endpoint: str, **inputs: Any) -> dict[str, tf.Tensor]:
        """Runs an endpoint, as the other runtimes do.

        Args:
            endpoint: its name.
            **inputs: its inputs by name; a context that is None counts as not given.

        Returns:
            Its outputs by name.

        Raises:
            ValueError: for an unknown endpoint, and for bad input, naming the argument.
        """
        if endpoint not in self._functions:
            found = {item.name: item for item in self.endpoints()}
            if endpoint not in found:
                raise ValueError(f"`endpoint` must be one of {sorted(found)}. Received: endpoint={endpoint!r}")
            self._trace(found[endpoint])
        return self._run_traced(endpoint, inputs)

    def run_endpoint(self, endpoint: Endpoint, **inputs: Any) -> dict[str, tf.Tensor]:
        """Runs an endpoint that is not among those exported; traced once under its name.

        Args:
            endpoint: the endpoint.
            **inputs: its inputs by name; a context that is None counts as not given.

        Returns:
            Its outputs by name.

        Raises:
            ValueError: for bad input, naming the argument.
        """
        if endpoint.name not in self._functions:
            self._trace(endpoint)
        return self._run_traced(endpoint.name, inputs)

    def _trace(self, endpoint: Endpoint) -> None:
        self._functions[endpoint.name] = (endpoint.traced().get_concrete_function(), endpoint.inputs)

    def _run_traced(self, name: str, inputs: dict[str, Any]) -> dict[str, tf.Tensor]:
        function, specs = self._functions[name]
        return function(*self.inputs_spec.values(specs, inputs).values())

    def context_inputs(self, context: Any) -> dict[str, tf.Tensor]:
        """`{"context": context}`, checked and cast, or nothing for an unconditional model.

        Raises:
            ValueError: for a bad, missing or unexpected context.
        """
        return self.inputs_spec.values(self.inputs_spec.specs(self.density_dtype, "context"), {"context": context})

    def export(self, filepath: Any, format: str = "tf_saved_model", **kwargs: Any) -> Any:
        """Writes the endpoints for other runtimes.

        Args:
            filepath: the folder to make. For a bundle, a TensorFlow Serving base path: a new integer version is
                added to it.
            format: `"tf_saved_model"` (a signature for each endpoint, `score` the default one), `"onnx"` (a file for
                each endpoint), or `"bundle"` (both, with `model.keras` and a manifest).
            **kwargs: see `tfgen.bundles.export_model`.

        Returns:
            The folder written; for a bundle, the version's.

        Raises:
            ValueError: for an unknown format.
            FileExistsError: where the folder exists (a bundle only grows).
            PermissionError: where it cannot be written.
        """
        # Imported here: exporting needs tf2onnx, which training does not.
        from tfgen.bundles import export_model

        return export_model(self, filepath, format=format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "event_shape": self.event_shape,
            "context_shape": self.context_shape,
        }

    def get_build_config(self) -> None:
        """Nothing: the constructor builds."""
        return
