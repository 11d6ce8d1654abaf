"""What TFP builds with variables: Glow, batch normalisation, autoregressive networks, PixelCNN."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras  # type: ignore[import-untyped, unused-ignore]

from benchmarks.coverage.bijector import bijector
from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import Values, reals

__all__ = ["CASES"]

tfd, tfb = tfp.distributions, tfp.bijectors
_REALS = ("float32",)
_IMAGE = (4, 4, 1)


def _once(make: Callable[[], Any]) -> Callable[[], Any]:
    """Makes the object once, outside of the traced function: it has variables."""

    @functools.cache
    def made() -> Any:
        with tf.init_scope():
            tf_keras.utils.set_random_seed(0)
            return make()

    return made


def _mix(x: Any, channels: int, seed: int) -> Any:
    weights = np.random.default_rng(seed).normal(size=(3, 3, x.shape[-1], channels)) / (3 * np.sqrt(x.shape[-1]))
    flat = tf.reshape(x, tf.concat([[-1], tf.shape(x)[-3:]], 0))
    found = tf.nn.conv2d(flat, tf.constant(weights, x.dtype), 1, "SAME")
    return tf.reshape(found, tf.concat([tf.shape(x)[:-1], [channels]], 0))


def _coupling(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    return lambda x: tfb.Chain(
        [tfb.Shift(_mix(x, shape[-1], 1)), tfb.Scale(log_scale=0.3 * tf.tanh(_mix(x, shape[-1], 2)))]
    )


def _exit(shape: tuple[int, ...], output_chan: int) -> Callable[[Any], Any]:
    del shape
    return lambda x: tfb.Shift(_mix(x, output_chan, 3))


def _glow(*, use_actnorm: bool) -> Any:
    glow = tfb.Glow(
        _IMAGE,
        num_glow_blocks=2,
        num_steps_per_block=1,
        coupling_bijector_fn=_coupling,
        exit_bijector_fn=_exit,
        use_actnorm=use_actnorm,
        seed=1,
    )
    # The first call takes the normalisation from its data.
    glow.inverse(np.random.default_rng(0).normal(size=(20, *_IMAGE)).astype(np.float32))
    return glow


def _default_glow() -> Any:
    return tfb.Glow(
        _IMAGE,
        num_glow_blocks=1,
        num_steps_per_block=1,
        coupling_bijector_fn=functools.partial(tfb.GlowDefaultNetwork, num_hidden=4),
        exit_bijector_fn=tfb.GlowDefaultExitNetwork,
        use_actnorm=False,
        seed=1,
    )


def _normalisation() -> Any:
    layer = tf_keras.layers.BatchNormalization(gamma_initializer=tf_keras.initializers.Constant(1.3))
    layer.build([None, 3])
    return tfb.BatchNormalization(layer, training=False)


def _made() -> Any:
    network = tfb.AutoregressiveNetwork(params=2, event_shape=[3], hidden_units=[6], activation="tanh")
    flow = tfb.MaskedAutoregressiveFlow(network)
    flow.forward(tf.zeros([1, 3]))
    return flow


def _pixels() -> Any:
    network = tfd.PixelCNN(
        (2, 2, 1), num_resnet=1, num_hierarchies=1, num_filters=2, num_logistic_mix=2, dropout_p=0.0, high=3
    )
    network.log_prob(tf.ones([1, 2, 2, 1]))
    return network


def _images(subject: str, make: Callable[[], Any]) -> list[Case]:
    return bijector(subject, _once(make), reals(16), Values(None, _IMAGE), rows=3, reals=_REALS)


CASES: list[Case] = [
    *_images("tfb.Glow", lambda: _glow(use_actnorm=False)),
    *_images("tfb.Glow(use_actnorm)", lambda: _glow(use_actnorm=True)),
    *_images("tfb.Glow(default networks)", _default_glow),
    *bijector("tfb.BatchNormalization", _once(_normalisation), reals(3), reals=_REALS),
    *bijector("tfb.MaskedAutoregressiveFlow(AutoregressiveNetwork)", _once(_made), reals(3), reals=_REALS),
    *law(
        "tfd.PixelCNN",
        _once(_pixels),
        Values(lambda rng, shape: rng.integers(0, 4, shape), (2, 2, 1)),
        kinds=("log_prob", "sample"),
        reals=_REALS,
        discrete=True,
        rows=3,
    ),
]
