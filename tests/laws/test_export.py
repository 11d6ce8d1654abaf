"""An exported model is the same model, in every runtime."""

import itertools

import numpy as np
import onnxruntime
import tensorflow as tf
from laws.registry import rows, steps_of
from tensorflow_serving.apis import prediction_log_pb2

import tfgen
import tfgen_serving
from tfgen.bundles.examples import example_inputs

TOLERANCE = 1e-5


def test_a_bundle_agrees_with_itself(name, bundles):
    for report in tfgen.verify_bundle(bundles(name), rows=64):
        assert report.largest <= TOLERANCE, report


def test_onnx_alone_scores_and_samples_as_keras_does(name, model, bundles):
    scorer = tfgen_serving.Scorer(bundles(name))
    inputs = rows(model, 33, seed=5)
    np.testing.assert_allclose(scorer.score(**inputs), model.score(**inputs), rtol=1e-5, atol=1e-5)
    context = inputs.get("context")
    few, steps = None if context is None else context[:2], steps_of(model)
    np.testing.assert_allclose(
        scorer.sample(6, few, seed=-9, **steps), model.sample(6, few, seed=-9, **steps), rtol=1e-4, atol=1e-5
    )
    assert scorer.score_kind == model.score_kind


def test_the_cpp_loader_serves_every_signature(name, model, bundles):
    """TensorFlow Serving's way in: a plain session, its batches cut, merged and filled up at random.

    The warm-up records are replayed first, as the server does before a version answers.
    """
    rng = np.random.default_rng(6)
    path = bundles(name) / "1"
    requests = warmup_requests(path)
    examples = {endpoint.name: even_inputs(model, endpoint) for endpoint in model.endpoints()}
    expected = {key: {k: v.numpy() for k, v in model.run(key, **value).items()} for key, value in examples.items()}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        signatures = tf.compat.v1.saved_model.load(session, ["serve"], str(path)).signature_def

        def run(signature, inputs):
            feed = {signatures[signature].inputs[key].name: value for key, value in inputs.items()}
            return session.run({key: info.name for key, info in signatures[signature].outputs.items()}, feed)

        for request in requests:
            run(
                request.model_spec.signature_name,
                {key: tf.make_ndarray(value) for key, value in request.inputs.items()},
            )
        for signature, endpoint in [("serving_default", "score"), *((key, key) for key in examples)]:
            inputs = examples[endpoint]
            whole = run(signature, inputs)
            cuts = [0, *sorted(rng.choice(np.arange(1, 8), size=2, replace=False)), 8]
            parts = []
            for start, end in itertools.pairwise(cuts):
                # The server fills a batch up to an allowed size with copies of a row.
                filled = [*range(start, end), *[start] * (8 - (end - start))]
                outputs = run(signature, {key: value[filled] for key, value in inputs.items()})
                parts.append({key: value[: end - start] for key, value in outputs.items()})
            assert set(whole) == set(expected[endpoint])
            for key, value in whole.items():
                np.testing.assert_allclose(value, expected[endpoint][key], rtol=1e-4, atol=1e-5)
                np.testing.assert_allclose(np.concatenate([part[key] for part in parts]), value, rtol=1e-4, atol=1e-5)
    assert [request.model_spec.signature_name for request in requests] == list(examples)


def even_inputs(model, endpoint):
    """Eight rows; of sequences to sample all equally long, or a part's outputs would be shorter than the whole's."""
    inputs = example_inputs(model, endpoint, 8, seed=1)
    return {name: np.full_like(value, 3) if name == "steps" else value for name, value in inputs.items()}


def warmup_requests(path):
    """What is in the records, by TensorFlow Serving's own messages."""
    records = tf.data.TFRecordDataset(str(path / "assets.extra" / "tf_serving_warmup_requests"))
    logs = (prediction_log_pb2.PredictionLog.FromString(record) for record in records.as_numpy_iterator())
    return [log.predict_log.request for log in logs]


def test_a_batch_split_and_merged_gives_the_same_rows(name, model, bundles):
    """Server-side batching must not show."""
    for endpoint in model.endpoints():
        session = onnxruntime.InferenceSession(bundles(name) / "1" / "onnx" / f"{endpoint.name}.onnx")
        feed = even_inputs(model, endpoint)
        whole = session.run(None, feed)
        parts = [
            session.run(None, {key: value[rows] for key, value in feed.items()}) for rows in (slice(3), slice(3, 8))
        ]
        for output, *pieces in zip(whole, *parts, strict=True):
            np.testing.assert_allclose(np.concatenate(pieces), output, rtol=1e-4, atol=1e-5)


def test_names_are_the_same_everywhere(name, model, bundles):
    manifest = tfgen_serving.Bundle.open(bundles(name)).manifest
    loaded = tf.saved_model.load(str(bundles(name) / "1"))
    for endpoint in model.endpoints():
        names = [spec.name for spec in endpoint.inputs]
        session = onnxruntime.InferenceSession(bundles(name) / "1" / "onnx" / f"{endpoint.name}.onnx")
        assert [entry.name for entry in session.get_inputs()] == names
        assert [tensor.name for tensor in manifest.endpoints[endpoint.name].inputs] == names
        assert set(loaded.signatures[endpoint.name].structured_input_signature[1]) == set(names)
        outputs = {tensor.name for tensor in manifest.endpoints[endpoint.name].outputs}
        assert {entry.name for entry in session.get_outputs()} == outputs
        assert set(loaded.signatures[endpoint.name].structured_outputs) == outputs
        for entry in [*session.get_inputs(), *session.get_outputs()]:
            assert not isinstance(entry.shape[0], int), f"{entry.name} has a fixed batch"
