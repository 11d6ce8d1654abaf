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
# # Mixture densities and Bishop's inverse problem
#
# An inverse problem asks which cause $x$ made the effect $c$ that was seen. Several causes may fit, and
# then no single prediction is right, however good the network: what can be learned is the density
# $p(x \mid c)$.
#
# Here a network with one normal output fails by an amount that can be computed beforehand, a mixture
# density network comes within a hundredth of a nat of the known truth, and the same model then scores from
# an ONNX file.
#
# Sources: C. M. Bishop, *Mixture density networks*, Aston University, NCRG/94/004, 1994; C. M. Bishop,
# *Pattern Recognition and Machine Learning* (PRML), Springer 2006, section 5.6. Their target $t$ is `x`
# here, and their input $x$ is `context`, $c$. All logarithms are natural: densities are in nats.

# %%
import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np

import tfgen
from tfgen.judging import paired_gap

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "figure.constrained_layout.use": True, "legend.frameon": False})

# %% [markdown]
# ## The problem
#
# $$x \sim N(0.5,\ 0.25^2), \qquad c = f(x) + \varepsilon, \qquad f(x) = x + 0.3 \sin 2\pi x, \qquad
# \varepsilon \sim N(0,\ 0.05^2)$$
#
# Bishop's $x$ and noise are uniform; with normal ones the density has no hard edges. From $x$ to $c$ one
# answer is right. Back from $c$ to $x$ up to three are, because $f$ folds:
# $f'(x) = 1 + 0.6\,\pi \cos 2\pi x$ changes its sign. By Bayes' theorem
# $p(x \mid c) = p(x)\,p(c \mid x) / p(c)$ is known up to a one-dimensional integral, which `truth.log_prob`
# does by quadrature; so is the entropy, the least mean $-\log q(x \mid c)$ that any model $q$ can have.

# %%
truth = tfgen.datasets.by_name("bishop-inverse-smooth")
test = truth.sample(50_000, seed=2)
truth_log_prob = truth.log_prob(**test)


def forward(x):
    return x + 0.3 * np.sin(2 * np.pi * x)


print(f"entropy of x given the context: {truth.entropy:.5f} nats")

x, context = test["x"][:2000], test["context"][:2000]
curve = np.linspace(-0.3, 1.3, 400)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.2))
axes[0].scatter(x, context, s=3, alpha=0.4)
axes[0].plot(curve, forward(curve), color="black")
axes[0].set(title="forward: one context for each x", xlabel="x", ylabel="context")
axes[1].scatter(context, x, s=3, alpha=0.4)
axes[1].plot(forward(curve), curve, color="black")
axes[1].set(title="inverse: up to three x for a context", xlabel="context", ylabel="x")
for axis in axes:
    axis.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3))
plt.show()

# %% [markdown]
# ## Why least squares averages the branches
#
# For any function $m$, with expectations over $p(x, c)$,
#
# $$E\,(x - m(c))^2 = E\,\operatorname{Var}[x \mid c] + E\,(m(c) - E[x \mid c])^2 .$$
#
# The best prediction under squared error is the conditional mean $E[x \mid c]$, and where two branches fit,
# that mean may lie between them, at an $x$ that did not make $c$. A least-squares network is a normal of
# constant variance fitted by maximum likelihood. `MDN(components=1)` learns the variance too, and its
# optimum is $N(E[x \mid c],\ \operatorname{Var}[x \mid c])$: the same mean. Even that optimum has the gap
#
# $$E_c\, KL\big(p(\cdot \mid c)\,\|\,N\big) =
# E_c\, \tfrac12 \log\big(2 \pi e \operatorname{Var}[x \mid c]\big) - H(x \mid c) > 0,$$
#
# which no width, depth or training time reduces. Both moments follow by quadrature from the known density.

# %%
xs = np.linspace(-1, 2, 601)
contexts = np.linspace(-1, 2, 601)


def on_grid(log_density, xs, contexts):
    """log p(x | context) at all pairs, [len(xs), len(contexts)]."""
    c, x = np.meshgrid(contexts, xs)
    return np.asarray(log_density(x.reshape(-1, 1), context=c.reshape(-1, 1))).reshape(c.shape)


