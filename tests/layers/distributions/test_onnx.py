"""Draws and point estimates of every layer in ONNX; densities are in `test_in_keras.py`, behind a network."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import tensorflow as tf

import tfgen_export
from tfgen import layers
from tfgen.noise import Noise, draw, seed_rows

WIDTH = 3
CONTEXT = tf.TensorSpec([None, WIDTH], tf.float32, name="context")
SEED = tf.TensorSpec([None, 2], tf.int32, name="seed")


def test_density(family: Any, features: Callable[..., Any]) -> None:
    layer = family.layer()
    dtype = layer(features(1, WIDTH)).dtype
    tfgen_export.convert(
        lambda x, context: layer(context).log_prob(x),
        [tf.TensorSpec([None, *family.event_shape], dtype, name="x"), CONTEXT],
        inputs=lambda batch: [family.events(batch).astype(dtype.as_numpy_dtype), features(batch, WIDTH)],
    )


def test_draws(family: Any, features: Callable[..., Any]) -> None:
    layer = family.layer()
    layer.build((None, WIDTH))
    converted = tfgen_export.convert(
        lambda seed, context: (draw(layer(context), Noise(seed)), tf.convert_to_tensor(layer(context))),
        [SEED, CONTEXT],
        inputs=lambda batch: [seed_rows(batch, 5), features(batch, WIDTH)],
    )
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    context, seed = features(40, WIDTH), seed_rows(40, -9)
    x, point = session.run(None, {"context": context, "seed": seed})
    expected = draw(layer(context), Noise(tf.constant(seed)))
    assert x.dtype == expected.dtype.as_numpy_dtype
    np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(point, family.points(family.raw(layer, context)), rtol=1e-4, atol=1e-4)


def test_draws_of_wide_counts() -> None:
    """A loop of hundreds of steps, some rows done long before others."""
    layer = layers.IndependentPoisson(event_shape=())
    rates = np.array([[1e-6], [0.3], [7.0], [400.0], [1e5]], np.float32)
    converted = tfgen_export.convert(
        lambda seed, context: draw(layer.make_distribution(context), Noise(seed)),
        [SEED, tf.TensorSpec([None, 1], tf.float32, name="context")],
        inputs=lambda batch: [seed_rows(batch, 5), np.log(np.resize(rates, (batch, 1)))],
    )
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    context, seed = np.log(np.resize(rates, (30, 1))), seed_rows(30, 2)
    (x,) = session.run(None, {"context": context, "seed": seed})
    np.testing.assert_array_equal(x, draw(layer.make_distribution(tf.constant(context)), Noise(tf.constant(seed))))
