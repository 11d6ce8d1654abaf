"""Dtype policies: networks may be fast, densities are exact, data are never rounded."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", ["mdn", "flow"])
def test_half_precision_stays_in_the_networks(policy, kind):
    x = np.array([[1000.3], [-1000.3]], "float32")
    context = np.zeros((2, 2), "float32")
    if kind == "mdn":
        model = tfgen.MDN(event_shape=(1,), context_shape=(2,), hidden=(8,), dtype=policy)
        assert model.network.dense[0].compute_dtype == policy.removeprefix("mixed_")
    else:
        model = tfgen.RealNVP(event_shape=(1,), context_shape=(2,), couplings=1, hidden=(8,), dtype=policy)
    assert model.score(x, context).dtype == tf.float32
    assert model({"x": x, "context": context})["nll"].dtype == tf.float32
    if kind == "flow":  # an identity at first: a rounded x would score (1000.5² − 1000.3²)/2 = 200 nats off
        expected = -0.5 * 1000.3**2 - 0.5 * np.log(2 * np.pi)
        np.testing.assert_allclose(model.score(x, context), expected, rtol=1e-6)
    model.compile("adam")
    history = model.fit({"x": x / 1000, "context": context}, epochs=3, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_float64_is_float64_throughout():
    model = tfgen.RealNVP(event_shape=(3,), couplings=4, hidden=(8,), dtype="float64")
    rng = np.random.default_rng(0)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    x = rng.normal(size=(5, 3))
    assert model.score(x).dtype == tf.float64
    np.testing.assert_allclose(model.decode(model.encode(x)), x, atol=1e-12)


def test_a_float64_model_exports(tmp_path):
    model = tfgen.MDN(event_shape=(2,), context_shape=(1,), hidden=(4,), covariance="full", dtype="float64")
    model.export(tmp_path / "bundle", format="bundle")
    for report in tfgen.verify_bundle(tmp_path / "bundle", rows=32):
        assert report.largest < 1e-12 or report.endpoint == "sample"


def test_integers_are_taken_as_numbers():
    model = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,))
    whole = np.array([[1, -2], [0, 3]])
    np.testing.assert_array_equal(model.score(whole), model.score(whole.astype("float32")))


def test_the_global_policy_is_kept_in_the_file(tmp_path):
    model = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), dtype="mixed_bfloat16")
    model.save(tmp_path / "model.keras")
    assert tfgen.load_model(tmp_path / "model.keras").dtype_policy.name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_mixed_model_is_exported_in_float32(policy, tmp_path):
    model = tfgen.MDN(event_shape=(2,), context_shape=(1,), hidden=(8,), dtype=policy)
    model.export(tmp_path / "bundle", format="bundle")
    for report in tfgen.verify_bundle(tmp_path / "bundle", rows=32):
        assert report.largest < 1e-5
    twin = tfgen.load_model(tmp_path / "bundle" / "1" / "model.keras")
    assert twin.compute_dtype == "float32"
    for one, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_that_diverged_is_not_exported(tmp_path):
    model = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,))
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    with pytest.raises(ValueError, match=r"finite weights\. Received: .*shift"):
        model.export(tmp_path / "out", format="bundle")
    assert not (tmp_path / "out").exists()
