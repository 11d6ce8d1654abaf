"""Which dimensions a posterior uses, against what it was made to use."""

import numpy as np
import pytest
from scipy import integrate, stats

from tfgen.judging import latent_usage

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 1))
GAIN, SCALE = np.array([1.5, 0.0, 0.05]), np.array([0.5, 1.0, 0.99])


def encode(x):
    return {"z": x * GAIN, "scale": np.broadcast_to(SCALE, (len(x), 3))}


@pytest.mark.parametrize("batch_size", [7, 10_000])
def test_usage(batch_size):
    usage = latent_usage(encode, X, batch_size=batch_size)
    np.testing.assert_allclose(usage.variance, GAIN**2 * X.var(ddof=1), rtol=1e-12)
    assert usage.active_units == 1
    assert latent_usage(encode, X, threshold=1e-4).active_units == 2
    assert usage.kl[1] == pytest.approx(0, abs=1e-12)


def test_kl_by_quadrature():
    usage = latent_usage(encode, X[:2])

    def divergence(posterior):
        def integrand(z):
            return posterior.pdf(z) * (posterior.logpdf(z) - stats.norm.logpdf(z))

        return integrate.quad(integrand, -12, 12)[0]

    for j in range(3):
        expected = np.mean([divergence(stats.norm(x * GAIN[j], SCALE[j])) for x in X[:2, 0]])
        assert usage.kl[j] == pytest.approx(expected, abs=1e-7)


def test_contexts_go_along():
    def conditional(x, context):
        return {"z": x + context, "scale": np.ones_like(x)}

    context = RNG.normal(size=(500, 1))
    usage = latent_usage(conditional, X, context, batch_size=64)
    np.testing.assert_allclose(usage.variance, (X + context).var(axis=0, ddof=1), rtol=1e-12)


def test_one_row_has_no_variance():
    with pytest.raises(ValueError, match=r"`x` must have at least two rows\. Received: shape=\(1, 1\)"):
        latent_usage(encode, X[:1])


def test_beside_a_prior_of_the_context_a_collapsed_posterior_is_of_no_use():
    """A posterior that is the prior, whatever that is, tells nothing of x; one that is N(0, 1) then does."""
    rng = np.random.default_rng(0)
    x, context = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))

    def prior(context):
        return {"z": 3 * context, "scale": np.full((len(context), 1), 0.5)}

    collapsed = latent_usage(lambda x, context: prior(context), x, context, prior=prior)
    assert collapsed.active_units == 0
    np.testing.assert_allclose([collapsed.kl, collapsed.variance], 0, atol=1e-12)
    standard = latent_usage(lambda x, context: {"z": 0 * context, "scale": 1 + 0 * context}, x, context, prior=prior)
    # KL(N(0, 1) ‖ N(m, s²)) = log s + (1 + m²)/(2 s²) − 1/2
    expected = np.mean(np.log(0.5) + (1 + (3 * context) ** 2) / (2 * 0.25) - 0.5)
    np.testing.assert_allclose(standard.kl, [expected], rtol=1e-12)
    assert standard.active_units == 1


def test_without_a_standard_deviation_there_is_no_kl():
    usage = latent_usage(lambda x: {"z": x}, np.random.default_rng(0).normal(size=(20, 2)))
    assert np.isnan(usage.kl).all()
    assert usage.active_units == 2
