# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What latent variables in a recurrence are for
#
# A recurrent network whose outputs are independent given the past cannot say that the numbers of one step depend on
# each other. J. Chung et al., *A recurrent latent variable model for sequential data*, NeurIPS 2015, put a latent
# variable into each step. G. Lai et al., *Re-examination of the role of latent variables in sequence modeling*,
# NeurIPS 2019, answer that outputs which are autoregressive within a step do as well. Here both are tried where the
# truth is known; then masks, a real series, and a stream scored by ONNX Runtime. All logarithms are natural: nats.

# %%
import logging
import os
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

import tfgen
import tfgen_serving
from tfgen import datasets, judging, plots
from tfgen.demo.experiments import warm_adam

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "legend.frameon": False})
# %matplotlib inline

# %% [markdown]
# ## The claim, with the truth known
#
# Frames of eight numbers share a hidden autoregression, $x_t = s_t \mathbf{1} + \varepsilon_t$ with $s_t = 0.8\,
# s_{t-1} + \eta_t$. A Kalman filter knows $\log p(x_t \mid x_1 \dots x_{t-1})$ exactly, so a model's *gap* to the
# truth can be measured, sequence by sequence. Independent outputs must lose the total correlation of a frame given
# the past, whatever the network: 4.610 nats a step.

# %%
truth = datasets.CommonFactor()
test = truth.sample(2000, seed=2)["x"].astype("float32")
exact = truth.log_prob(test)
print(f"entropy {truth.entropy / truth.length:.4f} nats a step; independent outputs lose at least", end=" ")
print(f"{truth.independent_gap / truth.length:.4f}")


def trained(model, steps, rate=3e-3, batch=128):
    """A model after some steps on sequences of which none is seen twice."""
    model.compile(warm_adam(steps, rate=rate), jit_compile=True, steps_per_execution=50)
    model.fit(truth.sample(steps * batch, seed=1)["x"].astype("float32"), batch_size=batch, verbose=0)
    return model


def gap(score):
    difference = (exact - score) / truth.length
    return f"{difference.mean():.4f} ± {difference.std() / np.sqrt(len(difference)):.4f} nats a step"


keras.utils.set_random_seed(0)
independent = trained(tfgen.RNNDensity(event_shape=(8,), units=32, likelihood="gaussian"), 400)
autoregressive = trained(tfgen.RNNDensity(event_shape=(8,), units=32, likelihood="autoregressive"), 400)
vrnn = trained(
    tfgen.VRNN(event_shape=(8,), latent_dim=2, units=32, hidden=(64,), feature_units=(32,), latent_units=(32,)),
    700,
    8e-3,
)
print("RNN, independent Gaussians     ", gap(independent.log_prob(test).numpy()))
print("RNN, autoregressive in a frame ", gap(autoregressive.log_prob(test).numpy()))
for count in (1, 16):
    print(f"VRNN, bound of {count:2} samples       ", gap(vrnn.bound(test, num_samples=count, seed=0).numpy()))

# %% [markdown]
# Both ways close the gap; the claim and its answer are both right. Given longer, `python -m
# benchmarks.sequence_limits B10` printed:
#
# | model | gap, nats a step |
# |---|---|
# | RNN, independent Gaussians | 4.6197 ± 0.0068 |
# | RNN, mixture of ten | 0.0797 ± 0.0010 |
# | RNN, autoregressive in a frame | 0.0051 ± 0.0002 |
# | VRNN, ELBO and IWAE-64 | 0.0054 ± 0.0011, 0.0011 ± 0.0001 |
# | VRNN with a standard prior (VRNN-I) | 0.0202 ± 0.0012, 0.0151 ± 0.0004 |
# | STORN | 0.0050 ± 0.0011, 0.0011 ± 0.0001 |
#
# The latent variable is in use in every step, and tells most in the first, of which no past tells anything: what the
# frame says of $s_1$ is worth $\tfrac12 \log(1 + 8 / 0.1) = 2.20$ nats.

# %%
print(f"KL a step: {vrnn.kl_steps(test).numpy().mean(axis=0)[[0, 1, 10, 19]].round(2)} (steps 1, 2, 11, 20)")
display(plots.kl_over_time(vrnn.kl_steps(test).numpy(), title="VRNN: KL of each step"))
display(plots.sequences_beside(test[:4, :, :4], vrnn.sample(4, steps=20, seed=0).numpy()[..., :4], count=3))

