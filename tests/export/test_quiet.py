"""Nothing is written on the terminal, and logging is afterwards as it was."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from tensorflow.python.grappler import cluster

from tfgen_export import ConversionError, UnsupportedOperators, convert
from tfgen_export.quiet import quiet

X = tf.TensorSpec([None], tf.float32, name="x")
NAMES = ("tf2onnx", "tf2onnx.tfonnx", "tf2onnx.optimizer", "tf2onnx.tf_loader")


class Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    """Hears tf2onnx's loggers and the root, which have settings of their own."""
    handler = Keeper()
    loggers = [logging.getLogger(name) for name in NAMES]
    levels = [logger.level for logger in loggers]
    logging.getLogger().addHandler(handler)
    loggers[0].addHandler(handler)
    for offset, logger in enumerate(loggers):
        logger.setLevel(11 + offset)
    yield handler
    logging.getLogger().removeHandler(handler)
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def settings() -> list[tuple[object, ...]]:
    loggers = [logging.getLogger(name) for name in NAMES]
    return [(logger.level, list(logger.handlers), logger.propagate, logger.disabled) for logger in loggers]


QUIETLY = """
import os, sys
import tensorflow as tf
from tfgen_export import convert

tf.constant(0.0) + 1.0  # TensorFlow's first operation tells of the machine
os.write(1, b"BEGIN"), os.write(2, b"BEGIN")
convert(lambda x: tf.nn.softplus(x) + tf.reduce_sum(tf.cumsum(x)), [tf.TensorSpec([None], tf.float32, name="x")])
sys.stdout.flush(), sys.stderr.flush()
os.write(1, b"END"), os.write(2, b"END")
"""


def test_a_conversion_writes_nothing() -> None:
    """In a process that hears all that TensorFlow says."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", QUIETLY], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "BEGINEND"
    assert "port.cc" in done.stderr, "TensorFlow was to speak at its import"
    assert done.stderr[done.stderr.index("BEGIN") :] == "BEGINEND"


def test_a_refusal_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    tf.constant(0.0) + 1.0
    capfd.readouterr()
    with pytest.raises(UnsupportedOperators):
        convert(lambda x: tf.math.special.spence(x), [X])
    with pytest.raises(ConversionError):
        convert(lambda x: tf.bitcast(x, tf.int32), [X])
    assert capfd.readouterr() == ("", "")


def test_tf2onnx_s_log_is_hidden_and_its_settings_come_back(keeper: Keeper) -> None:
    before, local = settings(), cluster.Cluster
    convert(tf.math.log1p, [X])
    assert (settings(), cluster.Cluster) == (before, local)
    with pytest.raises(UnsupportedOperators):
        convert(tf.math.special.spence, [X])
    assert (settings(), cluster.Cluster) == (before, local)
    assert keeper.messages == []
    logging.getLogger("tf2onnx.tfonnx").warning("heard again")
    assert "heard again" in keeper.messages


def test_errors_are_collected_and_lesser_messages_dropped(keeper: Keeper) -> None:
    with quiet() as records:
        logging.getLogger("tf2onnx.tfonnx").warning("dropped")
        logging.getLogger("tf2onnx.never_seen_before").error("kept %s", 1)
    assert [record.getMessage() for record in records] == ["kept 1"]
    assert keeper.messages == []


def test_settings_come_back_after_an_error() -> None:
    before, local = settings(), cluster.Cluster
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert (settings(), cluster.Cluster) == (before, local)


def test_threads_convert_at_once() -> None:
    before, local = settings(), cluster.Cluster

    def result(factor: int) -> float:
        model = convert(lambda x: tf.math.log1p(x) * float(factor), [X])
        session = onnxruntime.InferenceSession(model.SerializeToString())
        return session.run(None, {"x": np.ones(1, np.float32)})[0][0]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(result, range(8)))
    np.testing.assert_allclose(found, np.log(2) * np.arange(8), rtol=1e-6)
    assert (settings(), cluster.Cluster) == (before, local)
