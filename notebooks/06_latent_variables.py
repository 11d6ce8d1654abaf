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
# # Latent variables that are used: collapse and its cures, conditions, and classes from few labels
#
# A VAE may learn to do without its latent variables. This notebook lets that happen where the truth is known,
# cures it, and says what the cure costs. Then it puts latents to use: digits of a given class by a conditional
# VAE, and a classifier from a hundred labels by M2, which keeps an image's style apart from its class.
#
# Sources: D. P. Kingma et al., *Improving variational inference with inverse autoregressive flow*, NeurIPS 2016
# (free bits); S. R. Bowman et al., *Generating sentences from a continuous space*, CoNLL 2016 (KL warm-up);
# K. Sohn et al., *Learning structured output representation using deep conditional generative models*, NeurIPS
# 2015; D. P. Kingma et al., *Semi-supervised learning with deep generative models*, NeurIPS 2014 (M2). All
# logarithms are natural: nats.

# %%
import functools
import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

import tfgen
from tfgen import plots
from tfgen.judging import evaluate_bound, latent_usage, nearest_neighbours, paired_gap

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "legend.frameon": False})
# %matplotlib inline

# %% [markdown]
# ## Collapse
#
# The negative ELBO is the sum of two parts,
#
# $$-E_{q(z \mid x)} \log p(x \mid z) + KL\big(q(z \mid x)\,\|\,p(z)\big) .$$
#
# What $z$ tells of $x$ costs its KL. A decoder that needs $z$ pays; one that can model $x$ by itself saves the
# cost, and the posterior falls back to the prior. Eight Gaussians in a ring show both. The first decoder is a
# perceptron with one scale for both numbers: only through $z$ can it make eight clusters. The second is
# autoregressive: masked splines say the second number by the first, whatever $z$ is. Its latents are kept in use
# by *free bits*: no dimension is charged less than $\lambda = 0.5$ nats, so that below that nothing is saved by
# saying less.

# %%
truth = tfgen.datasets.EightGaussians()
steps, batch_size = 2000, 128
data = truth.sample(steps * batch_size, seed=1)["x"]
held_out = truth.sample(5000, seed=2)["x"]


def autoregressive_decoder():
    return tfgen.FlowDistribution(
        flow=tfgen.MAF(
            event_shape=(2,),
            context_shape=(4,),
            transforms=1,
            transformer="rational_quadratic_spline",
            bins=8,
            hidden=(32, 32),
            standardize=False,
        )
    )


def trained(likelihood, **objective):
    keras.utils.set_random_seed(0)
    vae = tfgen.VAE(event_shape=(2,), latent_dim=2, likelihood=likelihood, hidden=(32, 32), **objective)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, steps)
    vae.compile(keras.optimizers.Adam(rate), jit_compile=True, steps_per_execution=50)
    vae.fit(data, batch_size=batch_size, epochs=1, verbose=0)
    return vae


models = {
    "perceptron": trained("gaussian"),
    "autoregressive": trained(autoregressive_decoder()),
    "autoregressive, free bits": trained(autoregressive_decoder(), free_bits=0.5),
}
usages = {}
print(f"entropy of the truth: {truth.entropy:.4f} nats")
for name, vae in models.items():
    usage = latent_usage(functools.partial(vae.run, "encode"), held_out, threshold=0.05)
    usages[name] = usage.kl
    bound = vae.bound(held_out, num_samples=64, seed=0)
    gap = paired_gap(truth.log_prob(held_out), bound)
    print(f"{name}: {usage.active_units} active units, {usage.kl.sum():.2f} nats of KL, K = 64 gap {gap}")
display(plots.kl_per_dimension(usages, threshold=0.05, title="What each latent dimension tells, in nats"))

# %% [markdown]
# The autoregressive decoder alone says next to nothing by its latents: as a density model nothing is wrong with
# it, but there is no code to use. Free bits keep both dimensions in use at their $\lambda$, at no loss.
# `KLWarmUp` (the KL let in slowly) and `beta` below 1 are the other cures; `benchmarks/collapse.py` compares them.
# While a model trains, `tfgen.callbacks.LatentUsageMonitor` writes the same figures into `fit`'s history.
#
# ## Digits of a given class
#
# A conditional VAE models $p(x \mid c)$: the label as a one-hot vector goes into encoder and decoder beside what
# they read anyway. What is left for $z$ is everything but the class.

# %%
images = tfgen.datasets.digits(binarisation="threshold")
one_hot = {split: np.eye(10, dtype="float32")[labels] for split, labels in images.labels.items()}
test = images.test["x"]


