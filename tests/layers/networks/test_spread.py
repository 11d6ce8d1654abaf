"""First layers whose units begin centred at points of their own."""

from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats

from tfgen.layers import MADE, MLP


def mlp(inputs: int, **arguments: Any) -> keras.layers.Layer:
    layer = MLP(hidden=(2000, 4), activation="relu", **arguments)
    layer.build((None, inputs))
    return layer


def test_the_kinks_of_one_number_lie_where_it_does() -> None:
    first = mlp(1, spread=True).dense[0]
    kinks = -first.bias.numpy() / first.kernel.numpy()[0]
    assert stats.kstest(kinks, "norm").pvalue > 1e-3


def test_units_of_several_numbers_are_centred_at_points() -> None:
    first = mlp(3, spread=True).dense[0]
    kernel, bias = first.kernel.numpy(), first.bias.numpy()
    # −b = w·c with c ~ N(0, I): normal with variance |w|², given w.
    assert stats.kstest(-bias / np.linalg.norm(kernel, axis=0), "norm").pvalue > 1e-3


def test_kernels_are_as_they_were_and_the_other_biases_too() -> None:
    built = []
    for spread in (False, True):
        keras.utils.set_random_seed(3)
        built.append(mlp(2, spread=spread))
    plain, spread = built
    np.testing.assert_array_equal(plain.dense[0].kernel, spread.dense[0].kernel)
    assert not np.any(plain.dense[0].bias)
    assert not np.any(spread.dense[1].bias)


def test_the_seed_governs_the_points() -> None:
    biases = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        biases.append(mlp(1, spread=True).dense[0].bias.numpy())
    np.testing.assert_array_equal(biases[0], biases[1])
    assert not np.array_equal(biases[0], biases[2])


def test_a_configuration_keeps_it() -> None:
    assert MLP.from_config(MLP(hidden=(3,), spread=True).get_config()).spread


def test_a_masked_perceptron_is_centred_by_what_its_units_see() -> None:
    made = MADE(order=(0, 1, 2), outputs=1, hidden=(900,))
    made.build()
    kernel, bias = made.kernels[0].numpy(), made.biases[0].numpy()
    for degree in (1, 2):
        units = slice(degree - 1, None, 2)
        width = np.linalg.norm(kernel[:degree, units], axis=0)
        assert stats.kstest(-bias[units] / width, "norm").pvalue > 1e-3


@pytest.mark.parametrize("hidden", [(), (4,)])
def test_nothing_hidden_has_nothing_to_spread(hidden: tuple[int, ...]) -> None:
    layer = MLP(hidden=hidden, spread=True)
    assert layer(np.ones((2, 3), np.float32)).shape == (2, hidden[-1] if hidden else 3)
