"""MDN against SciPy."""

import numpy as np
import pytest
from scipy import special, stats

import tfgen


def _parameters(mdn, context):
    """The raw outputs, by NumPy alone."""
    features = context
    for dense in mdn.network.dense:
        kernel, bias = (weight.numpy() for weight in dense.weights)
        features = np.tanh(features @ kernel + bias)
    kernel, bias = (weight.numpy() for weight in mdn.head.projection.weights)
    return features @ kernel + bias


def test_log_prob_is_the_mixture_s():
    mdn = tfgen.MDN(event_shape=(2,), context_shape=(3,), components=4, hidden=(5,), activation="tanh", dtype="float64")
    rng = np.random.default_rng(0)
    context, x = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    logits, location, raw = np.split(_parameters(mdn, context), [4, 12], axis=1)
    scale = np.logaddexp(0, raw + np.log(np.e - 1)) + mdn.head.min_scale
    components = stats.norm.logpdf(x[:, None], location.reshape(6, 4, 2), scale.reshape(6, 4, 2)).sum(axis=-1)
    expected = special.logsumexp(special.log_softmax(logits, axis=1) + components, axis=1)
    np.testing.assert_allclose(mdn.log_prob(x, context), expected, rtol=1e-9)


def test_one_narrow_component_keeps_its_accuracy(tmp_path):
    """The floor of the scale bounds the density, and ONNX keeps the digits of a tiny softplus."""
    mdn = tfgen.MDN(event_shape=(1,), context_shape=(1,), components=1, hidden=(), min_scale=1e-3)
    kernel, bias = mdn.head.projection.weights
    kernel.assign(np.zeros(kernel.shape))
    bias.assign([0.0, 0.0, -12.0])
    x, context = np.array([[0.0], [0.002]], "float32"), np.zeros((2, 1), "float32")
    scale = np.log1p(np.exp(-12 + np.log(np.e - 1))) + 1e-3
    expected = stats.norm.logpdf(x[:, 0], 0, scale)
    np.testing.assert_allclose(mdn.log_prob(x, context), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("components", 0), ("covariance", "tied"), ("hidden", (0,)), ("event_shape", (0,)), ("context_shape", None)],
)
def test_bad_arguments_are_named(argument, value):
    arguments = {"event_shape": (1,), "context_shape": (1,), argument: value}
    with pytest.raises(ValueError, match=f"`{argument}`.*Received: {argument}="):
        tfgen.MDN(**arguments)


def test_images_as_context():
    mdn = tfgen.MDN(event_shape=(2,), context_shape=(4, 4, 1), hidden=(6,))
    assert mdn.sample(3, np.zeros((5, 4, 4, 1), "float32"), seed=0).shape == (3, 5, 2)