density = np.exp(on_grid(truth.log_prob, xs, contexts))
weights = density / density.sum(axis=0)
true_mean = xs @ weights
true_variance = np.square(xs) @ weights - np.square(true_mean)


def best_normal_log_prob(x, context):
    mean = np.interp(context[:, 0], contexts, true_mean)
    variance = np.interp(context[:, 0], contexts, true_variance)
    return -0.5 * (np.log(2 * np.pi * variance) + np.square(x[:, 0] - mean) / variance)


at = np.abs(contexts - 0.33).argmin()
mean_density = np.exp(truth.log_prob([[true_mean[at]]], context=[[contexts[at]]])[0])
print(f"at context 0.33 the mean of x is {true_mean[at]:.3f}")
print(f"  density at the mean: {mean_density:.3f}")
print(f"  density at the mode: {density[:, at].max():.3f}")
print("gap of the best normal:", paired_gap(truth_log_prob, best_normal_log_prob(**test)))


# %% [markdown]
# The gap is the mean of $\log p(x_i \mid c_i) - \log q(x_i \mid c_i)$ over held-out rows drawn from the
# truth, an unbiased estimate of $E_c\,KL(p \,\|\, q)$; what follows ± is its standard error. Both densities
# are taken on the same rows, so that the rows' own scatter cancels.
#
# Now the network. Data come without end, so that each row is used once and nothing can be overfitted.


# %%
def train(components, steps=8000, batch_size=512):
    keras.utils.set_random_seed(0)
    model = tfgen.MDN(event_shape=(1,), context_shape=(1,), components=components, hidden=(64, 64))
    rate = keras.optimizers.schedules.CosineDecay(1e-2, steps)
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=50)
    rows = truth.sample(steps * batch_size, seed=1)
    model.fit(rows["context"], rows["x"], batch_size=batch_size, epochs=1, verbose=0)
    return model


unimodal = train(components=1)
print("gap of MDN(components=1):", paired_gap(truth_log_prob, unimodal.log_prob(**test)))

# %%
line = np.linspace(-0.3, 1.3, 321)
normal = unimodal.distribution(line[:, None])
mean, deviation = normal.mean().numpy()[:, 0], normal.stddev().numpy()[:, 0]

figure, axis = plt.subplots(figsize=(7, 4.6))
axis.scatter(context, x, s=3, alpha=0.3, color="grey")
axis.fill_between(line, mean - deviation, mean + deviation, alpha=0.25, label="MDN(components=1): mean ± sd")
axis.plot(line, mean, color="C0", linewidth=2)
exact_mean = np.interp(line, contexts, true_mean)
axis.plot(line, exact_mean, color="black", linestyle="--", label="exact E[x | context]")
axis.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), xlabel="context", ylabel="x")
axis.set_title("The mean crosses where there are no data")
axis.legend(loc="upper left")
plt.show()

# %% [markdown]
# The network learned the mean that it was asked for. Near the contexts 0.3 and 0.7 one branch ends, another
# begins, and the mean crosses over where there are no data; between them one broad normal covers three
# branches. Its gap is that of the best normal and a little more, since the exact variance rises and falls
# about a hundredfold within 0.1 of context.
#
# ## A mixture of ten normals
#
# $$p(x \mid c) = \sum_{k=1}^{K} \pi_k(c)\, N\big(x;\ \mu_k(c),\ \sigma_k(c)^2\big)$$
#
# One network gives $\pi$ by a softmax, $\mu$ as it comes and $\sigma$ by a shifted softplus (PRML 5.148 to
# 5.152, where $\sigma$ is an exponential). It is trained by the mean of $-\log p(x \mid c)$ (PRML 5.153):
# its loss is in nats, and cannot fall below the entropy but by chance.

# %%
mdn = train(components=10)

gaps = {
    "best normal": paired_gap(truth_log_prob, best_normal_log_prob(**test)),
    "MDN(components=1)": paired_gap(truth_log_prob, unimodal.log_prob(**test)),
    "MDN(components=10)": paired_gap(truth_log_prob, mdn.log_prob(**test)),
}
print(f"gap to the truth, {len(test['x']):,} held-out rows")
for name, gap in gaps.items():
    print(f"  {name:<19} {gap}")

