"""The family of flows: what data set before training, oracles for whole models, and their arguments."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen

FLOWS: dict[str, Any] = {
    "iaf": lambda **arguments: tfgen.IAF(transforms=2, **arguments),
    "maf": lambda **arguments: tfgen.MAF(transforms=2, **arguments),
    "nice": lambda **arguments: tfgen.NICE(couplings=4, **arguments),
    "real-nvp": lambda **arguments: tfgen.RealNVP(couplings=4, **arguments),
    "spline": lambda **arguments: tfgen.SplineFlow(transforms=2, bins=5, **arguments),
    "spline-ar": lambda **arguments: tfgen.SplineFlow(transforms=2, bins=5, kind="autoregressive", **arguments),
}
SHIFTED = np.random.default_rng(0).normal(size=(300, 3)) * [0.1, 1, 20] + [5, 0, -300]


def make(name: str, **arguments: Any) -> tfgen.FlowModel:
    """A small flow in double precision, its weights moved."""
    keras.utils.set_random_seed(0)
    flow = FLOWS[name](**{"event_shape": (3,), "hidden": (6,), "activation": "tanh", "dtype": "float64", **arguments})
    rng = np.random.default_rng(1)
    for weight in flow.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape))
    return flow


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("name", FLOWS)
def test_the_density_is_that_of_the_jacobian(name: str, conditional: bool) -> None:
    flow = make(name, context_shape=(2,) if conditional else None)
    flow.adapt(SHIFTED, np.zeros((300, 2)) if conditional else None)
    x = SHIFTED[:5]
    context = np.random.default_rng(2).normal(size=(5, 2)) if conditional else None
    arguments = () if context is None else (tf.constant(context),)
    value = tf.constant(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        z = flow.build_bijector(*arguments).inverse_and_log_det(value)[0]
        parts = tf.unstack(z, axis=1)
    jacobian = np.stack([tape.gradient(part, value).numpy() for part in parts], axis=1)
    expected = -0.5 * (z.numpy() ** 2 + np.log(2 * np.pi)).sum(1) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_prob(x, context), expected, rtol=1e-9)
    np.testing.assert_allclose(flow.decode(flow.encode(x, context), context), x, rtol=1e-8)


@pytest.mark.parametrize("name", FLOWS)
def test_fit_standardises_once(name: str) -> None:
    flow = FLOWS[name](event_shape=(3,), hidden=(4,))
    flow.compile(keras.optimizers.SGD(0.0))
    flow.fit(SHIFTED.astype(np.float32), epochs=1, verbose=0)
    z = flow.encode(SHIFTED.astype(np.float32)).numpy()  # the other layers begin as the identity
    np.testing.assert_allclose(np.sort(z.mean(0)), 0, atol=1e-3)
    scale = SHIFTED.std(0)
    if name.startswith("spline"):  # data without tails fill the box of ±4
        scale = np.minimum(scale, np.abs(SHIFTED - SHIFTED.mean(0)).max(0) / 4)
    np.testing.assert_allclose(z.std(0), SHIFTED.std(0) / scale, rtol=1e-3)
    expected = -0.5 * (z**2 + np.log(2 * np.pi)).sum(1) - np.log(scale).sum()
    np.testing.assert_allclose(flow.log_prob(SHIFTED.astype(np.float32)), expected, rtol=1e-4)
    before = flow.bijector_layers[0].get_weights()
    flow.fit(2 * SHIFTED.astype(np.float32), epochs=1, verbose=0)
    for one, other in zip(before, flow.bijector_layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", ["arrays", "dataset", "weighted", "split"])
def test_every_form_of_data_sets_the_scale(form: str) -> None:
    flow = FLOWS["real-nvp"](event_shape=(3,), hidden=(4,))
    flow.compile(keras.optimizers.SGD(0.0))
    x = SHIFTED.astype(np.float32)
    expected = x
    match form:
        case "arrays":
            flow.fit({"x": x}, verbose=0)
        case "dataset":
            flow.fit(tf.data.Dataset.from_tensor_slices(x).batch(32), verbose=0)
        case "weighted":
            flow.fit(x, sample_weight=np.arange(300) < 100, verbose=0)
            expected = x[:100]
        case "split":
            flow.fit(x, validation_split=0.5, verbose=0)
            expected = x[:150]
    shift, log_scale, adapted = flow.bijector_layers[0].get_weights()
    np.testing.assert_allclose(shift, expected.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.exp(log_scale), expected.std(0), rtol=1e-4)
    assert adapted == 1


def test_a_loaded_model_is_not_adapted_again(tmp_path: Any) -> None:
    flow = FLOWS["spline"](event_shape=(3,), hidden=(4,))
    flow.adapt(SHIFTED)
    flow.save(tmp_path / "flow.keras")
    loaded = tfgen.load_model(tmp_path / "flow.keras")
    loaded.compile(keras.optimizers.SGD(0.0))
    loaded.fit(np.ones((8, 3)) * np.arange(8)[:, None] / 2, verbose=0)
    np.testing.assert_array_equal(loaded.bijector_layers[0].shift, flow.bijector_layers[0].shift)


def test_data_that_stream_cannot_set_the_scale() -> None:
    flow = FLOWS["maf"](event_shape=(3,), hidden=(4,))
    flow.compile("adam")

    def batches() -> Any:
        while True:
            yield ({"x": SHIFTED[:8].astype(np.float32)},)

    with pytest.warns(UserWarning, match="call `adapt` first"):
        flow.fit(batches(), steps_per_epoch=1, shuffle=False, verbose=0)


def test_a_given_network_is_every_coupling_s_own(tmp_path: Any) -> None:
    network = keras.Sequential([keras.layers.Dense(7, "tanh"), keras.layers.Dense(5, "tanh")])
    flow = FLOWS["real-nvp"](event_shape=(3,), context_shape=(1,), network=network)
    kernels = [layer.conditioner.network.layers[0].kernel for layer in flow.bijector_layers[1:]]
    assert len({id(kernel) for kernel in kernels}) == 4
    assert [kernel.shape[0] for kernel in kernels] == [3, 2, 2, 3]
    assert not network.built
    x, context = SHIFTED[:20].astype(np.float32), np.ones((20, 1), np.float32)
    flow.compile("adam")
    flow.fit({"x": x, "context": context}, verbose=0)
    flow.save(tmp_path / "flow.keras")
    loaded = tfgen.load_model(tmp_path / "flow.keras")
    np.testing.assert_array_equal(loaded.log_prob(x, context), flow.log_prob(x, context))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"model": tfgen.RealNVP, "transformer": "cubic"}, "`transformer` must be one of"),
        ({"model": tfgen.MAF, "transformer": "cubic"}, "`transformer` must be one of"),
        ({"model": tfgen.MAF, "transforms": 0}, "`transforms` must be an integer of at least 1"),
        ({"model": tfgen.SplineFlow, "kind": "diagonal"}, "`kind` must be one of"),
        ({"model": tfgen.SplineFlow, "transforms": 1}, "`transforms` must be an integer of at least 2"),
        ({"model": tfgen.SplineFlow, "bins": 1}, "`bins` must be an integer of at least 2"),
        ({"model": tfgen.SplineFlow, "bound": 0.0}, "`bound` must be positive"),
        ({"model": tfgen.NICE, "couplings": 1}, "`couplings` must be an integer of at least 2"),
        ({"model": tfgen.NICE, "event_shape": (2, 2)}, "`event_shape` must have rank 1"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    model = arguments.pop("model")
    with pytest.raises(ValueError, match=said):
        model(**{"event_shape": (3,), **arguments})
