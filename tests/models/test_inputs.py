"""What goes into a model: a table of the forms that are taken, and of what is said of the others."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tfgen.models.inputs import ModelInputs

ROWS = 6
X = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("float32")
CONTEXT = np.random.default_rng(1).normal(size=(ROWS, 3)).astype("float32")
WEIGHT = np.linspace(0, 2, ROWS).astype("float32")
PLAIN, CONDITIONAL = ModelInputs((2,), None), ModelInputs((2,), (3,))
SQUARE = ModelInputs((2,), (2,))  # x and context of one shape: nothing tells them apart
SLICES = tf.data.Dataset.from_tensor_slices


def _same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(np.asarray(found[name]), value)


def test_which_inputs_there_are() -> None:
    assert not PLAIN.conditional
    assert CONDITIONAL.conditional
    specs = CONDITIONAL.specs("float64", "context", "x")
    assert [(spec.name, spec.shape.as_list(), spec.dtype) for spec in specs] == [
        ("context", [None, 3], tf.float64),
        ("x", [None, 2], tf.float64),
    ]
    assert [spec.name for spec in PLAIN.specs("float32", "x", "context")] == ["x"]


@pytest.mark.parametrize(
    "given",
    [
        (X,),
        (X.tolist(),),
        (tf.constant(X),),
        (tf.Variable(X),),
        ({"x": X},),
        ({"x": X.tolist()},),
        (X.astype("float64"),),
        ([tf.constant(row) for row in X],),
    ],
    ids=["array", "lists", "tensor", "variable", "named", "named lists", "float64", "list of tensors"],
)
def test_x_alone_in_every_form(given: tuple[Any, ...]) -> None:
    _same(PLAIN.repack(*given), {"x": X})
    _same(PLAIN.checked(given, caller="fit"), {"x": X})


def test_two_rows_are_rows_and_no_pair() -> None:
    """A list of two lists is a table of two rows where there is no context, and a pair where there is one."""
    _same(PLAIN.repack(X[:2].tolist()), {"x": X[:2]})
    _same(SQUARE.repack([X[:2].tolist(), X[2:4].tolist()]), {"x": X[2:4], "context": X[:2]})


@pytest.mark.parametrize(
    "given",
    [
        (CONTEXT, X),
        (CONTEXT.tolist(), X.tolist()),
        (tf.constant(CONTEXT), X),
        ((CONTEXT, X),),
        ([CONTEXT, X],),
        ([CONTEXT.tolist(), X.tolist()],),
        ({"x": X, "context": CONTEXT},),
        ({"context": CONTEXT.tolist(), "x": tf.constant(X)},),
    ],
    ids=["two", "lists", "tensor and array", "tuple", "list", "list of lists", "named", "named otherwise"],
)
def test_context_and_x_in_every_form(given: tuple[Any, ...]) -> None:
    _same(CONDITIONAL.repack(*given), {"x": X, "context": CONTEXT})
    checked = CONDITIONAL.checked(given, caller="fit")
    _same(checked, {"x": X, "context": CONTEXT})
    assert all(hasattr(value, "shape") for value in checked.values()), "Keras batches what has a shape"


def test_of_one_shape_keras_s_order_rules() -> None:
    _same(SQUARE.repack(X, X + 1), {"x": X + 1, "context": X})


WRONG: dict[str, tuple[ModelInputs, tuple[Any, ...], str]] = {
    "nothing": (PLAIN, (None,), r"`x` must have shape \[batch, 2\]\. Received: shape=\(\)"),
    "a number": (PLAIN, (1.5,), r"`x` must have shape \[batch, 2\]\. Received: shape=\(\)"),
    "an empty list": (PLAIN, ([],), r"`x` must have shape \[batch, 2\]\. Received: shape=\(0,\)"),
    "a string": (PLAIN, ("rows",), r"`x` must have shape"),
    "one row": (PLAIN, (X[0],), r"Received: shape=\(2,\); a single one is a batch of one: x\[None\]"),
    "too wide": (PLAIN, (CONTEXT,), r"`x` must have shape \[batch, 2\]\. Received: shape=\(6, 3\)"),
    "too wide, in lists": (PLAIN, (CONTEXT.tolist(),), r"`x` must have shape .* Received: shape=\(6, 3\)"),
    "too deep": (PLAIN, (X[None],), r"`x` must have shape .* Received: shape=\(1, 6, 2\)"),
    "a flat column": (ModelInputs((1,), None), (X[:, 0],), r"make it a column: x\[:, None\]"),
    "y beside x": (PLAIN, (X, WEIGHT), r"`fit` of a model without `context` takes `x` alone\. Received: .*\(6,\)"),
    "a pair for x": (PLAIN, ((X, X),), r"`fit` of a model without `context` takes `x` alone"),
    "another name": (PLAIN, ({"y": X},), r"takes the keys \['x'\]\. Received: \['y'\]; missing: \['x'\]"),
    "one name more": (PLAIN, ({"x": X, "context": X},), r"keys \['x'\]\. Received: \['context', 'x'\]$"),
    "no context": (CONDITIONAL, (X,), r"takes a context and x\. Received: one value of shape \(6, 2\)"),
    "no x": (CONDITIONAL, ({"context": CONTEXT},), r"missing: \['x'\]"),
    "names and y": (CONDITIONAL, ({"x": X, "context": CONTEXT}, X), r"takes no second value\. Received: .*\(6, 2\)"),
    "the other order": (CONDITIONAL, (X, CONTEXT), r"Received: \(6, 2\) and \(6, 3\), which looks like \(x, context\)"),
    "a wide context": (CONDITIONAL, (np.ones((6, 4)), X), r"`context` must have shape \[batch, 3\]"),
    "a flat context": (CONDITIONAL, (CONTEXT[0], X), r"`context` must have .*batch of one: context\[None\]"),
}


@pytest.mark.parametrize("case", WRONG)
def test_forms_that_do_not_fit_are_refused(case: str) -> None:
    inputs, given, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        inputs.repack(*given)
    with pytest.raises(ValueError, match=message):
        inputs.checked(given, caller="fit")


def test_the_caller_is_named() -> None:
    for caller in ("evaluate", "predict", "call"):
        with pytest.raises(ValueError, match=f"`{caller}` of a model without"):
            PLAIN.repack(X, X, caller=caller)
    with pytest.raises(ValueError, match=r"`predict` scores pairs.*Received: one value of shape \(6, 3\)"):
        CONDITIONAL.repack(CONTEXT, caller="predict")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"x": X, "context": CONTEXT[:4]}, r"`x` and `context` must have as many rows .* \{'x': 6, 'context': 4\}"),
        ({"x": X[:0]}, r"`x` must hold at least one row\. Received: shape=\(0, 2\)"),
        ({"x": np.where(X > 0, X, np.nan)}, r"`x` must be finite\. Received: .*nan.* in row"),
        ({"context": np.array([[0.0, 1.0], [1.0, -np.inf]])}, r"`context` must be finite\. .* in row 1"),
        ({"x": [[0.0, float("nan")]]}, "`x` must be finite"),
        ({"x": np.array([["a", "b"]])}, r"`x` must be numeric\. Received: dtype=<U1"),
        ({"x": X.astype("complex64")}, r"`x` must be numeric\. Received: dtype=complex64"),
        ({"x": np.array([[None, 1]])}, r"`x` must be numeric\. Received: dtype=object"),
        ({"x": X.astype("M8[s]")}, r"`x` must be numeric\. Received: dtype=datetime64"),
        ({"x": tf.constant([["a", "b"]])}, r"`x` must be numeric"),
        ({"x": tf.ragged.constant([[1.0, 2.0], [3.0]])}, r"`x` must be numeric"),
        ({"x": tf.sparse.from_dense(X)}, r"`x` must be numeric"),
        ({"x": X, "sample_weight": np.full(6, np.nan)}, r"`sample_weight` must be finite\. Received: nan in row 0"),
    ],
)
def test_values_that_cannot_be_scored_are_refused(named: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PLAIN.check(named)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64"])
def test_numbers_of_every_kind_pass(dtype: str) -> None:
    PLAIN.check({"x": np.ones((3, 2), dtype), "context": [[1, 2]] * 3})


def test_what_is_symbolic_passes() -> None:
    @tf.function
    def traced(x: tf.Tensor) -> tf.Tensor:
        PLAIN.check({"x": x})
        return x

    assert np.isnan(traced(tf.constant([[np.nan, 1.0]]))[0, 0])


@pytest.mark.parametrize(
    ("data", "weight"),
    [
        (X, None),
        ((X,), None),
        ((X, None), None),
        ((X, None, WEIGHT), WEIGHT),
        ({"x": X}, None),
        ({"x": X, "sample_weight": WEIGHT}, WEIGHT),
        (({"x": X, "sample_weight": WEIGHT},), WEIGHT),
        (({"x": X}, None, WEIGHT.tolist()), WEIGHT),
        ((X, None, WEIGHT[:, None]), WEIGHT[:, None]),
    ],
)
def test_weights_are_taken_out(data: Any, weight: Any) -> None:
    named, found = PLAIN.unpack(data, caller="fit")
    _same(named, {"x": X})
    if weight is None:
        assert found is None
    else:
        np.testing.assert_array_equal(np.asarray(found, "float32"), weight)


@pytest.mark.parametrize("weight", [2.0, np.float32(2), np.ones((ROWS, 2), "float32"), tf.ones((ROWS, 1, 1))])
def test_weights_are_one_for_each_row(weight: Any) -> None:
    for data in ((X, None, weight), {"x": X, "sample_weight": weight}):
        with pytest.raises(ValueError, match=r"`sample_weight` must have shape \[batch\]\. Received: shape="):
            PLAIN.unpack(data, caller="fit")
    with pytest.raises(ValueError, match=r"`x` and `sample_weight` must have as many rows"):
        PLAIN.checked((X, None, WEIGHT[:4]), caller="fit")


def test_weights_given_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="'sample_weight'"):
        PLAIN.unpack(({"x": X, "sample_weight": WEIGHT}, None, WEIGHT), caller="fit")


def test_a_data_set_is_checked_by_its_specification_and_then_by_its_values() -> None:
    checked = CONDITIONAL.checked(SLICES((CONTEXT, X, WEIGHT)).batch(4), caller="fit")
    batches = [[part.numpy() for part in batch] for batch in checked]
    assert [len(batch[0]) for batch in batches] == [4, 2]
    np.testing.assert_array_equal(np.concatenate([batch[1] for batch in batches]), X)
    assert int(checked.cardinality()) == 2
    with pytest.raises(ValueError, match=r"`x` must have shape \[batch, 2\]\. Received: shape=\(None, 3\)"):
        PLAIN.checked(SLICES(CONTEXT).batch(4), caller="fit")
    with pytest.raises(ValueError, match=r"x\[None\]"):
        PLAIN.checked(SLICES(X), caller="fit")
    with pytest.raises(ValueError, match="`sample_weight` must have shape"):
        CONDITIONAL.checked(SLICES((CONTEXT, X, X)).batch(2), caller="fit")


@pytest.mark.parametrize("name", ["x", "context", "sample_weight"])
@pytest.mark.parametrize("form", ["tuple", "named"])
def test_values_of_a_data_set_that_are_not_finite_are_named(name: str, form: str) -> None:
    named = {"x": X.copy(), "context": CONTEXT.copy(), "sample_weight": WEIGHT.copy()}
    named[name].flat[-1] = np.inf
    data: Any = (named["context"], named["x"], named["sample_weight"]) if form == "tuple" else named
    batches = iter(CONDITIONAL.checked(SLICES(data).batch(3), caller="fit"))
    next(batches)  # the first three rows are good
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{name}` must be finite"):
        next(batches)


def test_integers_of_a_data_set_pass() -> None:
    (batch,) = PLAIN.checked(SLICES(np.ones((3, 2), "int32")).batch(3), caller="fit")
    assert batch.dtype == tf.int32


def test_an_endpoint_s_values_are_cast_in_its_order() -> None:
    specs = (*CONDITIONAL.specs("float32", "context", "x"), tf.TensorSpec([None, 2], tf.int32, name="seed"))
    values = CONDITIONAL.values(specs, {"x": X.tolist(), "seed": np.ones((6, 2), "int64"), "context": CONTEXT})
    assert [(name, value.dtype) for name, value in values.items()] == [
        ("context", tf.float32),
        ("x", tf.float32),
        ("seed", tf.int32),
    ]
    np.testing.assert_array_equal(values["x"], X)
    assert list(PLAIN.values(PLAIN.specs("float64", "x"), {"x": X, "context": None})) == ["x"]


@pytest.mark.parametrize(
    ("inputs", "given", "message"),
    [
        (CONDITIONAL, {"x": X}, r"`context` must be given: \[batch, 3\]\. Received: context=None"),
        (CONDITIONAL, {"x": X, "context": None}, r"`context` must be given"),
        (CONDITIONAL, {"context": CONTEXT}, r"`x` must be given: \[batch, 2\]\. Received: x=None"),
        (PLAIN, {"x": X, "context": CONTEXT}, r"`context` must be None: .*`context_shape`\. Received: .*\(6, 3\)"),
        (PLAIN, {"x": X, "label": WEIGHT}, r"`label` must be None"),
        (PLAIN, {"x": {"x": X}}, r"`x` must have shape"),
        (PLAIN, {"x": (row for row in X)}, r"`x` must have shape"),
        (PLAIN, {"x": X * np.nan}, r"`x` must be finite"),
        (CONDITIONAL, {"x": X, "context": CONTEXT[:1]}, r"must have as many rows as each other"),
    ],
)
def test_an_endpoint_s_values_that_do_not_fit(inputs: ModelInputs, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inputs.values(inputs.specs("float32", "x", "context"), given)


class _Batches(keras.utils.PyDataset):
    """Three batches of two rows."""

    def __init__(self, *arrays: np.ndarray, named: bool = False) -> None:
        super().__init__()
        self.arrays, self.named = arrays, named

    def __len__(self) -> int:
        return ROWS // 2

    def __getitem__(self, index: int) -> Any:
        context, x, *rest = (array[2 * index : 2 * index + 2] for array in self.arrays)
        return {"x": x, "context": context} if self.named else (context, x, *rest)


def _generator(*arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    for start in range(0, ROWS, 2):
        yield tuple(array[start : start + 2] for array in arrays)


@pytest.fixture(scope="module")
def mdn() -> Any:
    model = tfgen.MDN(event_shape=(2,), context_shape=(3,), components=2, hidden=(4,))
    model.compile(keras.optimizers.SGD(0.0))  # trains on the spot: the losses of all forms are one
    return model


def test_what_is_no_array_passes_as_it_is() -> None:
    for data in (_Batches(CONTEXT, X), _generator(CONTEXT, X)):
        assert CONDITIONAL.checked(data, caller="fit") is data
        pair = (data, None)
        assert CONDITIONAL.checked(pair, caller="fit") is pair


def test_a_py_dataset_and_a_generator_train(mdn: Any) -> None:
    expected = -mdn.log_prob(X, CONTEXT).numpy().mean()
    for data in (_Batches(CONTEXT, X), _Batches(CONTEXT, X, named=True), _generator(CONTEXT, X)):
        history = mdn.fit(data, shuffle=False, steps_per_epoch=3, verbose=0).history
        assert history["nll"] == [pytest.approx(expected, rel=1e-5)]
    weighted = mdn.fit(_Batches(CONTEXT, X, WEIGHT), shuffle=False, verbose=0).history
    assert weighted["nll"] == [pytest.approx(np.mean(-WEIGHT * mdn.log_prob(X, CONTEXT).numpy()), rel=1e-5)]


def test_a_py_dataset_validates_and_scores(mdn: Any) -> None:
    scores = mdn.log_prob(X, CONTEXT).numpy()
    history = mdn.fit(CONTEXT, X, validation_data=_Batches(CONTEXT, X), verbose=0).history
    assert history["val_nll"] == [pytest.approx(-scores.mean(), rel=1e-5)]
    np.testing.assert_allclose(mdn.predict(_Batches(CONTEXT, X), verbose=0), scores, rtol=1e-5, atol=1e-5)


def test_lists_train_and_bad_weights_do_not(mdn: Any) -> None:
    expected = -mdn.log_prob(X, CONTEXT).numpy().mean()
    forms: list[tuple[Any, ...]] = [(CONTEXT.tolist(), X.tolist()), ([CONTEXT.tolist(), X.tolist()],)]
    for data in forms:
        assert mdn.fit(*data, verbose=0).history["nll"] == [pytest.approx(expected, rel=1e-5)]
    steps = int(mdn.optimizer.iterations)
    bad = WEIGHT.copy()
    bad[3] = np.nan
    for data in [(CONTEXT, X), ({"x": X, "context": CONTEXT},)]:
        with pytest.raises(ValueError, match=r"`sample_weight` must be finite\. Received: nan in row 3"):
            mdn.fit(*data, sample_weight=bad, verbose=0)
        with pytest.raises(ValueError, match=r"`sample_weight` must have shape \[batch\]"):
            mdn.fit(*data, sample_weight=2.0, verbose=0)
    with pytest.raises(ValueError, match="`x` must be finite"):
        mdn.fit(CONTEXT, X, validation_data=(CONTEXT, X * np.nan), verbose=0)
    for call in (mdn.fit, mdn.evaluate, mdn.predict):
        with pytest.raises(ValueError, match=r"Received: one value of shape \(\)"):
            call(None, verbose=0)
    assert int(mdn.optimizer.iterations) == steps
