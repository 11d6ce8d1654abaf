"""What the callback adds to an epoch's logs."""

import keras
import numpy as np
import pytest

import tfgen

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")


def vae(**arguments):
    keras.utils.set_random_seed(1)
    model = tfgen.VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(8,), **arguments)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def test_the_history_holds_what_the_posterior_says():
    model = vae()
    history = model.fit(X, epochs=3, verbose=0, callbacks=[tfgen.callbacks.LatentUsageMonitor(X[:40])]).history
    encoded = {name: value.numpy().astype(float) for name, value in model.run("encode", x=X[:40]).items()}
    kl = (0.5 * (encoded["z"] ** 2 + encoded["scale"] ** 2 - 1) - np.log(encoded["scale"])).mean(axis=0)
    np.testing.assert_allclose([history["kl_0"][-1], history["kl_1"][-1]], kl, rtol=1e-5)
    assert history["active_units"][-1] == (encoded["z"].var(axis=0, ddof=1) > 0.01).sum()
    assert len(history["active_units"]) == 3


def test_a_collapse_shows():
    """What is forced to the prior by a great β is of no use, and said to be so."""
    watch = tfgen.callbacks.LatentUsageMonitor(X)
    history = vae(beta=200.0).fit(X, epochs=40, batch_size=10, verbose=0, callbacks=[watch]).history
    assert history["active_units"][-1] == 0
    assert history["kl_0"][-1] + history["kl_1"][-1] < 0.02


def test_callbacks_that_come_after_it_see_it(tmp_path):
    path = tmp_path / "log.csv"
    callbacks = [tfgen.callbacks.LatentUsageMonitor(X), keras.callbacks.CSVLogger(path)]
    vae().fit(X, epochs=2, verbose=0, callbacks=callbacks)
    assert "active_units" in path.read_text().splitlines()[0]


def test_bad_models_and_data_are_refused_before_training():
    flow = tfgen.RealNVP(event_shape=(3,), couplings=2, hidden=(4,))
    flow.compile()
    with pytest.raises(ValueError, match=r"LatentUsageMonitor needs a VAE. Received: RealNVP"):
        flow.fit(X, verbose=0, callbacks=[tfgen.callbacks.LatentUsageMonitor(X)])
    model = vae()
    before = model.get_weights()
    with pytest.raises(ValueError, match="`x`"):
        model.fit(X, verbose=0, callbacks=[tfgen.callbacks.LatentUsageMonitor(X[:1])])
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_what_has_no_moments_is_refused():
    flow = {"event_shape": (2,), "hidden": (4,), "standardize": False}
    for part in ({"prior": tfgen.RealNVP(couplings=2, **flow)}, {"posterior": tfgen.IAF(transforms=1, **flow)}):
        with pytest.raises(ValueError, match="in closed form"):
            vae(**part).fit(X, verbose=0, callbacks=[tfgen.callbacks.LatentUsageMonitor(X)])
