"""What layers take from data: all rows next to them, few and evenly spaced beyond, and no pass that nobody needs."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers import ActNorm, BijectorLayer, Chain, LULinear, MultiScale, Permutation, Scale, Standardization
from tfgen.layers.bijectors import adaptation
from tfgen.layers.bijectors.adaptation import Rows, adapt_in_order, moments


def points(*shape: int, seed: int = 6) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


class Watched(Permutation):
    """Remembers how many rows have passed, in which batches."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batches: Any = np.array([], int)

    def make_bijector(self, context: Any) -> Any:
        bijector = super().make_bijector(context)
        inverse = bijector.inverse_and_log_det

        def watched(x: tf.Tensor) -> Any:
            self.batches = np.append(self.batches, len(x))
            return inverse(x)

        bijector.inverse_and_log_det = watched
        return bijector


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(3,), (2, 4, 3)])
def test_moments_are_numpys(shape: tuple[int, ...], weighted: bool) -> None:
    values = (points(9000, *shape) * [0.01, 1, 100] + [5, 0, -1000]).astype(np.float32)
    weight = points(9000) ** 2 if weighted else None
    mean, deviation, magnitude = moments(values, weight)
    exact = values.astype(np.float64)
    rows = np.ones(9000) if weight is None else weight
    every = np.broadcast_to(rows.reshape(-1, *[1] * len(shape)), exact.shape)
    axes = tuple(range(len(shape)))
    expected = np.average(exact, axis=axes, weights=every)
    np.testing.assert_allclose(mean, expected, rtol=1e-12)
    variance = np.average((exact - expected) ** 2, axis=axes, weights=every)
    np.testing.assert_allclose(deviation, np.sqrt(variance), rtol=1e-10)
    np.testing.assert_allclose(magnitude, np.sqrt(np.average(exact**2, axis=axes, weights=every)), rtol=1e-10)


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="`sample_weight` must not be zero for all rows"):
        ActNorm(event_shape=(2,)).adapt(points(5, 2), sample_weight=np.zeros(5))


def test_rows_are_thinned_evenly_and_to_those_that_count() -> None:
    x = np.arange(10_000.0)[:, None]
    few = Rows(x[:2048], None, None).thinned()
    assert len(few.x) == 2048
    thin = Rows(x, 2 * x, None).thinned()
    np.testing.assert_array_equal(thin.x, Rows(x).thinned().x)
    np.testing.assert_array_equal(thin.context, 2 * thin.x)
    assert len(thin.x) == 2048
    assert thin.x[0, 0] == 0
    steps = np.diff(thin.x[:, 0])
    assert set(steps) == {4.0, 5.0}
    weighted = Rows(x, None, np.arange(10_000) % 2).thinned()
    assert len(weighted.x) == 2048
    assert (weighted.x % 2 == 1).all()
    assert (weighted.sample_weight == 1).all()
    alone = Rows(x, None, np.arange(10_000) < 5000).thinned()
    assert alone.x.max() < 5000
    assert len(alone.x) == 2048


def test_the_first_sees_all_rows_the_others_a_few_and_what_comes_after_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptation, "_NUMBERS_AT_ONCE", 600)  # 300 rows of two
    x = points(5000, 2) * [1, 50] + 3
    first, second = Standardization(event_shape=(2,)), ActNorm(event_shape=(2,))
    watched = [Watched(event_shape=(2,), name=f"watched_{index}") for index in range(4)]
    adapt_in_order([watched[0], first, watched[1], watched[2], second, watched[3]], Rows(x))
    assert [int(each.batches.sum()) for each in watched] == [5000, 2048, 2048, 0]
    assert [int(each.batches.max()) for each in watched[:3]] == [300] * 3
    np.testing.assert_allclose(first.shift, x.mean(axis=0)[::-1], rtol=1e-5)
    few = ((x[:, ::-1] - x.mean(axis=0)[::-1]) / x.std(axis=0)[::-1])[np.arange(2048) * 5000 // 2048]
    np.testing.assert_allclose(second.shift, few.mean(axis=0), atol=1e-4)
    assert first.is_adapted
    assert second.is_adapted


def test_nothing_passes_where_nobody_waits() -> None:
    watched = Watched(event_shape=(2,))
    adapt_in_order([watched, Scale(event_shape=(2,))], Rows(points(10, 2)))
    assert not watched.batches.size


def test_composites_adapt_what_they_are_made_of(moved: Any) -> None:
    shapes = MultiScale.shapes((4, 4, 1), (2,), scales=2)
    watched = [Watched(event_shape=shape.event, context_shape=(2,)) for shape in shapes]

    def scale(index: int) -> list[BijectorLayer]:
        shared: dict[str, Any] = {"event_shape": shapes[index].event, "context_shape": (2,)}
        mixed = moved(LULinear(**shared), scale=0.2, seed=index)
        return [mixed, ActNorm(**shared), Chain(layers=[ActNorm(**shared), watched[index]])]

    layer = MultiScale(event_shape=(4, 4, 1), context_shape=(2,), scales=[scale(0), scale(1)])
    assert layer.is_data_dependent
    assert not layer.is_adapted
    x, context = points(3000, 4, 4, 1) ** 2, points(3000, 2)
    layer.adapt(x, context)
    assert layer.is_adapted
    # What is last waits for nobody: it is passed at the first scale, on the way to the second, alone.
    assert [int(each.batches.sum()) for each in watched] == [2048, 0]
    thin = Rows(x, context).thinned()
    value = thin.x
    for index in range(2):
        value = layer._squeezed(value[..., : max(1, value.shape[-1] // 2)])
        for inner in layer.scales[index].bijector_layers[:2]:
            value = inner(tf.constant(thin.context)).inverse(value)
        np.testing.assert_allclose(np.mean(value, axis=(0, 1, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(np.std(value, axis=(0, 1, 2)), 1, atol=1e-4)
        value = layer.scales[index].bijector_layers[2](tf.constant(thin.context)).inverse(value)
    before = layer.get_weights()
    layer.adapt(x, context)  # the same data give the same
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_take_nothing_say_so() -> None:
    layer = LULinear(event_shape=(2,))
    assert not layer.is_data_dependent
    assert layer.is_adapted
    layer.adapt(points(5, 2))
    chain = Chain(layers=[layer])
    assert not chain.is_data_dependent
    assert chain.is_adapted
