"""The layout bit for bit, and that what it gives is random."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen.noise import LAYOUT_VERSION, Noise, seed_rows

INT32 = st.integers(-(2**31), 2**31 - 1)

# Seed row, stream, index; the first six uniforms' upper 23 bits; the first six normals. Another value here
# means another sample everywhere: raise LAYOUT_VERSION, and only then change these.
GOLDEN: list[tuple[list[int], int, int, str, list[float]]] = [
    (
        [0, 0], 0, 0, "16e739 09a471 7e7c70 5143d5 74a9ad 288622",
        [1.651177883, 0.845645557, -0.102098595, -0.115636089, -0.174992239, 0.393525883],
    ),
    (
        [7, 1], 0, 0, "3ae4a0 713077 533749 1ae880 426c2b 40e433",
        [0.930990610, -0.828172791, 0.229539182, 0.899162892, -1.144323916, -0.050104518],
    ),
    (
        [-1, -1], 0, 0, "1e5baa 1a088d 013a68 65fb03 2ae4be 7b0212",
        [0.489789340, 1.624205107, 0.882128209, -2.918026072, 1.434549093, -0.358729886],
    ),
    (
        [-(2**31), 2**31 - 1], 0, 0, "5acf90 646f5e 11f409 3f3bd2 0517e4 1986fe",
        [0.178958363, -0.808998144, -1.980646179, 0.074540707, 0.793306839, 2.412231713],
    ),
    (
        [2**31 - 1, -(2**31)], 0, 0, "1d44ac 79de18 1ef4b9 61e5a3 3ffd47 444124",
        [1.640616010, -0.509345591, 0.156672185, -1.677612401, -1.151965101, -0.244136644],
    ),
    (
        [-123456789, 987654321], 3, 0, "7af31e 44b7cc 148b0e 2865af 11f3b4 0235d8",
        [-0.276167925, -0.065127010, -0.766332531, 1.752636866, 1.970429696, 0.214633990],
    ),
    (
        [42, -42], 0, 5, "0f7577 319ae1 3bc1c6 4c7fce 5561bb 18bb7c",
        [-1.563826183, 1.334969912, -1.009169337, -0.710681004, 0.314267155, 0.843226816],
    ),
    (
        [42, -42], 291, 100000, "71aa28 37b5f0 635d35 44f8a3 568679 20ebf5",
        [-0.447601320, 0.192894068, -0.690588823, -0.171947652, -0.040026533, 0.884072861],
    ),
]  # fmt: skip


def noise_of(count: int, seed: int = 1, **where: Any) -> Noise:
    return Noise(tf.constant(seed_rows(count, seed)), **where)


def uniforms_from_bits(text: str) -> list[float]:
    return [(int(bits, 16) + 0.5) / 2**23 for bits in text.split()]


def assert_same(kind: str, found: Any, expected: Any) -> None:
    """Bit for bit: normals are made in float64, where the last place of a kernel's sine does not show."""
    np.testing.assert_array_equal(found, expected, err_msg=kind)


def test_layout_version() -> None:
    assert LAYOUT_VERSION == 1


@pytest.mark.parametrize(("row", "stream", "index", "bits", "normals"), GOLDEN)
def test_golden_values(row: list[int], stream: int, index: int, bits: str, normals: list[float]) -> None:
    noise = Noise(tf.constant([row]), stream=stream, index=index)
    assert noise.uniform((6,)).numpy()[0].tolist() == uniforms_from_bits(bits)
    np.testing.assert_allclose(noise.normal((6,), tf.float64).numpy()[0], normals, rtol=0, atol=1e-9)
    np.testing.assert_allclose(noise.normal((6,)).numpy()[0], normals, rtol=0, atol=2e-6)


@settings(deadline=None, database=None, max_examples=40)
@given(row=st.tuples(INT32, INT32), stream=st.integers(0, 2**32 - 1), index=st.integers(0, 2**31 - 1))
@example(row=(-(2**31), -1), stream=2**32 - 1, index=2**31 - 1)
def test_any_seed_row(layout: Any, row: tuple[int, int], stream: int, index: int) -> None:
    noise = Noise(tf.constant([row]), stream=stream, index=index)
    where = {"stream": stream, "index": index}
    assert noise.uniform((5,)).numpy()[0].tolist() == layout.uniform(row, 5, **where).tolist()
    normals = noise.normal((5,), tf.float64).numpy()[0]
    np.testing.assert_allclose(normals, layout.normal(row, 5, **where), rtol=0, atol=1e-9)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (5,), (2, 3), (2, 1, 3)])
def test_row_shapes_are_filled_in_order(layout: Any, shape: tuple[int, ...]) -> None:
    rows = [[3, -1], [-4, 9], [0, 2]]
    size = int(np.prod(shape))
    uniform = Noise(tf.constant(rows)).uniform(shape)
    normal = Noise(tf.constant(rows)).normal(shape, tf.float64)
    assert uniform.shape == normal.shape == (3, *shape)
    expected = np.array([layout.uniform(row, size) for row in rows])
    np.testing.assert_array_equal(uniform.numpy().reshape(3, size), expected)
    expected = np.array([layout.normal(row, size) for row in rows])
    np.testing.assert_allclose(normal.numpy().reshape(3, size), expected, rtol=0, atol=1e-9)


