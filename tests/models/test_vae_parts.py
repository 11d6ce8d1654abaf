"""Priors and posteriors of VAEs: their densities by other ways, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from tensorflow_probability import distributions as tfd

import tfgen
from tfgen.models.flow_distribution import FlowDistribution
from tfgen.models.latent_kl import latent_kl
from tfgen.models.priors import VampPrior
from tfgen.models.scored_draws import draw_and_log_prob
from tfgen.noise import Noise, seed_rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
SEEDS = tf.constant(seed_rows(50, 3))


def vae(seed=1, **arguments):
    keras.utils.set_random_seed(seed)
    given = {"latent_dim": 2, "likelihood": "gaussian", "hidden": (4,), "activation": "tanh", "dtype": "float64"}
    model = tfgen.VAE(event_shape=(3,), **given | arguments)
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.3 * rng.normal(size=weight.shape))
    return model


def flow_of(kind, **arguments):
    flow = kind(event_shape=(2,), hidden=(8,), activation="tanh", standardize=False, dtype="float64", **arguments)
    rng = np.random.default_rng(5)
    flow.set_weights([value + 0.4 * rng.normal(size=value.shape) for value in flow.get_weights()])
    return flow


def test_a_full_posteriors_kl_is_scipys():
    posterior = vae(posterior="full").build_posterior(tf.constant(X))
    location, scale = RNG.normal(size=2), np.exp(RNG.normal(size=2))
    prior = tfd.Independent(tfd.Normal(location, scale), 1)
    z, log_posterior = draw_and_log_prob(posterior, Noise(SEEDS))
    found = latent_kl(posterior, prior, z, log_posterior)
    assert found.shape == (50, 1)
    # −H(q) − E_q[log p], the second by the moments that the covariance holds.
    for row in range(50):
        mean, covariance = posterior.mean()[row].numpy(), posterior.covariance()[row].numpy()
        moments = np.diag(covariance) + (mean - location) ** 2
        cross = (0.5 * moments / scale**2 + np.log(scale) + 0.5 * np.log(2 * np.pi)).sum()
        expected = cross - stats.multivariate_normal(mean, covariance).entropy()
        np.testing.assert_allclose(found[row, 0], expected, rtol=1e-10)


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
def test_a_kl_in_closed_form_is_the_mean_of_its_draws(posterior):
    model = vae(posterior=posterior)
    q = model.build_posterior(tf.constant(np.repeat(X[:1], 40_000, axis=0)))
    z, log_q = draw_and_log_prob(q, Noise(tf.constant(seed_rows(40_000, 0))))
    draws = (log_q - model.build_prior().log_prob(z)).numpy()
    exact = tf.reduce_sum(latent_kl(q, model.build_prior(), z, log_q), axis=-1).numpy()[0]
    assert abs(draws.mean() - exact) < 4 * draws.std() / 200


@pytest.mark.parametrize("kind", [tfgen.IAF, tfgen.RealNVP])
def test_a_flow_posterior_scores_its_draws_as_the_change_of_variables_says(kind):
    """log q(z) by the Jacobian that automatic differentiation gives, and by the flow's other direction."""
    model = vae(posterior=flow_of(kind, context_shape=(4,)))
    inferred = model.infer({"x": tf.constant(X)})
    q = model.make_posterior(inferred)
    z, log_q = draw_and_log_prob(q, Noise(SEEDS))
    np.testing.assert_allclose(q.log_prob(z), log_q, rtol=1e-9, atol=1e-9)
    location, deviation = q.distribution.mean(), q.distribution.stddev()
    noise = (q.bijector.inverse(z) - location) / deviation
    with tf.GradientTape() as tape:
        tape.watch(noise)
        value = model.make_posterior(inferred).bijector.forward(location + deviation * noise)
    jacobian = tape.batch_jacobian(value, noise).numpy()
    expected = stats.norm.logpdf(noise.numpy()).sum(axis=1) - np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(log_q, expected, rtol=1e-8, atol=1e-8)


