"""Nearest neighbours by loops over all pairs; copies, new rows and rows off the data, and U by its definition."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tfgen.judging import Memorisation, memorisation, nearest_neighbours


def points(rows: int, *event: int, seed: int = 0, shift: float = 0.0) -> NDArray[Any]:
    return np.random.default_rng(seed).normal(shift, 1, size=(rows, *event))


def all_distances(samples: NDArray[Any], data: NDArray[Any]) -> NDArray[Any]:
    """[n, m], one pair at a time."""
    return np.array([[math.sqrt(((one - other) ** 2).sum()) for other in data] for one in samples])


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("event", [(1,), (2,), (5, 4, 1), (50,)])
def test_by_loops(event: tuple[int, ...], count: int) -> None:
    samples, data = points(25, *event), points(40, *event, seed=1)
    found = nearest_neighbours(samples, data, count=count)
    distances = all_distances(samples, data)
    assert found.index.shape == found.distance.shape == (25, count)
    np.testing.assert_array_equal(found.index, np.argsort(distances, axis=1)[:, :count])
    np.testing.assert_allclose(found.distance, np.sort(distances, axis=1)[:, :count], rtol=1e-12)


@pytest.mark.parametrize("size", [2, 50])
def test_far_from_nought_no_digits_are_lost(size: int) -> None:
    """Distances by a matrix product of raw rows would be of rounding errors alone."""
    samples, data = points(25, size, shift=1e8), points(40, size, seed=1, shift=1e8)
    found = nearest_neighbours(samples, data)
    distances = all_distances(samples, data)
    np.testing.assert_array_equal(found.index[:, 0], distances.argmin(axis=1))
    np.testing.assert_allclose(found.distance[:, 0], distances.min(axis=1), rtol=1e-12)


@pytest.mark.parametrize("size", [2, 50])
def test_a_copy_lies_at_nought(size: int) -> None:
    data = points(40, size, shift=3)
    found = nearest_neighbours(data[::-1], data)
    np.testing.assert_array_equal(found.index[:, 0], np.arange(40)[::-1])
    assert (found.distance == 0).all()


def test_lists_float32_and_integers_are_taken() -> None:
    found = nearest_neighbours(np.array([[250]], np.uint8), np.array([[3], [255]], np.uint8))
    assert found.index.tolist() == [[1]]
    assert found.distance.tolist() == [[5.0]]  # and not what bytes would wrap around to
    assert nearest_neighbours([[250]], [[3], [255]]).distance.tolist() == [[5.0]]
    assert nearest_neighbours(points(3, 2).astype("float32"), points(4, 2)).distance.dtype == np.float64


def loops(samples: NDArray[Any], held_out: NDArray[Any], data: NDArray[Any]) -> tuple[float, float, float]:
    """Both medians and the share, one pair at a time."""
    near, far = (all_distances(each, data).min(axis=1) for each in (samples, held_out))
    share = np.mean([1.0 if d < h else 0.5 if d == h else 0.0 for d, h in itertools.product(near, far)])
    return float(np.median(near)), float(np.median(far)), float(share)


@pytest.mark.parametrize("event", [(2,), (3, 3, 2)])
@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_medians_and_share_by_loops(event: tuple[int, ...], spread: float) -> None:
    samples, held_out, data = spread * points(30, *event), points(20, *event, seed=1), points(50, *event, seed=2)
    found = memorisation(samples, held_out, data)
    expected = loops(samples, held_out, data)
    np.testing.assert_allclose((found.sample_distance, found.held_out_distance, found.share), expected, rtol=1e-10)


def test_ties_count_half() -> None:
    """On a grid most distances are equal to others: of the data's points, or one beside them."""
    rng = np.random.default_rng(0)
    samples, held_out, data = (rng.integers(0, 5, size=(rows, 2)).astype(float) for rows in (30, 20, 10))
    found = memorisation(samples, held_out, data)
    assert found.sample_distance in all_distances(held_out, data)  # there are ties
    assert found.share == pytest.approx(loops(samples, held_out, data)[2])


