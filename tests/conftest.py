"""One set-up for all tests: quiet TensorFlow, two logical processors, repeatable randomness, no idle collecting."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest
import tensorflow as tf

# Two devices for the tests of tf.distribute; they must be made before TensorFlow starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def _iterator(data, original=tf.data.Dataset.__iter__):
    """Without tf.data's tuning: its thread, which sleeps for longer the older it is, is waited for at the end."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return original(data.with_options(options))


tf.data.Dataset.__iter__ = _iterator

# TensorFlow and Keras leave millions of objects that live on: looking through all of them again and again is half the
# time of the suite. Each file's own garbage is collected once, after it.
gc.collect()
gc.freeze()
gc.disable()


@pytest.fixture(autouse=True, scope="module")
def collected():
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def two_devices():
    """One strategy for the whole session: a second one in a process aborts its collectives."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice())