def test_a_flow_posterior_depends_on_x_through_its_flow_too():
    model = vae(posterior=flow_of(tfgen.IAF, context_shape=(4,)))
    q = model.build_posterior(tf.constant(X[:2]))
    same = tf.zeros([2, 2], "float64")
    shift = q.bijector.forward(same).numpy()
    assert np.abs(shift[0] - shift[1]).min() > 1e-4


def test_a_flow_prior_is_the_flows_density():
    flow = flow_of(tfgen.RealNVP)
    model = vae(prior=flow)
    z = RNG.normal(size=(7, 2))
    np.testing.assert_allclose(model.build_prior().log_prob(z), flow.log_prob(z), rtol=1e-12)
    before = [value.copy() for value in flow.get_weights()]
    model.compile("adam")
    model.fit(X, verbose=0)
    assert any((old != new).any() for old, new in zip(before, flow.get_weights(), strict=True))


def test_an_mdn_is_a_conditional_prior():
    mixture = tfgen.MDN(event_shape=(2,), context_shape=(2,), components=2, hidden=(4,), dtype="float64")
    model = vae(prior=mixture, context_shape=(2,))
    z, context = RNG.normal(size=(7, 2)), RNG.normal(size=(7, 2))
    found = model.build_prior(tf.constant(context)).log_prob(z)
    np.testing.assert_allclose(found, mixture.log_prob(z, context), rtol=1e-12)
    assert model.sample(3, context, seed=0).shape == (3, 7, 3)


def test_a_vamp_prior_is_the_mean_of_the_pseudo_inputs_posteriors():
    model = vae(prior="vamp", prior_components=5)
    z = RNG.normal(size=(7, 2))
    encoded = model.build_posterior(tf.convert_to_tensor(model.prior.pseudo_inputs))
    mean, deviation = encoded.mean().numpy(), encoded.stddev().numpy()
    each = stats.norm.logpdf(z[:, None], mean, deviation).sum(axis=-1)
    np.testing.assert_allclose(model.build_prior().log_prob(z), np.log(np.exp(each).mean(axis=1)), rtol=1e-10)


def test_fit_puts_pseudo_inputs_where_the_data_are_and_only_once(tmp_path):
    model = vae(prior="vamp", prior_components=5)
    model.compile(keras.optimizers.SGD(0.0))
    model.fit(X, verbose=0)
    rows = X[np.linspace(0, 49, 5).round().astype(int)]
    np.testing.assert_allclose(model.prior.pseudo_inputs, rows, rtol=1e-12)
    model.save(tmp_path / "vamp.keras")
    loaded = tfgen.load_model(tmp_path / "vamp.keras")
    assert isinstance(loaded.prior, VampPrior)
    loaded.fit(X + 1, verbose=0)
    np.testing.assert_allclose(loaded.prior.pseudo_inputs, rows, rtol=1e-12)


