"""What an elementwise monotone map is."""

import abc

import tensorflow as tf

__all__ = ["Transformer"]


class Transformer(abc.ABC):
    """x_i = T(z_i; θ_i), monotone in z_i, for each entry of a vector with parameters of its own.

    θ comes flat, [..., size·entries]: the first parameter of all entries, then the second of all, and so on. All
    parameters zero make the identity, so that a network whose last layer begins at zero begins as it.

    Reference:
        Papamakarios et al., *Normalizing flows for probabilistic modeling and inference*, JMLR 22, 2021, section 3.1,
        whose words these are: a flow's layer is a transformer and a conditioner.
    """

    size: int
    """How many parameters an entry has."""

    @abc.abstractmethod
    def forward(self, z: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """x and log ∂x/∂z, both [..., entries], the latter in nats."""

    @abc.abstractmethod
    def inverse(self, x: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """z and log ∂z/∂x, both [..., entries], the latter in nats."""
