"""RealNVP against the autodiff Jacobian and TFP's own."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import tfgen


def _moved(**arguments):
    flow = tfgen.RealNVP(hidden=(8,), activation="tanh", dtype="float64", **arguments)
    rng = np.random.default_rng(0)
    flow.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in flow.get_weights()])
    return flow


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("context_shape", [None, (2,)])
def test_log_prob_is_the_change_of_variables(size, context_shape):
    flow = _moved(event_shape=(size,), context_shape=context_shape, couplings=5)
    rng = np.random.default_rng(1)
    x = tf.constant(rng.normal(size=(4, size)))
    context = None if context_shape is None else rng.normal(size=(4, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = flow.encode(x, context)
    jacobian = tape.batch_jacobian(z, x).numpy()
    expected = -0.5 * (z.numpy() ** 2).sum(axis=1) - 0.5 * size * np.log(2 * np.pi) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_prob(x, context), expected, rtol=1e-9)
    np.testing.assert_allclose(flow.decode(z, context), x, atol=1e-10)
    outputs = flow.run("encode", x=x, context=context)
    np.testing.assert_allclose(outputs["log_det_jacobian"], np.linalg.slogdet(jacobian)[1], rtol=1e-9)


def test_agrees_with_tfp_s_real_nvp():
    """One coupling of the first half against TFP's bijector with the same conditioner."""
    flow = _moved(event_shape=(4,), couplings=4)
    layer = flow.bijector_layers[3]  # after the standardisation
    assert layer.partition.mask == (True, True, False, False)

    def shift_and_log_scale(kept, units, **conditioning):
        del units, conditioning
        shift, raw = tf.split(layer.conditioner(kept), 2, axis=-1)
        return shift, 3 * tf.tanh(raw / 3)

    theirs = tfp.bijectors.RealNVP(num_masked=2, shift_and_log_scale_fn=shift_and_log_scale)
    z = np.random.default_rng(2).normal(size=(6, 4))
    np.testing.assert_allclose(layer().forward(z), theirs.forward(z), atol=1e-12)
    np.testing.assert_allclose(
        layer().inverse_log_det_jacobian(z, 1), theirs.inverse_log_det_jacobian(z, 1), atol=1e-12
    )


@pytest.mark.parametrize("size", [2, 3, 30])
def test_every_entry_is_changed_and_kept(size):
    flow = tfgen.RealNVP(event_shape=(size,), couplings=8, hidden=(2,))
    masks = np.array([layer.partition.mask for layer in flow.bijector_layers[1:]])
    assert masks.any(axis=0).all()
    assert (~masks).any(axis=0).all()
    np.testing.assert_array_equal(masks[0::2], ~masks[1::2])


def test_in_float32_the_round_trip_holds():
    flow = tfgen.RealNVP(event_shape=(6,), couplings=8, hidden=(16,))
    rng = np.random.default_rng(3)
    flow.set_weights([value + 0.05 * rng.normal(size=value.shape) for value in flow.get_weights()])
    x = rng.normal(size=(256, 6)).astype("float32")
    np.testing.assert_allclose(flow.decode(flow.encode(x)), x, atol=1e-4)


def test_far_away_scores_stay_finite():
    flow = _moved(event_shape=(2,), couplings=8)
    assert np.isfinite(flow.log_prob(np.array([[1e4, -1e4], [1e6, 0.0]]))).all()


@pytest.mark.parametrize(
    ("argument", "value"),
    [("couplings", 1), ("event_shape", (2, 2)), ("max_log_scale", 0.0), ("hidden", ("a",)), ("context_shape", (2, 2))],
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}`.*Received: {argument}="):
        tfgen.RealNVP(**{"event_shape": (2,), argument: value})


def test_a_conditional_distribution_broadcasts_as_tfp_s_do():
    """One x under many contexts, many x under one, samples in front: each as the rows one by one."""
    flow = _moved(event_shape=(3,), context_shape=(2,), couplings=4)
    rng = np.random.default_rng(4)
    x, context = rng.normal(size=(5, 3)), rng.normal(size=(4, 2))
    every = np.stack([flow.log_prob(np.repeat(row[None], 4, axis=0), context) for row in x])
    distribution = flow.distribution(context)
    np.testing.assert_allclose(distribution.log_prob(x[0]), every[0], rtol=1e-10)
    np.testing.assert_allclose(distribution.log_prob(x[:, None, :]), every, rtol=1e-10)
    np.testing.assert_allclose(flow.distribution(context[:1]).log_prob(x), every[:, 0], rtol=1e-10)
    assert distribution.sample([6, 7], seed=1).shape == (6, 7, 4, 3)


@pytest.mark.parametrize("seed", [[[1.7, 0.0]], [[2**32 + 1, 0]]])
def test_a_seed_row_is_not_rounded_nor_wrapped(seed):
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,))
    with pytest.raises(ValueError, match="`seed` must hold integers that fit int32"):
        flow.run("sample", seed=seed)


def test_counts_may_be_numpy_s():
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,))
    assert flow.sample(np.int64(3), seed=np.int32(1)).shape == (3, 2)


def test_a_value_beyond_float32_is_refused():
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,))
    with pytest.raises(ValueError, match="`x` must be finite"):
        flow.log_prob(np.array([[1e300, 0.0]]))