def test_a_learned_prior_closes_what_a_standard_one_leaves_open():
    """Two far clusters, decoded linearly: N(0, I) of one z has no gap in its middle, a mixture has."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    side = rng.integers(2, size=4000) * 2 - 1
    x = (side[:, None] * np.array([4.0, -4.0]) + 0.3 * rng.normal(size=(4000, 2))).astype("float32")
    scores = {}
    for prior in ("standard", "vamp"):
        model = tfgen.VAE(
            event_shape=(2,),
            latent_dim=1,
            likelihood="gaussian",
            prior=prior,
            prior_components=10,
            encoder=keras.Sequential([keras.layers.Dense(16, "tanh")]),
            decoder=keras.layers.Identity(),
        )
        model.compile(keras.optimizers.Adam(2e-2), steps_per_execution=40)
        model.fit(x, batch_size=100, epochs=20, verbose=0)
        scores[prior] = float(np.mean(model.bound(x, num_samples=64, seed=0)))
    assert scores["vamp"] > scores["standard"] + 0.4


SHARED = flow_of(tfgen.RealNVP)
TRAINED = tfgen.RealNVP(event_shape=(2,), couplings=2, hidden=(4,), dtype="float64")
TRAINED.adapt(X[:, :2])
REFUSED = [
    ({"posterior": "flat"}, r"`posterior` must be one of \('diagonal', 'full'\), a flow"),
    (
        {"posterior": tfgen.layers.IndependentBernoulli(event_shape=(2,), dtype="float64")},
        "`posterior` must be one of .* or an IndependentNormal",
    ),
    (
        {"posterior": tfgen.layers.MixtureNormal(event_shape=(2,), components=2, dtype="float64")},
        "`posterior` must be one of .* or an IndependentNormal",
    ),
    ({"posterior": tfgen.layers.IndependentNormal(event_shape=(3,), dtype="float64")}, "`posterior` must have event"),
    ({"posterior": tfgen.layers.IndependentNormal(event_shape=(2,))}, "`posterior` must have the model's dtype"),
    ({"prior": "vamp", "context_shape": (2,)}, "`prior` must not be 'vamp' with a context"),
    ({"prior": "vamp", "posterior": "full"}, "`posterior` must be 'diagonal' with prior='vamp'"),
    ({"prior_components": 0}, "`prior_components` must be an integer of at least 1"),
    ({"prior": tfgen.MDN(event_shape=(2,), context_shape=(3,), components=2)}, "`prior` must have event_shape"),
    ({"prior": tfgen.RealNVP(event_shape=(2,), standardize=False)}, "`prior` must have the model's dtype, float64"),
    ({"prior": tfgen.RealNVP(event_shape=(2,), dtype="float64")}, "`prior` must have standardize=False"),
    ({"prior": TRAINED}, "`prior` must have standardize=False"),
    ({"posterior": tfgen.RealNVP(event_shape=(2,), dtype="float64")}, "`posterior` must have standardize=False"),
    (
        {"prior": tfgen.RealNVP(event_shape=(2,), standardize=False, low=0, dtype="float64")},
        "`prior` must be a flow of all real numbers",
    ),
    ({"prior": SHARED, "posterior": SHARED}, "`posterior` must share no layer with `prior`"),
    ({"gradient_estimator": "score"}, "`gradient_estimator` must be one of"),
    ({"gradient_estimator": "dreg"}, "`training_samples` must be 2 at least"),
    (
        {"gradient_estimator": "dreg", "training_samples": 2, "posterior": flow_of(tfgen.IAF, context_shape=(4,))},
        "`posterior` must be no flow with gradient_estimator='dreg'",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        vae(**arguments)


def test_the_moments_of_a_prior():
    model = vae(prior="conditional", context_shape=(2,))
    context = RNG.normal(size=(5, 2))
    found, prior = model.prior_moments(context), model.build_prior(tf.constant(context))
    np.testing.assert_allclose(found["z"], prior.mean())
    np.testing.assert_allclose(found["scale"], prior.stddev())
    np.testing.assert_array_equal(vae().prior_moments()["scale"], [1, 1])
    with pytest.raises(ValueError, match="`prior` must have a mean and a standard deviation in closed form"):
        vae(prior=flow_of(tfgen.RealNVP)).prior_moments()


def test_pseudo_inputs_leave_batch_statistics_to_the_data():
    encoder = keras.Sequential([keras.layers.BatchNormalization(momentum=0.0), keras.layers.Dense(4)])
    model = tfgen.VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", prior="vamp", encoder=encoder)
    model.prior.adapt(np.full((5, 3), -50.0), lambda x: x)
    model.compile(keras.optimizers.SGD(0.0))
    x = X.astype("float32") + 10
    model.fit(x, batch_size=50, verbose=0)
    np.testing.assert_allclose(encoder.layers[0].moving_mean, x.mean(axis=0), rtol=1e-5)


def test_a_flow_as_a_layer_works_alone():
    layer = FlowDistribution(flow=flow_of(tfgen.IAF, context_shape=(4,)), dtype="float64")
    copy = FlowDistribution.from_config(layer.get_config())
    features, z = tf.constant(RNG.normal(size=(6, 5))), tf.constant(RNG.normal(size=(6, 2)))
    layer(features), copy(features)
    copy.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(features).log_prob(z), copy(features).log_prob(z), rtol=1e-12)
