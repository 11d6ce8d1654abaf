"""Evaluated bounds against densities and integrals in closed form, explicit weights, and `bound` itself."""

import math
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from scipy import integrate, special, stats

import tfgen
from tfgen.judging import BoundEvaluation, evaluate_bound
from tfgen.noise import Noise

ROWS = 23
X = np.random.default_rng(0).normal(size=(ROWS, 4))
CONTEXT = np.random.default_rng(1).normal(size=(ROWS, 2))


class Recorder(keras.layers.Layer):
    """A decoder that hands z on, and notes how often it is traced and, at run time, how many rows it is given."""

    def __init__(self) -> None:
        super().__init__(name="recorder")
        self.traces = 0
        self.rows: list[int] = []

    def call(self, z: tf.Tensor) -> tf.Tensor:
        self.traces += 1

        def note(value: NDArray[Any]) -> NDArray[Any]:
            self.rows.append(len(value))
            return value

        return tf.ensure_shape(tf.numpy_function(note, [z], z.dtype, stateful=True), z.shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def clear(self) -> None:
        self.traces = 0
        self.rows.clear()


def linear(**arguments: Any) -> tfgen.VAE:
    own: dict[str, Any] = {"event_shape": (4,), "latent_dim": 2, "hidden": (), "activation": "linear"}
    vae = tfgen.VAE(likelihood="gaussian", dtype="float64", **{**own, **arguments})
    rng = np.random.default_rng(2)
    vae.set_weights([value + 0.4 * rng.normal(size=value.shape) for value in vae.get_weights()])
    return vae


def explicit_weights(vae: tfgen.VAE, x: NDArray[Any], num_samples: int, seed: int) -> NDArray[Any]:
    """log p(x, z_k) − log q(z_k | x) as [rows, K], by SciPy's densities of draws from the documented seed rows."""
    rows, found = len(x), []
    posterior = vae.build_posterior(tf.constant(x))
    mean, scale = posterior.mean().numpy(), posterior.stddev().numpy()
    seeds = tf.constant([[seed, i] for i in range(rows)], tf.int32)
    for k in range(num_samples):
        noise = Noise(seeds, index=tf.fill([rows, 1], k)).child(0)
        z = tfgen.noise.draw(posterior, noise).numpy()
        likelihood = vae.build_likelihood(tf.constant(z))
        log_x = stats.norm.logpdf(x, likelihood.mean().numpy(), likelihood.stddev().numpy())
        found.append(log_x.sum(axis=1) + (stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, scale)).sum(axis=1))
    return np.stack(found, axis=1)


@pytest.mark.parametrize("num_samples", [1, 7, 24])
def test_explicit_weights(num_samples: int) -> None:
    vae = linear()
    weights = explicit_weights(vae, X, num_samples, seed=5)
    found = evaluate_bound(vae, X, num_samples=num_samples, seed=5, batch_size=10)
    total = special.logsumexp(weights, axis=1)
    np.testing.assert_allclose(found.bound, total - np.log(num_samples), rtol=1e-10)
    sizes = np.exp(2 * total - special.logsumexp(2 * weights, axis=1))
    np.testing.assert_allclose(found.effective_sample_size, sizes, rtol=1e-9)
    assert num_samples == 1 or sizes.min() < 0.9 * num_samples
    assert found.num_samples == num_samples


def test_the_truth_and_the_size_in_closed_form() -> None:
    """A decoder that does not look at z: p(x) is its Gaussian, p(z | x) the prior, and w ∝ N(z; 0, 1)/N(z; m, t²).

    ESS/K tends to E[w]²/E[w²], here 1/∏_j ∫ N(z; 0, 1)²/N(z; m_j, t_j²) dz.
    """
    vae = linear()
    kernel, bias = vae.likelihood.projection.weights
    kernel.assign(0 * kernel)
    mean, scale = np.array([0.4, -0.2]), np.array([1.3, 1.6])
    raw = np.log(np.expm1(scale - vae.posterior.min_scale)) - np.log(np.e - 1)
    kernel, own = vae.posterior.projection.weights
    kernel.assign(0 * kernel)
    own.assign(np.concatenate([mean, raw]))

    deviation = vae.build_likelihood(tf.zeros([1, 2], "float64")).stddev().numpy()
    truth = stats.norm.logpdf(X, bias.numpy(), deviation).sum(axis=1)
    second = [
        integrate.quad(lambda z, m=m, t=t: stats.norm.pdf(z) ** 2 / stats.norm.pdf(z, m, t), -12, 12)[0]
        for m, t in zip(mean, scale, strict=True)
    ]
    share = 1 / np.prod(second)
    assert 0.3 < share < 0.9
    found = evaluate_bound(vae, X, num_samples=4000)
    error = math.sqrt((1 / share - 1) / 4000)  # of each bound, the weights' coefficient of variation over √K
    assert np.abs(found.bound - truth).max() < 4 * error
    assert abs(found.mean - truth.mean()) < 4 * error / math.sqrt(ROWS) + error**2
    np.testing.assert_allclose(found.effective_sample_size / 4000, share, rtol=0.1)
    np.testing.assert_allclose(found.effective_sample_size.mean() / 4000, share, rtol=0.02)