# %% [markdown]
# ## Sequences of unequal length
#
# Padding stands behind a row's steps, and a mask says so. What is masked, NaN included, changes nothing.

# %%
ragged = [sequence[:length] for sequence, length in zip(test, (20, 3, 11), strict=False)]
data = datasets.pad_sequences(ragged)
padded = np.where(data["mask"][..., None], data["x"], np.nan)
alone = [float(vrnn.score(sequence[None])[0]) for sequence in ragged]
together = vrnn.score(padded, mask=data["mask"]).numpy()
print("scores of the padded batch", together.round(3), "largest difference", f"{np.abs(together - alone).max():.0e}")

# %% [markdown]
# ## A real series
#
# Yearly sunspot numbers, 1700 to 2008, standardised by the training part. A small network is trained on windows, and
# stopped where the validation part is scored best; then each year of the test part is scored given all years before.

# %%
sunspots = datasets.sunspots()
x, scored = sunspots.until("test")
before, counted = sunspots.until("validation")


class KeepBest(keras.callbacks.Callback):
    """The weights that score the validation part best, all steps before it given."""

    best, weights = -np.inf, None

    def on_epoch_end(self, epoch, logs=None):
        score = self.model.log_prob_steps(before).numpy()[counted].mean()
        if score > self.best:
            self.best, self.weights = score, self.model.get_weights()

    def on_train_end(self, logs=None):
        self.model.set_weights(self.weights)


keras.utils.set_random_seed(0)
rnn = tfgen.RNNDensity(event_shape=(1,), units=16)
rnn.compile(keras.optimizers.Adam(3e-3, global_clipnorm=1.0), jit_compile=True, steps_per_execution=5)
rnn.fit(sunspots.windows(60)["x"][:160], batch_size=32, epochs=60, verbose=0, callbacks=[KeepBest()])
scores = {
    "GRU": rnn.log_prob_steps(x).numpy()[scored],
    "autoregression": judging.autoregressive(sunspots.train["x"], x, scored),
    "seasonal naive": judging.seasonal_naive(sunspots.train["x"], x, scored, period=11),
}
for name, score in scores.items():
    difference = score - scores["autoregression"]
    error = difference.std() / np.sqrt(len(score))
    beside = f"less the autoregression's {difference.mean():+.3f} ± {error:.3f}"
    print(f"{name:15} log p {score.mean():.3f} nats a step; {beside}")

# %% [markdown]
# The predictive distribution of each year, by its quantiles, and the probability integral transform of the test part:
# of calibrated forecasts it is uniform. The test part has higher maxima than any year before it.

# %%
predictive = rnn.predictive_distribution(x)
levels = ((np.arange(200) + 0.5) / 200).astype("float32").reshape(-1, 1, 1, 1)
quantiles = predictive.distribution.quantile(levels).numpy()[:, 0, scored[0]]  # of each year's normal
years = sunspots.time[-quantiles.shape[1] :]
display(plots.forecast_bands(x[0, scored[0]], quantiles, time=years, xlabel="year", names=["standardised sunspots"]))
pit = predictive.cdf(x).numpy()[scored]
print(judging.pit_uniformity(pit))
display(plots.pit_histogram(pit, bins=10, title="sunspots"))

# %% [markdown]
# ## A stream
#
# A bundle's endpoints `start` and `step` hand the state out and in: a server that remembers nothing can score a
# sequence as it comes, and draw what may come next. Here ONNX Runtime does, and its scores sum to Keras's.

# %%
with tempfile.TemporaryDirectory() as folder:
    rnn.export(folder, format="bundle")
    stream = tfgen_serving.Scorer(folder).stream(seed=0)
    for value in x[0, :100]:
        stream.step(value[None])
    whole = float(rnn.score(x[:, :100])[0])
    print(f"{stream.time} steps by ONNX Runtime: {stream.total[0]:.3f} nats; by Keras at once: {whole:.3f}")
    print(f"a draw of the next step: {stream.next_x[0, 0]:.3f}")
