"""Known densities in the plane, and the funnel: against SciPy, quadrature, and their own samples."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from tfgen.datasets import Checkerboard, Funnel, Pinwheel, Rings, SineCurve

PLANE = [Checkerboard, Pinwheel, Rings, SineCurve]


@pytest.mark.parametrize(("truth", "entropy"), [(Pinwheel(), 2.32059), (Rings(), 2.21022), (SineCurve(), 1.83788)])
def test_mass_and_entropy_by_a_rectangle_rule(truth, entropy):
    """Smooth densities that vanish at the ends: a fine grid leaves no error to see."""
    axis = np.linspace(-8, 8, 1601)
    step = axis[1] - axis[0]
    mass = surprise = 0.0
    for x in axis:
        # Rings are not smooth at the very centre, where there is next to nothing.
        log_prob = truth.log_prob(np.stack([np.full_like(axis, x + 1e-9), axis], axis=1))
        density = np.exp(log_prob)
        mass += density.sum() * step**2
        surprise -= (density * np.where(density > 0, log_prob, 0)).sum() * step**2
    assert abs(mass - 1) < 2e-4
    assert abs(surprise - truth.entropy) < 1e-3
    assert round(truth.entropy, 5) == entropy


def test_rings_by_their_radius():
    def density(radius, weight=lambda _: 1.0):
        log_prob = Rings().log_prob([[radius, 0.0]])[0]
        return 2 * math.pi * radius * math.exp(log_prob) * weight(log_prob)

    limits = {"points": [0.5, 1, 1.5, 2], "limit": 200}
    assert integrate.quad(density, 0, 4, **limits)[0] == pytest.approx(1, abs=1e-9)
    entropy = integrate.quad(density, 0, 4, args=(lambda value: -value,), **limits)[0]
    assert entropy == pytest.approx(Rings().entropy, abs=1e-5)


def test_the_checkerboard_is_eight_squares():
    truth = Checkerboard()
    x = truth.sample(100_000, seed=0)["x"]
    np.testing.assert_allclose(truth.log_prob(x), -math.log(32))
    cells = np.floor(x / 2).astype(int)
    assert len(np.unique(cells, axis=0)) == 8
    assert stats.chisquare(np.unique(cells, axis=0, return_counts=True)[1]).pvalue > 1e-3
    assert stats.kstest((x - 2 * cells).ravel() / 2, "uniform").pvalue > 1e-3
    assert truth.log_prob([[1.0, -1.0], [4.5, 0.5], [1.0, 1.0]]).tolist() == [-np.inf, -np.inf, -math.log(32)]


def test_the_pinwheel_by_a_change_of_variables():
    """Samples turned back have the normal's law, and the density at them is its own."""
    rng = np.random.default_rng(0)
    u = np.array([1, 0]) + rng.normal(size=(300, 2)) * [0.3, 0.1]
    angle = 2 * math.pi * 3 / 5 + 0.25 * np.exp(np.linalg.norm(u, axis=1))
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    x = 2 * np.einsum("nij,nj->ni", turn, u)
    one_arm = stats.multivariate_normal([1, 0], np.diag([0.09, 0.01])).logpdf(u) - math.log(4 * 5)
    found = Pinwheel().log_prob(x)
    assert (found >= one_arm - 1e-9).all()  # the other arms add to it
    assert np.median(found - one_arm) < 1e-3


def test_the_normals_by_scipy():
    x = np.random.default_rng(0).normal(size=(100, 2))
    expected = stats.norm.logpdf(x[:, 0]) + stats.norm.logpdf(x[:, 1], np.sin(5 * x[:, 0]), math.exp(-1))
    np.testing.assert_allclose(SineCurve().log_prob(x), expected, rtol=1e-12)
    x = np.random.default_rng(1).normal(size=(100, 10)) * 2
    others = stats.norm.logpdf(x[:, 1:], 0, np.exp(x[:, :1] / 2)).sum(axis=1)
    np.testing.assert_allclose(Funnel().log_prob(x), stats.norm.logpdf(x[:, 0], 0, 3) + others, rtol=1e-12)


@pytest.mark.parametrize("kind", [*PLANE, Funnel])
def test_samples_have_the_entropy(kind):
    truth = kind()
    log_prob = truth.log_prob(truth.sample(100_000, seed=3)["x"])
    assert abs(-log_prob.mean() - truth.entropy) < 5 * log_prob.std() / math.sqrt(100_000) + 1e-12


def test_far_away_there_is_nothing():
    far = [[1e30, -1e30]]
    for kind in PLANE:
        assert kind().log_prob(far)[0] < -1e6
    assert Funnel().log_prob([[-2000.0, *[1.0] * 9]])[0] < -1e6
