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
# # Normalising flows: from a Gaussian to two moons, and Glow on digits
#
# A normalising flow is an invertible map $x = f(z)$ of a standard normal $z$. It has an exact density,
#
# $$\log p(x) = \log N\big(f^{-1}(x);\ 0, I\big) + \log \left|\det \frac{\partial f^{-1}}{\partial x}\right|,$$
#
# so it is trained by maximum likelihood, without a bound. All depends on maps $f$ that bend space enough and whose
# determinant is cheap. Here a flow of splines bends a Gaussian into two moons, whose density is known, so that the
# distance to the truth can be told; and Glow, a flow of images, learns grey digits by class.
#
# Sources: L. Dinh, J. Sohl-Dickstein and S. Bengio, *Density estimation using Real NVP*, ICLR 2017; C. Durkan,
# A. Bekasov, I. Murray and G. Papamakarios, *Neural spline flows*, NeurIPS 2019; D. P. Kingma and P. Dhariwal,
# *Glow: generative flow with invertible 1×1 convolutions*, NeurIPS 2018. All logarithms are natural: nats.

# %%
import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

import tfgen
import tfgen_serving
from tfgen import plots
from tfgen.bijectors import OnePassChain
from tfgen.judging import paired_gap

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "legend.frameon": False})
# %matplotlib inline

# %% [markdown]
# ## Couplings
#
# A coupling keeps some entries, $k$, and changes the others, $c$, one by one, by an increasing function $T$ whose
# parameters are whatever a network says of the kept ones:
#
# $$f(k, c) = \big(k,\ T(c;\ \theta(k))\big), \qquad
# \log \left|\det \frac{\partial f}{\partial z}\right|
# = \sum_i \log \frac{\partial T(c_i;\ \theta_i(k))}{\partial c_i} .$$
#
# The Jacobian is triangular, and the way back needs $T^{-1}$ alone: the network is never inverted. RealNVP takes
# $T(c) = c\,e^{s} + t$; here $T$ is a spline of rational quadratic pieces. Couplings that keep the one and the other
# entry by turns, with a linear map between them, make up the flow.
#
# `fit` sees 200 000 points and takes 1000 steps. `jit_compile` with several steps an execution makes one program of
# them: the network is so small that all else would take longer than it.

# %%
moons = tfgen.datasets.TwoMoons()
x = moons.sample(200_000, seed=1)["x"]
held_out = moons.sample(10_000, seed=2)["x"]

