"""Dequantised flows in training: what data set, files, replicas, precisions, and bad input."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen

LEVELS = 6
DATA = np.random.default_rng(0).binomial(LEVELS - 1, [0.3, 0.7], size=(400, 2))


def flow(**arguments: Any) -> tfgen.FlowModel:
    return tfgen.RealNVP(**{"event_shape": (2,), "couplings": 2, "hidden": (6,), "activation": "tanh", **arguments})


def dequantizer(context_size: int = 2, **arguments: Any) -> tfgen.FlowModel:
    """A smaller one than `variational`, of the same kind."""
    return flow(context_shape=(context_size,), low=0, high=1, name="dequantizer", **arguments)


def moved(model: tfgen.GenerativeModel, scale: float = 0.3) -> Any:
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(weight.numpy() + scale * rng.normal(size=weight.shape))
    return model


def test_fit_adapts_the_flow_to_dequantised_data() -> None:
    """The same however often, and the dequantiser begins about uniform: logit u has the variance π²/3."""
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        model = tfgen.Dequantized(flow(low=0, high=1), levels=LEVELS, dequantizer="variational")
        model.compile(keras.optimizers.SGD(0.0))
        model.fit(DATA, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    u = np.random.default_rng(5).uniform(size=(200_000, 2))
    y = (np.repeat(DATA, 500, axis=0) + u) / LEVELS
    logit = np.log(y) - np.log1p(-y)
    _, standardization, *_ = model.flow.bijector_layers
    np.testing.assert_allclose(standardization.shift, logit.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(np.exp(standardization.log_scale), logit.std(axis=0), rtol=0.05)
    np.testing.assert_allclose(np.exp(model.dequantizer.bijector_layers[1].log_scale), np.pi / 3**0.5, rtol=0.1)
    assert model.evaluate(DATA, verbose=0, return_dict=True)["dequantization"] < 0.15


def test_a_data_set_sets_the_scale_and_what_streams_warns() -> None:
    model = tfgen.Dequantized(flow(), levels=LEVELS)
    model.compile(keras.optimizers.SGD(0.0))
    model.fit(tf.data.Dataset.from_tensor_slices(DATA.astype(np.uint8)).batch(64), verbose=0)
    expected = tfgen.Dequantized(flow(), levels=LEVELS)
    expected.adapt(DATA)
    np.testing.assert_array_equal(model.flow.bijector_layers[0].shift, expected.flow.bijector_layers[0].shift)

    def batches() -> Any:
        while True:
            yield ({"x": DATA[:8].astype(np.float32)},)

    other = tfgen.Dequantized(flow(), levels=LEVELS)
    other.compile("adam")
    with pytest.warns(UserWarning, match="call `adapt` first"):
        other.fit(batches(), steps_per_epoch=1, shuffle=False, verbose=0)


def test_a_flow_that_was_adapted_is_left_alone() -> None:
    inner = flow()
    inner.adapt(np.random.default_rng(0).normal(size=(50, 2)))
    before = inner.get_weights()
    model = tfgen.Dequantized(inner, levels=LEVELS)
    model.compile(keras.optimizers.SGD(0.0))
    model.fit(DATA, verbose=0)
    for one, other in zip(before, inner.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_file(tmp_path: Path) -> None:
    """With a flow that has been trained by itself, and has an optimizer and metrics of its own."""
    inner = flow()
    inner.compile("adam")
    inner.fit(np.random.default_rng(0).normal(size=(50, 2)), verbose=0)
    model = tfgen.Dequantized(inner, levels=LEVELS, dequantizer=dequantizer(), num_samples=3)
    model.compile("adam")
    history = model.fit(DATA, validation_data=DATA, verbose=0).history
    names = {"loss", "nll", "dequantization", "bits_per_dim"}
    assert set(history) == names | {f"val_{name}" for name in names}
    model.save(tmp_path / "model.keras")
    loaded = tfgen.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.score(DATA[:20]), model.score(DATA[:20]))
    assert loaded.get_config() == model.get_config()
    assert loaded.optimizer.iterations == model.optimizer.iterations
    for each in (model, loaded):
        each.fit(DATA, verbose=0, shuffle=False)
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_two_replicas_train_as_one_device(two_devices: Any) -> None:
    weights = []
    for strategy in (tf.distribute.get_strategy(), two_devices):
        keras.utils.set_random_seed(1)
        with strategy.scope():
            model = tfgen.Dequantized(flow(), levels=LEVELS, dequantizer=dequantizer())
            model.compile(keras.optimizers.SGD(0.01))
        model.fit(DATA[:103], batch_size=34, epochs=2, shuffle=False, verbose=0)  # the last batch is one row
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_half_precision_networks_are_exported_whole() -> None:
    """The twin of full precision has flows of full precision."""
    dtype = {"dtype": "mixed_bfloat16"}
    model = tfgen.Dequantized(flow(**dtype), levels=LEVELS, dequantizer=dequantizer(**dtype), num_samples=2)
    assert (model.compute_dtype, model.density_dtype) == ("bfloat16", "float32")
    assert np.isfinite(model.score(DATA[:5])).all()
    twin = tfgen.Dequantized.from_config({**model.get_config(), "dtype": "float32"})
    assert twin.flow.compute_dtype == twin.dequantizer.compute_dtype == "float32"
    twin.set_weights(model.get_weights())
    np.testing.assert_allclose(twin.score(DATA[:5]), model.score(DATA[:5]), rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"flow": keras.Sequential()}, "`flow` must be a FlowModel. Received: flow="),
        ({"levels": 1}, "`levels` must be an integer of at least 2"),
        ({"levels": 2**17}, "`levels` must be at most 65536 in float32"),
        ({"dtype": "float64"}, "`flow` must have the model's dtype, float64. Received: float32"),
        ({"flow": flow(low=0.5)}, "`flow` must be one of numbers between 0 and 1 at least.*greater than 0.5"),
        ({"flow": flow(high=0.9)}, "`flow` must be one of numbers between 0 and 1 at least"),
        ({"num_samples": 0}, "`num_samples` must be an integer of at least 1"),
        ({"dequantizer": "gaussian"}, "`dequantizer` must be None, 'variational' or a FlowModel"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tfgen.Dequantized(**{"flow": flow(), "levels": LEVELS, **arguments})


@pytest.mark.parametrize("bad", [0.5, -1, LEVELS])
def test_values_beyond_the_levels_are_refused(bad: float) -> None:
    model = tfgen.Dequantized(flow(), levels=LEVELS)
    model.compile("adam")
    x = DATA.astype(np.float32)
    x[3, 1] = bad
    for call in (model.score, model.encode, model.adapt, model.bound):
        with pytest.raises(ValueError, match=r"`x` must hold whole numbers from 0 to 5.*in row 3"):
            call(x)
    with pytest.raises(ValueError, match="`x` must hold whole numbers from 0 to 5"):
        model.fit(x, verbose=0)
