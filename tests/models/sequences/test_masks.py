"""A masked step contributes nothing; what is no mask is refused."""

import numpy as np
import pytest
import tensorflow as tf
from models.sequences.conftest import make, sequences

import tfgen

LENGTHS = np.array([5, 3, 1, 4, 0, 2])
MASK = np.arange(5) < LENGTHS[:, None]


def _padded(filler):
    return np.where(MASK[..., None], sequences(), np.float32(filler))


@pytest.mark.parametrize("filler", [np.nan, np.inf, 1e30])
def test_padding_changes_no_score(model, filler):
    expected = model.score(_padded(0.0), mask=MASK).numpy()
    np.testing.assert_array_equal(model.score(_padded(filler), mask=MASK), expected)
    inputs = {"x": _padded(filler), "mask": MASK}
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_a_masked_sequence_scores_as_the_shorter_one(model):
    scores = model.score(_padded(np.nan), mask=MASK).numpy()
    for row, length in enumerate(LENGTHS):
        if length:
            np.testing.assert_allclose(scores[row], model.score(sequences()[row : row + 1, :length])[0], rtol=1e-5)


def test_a_sequence_without_any_step_has_nothing_to_say(name, model):
    score = model.score(_padded(np.nan), mask=MASK).numpy()[4]
    if name == "vrae":  # whose one z is of the sequence as a whole: the weights of nought steps are p(z) / q(z)
        assert np.isfinite(score)
    else:
        assert score == 0


