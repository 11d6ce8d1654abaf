"""An exported model is the same model, in every runtime."""

import numpy as np
import onnxruntime
import tensorflow as tf
from laws.registry import build, rows

import tfgen
import tfgen_serving

TOLERANCE = 1e-5


def test_a_bundle_agrees_with_itself(name, bundles):
    for report in tfgen.verify_bundle(bundles(name), rows=64):
        assert report.largest <= TOLERANCE, report


def test_onnx_alone_scores_and_samples_as_keras_does(name, bundles):
    model, scorer = build(name), tfgen_serving.Scorer(bundles(name))
    inputs = rows(model, 33, seed=5)
    np.testing.assert_allclose(scorer.score(**inputs), model.score(**inputs), rtol=1e-5, atol=1e-5)
    context = inputs.get("context")
    few = None if context is None else context[:2]
    np.testing.assert_allclose(scorer.sample(6, few, seed=-9), model.sample(6, few, seed=-9), rtol=1e-4, atol=1e-5)
    assert scorer.score_kind == model.score_kind


def test_the_cpp_loader_serves_every_signature(name, bundles):
    """TensorFlow Serving's way in: a plain session, fed by tensor names of the signature."""
    model = build(name)
    path = bundles(name) / "1"
    inputs = rows(model, 5, seed=6)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        signatures = meta.signature_def
        default = signatures["serving_default"]
        assert {key: value.dtype for key, value in default.inputs.items()} == {
            key: value.dtype for key, value in signatures["score"].inputs.items()
        }
        feed = {default.inputs[key].name: value for key, value in inputs.items()}
        served = session.run(default.outputs["score"].name, feed)
    assert set(signatures) >= {"serving_default", *(endpoint.name for endpoint in model.endpoints())}
    np.testing.assert_allclose(served, model.score(**inputs), rtol=1e-5, atol=1e-5)


def test_a_batch_split_and_merged_gives_the_same_rows(name, bundles):
    """Server-side batching must not show."""
    model = build(name)
    for endpoint in model.endpoints():
        session = onnxruntime.InferenceSession(bundles(name) / "1" / "onnx" / f"{endpoint.name}.onnx")
        rng = np.random.default_rng(1)
        feed = {spec.name: rng.normal(size=[8, *spec.shape[1:]]) for spec in endpoint.inputs}
        feed |= {name: value for name, value in rows(model, 8, seed=1).items() if name in feed}
        feed = {
            spec.name: (100 * feed[spec.name]).astype("i4") if spec.dtype == tf.int32 else feed[spec.name].astype("f4")
            for spec in endpoint.inputs
        }
        whole = session.run(None, feed)
        parts = [
            session.run(None, {key: value[rows] for key, value in feed.items()}) for rows in (slice(3), slice(3, 8))
        ]
        for output, *pieces in zip(whole, *parts, strict=True):
            np.testing.assert_allclose(np.concatenate(pieces), output, rtol=1e-4, atol=1e-5)


def test_names_are_the_same_everywhere(name, bundles):
    model = build(name)
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
