"""Bad input is refused by the argument's name, with what was expected and what was received."""

import numpy as np
import pytest
import tensorflow as tf
from laws.registry import rows, steps_of

import tfgen


def _refused(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`.*Received: ") as caught:
        call()
    return str(caught.value)


def test_wrong_rank(model):
    inputs = rows(model, 4)
    hint = "x[None]" if model.inputs_spec.shapes["x"] != (1,) else "x[:, None]"
    assert hint in _refused(lambda: model.score(**{**inputs, "x": inputs["x"][0]}), "x")
    _refused(lambda: model.score(**{**inputs, "x": inputs["x"][None]}), "x")


def test_wrong_width(compiled):
    inputs = rows(compiled, 4)
    wide = np.concatenate([inputs["x"]] * 2, axis=-1)
    message = _refused(lambda: compiled.score(**{**inputs, "x": wide}), "x")
    assert str(wide.shape) in message
    _refused(lambda: compiled.fit({**inputs, "x": wide}, verbose=0), "x")
    _refused(lambda: compiled.fit(tf.data.Dataset.from_tensor_slices({**inputs, "x": wide}).batch(2), verbose=0), "x")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(compiled, bad):
    inputs = rows(compiled, 4)
    inputs["x"][2, 0] = bad
    assert "row 2" in _refused(lambda: compiled.score(**inputs), "x")
    before = compiled.get_weights()
    for call in (compiled.fit, compiled.evaluate, compiled.predict):
        _refused(lambda call=call: call(inputs, verbose=0), "x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must be finite"):
        compiled.fit(tf.data.Dataset.from_tensor_slices(inputs).batch(4), verbose=0)
    for one, other in zip(before, compiled.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_empty_batch(compiled):
    inputs = {name: value[:0] for name, value in rows(compiled, 4).items()}
    _refused(lambda: compiled.score(**inputs), "(x|context)")
    _refused(lambda: compiled.fit(inputs, verbose=0), "(x|context)")


def test_unequal_lengths(model):
    if not model.context_shape:
        pytest.skip("one input has one length")
    inputs = rows(model, 4)
    _refused(lambda: model.score(inputs["x"], inputs["context"][:3]), "context")


def test_missing_or_unexpected_context(compiled):
    inputs = rows(compiled, 4)
    if compiled.context_shape:
        for call in (lambda: compiled.score(inputs["x"]), lambda: compiled.sample(2, seed=0, **steps_of(compiled))):
            _refused(call, "context")
        with pytest.raises(ValueError, match=r"missing: \['context'\]"):
            compiled.fit({"x": inputs["x"]}, verbose=0)
    else:
        context = np.zeros((4, 2), np.float32)
        for call in (
            lambda: compiled.score(inputs["x"], context),
            lambda: compiled.sample(2, context, seed=0, **steps_of(compiled)),
        ):
            _refused(call, "context")
        with pytest.raises(ValueError, match="'context'"):
            compiled.fit({"x": inputs["x"], "context": context}, verbose=0)


def test_a_distribution_s_context(exact_model):
    context = None if exact_model.context_shape else np.zeros((4, 2), np.float32)
    if isinstance(exact_model, tfgen.SequenceModel):
        x = rows(exact_model, 4)["x"]
        _refused(lambda: exact_model.predictive_distribution(x, context), "context")
    else:
        _refused(lambda: exact_model.distribution(context), "context")


def test_outside_the_support(compiled):
    support = compiled.inputs_spec.support
    if support.everything:
        pytest.skip("any finite number is an event")
    inputs = rows(compiled, 4)
    inputs["x"][2, 0] = 0.5 if support.integer else support.low - 1
    assert "row 2" in _refused(lambda: compiled.score(**inputs), "x")
    for call in (compiled.fit, compiled.evaluate, compiled.predict):
        _refused(lambda call=call: call(inputs, verbose=0), "x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must hold"):
        compiled.fit(tf.data.Dataset.from_tensor_slices(inputs).batch(4), verbose=0)


@pytest.mark.parametrize("count", [0, -3, 2.5, True, None])
def test_count(model, count):
    _refused(lambda: model.sample(count, rows(model, 2).get("context"), seed=0, **steps_of(model)), "n")


@pytest.mark.parametrize("seed", [2**31, -(2**31) - 1, 1.5, "one", True])
def test_seed(model, seed):
    _refused(lambda: model.sample(2, rows(model, 2).get("context"), seed=seed, **steps_of(model)), "seed")


def test_folder_that_cannot_be_written(model, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    for form in ("bundle", "tf_saved_model", "onnx"):
        with pytest.raises((PermissionError, FileExistsError), match=r"Received: .*file"):
            model.export(tmp_path / "file" / "inside", format=form)


def test_unknown_format_and_endpoint(model, tmp_path):
    _refused(lambda: model.export(tmp_path / "out", format="pickle"), "format")
    _refused(lambda: model.run("evaluate"), "endpoint")
    assert not (tmp_path / "out").exists()