@pytest.mark.parametrize("shift", [0.0, 0.4, -0.4])
def test_the_p_value_counts_how_the_distances_may_be_dealt_out(shift: float) -> None:
    """Of all ways to call 5 of 10 distances the samples', those with as large a share or a larger one."""
    near, far = np.random.default_rng(4).uniform(0.5, 1.5, size=(2, 5))
    far += shift
    pooled = np.concatenate([near, far])

    def share(chosen: tuple[int, ...]) -> float:
        others = [i for i in range(10) if i not in chosen]
        return float(np.mean([pooled[i] < pooled[j] for i in chosen for j in others]))

    found = memorisation(near[:, None], far[:, None], [[0.0]])
    shares = [share(chosen) for chosen in itertools.combinations(range(10), 5)]
    assert found.share == pytest.approx(share((0, 1, 2, 3, 4)))
    assert found.p_value == pytest.approx(np.mean([each >= found.share - 1e-9 for each in shares]))


@pytest.mark.parametrize("event", [(2,), (6, 6, 1)])
def test_who_copies_is_told_from_who_generalises(event: tuple[int, ...]) -> None:
    data, held_out = points(1000, *event), points(300, *event, seed=1)
    tiny = 1e-3 * points(300, *event, seed=2)
    copied = memorisation(data[:300] + tiny, held_out, data)
    assert copied.share > 0.95
    assert copied.p_value < 1e-12
    assert copied.sample_distance < 0.1 * copied.held_out_distance
    fresh = memorisation(points(300, *event, seed=3), held_out, data)
    assert abs(fresh.share - 0.5) < 0.06  # four deviations of U are 0.094
    assert fresh.p_value > 0.01
    off = memorisation(3 * points(300, *event, seed=3), held_out, data)
    assert off.share < 0.2
    assert off.p_value > 0.99


def test_half_copies_are_found() -> None:
    data, held_out = points(1000, 2), points(300, 2, seed=1)
    mixed = np.concatenate([data[:150], points(150, 2, seed=3)])
    found = memorisation(mixed, held_out, data)
    assert abs(found.share - 0.75) < 0.06
    assert found.p_value < 1e-6


def test_where_nothing_differs_nothing_is_found() -> None:
    """Data of few values: all rows are copies, the truth's as well. SciPy's division by nought gives no warning."""
    rows = np.repeat([[0.0, 1.0], [1.0, 0.0]], 20, axis=0)
    found = memorisation(rows, rows, rows)
    assert (found.sample_distance, found.held_out_distance, found.share, found.p_value) == (0, 0, 0.5, 1)


def test_it_says_share_and_distances() -> None:
    found = Memorisation(sample_distance=0.25, held_out_distance=1.5, share=0.875, p_value=0.00123)
    expected = "nearer than held-out rows in 87.5% of pairs (median distance 0.25, theirs 1.5), p = 0.00123"
    assert str(found) == expected


GOOD = points(4, 2)
BAD = [
    (np.zeros(4), r"have shape \[rows, \.\.\.\], with a row at least\. Received: \(4,\)"),
    (np.zeros((0, 2)), r"have shape \[rows, \.\.\.\], with a row at least\. Received: \(0, 2\)"),
    (np.array([[0.0, 1.0], [2.0, 3.0], [4.0, np.nan]]), r"be finite\. Received: nan in row 2"),
]


@pytest.mark.parametrize(("value", "message"), BAD)
@pytest.mark.parametrize("name", ["samples", "held_out", "data"])
def test_what_is_no_sample_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must {message}"):
        memorisation(**{"samples": GOOD, "held_out": GOOD, "data": GOOD, name: value})
    if name != "held_out":
        with pytest.raises(ValueError, match=f"`{name}` must {message}"):
            nearest_neighbours(**{"samples": GOOD, "data": GOOD, name: value})


@pytest.mark.parametrize("name", ["samples", "held_out"])
def test_another_event_shape_is_refused(name: str) -> None:
    """Also one of as many entries."""
    message = rf"`{name}` must have the event shape of `data`, \(2, 3\)\. Received: \(3, 2\)"
    whole = points(4, 2, 3)
    with pytest.raises(ValueError, match=message):
        memorisation(**{"samples": whole, "held_out": whole, "data": whole, name: points(4, 3, 2)})


@pytest.mark.parametrize("count", [0, 5, 1.0, True])
def test_a_count_out_of_range_is_refused(count: Any) -> None:
    with pytest.raises(ValueError, match=rf"`count` must be an integer from 1 to 4.*Received: {count}"):
        nearest_neighbours(GOOD, GOOD, count=count)
