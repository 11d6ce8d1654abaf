"""Which distributions of u go with which flows, and what they see."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen
from tfgen.layers import Scale


def flow(event: tuple[int, ...], context: tuple[int, ...] | None = None, **arguments: Any) -> tfgen.FlowModel:
    couplings = 3 if len(event) == 3 else 2
    return tfgen.RealNVP(event_shape=event, context_shape=context, couplings=couplings, hidden=(4,), **arguments)


def unit(event: tuple[int, ...], context: tuple[int, ...] | None) -> tfgen.FlowModel:
    return flow(event, context, low=0, high=1)


IMAGE = (4, 4, 1)


@pytest.mark.parametrize(
    ("event", "own", "dequantizer", "seen"),
    [
        ((3,), None, unit((3,), (3,)), (3,)),
        ((3,), (2,), unit((3,), (3,)), (3,)),
        ((3,), (2,), unit((3,), (5,)), (5,)),
        (IMAGE, None, unit((16,), (16,)), (16,)),
        (IMAGE, None, unit(IMAGE, IMAGE), IMAGE),
        (IMAGE, (2,), unit(IMAGE, (4, 4, 3)), (4, 4, 3)),
        (IMAGE, (2,), unit((16,), (18,)), (18,)),
        (IMAGE, (4, 4, 2), unit(IMAGE, (4, 4, 3)), (4, 4, 3)),
        ((3,), None, "variational", (3,)),
        ((3,), (2,), "variational", (5,)),
        (IMAGE, None, "variational", IMAGE),
        (IMAGE, (2,), "variational", (4, 4, 3)),
        ((3, 5, 1), (2,), "variational", (17,)),
    ],
)
def test_shapes_that_go_together(
    event: tuple[int, ...], own: tuple[int, ...] | None, dequantizer: Any, seen: tuple[int, ...]
) -> None:
    base = Flat(event, own) if event == (3, 5, 1) else flow(event, own)
    model = tfgen.Dequantized(base, levels=4, dequantizer=dequantizer, num_samples=2)
    assert model.dequantizer.context_shape == seen
    rng = np.random.default_rng(0)
    x = rng.integers(4, size=(6, *event))
    inputs = {"x": tf.constant(x, tf.float32)}
    if own is not None:
        inputs["context"] = tf.constant(rng.normal(size=(6, *own)), tf.float32)
    context = model.infer(inputs).numpy()
    scaled = ((x + 0.5) / 4 * 2 - 1).reshape(6, -1)
    assert context.shape == (6, *seen)
    if np.prod(seen) == x[0].size:
        np.testing.assert_allclose(context.reshape(6, -1), scaled, atol=1e-6)
    elif len(seen) == 1:
        np.testing.assert_allclose(context, np.concatenate([scaled, inputs["context"]], axis=1), atol=1e-6)
    else:
        np.testing.assert_allclose(context[..., :1].reshape(6, -1), scaled, atol=1e-6)
        given = inputs["context"] if len(own or ()) == 3 else inputs["context"][:, None, None] + tf.zeros([6, 4, 4, 2])
        np.testing.assert_array_equal(context[..., 1:], given)
    assert model.score(x, inputs.get("context")).shape == (6,)


class Flat(tfgen.FlowModel):
    """A flow of images of odd size, for which there are no squeezes: standardised noise."""

    event_ranks = (3,)

    def __init__(self, event: tuple[int, ...], own: tuple[int, ...] | None) -> None:
        super().__init__(event_shape=event, context_shape=own)
        self.set_layers([Scale(**self.layer_arguments("scale"))])


@pytest.mark.parametrize(
    ("dequantizer", "said"),
    [
        (unit((2,), (3,)), r"`event_shape` among \[\(3,\)\].*Received: event_shape=\(2,\)"),
        (unit((3,), (2,)), r"`context_shape` among \[\(3,\), \(5,\)\]. Received: .*context_shape=\(2,\)"),
        (unit((3,), None), "context_shape=None"),
        (flow((3,), (3,)), "`dequantizer` must have low=0, high=1 and margin=0.*low=None, high=None"),
        (flow((3,), (3,), low=0, high=1, margin=0.1), "margin=0.1"),
        (flow((3,), (3,), low=0, high=1, dtype="float64"), "`dequantizer` must have the flow's dtype, float32"),
        (7, "`dequantizer` must be None, 'variational' or a FlowModel. Received: dequantizer=7"),
    ],
)
def test_what_does_not_fit_is_refused(dequantizer: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tfgen.Dequantized(flow((3,), (2,)), levels=4, dequantizer=dequantizer)


def test_a_variational_dequantizer_closes_most_of_the_gap_of_the_uniform_one() -> None:
    """Of a Gaussian of x + u that is left as it is: both gaps to log P(x) are known, and the best q(u | x) has none."""
    keras.utils.set_random_seed(0)
    base = tfgen.RealNVP(event_shape=(1,), couplings=1, hidden=(4,))
    base.adapt(np.array([[0.3], [0.7]]))  # mean 1 and deviation 0.4, in units of x
    base.trainable = False
    x = np.arange(2000)[:, None] % 2
    reached = []
    for dequantizer in (None, unit((1,), (1,))):
        model = tfgen.Dequantized(base, levels=2, dequantizer=dequantizer, num_samples=1)
        if dequantizer is not None:
            model.compile(keras.optimizers.Adam(3e-2))
            model.fit(np.tile(x, [20, 1]), batch_size=400, verbose=0)
        reached.append(model.bound(x, seed=0).numpy().mean())
    uniform = stats.norm.logpdf(0, scale=0.4) - 1 / 3 / (2 * 0.4**2)
    cell = np.log(stats.norm.cdf(2.5) - 0.5)
    assert reached[0] == pytest.approx(uniform, abs=0.06)
    assert uniform < cell - 0.3
    # One logit-normal and a few steps; 0.01 is several standard errors of the mean over noise.
    assert uniform + 0.8 * (cell - uniform) < reached[1] < cell + 0.01
