"""RealNVP and NICE on images: their Jacobians, their boards, and what they refuse."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.layers import AdditiveCoupling, LULinear, MultiScale, Scale, Squeeze
from tfgen.models.image_flow import image_masks

FLOWS: dict[str, Any] = {
    "nice": lambda **arguments: tfgen.NICE(couplings=3, **arguments),
    "real-nvp": lambda **arguments: tfgen.RealNVP(couplings=4, **arguments),
    "real-nvp-spline": lambda **arguments: tfgen.RealNVP(
        couplings=3, transformer="rational_quadratic_spline", bins=4, **arguments
    ),
}


def images(*shape: int, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def made(name: str, **arguments: Any) -> Any:
    given = {"event_shape": (4, 4, 1), "hidden": (4,), "activation": "tanh", "dtype": "float64", **arguments}
    flow = FLOWS[name](**given)
    rng = np.random.default_rng(1)
    for weight in flow.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape))
    return flow


@pytest.mark.parametrize(
    ("name", "context_shape"),
    [
        ("nice", None),
        ("nice", (2,)),
        ("real-nvp", None),
        ("real-nvp", (2,)),
        ("real-nvp", (4, 4, 1)),
        ("real-nvp-spline", None),
    ],
)
def test_the_density_is_that_of_the_jacobian(name: str, context_shape: Any) -> None:
    flow = made(name, context_shape=context_shape)
    context = None if context_shape is None else images(3, *context_shape, seed=5)
    flow.adapt(3 * images(20, 4, 4, 1) + 1, None if context is None else images(20, *context_shape))
    arguments = () if context is None else (tf.constant(context),)
    x = tf.constant(images(3, 4, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = tf.reshape(flow.build_bijector(*arguments).inverse_and_log_det(x)[0], [3, 16])
    jacobian = tape.batch_jacobian(z, x).numpy().reshape(3, 16, 16)
    expected = -0.5 * (z.numpy() ** 2 + np.log(2 * np.pi)).sum(axis=1) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_prob(x, context), expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(flow.decode(flow.encode(x, context), context), x, rtol=0, atol=1e-9)
    assert flow.sample(2, context, seed=0).shape == (2, *(() if context is None else (3,)), 4, 4, 1)


def test_masks_are_boards_of_the_image_and_then_rows_of_its_channels() -> None:
    masks = image_masks(5, 8)
    kept = [np.array(mask, float)[None, None] * np.ones((2, 3, 1)) for mask in masks]
    unsqueeze = Squeeze(event_shape=(4, 6, 2), dtype="float64")
    fields = [unsqueeze().forward(each).numpy() for each in kept]
    board = np.add.outer(np.arange(4), np.arange(6)) % 2 == 0
    for index in range(3):
        np.testing.assert_array_equal(fields[index], (board != (index % 2 == 1))[..., None] * np.ones(2))
    np.testing.assert_array_equal(np.array(masks[3]), [True] * 4 + [False] * 4)
    np.testing.assert_array_equal(np.array(masks[4]), [False] * 4 + [True] * 4)
    assert image_masks(5, 8, boards_only=True) == masks[:3]


@pytest.mark.parametrize("couplings", [3, 4, 7])
def test_every_entry_is_changed_at_each_scale(couplings: int) -> None:
    flow = tfgen.RealNVP(event_shape=(8, 8, 1), couplings=couplings, hidden=(2,), scales=3)
    scales = flow.own_layers[0].scales
    boards = couplings - couplings // 2
    assert [len(chain.bijector_layers) for chain in scales] == [couplings, couplings, boards]
    for chain in scales:
        masks = np.array([layer.partition.mask for layer in chain.bijector_layers])
        assert (~masks).any(axis=0).all()
        assert masks.any(axis=0).all()


def test_nice_keeps_volumes_but_for_its_scale() -> None:
    flow = made("nice", event_shape=(4, 6, 2))
    *couplings, scale = flow.own_layers[0].scales[0].bijector_layers
    assert all(isinstance(layer, AdditiveCoupling) for layer in couplings)
    assert isinstance(scale, Scale)
    assert scale.log_scale.shape == (8,)
    log_det = flow.run("encode", x=images(5, 4, 6, 2))["log_det_jacobian"]
    np.testing.assert_allclose(log_det, -6 * scale.log_scale.numpy().sum() * np.ones(5), rtol=1e-10)


def test_real_nvp_s_scales_go_as_they_are() -> None:
    flow = made("real-nvp")
    assert isinstance(flow.own_layers[0], MultiScale)
    assert flow.own_layers[0].priors == []
    x = images(2, 4, 4, 1)
    gone = flow.own_layers[0].scales[0]().inverse(tf.nn.space_to_depth(flow.bijector_layers[0]().inverse(x), 2))
    np.testing.assert_allclose(flow.encode(x).numpy().reshape(2, 16)[:, :8], tf.reshape(gone[..., 2:], [2, 8]))


@pytest.mark.parametrize("name", ["nice", "real-nvp"])
def test_files_hold_all_of_it(name: str, tmp_path: Any) -> None:
    x = images(16, 4, 4, 1).astype(np.float32)
    network = keras.Sequential([keras.layers.Conv2D(3, 3, padding="same", activation="tanh")])
    own = {} if name == "nice" else {"network": network, "scales": 1}
    flow = FLOWS[name](event_shape=(4, 4, 1), hidden=(4, 4), kernel_sizes=(1, 3), **own)
    flow.compile("adam")
    flow.fit(x, epochs=2, batch_size=8, verbose=0)
    flow.save(tmp_path / "flow.keras")
    loaded = tfgen.load_model(tmp_path / "flow.keras")
    assert loaded.get_config() == flow.get_config()
    np.testing.assert_array_equal(loaded.log_prob(x), flow.log_prob(x))
    np.testing.assert_allclose(flow.decode(flow.encode(x)), x, rtol=0, atol=1e-4)
    if name != "nice":
        kernels = [layer.conditioner.network.layers[0].kernel for layer in flow.own_layers[0].scales[0].bijector_layers]
        assert len({id(kernel) for kernel in kernels}) == len(kernels)


class Fixed(tfgen.FlowModel):
    """A flow with a linear map that stays, of images that become channels and images again."""

    event_ranks = (3,)

    def __init__(self, **arguments: Any) -> None:
        super().__init__(event_shape=(2, 2, 1), **arguments)
        inner = {**self.layer_arguments("linear"), "event_shape": (1, 1, 4)}
        self.set_layers(
            [
                Squeeze(**self.layer_arguments("squeeze")),
                LULinear(initializer="orthogonal", seed=2, trainable=False, **inner),
                Squeeze(inverse=True, **{**inner, "name": "unsqueeze"}),
                Scale(**self.layer_arguments("scale")),
            ]
        )


def test_a_fixed_linear_map_is_exported_as_it_is(tmp_path: Any) -> None:
    flow, x = Fixed(), images(16, 2, 2, 1).astype(np.float32)
    flow.compile(keras.optimizers.SGD(0.1))
    flow.fit(x, verbose=0)
    linear = flow.own_layers[1]
    fresh = LULinear(event_shape=(1, 1, 4), initializer="orthogonal", seed=2)
    fresh.build()
    for one, other in zip(linear.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    flow.export(tmp_path / "saved")
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["score"](x=tf.constant(x))["score"]
    np.testing.assert_allclose(served, flow.log_prob(x), rtol=1e-5)


def test_layers_that_do_not_fit_are_refused() -> None:
    class Squeezed(Fixed):
        def set_layers(self, layers: Any) -> None:
            super().set_layers(layers[:2])

    with pytest.raises(ValueError, match="`layers` must end in latents of x's shape"):
        Squeezed()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: tfgen.RealNVP(event_shape=(7, 8, 1)), "images 7×8 none fits. Received: scales=1"),
        (lambda: tfgen.RealNVP(event_shape=(28, 28, 1), scales=3), "images 28×28 at most 2 fit. Received: scales=3"),
        (lambda: tfgen.NICE(event_shape=(8, 5, 1)), "images 8×5 none fits"),
        (lambda: tfgen.RealNVP(event_shape=(4, 4, 1), couplings=2), "`couplings` must be an integer of at least 3"),
        (lambda: tfgen.NICE(event_shape=(4, 4, 1), couplings=2), "`couplings` must be an integer of at least 3"),
        (lambda: tfgen.RealNVP(event_shape=(4,), scales=1), "`scales` must be None for vectors. Received: scales=1"),
        (lambda: tfgen.RealNVP(event_shape=(4,), kernel_sizes=(3, 3)), "`kernel_sizes` must be None for vectors"),
        (lambda: tfgen.RealNVP(event_shape=(4, 4)), "`event_shape` must have rank 1 or 3"),
        (lambda: tfgen.MAF(event_shape=(4, 4, 1)), "`event_shape` must have rank 1. Received"),
        (lambda: tfgen.NICE(event_shape=(4, 4, 1), context_shape=(4, 4)), "`context_shape` must have rank 1, or be"),
        (lambda: tfgen.NICE(event_shape=(4,), context_shape=(4, 4, 1)), "`context_shape` must have rank 1. Received"),
    ],
)
def test_bad_arguments_are_named(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_scales_that_nobody_names() -> None:
    assert tfgen.RealNVP(event_shape=(8, 8, 1), hidden=(2,)).scales == 2
    assert tfgen.RealNVP(event_shape=(2, 8, 1), hidden=(2,)).scales == 1
    assert tfgen.RealNVP(event_shape=(3,), hidden=(2,)).scales is None
