"""What a label may be, in arrays and in graphs."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.models.labels import MISSING, check_labels, labels_fit, of_classes, one_hot

FITTING = [[0, 1, 2], [-1, -1], [2.0, -1.0, 0.0], np.array([1, 2], np.uint8), [True, False]]
OTHERS = [
    ([0, 3, 4], "3 in row 1"),
    ([0, 1, -2], "-2 in row 2"),
    ([0.5, 0.0], "0.5 in row 0"),
    ([0.0, float("nan")], "nan in row 1"),
    ([2**40], f"{2**40} in row 0"),
    ([3], "3 in row 0"),
]


@pytest.mark.parametrize("label", FITTING)
def test_class_numbers_fit(label):
    check_labels(np.asarray(label), 3)
    assert labels_fit(tf.constant(label), 3)


@pytest.mark.parametrize(("label", "received"), OTHERS)
def test_the_first_that_is_none_is_named(label, received):
    with pytest.raises(ValueError, match=f"`label` must hold class numbers from 0 to 2, or -1 .*Received: {received}"):
        check_labels(np.asarray(label), 3)
    assert not labels_fit(tf.constant(label, tf.int64 if isinstance(label[0], int) else tf.float64), 3)


LABEL = tf.constant([1, 3, 0, MISSING, 2, -5])
KNOWN = np.array([True, False, True, False, True, False])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hot_is_no_number_where_there_is_no_class(dtype):
    encoded = one_hot(LABEL, 3, dtype)
    assert encoded.dtype.name == dtype
    np.testing.assert_array_equal(encoded[KNOWN], np.eye(3)[[1, 0, 2]])
    assert np.isnan(encoded[~KNOWN]).all()


@pytest.mark.parametrize("shape", [(6,), (6, 2), (6, 2, 3, 1)])
def test_what_is_of_no_class_is_no_number(shape):
    value = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    found = of_classes(tf.constant(value), LABEL, 3)
    assert found.shape == shape
    np.testing.assert_array_equal(found[KNOWN], value[KNOWN])
    assert np.isnan(found[~KNOWN]).all()
