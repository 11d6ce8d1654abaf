import math

import numpy as np
import pytest
from scipy import integrate, special
from sklearn.datasets import make_moons

from tfgen.datasets import TwoMoons

TRUTH = TwoMoons()


def arcs(t):
    return (math.cos(t), math.sin(t)), (1 - math.cos(t), 0.5 - math.sin(t))


def brute_force_log_prob(point):
    """Adaptive quadrature along each arc, with the largest exponent taken out and found on a fine lattice."""

    def exponents(t):
        return [-((point[0] - a) ** 2 + (point[1] - b) ** 2) / 0.02 for a, b in arcs(t)]

    lattice = np.linspace(0, math.pi, 2001)
    peaks = [max(lattice, key=lambda t: exponents(t)[moon]) for moon in (0, 1)]
    top = max(exponents(peaks[moon])[moon] for moon in (0, 1))
    total = 0.0
    for moon in (0, 1):
        inside = [peaks[moon]] if 0 < peaks[moon] < math.pi else None
        total += integrate.quad(
            lambda t, moon=moon: math.exp(exponents(t)[moon] - top),
            0,
            math.pi,
            points=inside,
            epsabs=0,
            epsrel=1e-11,
            limit=500,
        )[0]
    return top + math.log(total / (2 * math.pi)) - math.log(2 * math.pi * 0.01)


@pytest.mark.parametrize(
    "point",
    [(0, 1), (0.5, 0.25), (0.0, 0.0), (1, -0.5), (1.05, 0.1), (-1.2, -0.3), (2, 0.5), (2.5, -1), (9.0, 12.0)],
)
def test_log_prob_is_the_arc_integral(point):
    np.testing.assert_allclose(TRUTH.log_prob([point])[0], brute_force_log_prob(point), rtol=1e-10, atol=1e-8)


def test_log_prob_at_the_centre_of_an_arc_is_closed_form():
    # Every point of the upper arc is at distance 1 from the origin; the lower arc takes a quadrature.
    upper = math.log(0.5 / (2 * math.pi * 0.01)) - 50
    lower = integrate.quad(
        lambda t: math.exp(-((1 - math.cos(t)) ** 2 + (0.5 - math.sin(t)) ** 2) / 0.02),
        0,
        math.pi,
        epsabs=1e-16,
    )[0]
    expected = np.logaddexp(upper, math.log(lower / (2 * math.pi) / (2 * math.pi * 0.01)))
    np.testing.assert_allclose(TRUTH.log_prob([[0.0, 0.0]])[0], expected, rtol=1e-9)


def test_log_prob_far_away_is_still_accurate():
    # Straight above the upper arc, the other half of its circle and the other arc are negligible; the mean of
    # exp(κ cos t) over a full circle is the Bessel function I0(κ): twice that over half of it.
    r = 20.0
    expected = math.log(0.5 / (2 * math.pi * 0.01)) - (r - 1) ** 2 / 0.02 + math.log(2 * special.i0e(r / 0.01))
    np.testing.assert_allclose(TRUTH.log_prob([[0.0, r]])[0], expected, rtol=0, atol=1e-8)


def test_mass_and_entropy_by_simpsons_rule():
    xs, ys = np.linspace(-1.8, 2.8, 185), np.linspace(-1.3, 1.8, 125)
    points = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
    log_prob = TRUTH.log_prob(points).reshape(len(xs), len(ys))
    density = np.exp(log_prob)
    mass, entropy = (
        integrate.simpson(integrate.simpson(values, x=ys), x=xs) for values in (density, -density * log_prob)
    )
    assert abs(mass - 1) < 1e-6
    assert abs(entropy - TRUTH.entropy) < 1e-5
    assert abs(TRUTH.entropy - 1.00758) < 1e-5


def test_the_arcs_are_scikit_learns():
    points, moon = make_moons(n_samples=64, noise=None, shuffle=False)
    for label in (0, 1):
        expected = [arcs(t)[label] for t in np.linspace(0, math.pi, 32)]
        np.testing.assert_allclose(points[moon == label], expected, atol=1e-12)
    noisy = make_moons(n_samples=20_000, noise=0.1, random_state=0)[0]
    surprise = -TRUTH.log_prob(noisy)
    assert abs(surprise.mean() - TRUTH.entropy) < 4 * surprise.std() / math.sqrt(len(surprise))
