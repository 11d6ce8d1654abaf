"""Data that a density cannot be of, and what is said of them."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.models.first_rows import continuity_complaints

REAL = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)


def flow(**arguments: Any) -> tfgen.FlowModel:
    made = tfgen.RealNVP(**{"event_shape": (3,), "couplings": 2, "hidden": (4,), **arguments})
    made.compile(keras.optimizers.SGD(0.0))
    return made


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "int64"])
@pytest.mark.parametrize("form", ["array", "list", "dictionary", "data set"])
def test_integers_are_refused_by_their_type(dtype: str, form: str) -> None:
    x: Any = np.arange(30).reshape(10, 3).astype(dtype)
    if form == "data set":
        x = tf.data.Dataset.from_tensor_slices(x).batch(5)
    x = {"array": x, "list": x.tolist(), "dictionary": {"x": x}}[form] if form != "data set" else x
    with pytest.raises(ValueError, match=r"`x` must be floating-point.*`tfgen\.Dequantized\(flow.*Received: dtype="):
        flow().fit(x, verbose=0)


def test_whole_numbers_in_floats_are_warned_of() -> None:
    x = np.random.default_rng(0).integers(0, 9, size=(64, 3)).astype(np.float32)
    with pytest.warns(UserWarning, match=r"`x` must not hold whole numbers only.*Dequantized.*from 0 to 8"):
        flow().fit(x, verbose=0)
    with pytest.warns(UserWarning, match=r"whole numbers only"):
        flow(standardize=False).fit(x, verbose=0)
    with pytest.warns(UserWarning, match=r"whole numbers only"):
        flow().fit(tf.data.Dataset.from_tensor_slices(x).batch(16), verbose=0)


def test_constant_entries_are_named() -> None:
    x = REAL.copy()
    x[:, 1] = 7.5
    with pytest.warns(UserWarning, match=r"`x` must vary in every entry.*Received: x\[:, 1\] = 7\.5 in every row"):
        flow().fit(x, verbose=0)
    with pytest.warns(UserWarning, match=r"x\[:, 1\] = 7\.5 in every row"):
        flow().fit(tf.data.Dataset.from_tensor_slices(x).batch(16), verbose=0)


def test_the_rest_of_data_with_a_constant_entry_is_fitted() -> None:
    x = REAL.copy()
    x[:, 1] = 7.5
    model = flow()
    with pytest.warns(UserWarning, match="must vary"):
        model.fit(x, verbose=0)
    z = model.encode(x).numpy()
    np.testing.assert_allclose(z.std(0), [1, 0, 1], atol=1e-3)
    assert np.isfinite(model.score(x)).all()


def test_good_data_raise_no_warning() -> None:
    flow().fit(REAL, verbose=0)  # a warning is an error here
    flow().fit(tf.data.Dataset.from_tensor_slices(REAL).batch(16), verbose=0)
    x = REAL.copy()
    x[:, 0] = np.round(x[:, 0])  # one entry of whole numbers is common in tables
    flow().fit(x, verbose=0)


def test_complaints_look_at_all_rows() -> None:
    """What the first thousand rows share, a later one may break."""
    x = np.zeros((5000, 2))
    assert len(continuity_complaints(x)) == 2
    x[4000, 0] = 0.5
    (only,) = continuity_complaints(x)
    assert "x[:, 1] = 0 in every row" in only
    assert "x[:, 0]" not in only
    x[4500, 1] = 2
    assert continuity_complaints(x) == []
    assert continuity_complaints(x[:1]) == []


def test_of_many_constant_entries_a_few_are_named() -> None:
    x = np.random.default_rng(0).normal(size=(10, 4, 4, 1))
    x[:, :2] = 0.25
    (only,) = continuity_complaints(x)
    assert "x[:, 0, 0, 0] = 0.25, x[:, 0, 1, 0] = 0.25" in only
    assert only.endswith("and 3 more in every row")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    x = REAL.copy()
    x[5, 2] = bad
    for call in (flow().fit, flow().evaluate, flow().predict):
        with pytest.raises(ValueError, match=r"`x` must be finite\. Received: .* in row 5"):
            call(x, verbose=0)
    for call in (flow().score, flow().adapt, flow().encode):
        with pytest.raises(ValueError, match="`x` must be finite"):
            call(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must be finite"):
        flow().fit(tf.data.Dataset.from_tensor_slices(x).batch(16), verbose=0)


@pytest.mark.parametrize(
    "model",
    [
        lambda: tfgen.RealNVP(event_shape=(1,), couplings=2, hidden=(4,)),
        lambda: tfgen.IAF(event_shape=(1,), transforms=2, hidden=(4,), low=0),
        lambda: tfgen.SplineFlow(event_shape=(1,), transforms=2, bins=4, hidden=(4,)),
    ],
)
def test_dimension_one(model: Any) -> None:
    """A normal's data come to its entropy, by a logarithm nearly; a vector without its column is told what to do."""
    made = model()
    made.compile(keras.optimizers.Adam(1e-2))
    x = np.abs(np.random.default_rng(0).normal(3, 0.5, size=(500, 1))).astype(np.float32)
    history = made.fit(x, epochs=10, verbose=0).history
    assert history["loss"][-1] == pytest.approx(0.5 * np.log(2 * np.pi * np.e * x.var()), abs=0.1)
    with pytest.raises(ValueError, match=r"make it a column: x\[:, None\]"):
        made.score(x[:, 0])


def test_a_context_of_another_width_is_refused() -> None:
    model = flow(context_shape=(2,))
    for width in (1, 3):
        context = np.zeros((64, width), np.float32)
        for call in (
            lambda context=context: model.fit({"x": REAL, "context": context}, verbose=0),
            lambda context=context: model.score(REAL, context),
            lambda context=context: model.sample(3, context, seed=0),
            lambda context=context: model.adapt(REAL, context),
        ):
            with pytest.raises(ValueError, match=rf"`context` must have shape \[batch, 2\]\. Received: .*{width}\)"):
                call()


def test_weights_that_are_all_nought_are_refused() -> None:
    with pytest.raises(ValueError, match="`sample_weight` must not be zero for all rows"):
        flow().fit(REAL, sample_weight=np.zeros(64), verbose=0)