@pytest.mark.parametrize("batch_size", [1, 5, 22, 23, 400])
def test_batches_change_nothing(batch_size: int) -> None:
    """Also of a conditional model: contexts go along with their rows."""
    vae = linear(context_shape=(2,))
    found = evaluate_bound(vae, X, CONTEXT, num_samples=12, seed=3, batch_size=batch_size)
    np.testing.assert_allclose(found.bound, vae.bound(X, CONTEXT, num_samples=12, seed=3), rtol=1e-11)
    whole = vae.importance(X, CONTEXT, num_samples=12, seed=3)
    np.testing.assert_allclose(found.effective_sample_size, whole["effective_sample_size"], rtol=1e-10)
    assert found.bound.dtype == found.effective_sample_size.dtype == np.float64
    other = evaluate_bound(vae, X, CONTEXT, num_samples=12, seed=4, batch_size=batch_size)
    assert (found.bound != other.bound).all()


def test_equal_rows_have_noise_of_their_own() -> None:
    """In one batch and in different ones."""
    same = np.repeat(X[:1], ROWS, axis=0)
    assert len(np.unique(evaluate_bound(linear(), same, num_samples=3, batch_size=5).bound)) == ROWS


def test_the_model_is_traced_once_and_sees_few_rows_at_a_time() -> None:
    """Of the smaller last batch too; memory is that of 8 samples of a batch, whatever K and the rows are."""
    recorder = Recorder()
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, likelihood="gaussian", hidden=(3,), decoder=recorder)
    recorder.clear()
    evaluate_bound(vae, X[:1], num_samples=32, batch_size=10)
    once = recorder.traces
    assert 1 <= once <= 2  # the first pass, and the loop's
    recorder.clear()
    evaluate_bound(vae, X, num_samples=32, batch_size=10)
    assert recorder.traces == 0
    assert recorder.rows == 4 * [80] + 4 * [80] + 4 * [24]


def test_the_mean_and_its_error_are_scipy_s() -> None:
    bounds = np.random.default_rng(0).normal(-90, 7, size=30)
    found = BoundEvaluation(bounds, np.ones(30), 5)
    assert found.mean == pytest.approx(bounds.mean())
    assert found.standard_error == pytest.approx(stats.sem(bounds))


def test_float32_is_summed_in_float64() -> None:
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, likelihood="gaussian", hidden=(3,))
    found = evaluate_bound(vae, X.astype("float32"), num_samples=2)
    assert found.bound.dtype == np.float64
    assert found.mean == math.fsum(found.bound) / ROWS


@pytest.mark.parametrize("bounds", [[-3.0], [-3.0, -np.inf]])
def test_an_error_that_is_not_known_is_nan(bounds: list[float]) -> None:
    """Without a warning, which would fail the test."""
    assert math.isnan(BoundEvaluation(np.array(bounds), np.ones(len(bounds)), 5).standard_error)


def test_it_says_nats_and_sizes() -> None:
    found = BoundEvaluation(np.array([-17.0, -18.0, -16.5]), np.array([8.6, 312.2, 1200.0]), 5000)
    assert str(found) == "-17.1667 ± 0.4410 nats (K = 5000, ESS median 312, least 9)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": 0}, "`num_samples` must be an integer of at least 1.*Received: num_samples=0"),
        ({"num_samples": None}, "`num_samples` must be an integer.*Received: num_samples=None"),
        ({"batch_size": 2.5}, r"`batch_size` must be an integer of at least 1.*Received: batch_size=2\.5"),
        ({"seed": 2**31}, "`seed` must be an integer.*Received: seed=2147483648"),
        ({"x": X[0]}, r"`x` must have shape \[batch, 4\]\. Received: shape=\(4,\)"),
        ({"x": X[:0]}, r"`x` must hold at least one row\. Received: shape=\(0, 4\)"),
        ({"x": np.where(np.arange(ROWS)[:, None] == 22, np.nan, X)}, "`x` must be finite.*Received: .* in row 22"),
        ({"context": CONTEXT}, r"`context` must be None.*Received: context of shape \(23, 2\)"),
    ],
)
def test_bad_input_is_refused_before_any_work(arguments: dict[str, Any], message: str) -> None:
    recorder = Recorder()
    vae = tfgen.VAE(event_shape=(4,), latent_dim=2, likelihood="gaussian", hidden=(3,), decoder=recorder)
    recorder.clear()
    with pytest.raises(ValueError, match=message):
        evaluate_bound(vae, **{"x": X, "batch_size": 5, "num_samples": 2, **arguments})
    assert recorder.rows == []


def test_a_missing_context_and_one_of_other_length_are_refused() -> None:
    vae = linear(context_shape=(2,))
    with pytest.raises(ValueError, match=r"`context` must be given: \[batch, 2\]\. Received: context=None"):
        evaluate_bound(vae, X)
    with pytest.raises(ValueError, match=r"`x` and `context` must have as many rows.*Received"):
        evaluate_bound(vae, X, CONTEXT[:20], batch_size=5)


def test_an_exact_model_has_no_bound() -> None:
    flow: Any = tfgen.RealNVP(event_shape=(4,), couplings=2, hidden=(4,))
    with pytest.raises(ValueError, match=r"`model` must be one with a bound; .*`score`.* Received: a RealNVP"):
        evaluate_bound(flow, X)


def test_the_package_does_not_load_tensorflow() -> None:
    """Nor scikit-learn and SciPy, which nothing but some tests needs."""
    code = "import sys, tfgen.judging; print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'sklearn', 'scipy'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