# %%
view = np.linspace(-0.3, 1.3, 240)
panels = {"exact": truth.log_prob, "MDN(components=1)": unimodal.log_prob, "MDN(components=10)": mdn.log_prob}
images = {name: on_grid(log_density, view, view) for name, log_density in panels.items()}
peak = images["exact"].max()

figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharex=True, sharey=True)
for axis, (name, image) in zip(axes, images.items(), strict=True):
    shown = axis.imshow(image, extent=(-0.3, 1.3, -0.3, 1.3), origin="lower", vmin=peak - 8, vmax=peak)
    axis.set(title=name, xlabel="context")
axes[0].set(ylabel="x", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
figure.colorbar(shown, ax=axes, label="log p(x | context), nats", extend="min")
plt.show()

# %% [markdown]
# Every column of a picture is one density of $x$; whatever is eight nats or more below the peak has one
# colour. The same network, trained alike, now follows the branches. Other seeds end at gaps of 0.003 to
# 0.008 nats.
#
# ## What the network learned
#
# `model.distribution(context)` is a `tfd.MixtureSameFamily`. Its parts, as functions of the context, are
# the figures of PRML section 5.6: components come in where a branch begins and go out where it ends. Lines
# of means are as opaque as their coefficient is large.

# %%
mixture = mdn.distribution(line[:, None])
coefficients = mixture.mixture_distribution.probs_parameter().numpy()
means = mixture.components_distribution.mean().numpy()[..., 0]

figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharex=True)
for k in range(coefficients.shape[1]):
    colour = plt.get_cmap("tab10")(k)
    axes[0].plot(line, coefficients[:, k], color=colour)
    opacity = np.minimum(1.0, 2 * coefficients[:, k])
    axes[1].scatter(line, means[:, k], s=8, linewidths=0, color=[(*colour[:3], alpha) for alpha in opacity])
axes[1].plot(forward(curve), curve, color="black", linewidth=0.8, linestyle="--", label="context = f(x)")
axes[0].set(title="mixing coefficients", xlabel="context", ylabel=r"$\pi_k$", ylim=(0, 1))
axes[1].set(title="means", xlabel="context", ylabel=r"$\mu_k$", xlim=(-0.3, 1.3), ylim=(-0.3, 1.3))
axes[1].legend(loc="upper left")
plt.show()

# %% [markdown]
# ## Mean and mode
#
# The mixture's mean is $\sum_k \pi_k \mu_k$ (PRML 5.158), and it estimates the same $E[x \mid c]$ as
# before. Its mode has no closed form; on a grid of one dimension it is one `argmax`. Which to report
# depends on the question. The mean is nearest to $x$ in squared error, $\hat x - x$. The mode is an $x$
# that explains $c$: its $f(\hat x) - c$ is less even than the true $x$'s, which is the noise.


# %%
def modes(log_density, contexts):
    return xs[on_grid(log_density, xs, contexts).argmax(axis=0)]


x, context = test["x"][:500, 0], test["context"][:500, 0]
answers = {
    "true x": x,
    "exact mean": np.interp(context, contexts, true_mean),
    "MDN's mean": mdn.distribution(context[:, None]).mean().numpy()[:, 0],
    "exact mode": modes(truth.log_prob, context),
    "MDN's mode": modes(mdn.log_prob, context),
}
print(f"root mean squares, {len(x)} held-out rows    x̂ − x    f(x̂) − c")
for name, answer in answers.items():
    error, residual = (np.sqrt(np.mean(np.square(v))) for v in (answer - x, forward(answer) - context))
    print(f"{name:<36} {error:8.3f} {residual:10.3f}")

figure, axis = plt.subplots(figsize=(7, 4.6))
axis.scatter(test["context"][:2000], test["x"][:2000], s=3, alpha=0.3, color="grey")
axis.plot(line, mixture.mean().numpy()[:, 0], color="C0", linewidth=2, label="MDN's mean")
axis.scatter(line, modes(mdn.log_prob, line), s=6, color="C3", label="MDN's mode")
axis.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), xlabel="context", ylabel="x")
axis.set_title("The mode jumps from branch to branch; the mean crosses between")
axis.legend(loc="upper left")
plt.show()

