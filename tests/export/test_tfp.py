"""TFP's distributions in ONNX Runtime, against SciPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, special, stats  # type: ignore[import-untyped, unused-ignore]

tfb, tfd = tfp.bijectors, tfp.distributions


def spec(name: str, *sizes: int | None, dtype: Any = tf.float64) -> tf.TensorSpec:
    return tf.TensorSpec([None, *sizes], dtype, name=name)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 2e-5), ("float64", 1e-12)])
def test_multivariate_normal(dtype: str, rtol: float, converted: Any) -> None:
    def log_prob(x: tf.Tensor, loc: tf.Tensor, tril: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"log_prob": tfd.MultivariateNormalTriL(loc, tril).log_prob(x)}

    def inputs(batch: int) -> list[np.ndarray]:
        rng = np.random.default_rng(batch)
        tril = np.tril(rng.normal(size=(batch, 3, 3)), -1) + np.eye(3) * rng.uniform(0.5, 2, (batch, 1, 3))
        return [value.astype(dtype) for value in (*rng.normal(size=(2, batch, 3)), tril)]

    model = converted(
        log_prob,
        [spec("x", 3, dtype=dtype), spec("loc", 3, dtype=dtype), spec("tril", 3, 3, dtype=dtype)],
        inputs=inputs,
    )
    arrays = inputs(20)
    expected = [
        stats.multivariate_normal(loc, tril @ tril.T).logpdf(x)
        for x, loc, tril in zip(*(array.astype(np.float64) for array in arrays), strict=True)
    ]
    np.testing.assert_allclose(model(*arrays)["log_prob"], expected, rtol=rtol)


def test_mixture_of_normals_with_narrow_components(converted: Any) -> None:
    """Scales by softplus of raw numbers down to −40, where ONNX Runtime's own Softplus gives 0."""

    def log_prob(x: tf.Tensor, logits: tf.Tensor, raw: tf.Tensor) -> tf.Tensor:
        components = tfd.Normal(tf.constant([-1.0, 0.0, 2.0], tf.float64), tf.math.softplus(raw))
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components).log_prob(x)

    model = converted(log_prob, [spec("x"), spec("logits", 3), spec("raw", 3)])
    rng = np.random.default_rng(0)
    raw, logits = rng.uniform(-40, 3, (50, 3)), rng.normal(size=(50, 3))
    scale = np.logaddexp(0, raw)
    centre = np.tile([-1.0, 0.0, 2.0], (50, 1))
    rows, pick = np.arange(50), rng.integers(0, 3, 50)
    # On a centre or far from all: TFP takes x/σ − μ/σ, which cancels in between.
    x = np.where(rng.random(50) < 0.5, centre[rows, pick], rng.integers(-8, 8, 50) / 4)
    densities = stats.norm(centre, scale).logpdf(x[:, None])
    expected = special.logsumexp(special.log_softmax(logits, axis=-1) + densities, axis=-1)
    assert scale.min() < 1e-15
    np.testing.assert_allclose(model(x, logits, raw)["output"], expected, rtol=1e-12)


def test_a_mixture_s_density_integrates_to_one(converted: Any) -> None:
    def log_prob(x: tf.Tensor) -> tf.Tensor:
        weights = tfd.Categorical(probs=tf.constant([0.3, 0.7], tf.float64))
        locs, scales = tf.constant([-2.0, 1.0], tf.float64), tf.constant([0.5, 1.5], tf.float64)
        return tfd.MixtureSameFamily(weights, tfd.StudentT(tf.constant(5.0, tf.float64), locs, scales)).log_prob(x)

    model = converted(log_prob, [spec("x")])
    total, _ = integrate.quad(
        lambda x: np.exp(model(np.array([x]))["output"][0]), -np.inf, np.inf, points=None, limit=200
    )
    assert total == pytest.approx(1, abs=1e-8)


def test_bernoulli_by_logits(converted: Any) -> None:
    model = converted(
        lambda x, logits: tfd.Bernoulli(logits=logits).log_prob(x),
        [spec("x", dtype=tf.int32), spec("logits", dtype=tf.float32)],
        inputs=lambda batch: [np.arange(batch) % 2, np.linspace(-60, 60, batch)],
    )
    logits = np.repeat(np.linspace(-80, 80, 161), 2).astype(np.float32)
    x = np.tile([0, 1], 161).astype(np.int32)
    expected = np.where(x == 1, special.log_expit(logits.astype(float)), special.log_expit(-logits.astype(float)))
    np.testing.assert_allclose(model(x, logits)["output"], expected, rtol=5e-7)
    middle = np.abs(logits) < 10
    exact = stats.bernoulli(special.expit(logits[middle].astype(float))).logpmf(x[middle])
    np.testing.assert_allclose(model(x[middle], logits[middle])["output"], exact, rtol=2e-6)


def test_bernoulli_by_probabilities_at_the_ends(converted: Any) -> None:
    """What is certain has log-probability 0, and what cannot be −∞: MulNoNan's work."""
    model = converted(
        lambda x, probs: tfd.Bernoulli(probs=probs).log_prob(x),
        [spec("x", dtype=tf.int32), spec("probs", dtype=tf.float32)],
        inputs=lambda batch: [np.arange(batch) % 2, np.linspace(0, 1, batch)],
    )
    x, probs = np.array([0, 0, 1, 1, 0, 1], np.int32), np.array([0, 1, 0, 1, 0.25, 0.25], np.float32)
    with np.errstate(divide="ignore"):
        expected = stats.bernoulli(probs.astype(float)).logpmf(x)
    np.testing.assert_allclose(model(x, probs)["output"], expected, rtol=1e-6)


def test_a_shifted_log_normal_by_bijectors(converted: Any) -> None:
    chain = tfb.Chain([tfb.Shift(np.float64(0.5)), tfb.Exp(), tfb.Shift(np.float64(-0.3)), tfb.Scale(np.float64(0.8))])
    base = tfd.Normal(np.float64(0), np.float64(1))
    model = converted(
        tfd.TransformedDistribution(base, chain).log_prob,
        [spec("x")],
        inputs=lambda batch: [np.linspace(0.6, 9, batch)],
    )
    x = np.linspace(0.501, 20, 400)
    expected = stats.lognorm(s=0.8, loc=0.5, scale=np.exp(-0.3)).logpdf(x)
    np.testing.assert_allclose(model(x)["output"], expected, rtol=1e-12)


def test_an_affine_transformation_of_many_dimensions(converted: Any) -> None:
    rng = np.random.default_rng(0)
    tril, loc = np.tril(rng.normal(size=(6, 6)), -1) + np.diag(rng.uniform(0.5, 2, 6)), rng.normal(size=6)
    chain = tfb.Chain([tfb.Shift(loc), tfb.ScaleMatvecTriL(tril)])
    distribution = tfd.TransformedDistribution(tfd.MultivariateNormalDiag(np.zeros(6)), chain)
    model = converted(distribution.log_prob, [spec("x", 6)])
    x = rng.normal(size=(30, 6))
    np.testing.assert_allclose(model(x)["output"], stats.multivariate_normal(loc, tril @ tril.T).logpdf(x), rtol=1e-11)
