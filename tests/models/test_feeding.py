"""Arrays as data sets: every row once an epoch, in the order, precision and batches that `fit` was told."""

from typing import Any

import keras
import numpy as np
import pytest

import tfgen
from tfgen.models.feeding import in_memory, split_rows

ROWS = np.arange(22, dtype=np.float64).reshape(11, 2)


def passed(data: Any) -> np.ndarray:
    return np.concatenate([batch["x"] for batch in data.as_numpy_iterator()])


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_row_comes_once(shuffle: bool) -> None:
    data = in_memory({"x": ROWS, "sample_weight": ROWS[:, 0]}, batch_size=4, shuffle=shuffle)
    batches = list(data.as_numpy_iterator())
    assert [len(batch["x"]) for batch in batches] == [4, 4, 3]
    assert len(data) == 3
    assert batches[0]["x"].dtype == np.float32
    for batch in batches:
        np.testing.assert_array_equal(batch["x"][:, 0], batch["sample_weight"])
    first, second = passed(data), passed(data)
    np.testing.assert_array_equal(np.sort(first, axis=0), ROWS)
    assert np.array_equal(first, ROWS) != shuffle
    assert np.array_equal(first, second) != shuffle


def test_integers_stay_and_floats_take_the_model_s_precision() -> None:
    data = in_memory({"x": ROWS + 1e-12, "context": ROWS.astype(np.int32)}, batch_size=11, dtype="float64")
    (batch,) = data.as_numpy_iterator()
    np.testing.assert_array_equal(batch["x"], ROWS + 1e-12)
    assert batch["context"].dtype == np.int32


def test_the_seed_governs_the_order() -> None:
    orders = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        orders.append(passed(in_memory({"x": ROWS}, batch_size=4, shuffle=True)))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


def test_a_split_holds_the_last_rows_back() -> None:
    train, validation = split_rows({"x": ROWS}, 0.25)
    np.testing.assert_array_equal(train["x"], ROWS[:8])
    np.testing.assert_array_equal(validation["x"], ROWS[8:])
    with pytest.raises(ValueError, match="`validation_split` must leave rows"):
        split_rows({"x": ROWS}, 0.01 / 11 + 1.0)


@pytest.mark.parametrize("size", [0, -3])
def test_a_batch_must_hold_a_row(size: int) -> None:
    flow = tfgen.NICE(event_shape=(2,), couplings=2, hidden=(4,))
    flow.compile("sgd")
    with pytest.raises(ValueError, match="`batch_size` must be a positive integer"):
        flow.fit(ROWS + 0.5, batch_size=size, verbose=0)


def test_fit_in_double_precision_sees_double_precision() -> None:
    """Keras would round the data to its default float first."""
    flow = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), dtype="float64", standardize=False)
    flow.compile(keras.optimizers.SGD(0.0))
    x = 1e6 + np.random.default_rng(0).normal(size=(8, 2))
    loss = flow.fit(x, batch_size=8, verbose=0).history["loss"][0]
    assert loss == pytest.approx(-np.mean(flow.log_prob(x)), rel=1e-7)
    assert flow.evaluate(x, verbose=0, return_dict=True)["nll"] == pytest.approx(loss, rel=1e-7)