# %% [markdown]
# ## Sampling
#
# A draw is a function of its seed and its context alone. The same seed gives the same draws, and a longer
# request begins with the shorter one's. Samples have TFP's order: [draws, contexts, \*event].

# %%
three = np.array([[0.2], [0.33], [0.5]], np.float32)
draws = mdn.sample(5000, context=three, seed=7).numpy()
print("shape:", draws.shape)
print("the same again:", np.array_equal(draws, mdn.sample(5000, context=three, seed=7)))
print("five draws are the first five:", np.array_equal(draws[:5], mdn.sample(5, context=three, seed=7)))

figure, axes = plt.subplots(1, 3, figsize=(12, 3.4))
exact = np.exp(on_grid(truth.log_prob, xs, three[:, 0]))
for column, axis in enumerate(axes):
    bins = np.linspace(-0.1, 1.1, 121)
    axis.hist(draws[:, column, 0], bins=bins, density=True, alpha=0.5, label="MDN's draws")
    axis.plot(xs, exact[:, column], color="black", label="exact density")
    axis.set(title=f"context = {three[column, 0]:.2f}", xlabel="x", xlim=(-0.1, 1.1))
axes[0].set_ylabel("density")
axes[0].legend(loc="upper right")
plt.show()

# %% [markdown]
# ## Calibration
#
# With $F(\cdot \mid c)$ the model's distribution function, the probability integral transform
# $u_i = F(x_i \mid c_i) = \sum_k \pi_k \Phi\big((x_i - \mu_k) / \sigma_k\big)$ of held-out rows is uniform
# if the model is the truth. The band holds 95% of the bars that a uniform $u$ would give. Beside it the
# largest distance between the empirical distribution function of $u$ and the diagonal; for a uniform $u$ it
# is below $1.36/\sqrt n$ with probability 0.95 (Kolmogorov).

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
rows, bins = len(test["x"]), 25
spread = 1.96 * np.sqrt((bins - 1) / rows)
models = {"MDN(components=1)": unimodal, "MDN(components=10)": mdn}
for axis, (name, model) in zip(axes, models.items(), strict=True):
    transform = np.sort(model.distribution(test["context"]).cdf(test["x"]).numpy())
    ranks = np.arange(rows + 1) / rows
    distance = max((ranks[1:] - transform).max(), (transform - ranks[:-1]).max())
    print(f"{name:<19} largest distance {distance:.4f}, 95% limit {1.36 / np.sqrt(rows):.4f}")
    axis.hist(transform, bins=np.linspace(0, 1, bins + 1), density=True, alpha=0.6)
    axis.axhspan(1 - spread, 1 + spread, color="black", alpha=0.2, linewidth=0)
    axis.axhline(1, color="black", linewidth=0.8)
    axis.set(title=name, xlabel="u", xlim=(0, 1), ylim=(0, 2))
axes[0].set_ylabel("density of u")
plt.show()

# %% [markdown]
# ## Out of Python
#
# A `.keras` file brings the model back to Keras. A bundle holds the model for TensorFlow Serving and ONNX
# Runtime. `Scorer` runs a bundle without TensorFlow: the scores of the held-out rows are the same but for
# rounding in float32, and the draws of a seed are the same draws.

# %%
from tfgen_serving import Scorer

scores, draws = mdn.log_prob(**test).numpy(), mdn.sample(100, context=three, seed=7).numpy()


def largest_difference(a, b):
    return f"{np.abs(a - b).max():.1e}"


with tempfile.TemporaryDirectory() as folder:
    mdn.save(Path(folder) / "mdn.keras")
    loaded = tfgen.load_model(Path(folder) / "mdn.keras")
    print("scores, saved and loaded: largest difference", largest_difference(loaded.log_prob(**test), scores))

    mdn.export(Path(folder) / "bishop", format="bundle")
    scorer = Scorer(Path(folder) / "bishop")
    served_scores = scorer.score(test["x"], context=test["context"])
    served_draws = scorer.sample(100, context=three, seed=7)

print("endpoints:", ", ".join(scorer.endpoints))
print("scores, ONNX Runtime and Keras: largest difference", largest_difference(served_scores, scores), "nats")
print("draws, ONNX Runtime and Keras: largest difference", largest_difference(served_draws, draws))
