"""Endpoints: a model's functions with named, batch-first inputs and outputs."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

__all__ = ["Endpoint"]


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One function of a model, as every runtime sees it.

    The public methods, the SavedModel's signatures and the ONNX files all run the same endpoints, under the same
    names; that is what makes their numbers the same.

    Attributes:
        name: such as `score`; the signature's and the ONNX file's name.
        function: keyword arguments by the inputs' names, to a dictionary by the outputs' names. Every tensor has
            the batch as its first dimension.
        inputs: the inputs' specifications, each with its name; the first dimension is None.
        discrete: the outputs that are rounded or picked: of them runtimes may, rarely, differ by whole levels.
    """

    name: str
    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]
    discrete: tuple[str, ...] = ()

    def traced(self) -> tf.types.experimental.PolymorphicFunction:
        """The endpoint as a `tf.function` of its positional inputs, with a dynamic batch."""
        names = [spec.name for spec in self.inputs]

        def call(*values: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.function(**dict(zip(names, values, strict=True)))

        return tf.function(call, input_signature=self.inputs, autograph=False)
