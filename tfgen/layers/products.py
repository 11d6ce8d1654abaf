"""Products with weights inside a loop, which the loop's gradient can take apart."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf

__all__ = ["Products", "dense_stepper"]

Instead = Callable[[int, tf.Tensor], tf.Tensor]
"""What is called in a product's place: with its number and the value."""


class Products:
    """The affine maps of a step, y = a W + b, made ready outside of a loop and called by number inside.

    A loop that knows them computes the gradients by W of all its steps in one product, instead of one a step.

    Attributes:
        complete: whether all weights of the step are among them. Of a cell whose equations are not known here they are
            not, and gradients are then the loop's own affair.

    Example:
        >>> products = Products()
        >>> number = products.add(tf.ones([3, 2]), tf.zeros([2]))
        >>> products(number, tf.ones([1, 3])).numpy().tolist()
        [[3.0, 3.0]]
    """

    def __init__(self) -> None:
        self.complete = True
        self._weights: list[tuple[tf.Tensor, tf.Tensor | None]] = []
        self._instead: Instead | None = None

    def add(self, kernel: tf.Tensor, bias: tf.Tensor | None = None) -> int:
        """A map's number.

        Args:
            kernel: W, [width, size].
            bias: b, [size], or None.
        """
        self._weights.append((kernel, bias))
        return len(self._weights) - 1

    def __call__(self, number: int, value: tf.Tensor) -> tf.Tensor:
        """a W + b of a value [rows, width]."""
        kernel, bias = self._weights[number]
        value = tf.cast(value, kernel.dtype)
        if self._instead is not None:
            return self._instead(number, value)
        product = tf.matmul(value, kernel)
        return product if bias is None else product + bias

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Of each map its width and size."""
        return [(kernel.shape[0], kernel.shape[1]) for kernel, _ in self._weights]

    @property
    def biased(self) -> list[bool]:
        """Of each map whether it has a bias."""
        return [bias is not None for _, bias in self._weights]

    @property
    def dtypes(self) -> list[tf.DType]:
        """Of each map its kernel's type."""
        return [kernel.dtype for kernel, _ in self._weights]

    @property
    def flat(self) -> list[tf.Tensor]:
        """All kernels and biases, one after another."""
        return [weight for pair in self._weights for weight in pair if weight is not None]

    @contextmanager
    def watched(self, instead: Instead) -> Iterator[None]:
        """A context in which another function is called in the products' place."""
        self._instead = instead
        try:
            yield
        finally:
            self._instead = None


def dense_stepper(layers: Sequence[keras.layers.Dense], products: Products) -> Callable[[tf.Tensor], tf.Tensor]:
    """Dense layers, one after another, as a function of a step.

    Args:
        layers: built.
        products: gets their affine maps.
    """
    numbers = [
        products.add(*(tf.cast(tf.convert_to_tensor(weight), layer.compute_dtype) for weight in layer.weights))
        for layer in layers
    ]

    def step(features: tf.Tensor) -> tf.Tensor:
        for number, layer in zip(numbers, layers, strict=True):
            features = layer.activation(products(number, features))
        return features

    return step
