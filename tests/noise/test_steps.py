"""Noise of the steps of a sequence."""

import numpy as np
import tensorflow as tf

from tfgen.noise import Noise, philox_4x32

SEEDS = tf.constant([[3, 0], [3, 1], [-7, 2**31 - 1]])


def test_step_nought_is_what_is_drawn_without_steps():
    np.testing.assert_array_equal(Noise(SEEDS).at_step(0).normal((5,)), Noise(SEEDS).normal((5,)))
    np.testing.assert_array_equal(Noise(SEEDS).at_step(tf.constant(0)).normal((5,)), Noise(SEEDS).normal((5,)))


def test_the_layout_is_what_the_docstring_says():
    """Five numbers take two blocks of four: step 3 begins with block 6."""
    found = Noise(SEEDS[:1], stream=9, index=2).at_step(3).uniform((5,)).numpy()[0]
    words = []
    for block in (6, 7):
        counter = [tf.constant(value, tf.uint32) for value in (block, 2, 9, 1)]
        words += [int(lane) for lane in philox_4x32(counter, [tf.constant(3, tf.uint32), tf.constant(0, tf.uint32)])]
    expected = [((word >> 9) + 0.5) * 2.0**-23 for word in words[:5]]
    np.testing.assert_array_equal(found, np.float32(expected))


def test_golden_values():
    found = Noise(tf.constant([[1, 2]])).child(1).at_step(7).normal((3,)).numpy()[0]
    np.testing.assert_allclose(found, [-1.9084888696670532, 1.1895372867584229, 1.3516206741333008], rtol=1e-6)


def test_each_row_may_be_at_a_step_of_its_own():
    steps = tf.constant([[4], [0], [9]])
    for kind in (lambda noise: noise.normal((3,)), lambda noise: noise.child(2).uniform((6,))):
        together = kind(Noise(SEEDS, index=5).at_step(steps))
        for row, step in enumerate([4, 0, 9]):
            alone = kind(Noise(SEEDS[row : row + 1], index=5).at_step(step))
            np.testing.assert_array_equal(together[row], alone[0])


def test_steps_do_not_repeat_one_another():
    noise = Noise(SEEDS)
    draws = np.stack([noise.at_step(step).normal((2,)) for step in range(50)])
    assert len(np.unique(draws)) == draws.size


def test_children_and_indices_stay_at_the_step():
    noise = Noise(SEEDS).at_step(3)
    np.testing.assert_array_equal(noise.child(1).uniform((2,)), Noise(SEEDS).child(1).at_step(3).uniform((2,)))
    np.testing.assert_array_equal(noise.at(2).uniform((2,)), Noise(SEEDS, index=2, step=3).uniform((2,)))