def test_no_rows_and_no_elements() -> None:
    assert noise_of(0).normal((2, 3)).shape == (0, 2, 3)
    assert noise_of(3).uniform((0,)).shape == (3, 0)
    assert noise_of(3).normal((2, 0)).shape == (3, 2, 0)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_a_longer_shape_begins_with_the_shorter(kind: str) -> None:
    noise = noise_of(6)
    longest = getattr(noise, kind)((23,)).numpy()
    for length in (1, 2, 3, 4, 5, 8, 22):
        assert_same(kind, getattr(noise, kind)((length,)), longest[:, :length])


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_a_row_depends_on_its_seed_row_only(kind: str) -> None:
    rows = np.random.default_rng(5).integers(-(2**31), 2**31, (50, 2)).astype(np.int32)
    whole = getattr(Noise(tf.constant(rows)), kind)((7,)).numpy()
    chosen = np.random.default_rng(6).permutation(50)[:31]
    assert_same(kind, getattr(Noise(tf.constant(rows[chosen])), kind)((7,)), whole[chosen])
    for row in (0, 17):
        alone = getattr(Noise(tf.constant(rows[row : row + 1])), kind)((7,))
        assert_same(kind, alone[0], whole[row])


def test_uniforms_are_uniform() -> None:
    uniform = noise_of(20_000).uniform((4,)).numpy().astype(np.float64)
    assert uniform.min() > 0
    assert uniform.max() < 1
    for column in uniform.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    # The mean's standard error is sqrt(1/12n), the variance's sqrt(1/180n).
    assert abs(uniform.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / uniform.size)
    assert abs(uniform.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / uniform.size)
    # Neighbours fill the square evenly.
    counts = np.histogram2d(uniform[:, 0], uniform[:, 1], bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(counts.ravel()).pvalue > 1e-3


def test_the_extreme_words_stay_inside_the_open_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    extremes = tf.constant([[0, 2**32 - 1]], tf.uint32)
    monkeypatch.setattr(Noise, "_pairs", lambda self, blocks: (tf.stack([extremes, extremes]),) * 2)
    for dtype in (tf.float32, tf.float64):
        uniform = noise_of(1).uniform((8,), dtype).numpy()[0]
        assert uniform[:4].tolist() == [2.0**-24] * 4
        assert uniform[4:].tolist() == [1 - 2.0**-24] * 4
        normal = noise_of(1).normal((8,), dtype).numpy()[0]
        assert np.isfinite(normal).all()
        # The largest radius there is: u = 2**-33, at angle nought.
        np.testing.assert_allclose(normal[0], np.sqrt(66 * np.log(2)), rtol=1e-6)


def test_normals_are_normal() -> None:
    normal = noise_of(20_000).normal((4,)).numpy().astype(np.float64)
    for column in normal.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3
    count = normal.size
    # Standard errors of the moments of a standard normal.
    assert abs(normal.mean()) < 4 * np.sqrt(1 / count)
    assert abs((normal**2).mean() - 1) < 4 * np.sqrt(2 / count)
    assert abs((normal**3).mean()) < 4 * np.sqrt(15 / count)
    assert abs((normal**4).mean() - 3) < 4 * np.sqrt(96 / count)
    for power in (1, 2):
        correlation = np.corrcoef(normal.T**power)[np.triu_indices(4, 1)]
        assert np.abs(correlation).max() < 4 / np.sqrt(len(normal))


def test_streams_indices_and_rows_are_independent() -> None:
    noise = noise_of(5_000)
    places = {
        "root": noise,
        "child 0": noise.child(0),
        "child 1": noise.child(1),
        "grandchild": noise.child(0).child(0),
        "index 1": noise.at(1),
        "index 2": noise.at(2),
        "child at 1": noise.child(0).at(1),
        "other seed": noise_of(5_000, seed=2),
        "negative seed": noise_of(5_000, seed=-1),
    }
    columns = np.stack([place.uniform((2,)).numpy() for place in places.values()], axis=1).astype(np.float64)
    flat = columns.reshape(5_000, -1)
    flat = np.concatenate([flat, np.roll(flat[:, :1], 1, axis=0)], axis=1)  # the neighbouring row
    correlation = np.corrcoef(flat.T)[np.triu_indices(flat.shape[1], 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(flat))
    # Independent 23-bit uniforms agree once in 2**23; a shared stream would agree everywhere.
    for first in range(flat.shape[1]):
        for second in range(first):
            assert (flat[:, first] == flat[:, second]).mean() < 1e-3


def test_no_two_nodes_of_the_stream_tree_coincide() -> None:
    root = noise_of(1)
    level, streams = [root], [root.stream]
    for _ in range(3):
        level = [node.child(number) for node in level for number in range(16)]
        streams += [node.stream for node in level]
    assert len(set(streams)) == len(streams) == 1 + 16 + 16**2 + 16**3
    assert root.child(2).child(5).stream == 16 * 3 + 6


def test_child_keeps_the_index_and_at_keeps_the_stream() -> None:
    noise = noise_of(2).at(3).child(4)
    assert (noise.stream, noise.index) == (5, 3)
    moved = noise.at(9)
    assert (moved.stream, moved.index) == (5, 9)
    expected = Noise(tf.constant(seed_rows(2, 1)), stream=5, index=9).uniform((3,))
    np.testing.assert_array_equal(moved.uniform((3,)), expected)


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_an_index_may_be_a_tensor(layout: Any, dtype: tf.DType) -> None:
    noise = noise_of(3, seed=8)

    @tf.function
    def scan() -> tf.Tensor:
        return tf.map_fn(lambda step: noise.at(step).uniform((2,)), tf.range(4, dtype=dtype), tf.float32)

    found = scan().numpy()
    for step in range(4):
        np.testing.assert_array_equal(found[step], noise.at(step).uniform((2,)))
        assert found[step, 2].tolist() == layout.uniform([8, 2], 2, index=step).tolist()


def test_float64_is_float32_to_rounding() -> None:
    noise = noise_of(20_000)
    double = noise.uniform((4,), tf.float64)
    assert double.dtype == tf.float64
    np.testing.assert_array_equal(noise.uniform((4,)).numpy().astype(np.float64), double)
    double = noise.normal((4,), tf.float64).numpy()
    single = noise.normal((4,)).numpy()
    assert (double.dtype, single.dtype) == (np.float64, np.float32)
    # Rounding u near 1 moves ln u by up to 2**-23, and the radius by that over the radius.
    radius = np.repeat(np.hypot(double[:, ::2], double[:, 1::2]), 2, axis=1)
    assert (np.abs(single - double) <= 3e-6 + 2.0**-22 / radius).all()
    assert np.abs(single - double).mean() < 3e-7


def test_xla_gives_the_same() -> None:
    seeds = tf.constant(np.random.default_rng(4).integers(-(2**31), 2**31, (3_000, 2)).astype(np.int32))

    def both(seeds: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        noise = Noise(seeds, stream=2**31, index=index)
        return noise.uniform((3,)), noise.normal((3,))

    index = tf.constant(77)
    uniform, normal = both(seeds, index)
    for compiled in (False, True):
        other_uniform, other_normal = tf.function(both, jit_compile=compiled)(seeds, index)
        assert_same("uniform", other_uniform, uniform)
        assert_same("normal", other_normal, normal)


def test_the_batch_may_be_dynamic() -> None:
    traced = tf.function(
        lambda seeds: Noise(seeds).normal((2, 3)), input_signature=[tf.TensorSpec([None, 2], tf.int32)]
    )
    assert traced.get_concrete_function().output_shapes == tf.TensorShape([None, 2, 3])
    for count in (0, 1, 5):
        rows = tf.constant(seed_rows(count, 3))
        assert_same("normal", traced(rows), Noise(rows).normal((2, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Noise(tf.constant([1, 2])), r"`seeds` must have shape \[batch, 2\]. Received: shape=\(2,\)"),
        (lambda: Noise(tf.constant([[1, 2, 3]])), r"`seeds` must have shape .* Received: shape=\(1, 3\)"),
        (lambda: Noise(tf.constant([[1, 2]], tf.int64)), r"`seeds` must be int32. Received: dtype=int64"),
        (lambda: Noise(tf.constant([[1.0, 2.0]])), r"`seeds` must be int32. Received: dtype=float32"),
        (lambda: noise_of(1, stream=-1), r"`stream` must fit in 32 bits. Received: stream=-1"),
        (lambda: noise_of(1, stream=2**32), r"`stream` must fit in 32 bits. Received: stream=4294967296"),
        (lambda: noise_of(1).child(16), r"`number` must be from 0 to 15. Received: number=16"),
        (lambda: noise_of(1).child(-1), r"`number` must be from 0 to 15. Received: number=-1"),
    ],
)
def test_errors_name_the_argument(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_tree_too_deep_is_refused() -> None:
    noise = noise_of(1)
    for _ in range(7):
        noise = noise.child(15)
    with pytest.raises(ValueError, match="`stream` must fit in 32 bits"):
        noise.child(15).child(15)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_an_index_for_each_row(kind: str, dtype: tf.DType) -> None:
    rows, indices = tf.constant(seed_rows(5, 8)), [3, 0, 100_000, 3, 2**31 - 1]
    noise = Noise(rows).child(2)
    own = getattr(noise.at(tf.constant(indices, dtype)[:, tf.newaxis]), kind)((2, 3)).numpy()
    assert own.shape == (5, 2, 3)
    for row, index in enumerate(indices):
        assert_same(kind, own[row], getattr(noise.at(index), kind)((2, 3)).numpy()[row])
    # It stays with the streams below.
    below = getattr(noise.at(tf.constant(indices, dtype)[:, tf.newaxis]).child(1), kind)((5,)).numpy()
    assert_same(kind, below[2], getattr(noise.child(1).at(100_000), kind)((5,)).numpy()[2])