keras.utils.set_random_seed(0)
flow = tfgen.SplineFlow(event_shape=(2,))
steps, batch_size = 1000, 500
rate = keras.optimizers.schedules.CosineDecay(0.0, steps - 100, warmup_target=5e-3, warmup_steps=100)
flow.compile(keras.optimizers.Adam(rate), jit_compile=True, steps_per_execution=50)
history = flow.fit(x, batch_size=batch_size, epochs=-(-steps * batch_size // len(x)), verbose=0)

gap = paired_gap(moons.log_prob(held_out), flow.log_prob(held_out).numpy())
print(
    f"held-out points: {-np.mean(flow.log_prob(held_out)):.4f} nats, the truth {-np.mean(moons.log_prob(held_out)):.4f}"
)
print(f"E[log p*(x) − log q(x)] = {gap}")
display(
    plots.density_beside_truth(
        moons.log_prob, flow.log_prob, flow.sample(3000, seed=0), limits=((-1.6, 2.6), (-1.1, 1.6)), title="Two moons"
    )
)

# %% [markdown]
# ## Layer by layer
#
# Every layer is a bijector of its own. Points of the Gaussian, coloured by their angle, on their way to the data:

# %%
z = np.random.default_rng(0).normal(size=(4000, 2)).astype("float32")
layers = flow.bijector_layers
fig, axes = plt.subplots(1, 5, figsize=(14, 2.9), layout="constrained")
for axis, kept in zip(axes, np.linspace(len(layers), 0, 5).round().astype(int), strict=True):
    # The layers nearest to z pass first; `kept` are left.
    passed = [layer() for layer in layers[kept:]]
    points = OnePassChain(passed).forward(z).numpy() if passed else z
    axis.scatter(*points.T, c=np.arctan2(z[:, 1], z[:, 0]), cmap="hsv", s=2, linewidths=0)
    axis.set(title=f"{len(passed)} of {len(layers)} layers", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## Grey digits: whole numbers need noise
#
# Pixels are whole numbers, 0 to 16. A density of whole numbers can grow without bound, so a flow gets
# $y = (x + u)/17$ with noise $u$ in $(0, 1)$, and what it says of $y$ bounds the probability of $x$,
#
# $$\log P(x) \ \ge\ E_{q(u \mid x)} \Big[\log p\Big(\frac{x + u}{17}\Big) - \log q(u \mid x)\Big] - D \log 17 ,$$
#
# which `Dequantized` does, with uniform noise unless told otherwise. Its score is called a bound. Inside is Glow: at
# each of two scales, blocks of 2×2 pixels become channels, which pass steps of an ActNorm, an invertible 1×1
# convolution and an affine coupling by a small convolutional network; then half of the channels go to $z$. The class
# is a context that every network sees. `low`, `high` and `margin` put a logit before it all, as RealNVP does.

# %%
digits = tfgen.datasets.digits(binarisation=None)
labels = {split: np.eye(10, dtype="float32")[digits.labels[split]] for split in ("train", "validation", "test")}


def inputs(split):
    return {"x": getattr(digits, split)["x"], "context": labels[split]}


keras.utils.set_random_seed(0)
glow = tfgen.Glow(
    event_shape=digits.event_shape, context_shape=(10,), scales=2, depth=2, hidden=(32, 32), low=0, high=1, margin=0.05
)
model = tfgen.Dequantized(glow, levels=digits.levels, num_samples=16)
epochs, batch_size = 15, 60
rate = keras.optimizers.schedules.CosineDecay(0.0, epochs * 20 - 40, warmup_target=4e-3, warmup_steps=40)
model.compile(keras.optimizers.Adam(rate), steps_per_execution=20)  # an epoch has 20 steps
history = model.fit(
    inputs("train"), validation_data=inputs("validation"), batch_size=batch_size, epochs=epochs, verbose=0
)
display(plots.training_curves(history, terms=["nll"], title="Glow on digits"))

# %%
bits = -np.mean(model.bound(**inputs("test"), num_samples=16, seed=0)) / (64 * np.log(2))
counts = np.stack([np.sum(digits.train["x"] == level, axis=0) for level in range(17)]) + 0.5
table = np.log2(counts / counts.sum(axis=0))
independent = -np.mean([table[image.astype(int), *np.indices(image.shape)] for image in digits.test["x"]])
print(f"test digits: {bits:.3f} bits a pixel at most, given their class")
print(f"a table of each pixel's grey values: {independent:.3f}")
each = np.repeat(np.eye(10, dtype="float32"), 10, axis=0)
samples = model.sample(1, context=each, seed=0)[0]
display(plots.image_grid(samples, columns=10, limits=(0, 16), title="Glow: ten draws of each class"))

# %% [markdown]
# The map is invertible, so every digit has a $z$ of its own, and what lies between two of them can be decoded.

# %%
pairs = [np.flatnonzero(digits.labels["test"] == label)[:2] for label in range(10)]
first, last = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
test = digits.test["x"]
ends = [model.encode(test[rows], context=np.eye(10, dtype="float32")).numpy() for rows in (first, last)]
shares = np.linspace(0, 1, 10)[:, None, None, None, None]
between = (1 - shares) * ends[0] + shares * ends[1]
decoded = [model.decode(z, context=np.eye(10, dtype="float32")).numpy() for z in between.astype("float32")]
display(plots.interpolation(np.stack(decoded), limits=(0, 16), title="Straight lines between two digits of a class"))

# %% [markdown]
# ## The same numbers without TensorFlow
#
# The exported files need ONNX Runtime and NumPy.

# %%
with tempfile.TemporaryDirectory() as folder:
    flow.export(Path(folder) / "moons", format="bundle")
    scorer = tfgen_serving.Scorer(Path(folder) / "moons")
    difference = np.max(np.abs(scorer.score(held_out) - flow.log_prob(held_out).numpy()))
    print(f"moons: {scorer.score_kind} scores of {len(held_out)} points, largest difference {difference:.0e}")
