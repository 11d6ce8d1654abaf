"""Accuracy over the whole domain, against NumPy in a wider type."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

WIDER = {"float32": np.float64, "float64": np.longdouble}
BITS: dict[str, Any] = {"float32": np.uint32, "float64": np.uint64}
BOUNDS = {  # the measured largest relative errors, with a margin for other processors
    ("expm1", "float32"): 4e-7,
    ("expm1", "float64"): 7e-16,
    ("log", "float32"): 3e-7,
    ("log", "float64"): 4e-16,
    ("log1p", "float32"): 4e-7,
    ("log1p", "float64"): 6e-16,
    ("softplus", "float32"): 4e-7,
    ("softplus", "float64"): 6e-16,
}
FUNCTIONS = {
    "expm1": tf.math.expm1,
    "log": tf.math.log,
    "log1p": tf.math.log1p,
    "softplus": tf.math.softplus,
}
ORACLES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "softplus": lambda x: np.logaddexp(np.zeros_like(x), x),
}


def domain(dtype: str) -> np.ndarray:
    """Random bit patterns, what surrounds the awkward points, and dense stretches around 0."""
    info, unsigned = np.finfo(dtype), BITS[dtype]
    rng = np.random.default_rng(0)
    random = rng.integers(0, np.iinfo(unsigned).max, 200_000, dtype=unsigned, endpoint=True).view(dtype)
    edges = [
        0.0,
        -1.0,
        1.0,
        np.inf,
        info.max,
        info.tiny,
        info.eps,
        1 / info.eps,
        np.log(info.tiny),
        np.log(info.eps),
    ]
    steps = np.arange(-300, 301).astype(unsigned)  # two's complement: steps down wrap as they should
    near = [(np.array(sign * edge, dtype).view(unsigned) + steps).view(dtype) for edge in edges for sign in (1, -1)]
    with np.errstate(over="ignore"):
        scale = -np.log(info.tiny)
        dense = [rng.uniform(-bound, bound, 50_000).astype(dtype) for bound in (1, 20, scale)]
    exact = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], dtype)
    return np.concatenate([random, *near, *dense, exact])


def relative(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Relative errors, 0 where the result is no normal number."""
    info = np.finfo(found.dtype)
    normal = (np.abs(exact) >= info.tiny) & (np.abs(exact) <= info.max)
    with np.errstate(all="ignore"):
        return np.where(normal, np.abs(found.astype(exact.dtype) - exact) / np.abs(exact), 0)


