"""What first data, files, replicas and other runtimes make of a Glow."""

from typing import Any

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf

import tfgen
from tfgen.layers import ActNorm, LULinear


def made(*, moved: float = 0.2, **arguments: Any) -> Any:
    """A small Glow whose trainable weights are moved from where they begin."""
    given = {"event_shape": (4, 4, 1), "depth": 2, "hidden": (5, 5), "activation": "tanh", "dtype": "float64"}
    flow = tfgen.Glow(**{**given, **arguments})
    rng = np.random.default_rng(1)
    for weight in flow.trainable_weights:
        weight.assign(weight.numpy() + moved * rng.normal(size=weight.shape))
    return flow


def images(*shape: int, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def layers_of(flow: Any, kind: Any) -> list[Any]:
    return [layer for chain in flow.own_layers[0].scales for layer in chain.bijector_layers if isinstance(layer, kind)]


def test_the_first_data_make_every_actnorm_s_output_standard() -> None:
    flow = made(moved=0.3, context_shape=(2,), event_shape=(8, 8, 1), depth=3)
    x = 5 * images(300, 8, 8, 1) ** 2 - 2
    context = images(300, 2, seed=4)
    assert not flow.is_adapted
    flow.adapt(x, context)
    assert flow.is_adapted
    multi_scale = flow.own_layers[0]
    value, checked = flow.bijector_layers[0](tf.constant(context)).inverse(x), 0
    for chain in multi_scale.scales:
        value = multi_scale._squeezed(value)
        for layer in chain.bijector_layers:
            value = layer(tf.constant(context)).inverse_and_log_det(value)[0]
            if isinstance(layer, ActNorm):
                np.testing.assert_allclose(np.mean(value, axis=(0, 1, 2)), 0, atol=1e-9)
                np.testing.assert_allclose(np.std(value, axis=(0, 1, 2)), 1, rtol=1e-9)
                checked += 1
        value = value[..., : value.shape[-1] // 2]
    assert checked == 6


def test_fit_adapts_once_and_a_loaded_model_is_left_alone(tmp_path: Any) -> None:
    x = (3 * images(40, 4, 4, 1) + 1).astype(np.float32)
    flow = tfgen.Glow(event_shape=(4, 4, 1), depth=1, hidden=(4,))
    flow.compile(keras.optimizers.SGD(0.0))
    flow.fit(x, verbose=0)
    shifts = [layer.shift.numpy() for layer in layers_of(flow, ActNorm)]
    assert all(layer.is_adapted for layer in layers_of(flow, ActNorm))
    assert all(np.abs(shift).max() > 0 for shift in shifts)
    flow.save(tmp_path / "flow.keras")
    loaded = tfgen.load_model(tmp_path / "flow.keras")
    assert loaded.is_adapted
    np.testing.assert_array_equal(loaded.log_prob(x), flow.log_prob(x))
    loaded.fit(2 * x, verbose=0)
    for layer, shift in zip(layers_of(loaded, ActNorm), shifts, strict=True):
        np.testing.assert_array_equal(layer.shift, shift)


def test_replicas_begin_and_train_as_one_device_does(two_devices: Any) -> None:
    x = (2 * images(24, 2, 2, 1) + 1).astype(np.float32)

    def train(strategy: Any) -> Any:
        keras.utils.set_random_seed(1)
        with strategy.scope():
            flow = tfgen.Glow(event_shape=(2, 2, 1), scales=1, depth=2, hidden=(4,))
            flow.compile(keras.optimizers.SGD(0.01))
        flow.fit(x, batch_size=8, shuffle=False, verbose=0)
        return flow

    one, two = train(tf.distribute.get_strategy()), train(two_devices)
    for first, second in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("rotation_is_fixed", [False, True])
def test_the_inverse_is_worked_out_once_at_export(tmp_path: Any, rotation_is_fixed: bool) -> None:
    flow = made(depth=1, hidden=(4,), dtype="float32")
    for layer in layers_of(flow, LULinear):
        layer.trainable = not rotation_is_fixed
    flow.export(tmp_path / "onnx", format="onnx")
    for endpoint in ("sample", "decode"):
        graph = onnx.load(tmp_path / "onnx" / f"{endpoint}.onnx").graph
        kinds = {node.op_type for node in graph.node}
        assert not kinds & {"Loop", "Scan", "If", "Trilu", "Det", "Inverse"}, kinds
        # One product for each 1×1 convolution, with a matrix that the file holds.
        constants = {initializer.name for initializer in graph.initializer}
        products = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
        assert len(products) == len(layers_of(flow, LULinear))
        assert all(node.input[1] in constants for node in products)
