"""The flow's density against TFP's plain transformed distribution, closed forms and quadrature."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, stats  # type: ignore[import-untyped, unused-ignore]

from tfgen.bijectors import Flow, OnePassChain
from tfgen.noise import Noise, draw, seed_rows

tfd, tfb = tfp.distributions, tfp.bijectors

CONTEXT = np.random.default_rng(9).normal(size=(5, 2))
MASKS = [[True, False], [False, True]]


def base(size: int, *batch: int) -> Any:
    return tfd.MultivariateNormalDiag(np.zeros((*batch, size)), np.ones(size))


def parts(coupling: Any, conditional: bool = False) -> list[Any]:
    return [coupling(mask, seed=seed, context=CONTEXT if conditional else None) for seed, mask in enumerate(MASKS)]


def flow(coupling: Any, conditional: bool = False) -> Flow:
    chain = OnePassChain([part.bijector() for part in parts(coupling, conditional)])
    return Flow(distribution=base(2, *([5] if conditional else [])), bijector=chain)


def points(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


def test_density_by_numpy(coupling: Any) -> None:
    outer, inner = parts(coupling)
    z = points(8, 2)
    middle, first = inner.forward(z)
    x, second = outer.forward(middle)
    expected = stats.norm.logpdf(z).sum(1) - first - second
    found = flow(coupling).log_prob(x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(flow(coupling).prob(x), np.exp(expected), rtol=1e-10)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("leading", [(), (3,), (4, 3)])
def test_tfps_transformed_distribution_agrees(coupling: Any, conditional: bool, leading: tuple[int, ...]) -> None:
    ours = flow(coupling, conditional)
    plain = tfd.TransformedDistribution(
        ours.distribution, OnePassChain([part.bijector() for part in parts(coupling, conditional)])
    )
    shape = (*leading, 5) if conditional else leading
    x = points(*shape, 2)
    assert ours.log_prob(x).shape == shape
    np.testing.assert_allclose(ours.log_prob(x), plain.log_prob(x), rtol=0, atol=1e-12)
    assert ours.batch_shape == plain.batch_shape == ([5] if conditional else [])
    assert ours.event_shape == plain.event_shape == [2]
    assert ours.batch_shape_tensor().numpy().tolist() == ours.batch_shape.as_list()
    np.testing.assert_array_equal(ours.sample(3, seed=[1, 2]), plain.sample(3, seed=[1, 2]))


def test_samples_before_the_batch_meet_their_own_context(coupling: Any) -> None:
    ours = flow(coupling, conditional=True)
    x = points(4, 5, 2)
    whole = ours.log_prob(x).numpy()
    for sample in range(4):
        np.testing.assert_allclose(whole[sample], ours.log_prob(x[sample]), rtol=0, atol=1e-12)
    for row in range(5):
        chain = OnePassChain(
            [coupling(m, seed=s, context=CONTEXT[row : row + 1]).bijector() for s, m in enumerate(MASKS)]
        )
        alone = Flow(distribution=base(2, 1), bijector=chain).log_prob(x[:, row : row + 1])
        np.testing.assert_allclose(whole[:, row], alone[:, 0], rtol=0, atol=1e-12)
    assert ours.sample((4, 3)).shape == (4, 3, 5, 2)


def integral(function: Any) -> float:
    axis = np.linspace(-18, 18, 721)
    values = function(np.stack(np.meshgrid(axis, axis, indexing="ij"), -1)).numpy()
    return float(integrate.simpson(integrate.simpson(values, x=axis), x=axis))


def test_the_density_has_mass_one(coupling: Any) -> None:
    assert abs(integral(flow(coupling).prob) - 1) < 1e-6


def test_one_entry_is_a_scaled_and_shifted_normal(coupling: Any) -> None:
    case = coupling([False])
    (shift,), (log_scale,) = case.shift_and_log_scale(np.zeros(0))
    x = points(6, 1)
    found = Flow(distribution=base(1), bijector=case.bijector()).log_prob(x)
    np.testing.assert_allclose(found, stats.norm.logpdf(x[:, 0], shift, np.exp(log_scale)), rtol=0, atol=1e-12)


def test_log_prob_costs_one_pass(coupling: Any) -> None:
    couplings = parts(coupling)
    ours = Flow(distribution=base(2), bijector=OnePassChain([part.bijector() for part in couplings]))
    ours.log_prob(points(8, 2))
    assert [part.calls for part in couplings] == [1, 1]


def test_draws_follow_the_density(coupling: Any) -> None:
    ours = flow(coupling)
    noise = Noise(tf.constant(seed_rows(5_000, 1)))
    x = draw(ours, noise).numpy()
    z = draw(base(2), noise).numpy()
    outer, inner = parts(coupling)
    np.testing.assert_allclose(x, outer.forward(inner.forward(z)[0])[0], rtol=0, atol=1e-10)
    # E[p(x)] over draws is the integral of p squared.
    found = ours.prob(x).numpy()
    assert abs(found.mean() - integral(lambda x: ours.prob(x) ** 2)) < 4.5 * found.std() / np.sqrt(len(found))


def test_a_conditional_flow_draws_a_row_for_each_context(coupling: Any) -> None:
    x = draw(flow(coupling, conditional=True), Noise(tf.constant(seed_rows(5, 1)))).numpy()
    z = draw(base(2), Noise(tf.constant(seed_rows(5, 1)))).numpy()
    outer, inner = parts(coupling, conditional=True)
    np.testing.assert_allclose(x, outer.forward(inner.forward(z)[0])[0], rtol=0, atol=1e-10)


def test_gradients_reach_x_and_the_base(coupling: Any) -> None:
    location = tf.Variable(np.zeros(2))
    x = tf.Variable(points(3, 2))
    chain = OnePassChain([part.bijector() for part in parts(coupling)])
    with tf.GradientTape() as tape:
        log_prob = Flow(distribution=tfd.MultivariateNormalDiag(location, np.ones(2)), bijector=chain).log_prob(x)
    by_location, by_x = tape.gradient(log_prob, [location, x])
    step = 1e-6
    ours = flow(coupling)
    for entry in range(2):
        shifted = [ours.log_prob(x + sign * step * np.eye(2)[entry]).numpy() for sign in (1, -1)]
        np.testing.assert_allclose(by_x[:, entry], (shifted[0] - shifted[1]) / (2 * step), rtol=1e-5, atol=1e-6)
    z = chain.inverse(x)
    np.testing.assert_allclose(by_location, z.numpy().sum(0), rtol=1e-10)


def test_it_can_be_copied_and_wrapped(coupling: Any) -> None:
    ours = flow(coupling)
    x = points(4, 2)
    copied = ours.copy(name="again")
    assert copied.name == "again"
    np.testing.assert_allclose(copied.log_prob(x), ours.log_prob(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(tfd.Sample(ours, 4).log_prob(x), ours.log_prob(x).numpy().sum(), rtol=1e-12)


def test_inside_a_graph(coupling: Any) -> None:
    x = points(4, 2)
    inside = tf.function(lambda x: flow(coupling).log_prob(x))(tf.constant(x))
    np.testing.assert_allclose(inside, flow(coupling).log_prob(x), rtol=0, atol=1e-12)