def network(*widths):
    layers = [keras.layers.Flatten()]
    for width in widths:
        layers += [keras.layers.Dense(width, "relu"), keras.layers.Dropout(0.2)]
    return keras.Sequential(layers)


keras.utils.set_random_seed(0)
conditional = tfgen.VAE(event_shape=(8, 8, 1), latent_dim=8, context_shape=(10,), decoder=network(256, 256))
conditional.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.1), jit_compile=True, steps_per_execution=19)
watch = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=20, restore_best_weights=True)
conditional.fit(
    {**images.train, "context": one_hot["train"]},
    validation_data=({**images.validation, "context": one_hot["validation"]},),
    batch_size=64,
    epochs=60,
    verbose=0,
    callbacks=[watch],
)
print("log p(x | class) of held-out digits:", evaluate_bound(conditional, test, one_hot["test"], num_samples=200))
samples = conditional.sample(10, np.eye(10, dtype="float32"), seed=0).numpy()
grid = samples.reshape(100, 8, 8, 1)
display(plots.image_grid(grid, columns=10, limits=(0, 1), title="Ten draws (rows) of each class (columns)"))

# %% [markdown]
# Has it learned its training images by heart? Beside each draw, the training images of its class that are nearest:
# draws are alike, and not the same.

# %%
own = images.train["x"][images.labels["train"] == 3]
found = nearest_neighbours(samples[:4, 3], own, count=4)
title = "Draws of a three, and the nearest training images"
display(plots.nearest_neighbours(samples[:4, 3], own[found.index], distances=found.distance, title=title))

# %% [markdown]
# ## Classes from a hundred labels
#
# M2 makes the class itself a latent variable: $p(x, y, z) = p(y)\,p(z)\,p(x \mid y, z)$, with $q(y \mid x)$, a
# classifier, beside $q(z \mid x, y)$. Where a label is missing ($-1$), classes are summed over exactly:
#
# $$\log p(x) \ge \sum_y q(y \mid x) \big[\mathcal{L}(x, y) - \log q(y \mid x)\big], \qquad
# \mathcal{L}(x, y) = E_{q(z \mid x, y)}\big[\log p(x, y, z) - \log q(z \mid x, y)\big].$$
#
# A hundred of the 1200 training digits keep their labels. The same classifier trained on these alone is what M2
# has to beat (`benchmarks/m2_digits.py` does it for five choices of the labels, and ten times as long).

# %%
rng = np.random.default_rng(0)
label = images.labels["train"]
kept = np.concatenate([rng.choice(np.flatnonzero(label == k), 10, replace=False) for k in range(10)])
partial = np.full(len(label), -1)
partial[kept] = label[kept]


def classifier():
    return network(256)


keras.utils.set_random_seed(0)
alone = keras.Sequential([classifier(), keras.layers.Dense(10)])
alone.compile(
    keras.optimizers.AdamW(1e-3, weight_decay=1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
)
alone.fit(images.train["x"][kept], label[kept], batch_size=50, epochs=100, verbose=0)

keras.utils.set_random_seed(0)
m2 = tfgen.M2(
    tfgen.VAE(event_shape=(8, 8, 1), latent_dim=6, context_shape=(10,), hidden=(256,)),
    classifier=classifier(),
    classification_weight=100.0,
)
epochs, batch_size = 60, 100
rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(label) // batch_size)
m2.compile(keras.optimizers.AdamW(rate, weight_decay=1e-2), jit_compile=True, steps_per_execution=12)
m2.fit({**images.train, "label": partial}, batch_size=batch_size, epochs=epochs, verbose=0)

wrong = {
    "a hundred labels alone": alone.predict(test, verbose=0).argmax(axis=1) != images.labels["test"],
    "M2": m2.predict_label(test).numpy() != images.labels["test"],
}
for name, each in wrong.items():
    print(f"{name}: {100 * each.mean():.1f} % of {len(each)} held-out digits wrong")

# %% [markdown]
# What $z$ holds is style: slant, width, weight. In each row below it is that of the digit at the left, decoded
# with every class.

# %%
chosen = np.concatenate([np.flatnonzero(images.labels["test"] == k)[:1] for k in range(10)])
decoded = m2.analogies(test[chosen]).numpy()
names = [str(k) for k in range(10)]
display(plots.analogies(test[chosen], decoded, class_names=names, limits=(0, 1), title="Style held, class varied"))