def same_kind(found: np.ndarray, exact: np.ndarray) -> None:
    """NaN, infinities and signs (of zeros too) are where they belong."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = exact.astype(found.dtype)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(rounded))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(rounded))
    known = ~np.isnan(rounded)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(rounded)[known])
    np.testing.assert_array_equal(found[known] == 0, rounded[known] == 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["expm1", "log", "log1p", "softplus"])
def test_the_error_over_the_whole_domain_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    model = converted(FUNCTIONS[name], [tf.TensorSpec([None], dtype, name="x")])
    x = domain(dtype)
    with np.errstate(all="ignore"):
        exact = ORACLES[name](x.astype(WIDER[dtype]))
    found = model(x)["output"]
    assert found.dtype == dtype
    same_kind(found, exact)
    errors, theirs = relative(found, exact), relative(FUNCTIONS[name](tf.constant(x)).numpy(), exact)
    theirs = theirs[np.abs(x) >= np.finfo(dtype).tiny]  # TensorFlow takes the others for 0
    worst = errors.argmax()
    assert errors.max() < BOUNDS[name, dtype], f"{errors.max():.3g} at {x[worst]!r}"
    assert errors.max() <= 2 * theirs.max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["expm1", "log1p", "softplus"])
def test_subnormal_results_are_right_to_the_last_place(name: str, dtype: str, converted: Any) -> None:
    model = converted(FUNCTIONS[name], [tf.TensorSpec([None], dtype, name="x")])
    x = domain(dtype)
    with np.errstate(all="ignore"):
        exact = ORACLES[name](x.astype(WIDER[dtype])).astype(dtype)
    tiny = (np.abs(exact) < np.finfo(dtype).tiny) & (exact != 0)
    assert tiny.sum() > 100
    steps = np.abs(
        model(x[tiny])["output"].view(BITS[dtype]).astype(np.int64) - exact[tiny].view(BITS[dtype]).astype(np.int64)
    )
    assert steps.max() <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["expm1", "log1p"])
def test_the_sign_of_zero_stays(name: str, dtype: str, converted: Any) -> None:
    model = converted(FUNCTIONS[name], [tf.TensorSpec([None], dtype, name="x")])
    found = model(np.array([0.0, -0.0], dtype))["output"]
    assert np.signbit(found).tolist() == [False, True]
    assert found.tolist() == [0.0, 0.0]


def test_log1p_and_softplus_at_the_ends(converted: Any) -> None:
    ends = np.array([-np.inf, -2.0, -1.0, np.inf, np.nan], np.float32)
    log1p = converted(tf.math.log1p, [tf.TensorSpec([None], tf.float32, name="x")])
    np.testing.assert_array_equal(log1p(ends)["output"], [np.nan, np.nan, -np.inf, np.inf, np.nan])
    softplus = converted(tf.math.softplus, [tf.TensorSpec([None], tf.float32, name="x")])
    found = softplus(ends)["output"]
    assert (found[0], found[3]) == (0.0, np.inf)
    assert np.isnan(found).tolist() == [False, False, False, False, True]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_expm1_at_the_ends(dtype: str, converted: Any) -> None:
    model = converted(tf.math.expm1, [tf.TensorSpec([None], dtype, name="x")])
    ends = np.array([-np.inf, np.finfo(dtype).min, -63.5, -40, np.finfo(dtype).max, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(model(ends)["output"], [-1, -1, -1, -1, np.inf, np.inf, np.nan])
    below = np.linspace(-80, -1, 10_000).astype(dtype)
    assert model(below)["output"].min() == -1


def test_softplus_keeps_small_results_of_float64(converted: Any) -> None:
    """ONNX Runtime's own Softplus gives 0 here."""
    model = converted(tf.math.softplus, [tf.TensorSpec([None], tf.float64, name="x")])
    x = np.array([-30.0, -50.0, -700.0])
    np.testing.assert_allclose(model(x)["output"], np.exp(x), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mul_no_nan_is_the_rounded_product(dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y")]
    model = converted(tf.math.multiply_no_nan, signature)
    x = domain(dtype)
    y = np.random.default_rng(1).permutation(x)
    y[::5], y[1::5] = 0.0, -0.0
    with np.errstate(all="ignore"):
        expected = np.where(y == 0, np.zeros((), dtype), x * y)  # IEEE's product is correctly rounded
    found = model(x, y)["output"]
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


def test_mul_no_nan_is_not_symmetric(converted: Any) -> None:
    """Only the second argument's zeros count."""
    signature = [tf.TensorSpec([None], tf.float32, name=name) for name in ("x", "y")]
    model = converted(tf.math.multiply_no_nan, signature)
    bad = np.array([np.nan, np.inf, -np.inf, 2.0], np.float32)
    assert model(bad, np.zeros(4, np.float32))["output"].tolist() == [0.0] * 4
    assert np.isnan(model(np.zeros(4, np.float32), bad)["output"]).tolist() == [True, True, True, False]


def test_arguments_of_mul_no_nan_broadcast(converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], tf.float32, name="x"), tf.TensorSpec([3], tf.float32, name="y")]
    model = converted(tf.math.multiply_no_nan, signature)
    found = model(np.array([[np.inf], [2.0]], np.float32), np.array([0.0, 1.0, -3.0], np.float32))["output"]
    np.testing.assert_array_equal(found, [[0.0, np.inf, -np.inf], [0.0, 2.0, -6.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "is_zero"), [(tf.math.xdivy, lambda x, y: x == 0), (tf.math.divide_no_nan, lambda x, y: y == 0)]
)
def test_quotients_with_zeros_of_their_own(function: Any, is_zero: Any, dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y")]
    model = converted(function, signature)
    x = domain(dtype)
    y = np.random.default_rng(1).permutation(x)
    x[::7], x[1::7], y[::5], y[1::5] = 0.0, -0.0, 0.0, -0.0
    with np.errstate(all="ignore"):
        expected = np.where(is_zero(x, y), np.zeros((), dtype), x / y)  # IEEE's quotient is correctly rounded
    np.testing.assert_array_equal(model(x, y)["output"], expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_where_never_mixes_what_it_did_not_choose(dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], tf.bool, name="c"), tf.TensorSpec([3], dtype, name="x")]
    model = converted(lambda c, x: tf.where(c, x, -x), signature)
    x = np.array([np.inf, np.nan, 2.0], dtype) if dtype != "int32" else np.array([7, -(2**31) + 1, 2**31 - 1], dtype)
    condition = np.array([[True], [False]])
    np.testing.assert_array_equal(model(condition, x)["output"], np.where(condition, x, -x))


def test_a_sum_of_nothing_is_minus_infinity(converted: Any) -> None:
    model = converted(lambda x: tf.reduce_logsumexp(x, axis=-1), [tf.TensorSpec([None, 2], tf.float32, name="x")])
    x = np.array([[-np.inf, -np.inf], [-np.inf, 1.0], [np.inf, 0.0]], np.float32)
    np.testing.assert_array_equal(model(x)["output"], [-np.inf, 1.0, np.inf])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "logarithm", "bounds"),
    [
        (tf.math.xlogy, np.log, {"float32": 4e-7, "float64": 5e-16}),
        (tf.math.xlog1py, np.log1p, {"float32": 5e-7, "float64": 7e-16}),
    ],
    ids=["xlogy", "xlog1py"],
)
def test_a_number_times_a_logarithm(
    function: Any, logarithm: Callable[..., Any], bounds: dict[str, float], dtype: str, converted: Any
) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y")]
    model = converted(function, signature, inputs=lambda batch: [np.arange(batch), np.linspace(0, 2, batch)])
    y = domain(dtype)
    x = np.random.default_rng(1).permutation(y)
    x[::5], x[1::5] = 0.0, -0.0
    with np.errstate(all="ignore"):
        exact = np.where(x == 0, 0, x.astype(WIDER[dtype]) * logarithm(y.astype(WIDER[dtype])))
        rounded = exact.astype(dtype)
    found = model(x, y)["output"]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(rounded))
    np.testing.assert_array_equal(found[x == 0], 0)
    errors, theirs = relative(found, exact), relative(function(x, y).numpy(), exact)
    theirs = theirs[(np.abs(x) >= np.finfo(dtype).tiny) & (np.abs(y) >= np.finfo(dtype).tiny)]
    assert errors.max() < bounds[dtype]
    assert errors.max() <= 2 * theirs.max()


@pytest.mark.parametrize("function", [tf.math.xlogy, tf.math.xlog1py], ids=["xlogy", "xlog1py"])
def test_zero_times_any_logarithm_is_zero(function: Any, converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], tf.float32, name="x"), tf.TensorSpec([5], tf.float32, name="y")]
    model = converted(function, signature)
    y = np.array([np.nan, np.inf, -np.inf, -1.0, 0.0], np.float32)
    found = model(np.array([[0.0], [-0.0], [np.nan]], np.float32), y)["output"]
    np.testing.assert_array_equal(found, [[0.0] * 5, [0.0] * 5, [np.nan] * 5])
