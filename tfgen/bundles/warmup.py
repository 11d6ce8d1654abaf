"""Warm-up records: requests that TensorFlow Serving runs before a version answers."""

from pathlib import Path

import tensorflow as tf

from tfgen.bundles.examples import example_inputs
from tfgen.models.generative import GenerativeModel
from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.tensors import to_proto

__all__ = ["WARMUP_FILE", "write_warmup"]

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"


def write_warmup(model: GenerativeModel, folder: Path) -> None:
    """Writes one request for each endpoint, of one row.

    The first call of a signature prepares its graph, which takes many times as long as a later one: no client should
    be the one to wait for it. The server fails to load a version whose records it cannot run.

    Args:
        model: the model.
        folder: the version folder, with a SavedModel of the model's endpoints.
    """
    path = folder / WARMUP_FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for endpoint in model.endpoints():
            record = messages.PredictionLog()
            request = record.predict_log.request
            request.model_spec.name = model.name
            request.model_spec.signature_name = endpoint.name
            for name, array in example_inputs(model, endpoint, 1).items():
                request.inputs[name].CopyFrom(to_proto(array))
            writer.write(record.SerializeToString())