def test_padding_changes_no_training(name):
    weights = []
    for filler, steps in ((0.0, 5), (np.nan, 5), (np.nan, 8)):
        model = make(name)
        model.compile("sgd")
        x, mask = _padded(filler), MASK
        if steps > 5:
            x = np.concatenate([x, np.full((6, 3, 2), filler, np.float32)], axis=1)
            mask = np.concatenate([mask, np.zeros((6, 3), bool)], axis=1)
        history = model.fit({"x": x, "mask": mask}, batch_size=3, shuffle=False, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        weights.append(model.get_weights())
    for plain, *others in zip(*weights, strict=True):
        for other in others:
            np.testing.assert_allclose(other, plain, rtol=1e-5, atol=1e-6)


def test_nats_a_step_are_of_the_steps_that_count():
    model = make("rnn")
    model.compile()
    inputs = {"x": _padded(np.nan), "mask": MASK}
    found = model.evaluate(inputs, batch_size=4, verbose=0, return_dict=True)
    scores = model.score(**inputs).numpy()
    np.testing.assert_allclose(found["loss"], -scores.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["nats_per_step"], -scores.sum() / LENGTHS.sum(), rtol=1e-5)


def test_weights_are_of_a_row_s_nats_and_of_its_steps():
    model = make("rnn")
    model.compile()
    inputs, weight = {"x": _padded(np.nan), "mask": MASK}, np.array([1.0, 0.5, 0.0, 2.0, 1.0, 0.0], np.float32)
    found = model.evaluate({**inputs, "sample_weight": weight}, batch_size=4, verbose=0, return_dict=True)
    scores = model.score(**inputs).numpy()
    np.testing.assert_allclose(found["loss"], -(weight * scores).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["nats_per_step"], -(weight @ scores) / (weight @ LENGTHS), rtol=1e-5)


def test_a_mask_that_is_none_is_not_given():
    model = make("rnn")
    model.compile("sgd")
    plain = model.evaluate(sequences(), verbose=0)
    assert model.evaluate({"x": sequences(), "mask": None}, verbose=0) == plain
    assert np.isfinite(model.fit({"x": sequences(), "mask": None}, verbose=0).history["loss"]).all()


def test_scores_within_a_graph_of_sizes_that_are_not_known(model):
    expected = model.score(sequences())
    for shape in ([None, None, 2], [None, 5, 2]):
        function = tf.function(model.score, input_signature=[tf.TensorSpec(shape, tf.float32)])
        np.testing.assert_allclose(function(tf.constant(sequences())), expected, rtol=1e-5)


def test_a_data_set_s_mask_of_another_length_is_refused():
    model = make("rnn")
    model.compile("sgd")
    inputs = {"x": sequences(), "mask": MASK[:, :3]}
    data = tf.data.Dataset.from_tensor_slices(inputs).batch(3)
    with pytest.raises(ValueError, match=r"`mask` must have shape \[batch, 5\]\. Received: shape=\(None, 3\)"):
        model.fit(data, verbose=0)
    spec = {"x": tf.TensorSpec([None, None, 2], tf.float32), "mask": tf.TensorSpec([None, None], tf.bool)}
    data = tf.data.Dataset.from_generator(lambda: [inputs], output_signature=spec)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`mask` must have the rows and steps of `x`"):
        model.fit(data, verbose=0)


def test_bits_a_dimension_are_too():
    model = tfgen.RNNDensity(event_shape=(2,), units=3, likelihood="bernoulli")
    model.compile()
    x = (sequences() > 0).astype(np.float32)
    found = model.evaluate({"x": x, "mask": MASK}, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["bits_per_dim"], found["nats_per_step"] / (2 * np.log(2)), rtol=1e-5)


def test_a_data_set_streams_with_its_mask():
    model = make("rnn")
    model.compile("sgd")
    inputs = {"x": _padded(np.nan), "mask": MASK}
    data = tf.data.Dataset.from_tensor_slices(inputs).batch(3)
    np.testing.assert_allclose(
        model.evaluate(data, verbose=0), model.evaluate(inputs, batch_size=3, verbose=0), rtol=1e-6
    )
    wrong = {"x": sequences(), "mask": MASK[:, ::-1]}
    with pytest.raises(tf.errors.InvalidArgumentError, match="`mask` must be true for the first steps"):
        model.fit(tf.data.Dataset.from_tensor_slices(wrong).batch(3), verbose=0)


def test_sequences_of_other_lengths_in_each_batch_train_compiled():
    model = make("vrnn")
    model.compile("adam", jit_compile=True, steps_per_execution=2)

    def batches():
        for steps in (3, 5, 4, 3):
            yield {"x": sequences(4, steps)}

    spec = {"x": tf.TensorSpec([None, None, 2], tf.float32)}
    data = tf.data.Dataset.from_generator(batches, output_signature=spec)
    data = data.apply(tf.data.experimental.assert_cardinality(4))
    assert np.isfinite(model.fit(data, epochs=1, verbose=0).history["loss"]).all()


REFUSED = {
    "holes": (sequences(), MASK[:, ::-1], "must be true for the first steps .* step 0 of row 1"),
    "rows": (sequences(), MASK[:3], r"must have the rows and steps of `x`, \(6, 5\).*\(3, 5\)"),
    "lengths-beyond-time": (sequences()[:, :3], MASK, r"must have the rows and steps of `x`, \(6, 3\).*\(6, 5\)"),
    "no-truth-values": (sequences(), 2.0 * MASK, "must hold truth values, or 0 and 1"),
    "rank": (sequences(), LENGTHS, r"must have shape \[batch, time\]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_mask_is_refused(model, case):
    x, mask, words = REFUSED[case]
    model.compile()
    for call in (lambda: model.score(x, mask=mask), lambda: model.fit({"x": x, "mask": mask}, verbose=0)):
        with pytest.raises(ValueError, match=f"`mask` {words}"):
            call()


def test_no_steps_at_all_are_refused(model):
    model.compile()
    for call in (model.score, lambda x: model.fit(x, verbose=0)):
        with pytest.raises(ValueError, match=r"`x` must hold at least one step\. Received: "):
            call(np.zeros((3, 0, 2), np.float32))


def test_not_finite_where_it_counts_is_refused(model):
    x = _padded(np.nan)
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"`x` must be finite\. Received: nan in row 3, at \[1, 0\]"):
        model.score(x, mask=MASK)


def test_a_graph_that_cannot_raise_gives_nan_for_holes(model):
    function = next(endpoint for endpoint in model.endpoints() if endpoint.name == "score").traced()
    score = function(tf.constant(sequences()), tf.constant(MASK[:, ::-1]))["score"].numpy()
    holes = (~MASK[:, ::-1][:, :-1] & MASK[:, ::-1][:, 1:]).any(axis=1)
    np.testing.assert_array_equal(np.isnan(score), holes)


def test_padding_lies_within_any_support():
    """What fills masked steps must be an event, or its density would be no number."""
    layer = tfgen.layers.TFPDistribution(family="Gamma", event_shape=(2,))
    model = tfgen.RNNDensity(event_shape=(2,), units=3, likelihood=layer)
    x = np.exp(sequences())
    scores = model.score(np.where(MASK[..., None], x, np.float32(-1.0)), mask=MASK).numpy()
    np.testing.assert_allclose(scores[1], model.score(x[1:2, :3])[0], rtol=1e-5)
    with pytest.raises(ValueError, match="`x` must hold numbers"):
        model.score(-x, mask=MASK)
