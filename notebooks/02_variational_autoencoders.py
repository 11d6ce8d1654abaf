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
# # The VAE on handwritten digits
#
# A variational autoencoder (VAE) is a latent-variable model $p(x)$ that is trained by a lower bound of its
# log-likelihood. Here one is trained with two latent variables, so that they can be drawn, and one with
# eight, to draw and to reconstruct digits. Then it is judged: by its bound on held-out digits, beside plain
# baselines, and by data whose log-density is known, where the bound's two errors can be told apart.
#
# Sources: D. P. Kingma and M. Welling, *Auto-encoding variational Bayes*, ICLR 2014; Y. Burda, R. Grosse and
# R. Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016. All logarithms are natural: nats.

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
from tfgen import plots
from tfgen.judging import bernoulli_independent, bernoulli_mixture, paired_gap
from tfgen.noise import seed_rows

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "legend.frameon": False})
# %matplotlib inline

# %% [markdown]
# ## The model
#
# $$z \sim N(0, I), \qquad x \sim p(x \mid z) = \prod_j \pi_j(z)^{x_j}\,(1 - \pi_j(z))^{1 - x_j}, \qquad
# p(x) = \int p(x \mid z)\,p(z)\,dz$$
#
# The decoder is a network from $z$ to the probability $\pi_j(z)$ that pixel $j$ is white. The integral has no
# closed form, and nor has the posterior $p(z \mid x) = p(x \mid z)\,p(z) / p(x)$, which would tell the $z$ of
# an image. A second network, the encoder, gives a normal distribution in its place:
#
# $$q(z \mid x) = N\big(z;\ \mu(x),\ \operatorname{diag} \sigma(x)^2\big) .$$
#
# The data are scikit-learn's digits of 8 by 8 pixels, white where the grey value is at least 8 of 16.
# Training digits move the weights, validation digits say how and how long to train, and test digits judge.

# %%
digits = tfgen.datasets.digits(binarisation="threshold")
train, validation, test = (split["x"] for split in (digits.train, digits.validation, digits.test))
labels = digits.labels["test"]

print("training, validation and test:", len(train), len(validation), len(test))
display(plots.image_grid(train[:60], columns=15, title="Training digits"))

# %% [markdown]
# ## The evidence lower bound
#
# For any $q(z \mid x)$ that is positive where the posterior is, since $p(x) = p(x, z) / p(z \mid x)$,
#
# $$\begin{aligned}
# \log p(x) &= E_{q(z \mid x)} \big[\log p(x, z) - \log p(z \mid x)\big] \\
# &= E_{q(z \mid x)} \big[\log p(x, z) - \log q(z \mid x)\big]
#  + E_{q(z \mid x)} \big[\log q(z \mid x) - \log p(z \mid x)\big] \\
# &= \operatorname{ELBO}(x) + KL\big(q(z \mid x)\,\|\,p(z \mid x)\big) .
# \end{aligned}$$
#
# A KL divergence is never negative. So the ELBO is a lower bound of $\log p(x)$, below it by
# $\log p(x) - \operatorname{ELBO}(x) = KL(q(z \mid x)\,\|\,p(z \mid x))$, and equal to it if and only if
# $q(z \mid x) = p(z \mid x)$. With $p(x, z) = p(x \mid z)\,p(z)$ it becomes what is trained,
#
# $$\operatorname{ELBO}(x) = E_{q(z \mid x)} \big[\log p(x \mid z)\big] - KL\big(q(z \mid x)\,\|\,p(z)\big),$$
#
# $$KL\big(q(z \mid x)\,\|\,p(z)\big) = \tfrac12 \sum_i \big(\mu_i^2 + \sigma_i^2 - 1 - \log \sigma_i^2\big) .$$
#
# The first term's expectation is over a distribution that itself depends on the encoder's weights $\phi$, so
# a draw's gradient would be lost. Reparameterised, a draw is a differentiable function of them and of noise
# that does not depend on them:
#
# $$z = \mu(x) + \sigma(x) \odot \varepsilon, \quad \varepsilon \sim N(0, I), \qquad
# \nabla_\phi\, E_{q(z \mid x)} \big[\log p(x \mid z)\big]
# = E_\varepsilon \big[\nabla_\phi \log p(x \mid \mu(x) + \sigma(x) \odot \varepsilon)\big] .$$
#
# One $\varepsilon$ for each image and step is enough.
#
# ## Two latent variables
#
# `fit` minimises the mean of $-\operatorname{ELBO}(x)$ and reports its parts: `reconstruction`,
# $-E_q[\log p(x \mid z)]$, and `kl`, $KL(q(z \mid x)\,\|\,p(z))$. It stops when the validation digits have not
# gained for ten epochs, and goes back to the best epoch's weights.

# %%
keras.utils.set_random_seed(0)
plane = tfgen.VAE(event_shape=digits.event_shape, latent_dim=2, likelihood="bernoulli", hidden=(128, 128))
plane.compile(keras.optimizers.Adam(2e-3), steps_per_execution=19)  # an epoch has 19 steps
history = plane.fit(
    train,
    validation_data=(validation,),
    batch_size=64,
    epochs=70,
    callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=10, restore_best_weights=True)],
    verbose=0,
)
terms = ("loss", "reconstruction", "kl")
display(plots.training_curves(history, terms=terms, title="Two latent variables: the negative ELBO and its parts"))

# %% [markdown]
# Each test digit below is drawn at the mean of its $q(z \mid x)$. The classes were not told in training: what
# separates them is only that digits which look alike share a decoder's output.

# %%
display(plots.latent_plane(plane.encode(test), labels, title="Test digits in the latent plane"))

# %% [markdown]
# The other way, the plane decoded: each image is $\pi(z)$, at quantiles of the prior, so that each stands for
# the same share of the digits that the model makes.

# %%
display(plots.latent_grid(plane.decode, points=15, limits=(0, 1), title="The latent plane, decoded"))

# %% [markdown]
# ## Eight latent variables
#
# Two numbers are few for a handwritten digit. With eight, and wider networks, 1200 images are soon learned by
# heart; weight decay holds that back.

# %%
keras.utils.set_random_seed(0)
vae = tfgen.VAE(event_shape=digits.event_shape, latent_dim=8, likelihood="bernoulli", hidden=(256, 256))
vae.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.1), steps_per_execution=19)
history = vae.fit(train, validation_data=(validation,), batch_size=64, epochs=40, verbose=0)
display(plots.training_curves(history, terms=terms, title="Eight latent variables: the negative ELBO and its parts"))

# %% [markdown]
# ### Samples
#
# A sample is a $z$ from the prior and an $x$ from $p(x \mid z)$. `run("sample", seed=...)` returns both. Papers
# mostly show the probabilities $\pi(z)$ and call them samples; the samples are the second picture, in which
# every pixel has been drawn by itself, given $z$.

# %%
sampled = vae.run("sample", seed=seed_rows(45, 0))
pictures = {
    "π(z) of draws z from the prior": vae.decode(sampled["z"]),
    "x drawn from p(x | z), the same z": sampled["x"],
}
for title, images in pictures.items():
    display(plots.image_grid(images, columns=15, limits=(0, 1), title=title))

# %% [markdown]
# ### Reconstructions
#
# Test digits, encoded to the mean of $q(z \mid x)$ and decoded to $\pi(z)$: grey where the model does not know.

# %%
reconstructed = vae.reconstruct(test[:24])
display(plots.reconstructions(test[:24], reconstructed, limits=(0, 1), title="Test digits"))

# %% [markdown]
# ### Interpolation
#
# Straight lines in the latent space from one test digit's code to another's, each the one of its
# class that the model scores highest. Midway they are still mostly strokes, greyer where the model is less
# sure; a line between the images themselves would fade one out and the other in.

# %%
score = vae.score(test).numpy()
best = np.array([np.argmax(np.where(labels == label, score, -np.inf)) for label in range(10)])
between = vae.interpolate(test[best[[0, 2, 3, 4]]], test[best[[6, 7, 5, 9]]], steps=12)
display(plots.interpolation(between, limits=(0, 1), title="0 to 6, 2 to 7, 3 to 5, 4 to 9"))

# %% [markdown]
# ## How good is it?
#
# Pictures do not tell. $\log p(x)$ would, and of it only bounds are known. The importance-weighted bound
#
# $$L_K(x) = E\,\log \frac1K \sum_{k=1}^{K} \frac{p(x \mid z_k)\,p(z_k)}{q(z_k \mid x)}, \qquad
# z_1, \dots, z_K \sim q(z \mid x),$$
#
# is the ELBO for $K = 1$, does not fall with $K$ and tends to $\log p(x)$. A bound is called a bound:
# `vae.bound` estimates $L_K$, `vae.score_kind` says `"bound"`, and there is no `vae.log_prob`. A number of this
# kind means nothing without its $K$.
#
# The baselines' log-probabilities are exact: independent pixels, and a mixture of 60 components of
# independent pixels, fitted by EM to the same training digits. Beside each, the mean over the test digits of
# how much it is above the mixture, digit by digit, with its standard error.

# %%
independent, mixture = bernoulli_independent(train, test), bernoulli_mixture(train, test, components=60)
bounds = {count: vae.bound(test, num_samples=count, seed=0).numpy() for count in (1, 5, 64, 1000)}
rows = {
    "independent pixels, exact": independent,
    "mixture of 60, exact": mixture,
    "VAE, two latents, bound, K = 1000": plane.bound(test, num_samples=1000, seed=0).numpy(),
    **{f"VAE, eight latents, bound, K = {count}": bound for count, bound in bounds.items()},
}
print("vae.score_kind:", vae.score_kind)
print(f"{'test digits, nats an image':<38} mean    above the mixture")
for name, values in rows.items():
    above = "" if values is mixture else f"   {paired_gap(values, mixture)}"
    print(f"{name:<38} {values.mean():.2f}{above}")
print("from K = 1 to K = 1000:", paired_gap(bounds[1000], bounds[1]))

# %% [markdown]
# The model is the same in the last four rows; only what is known about it changes. With one draw of $z$ the
# VAE seems no better than the mixture; with more it is seen to be better, by many standard errors. As
# $\log p(x) - \operatorname{ELBO}(x) = KL(q(z \mid x)\,\|\,p(z \mid x))$, the rise from $K = 1$ is a lower
# bound, too, in expectation: of that divergence, which is what a normal $q$ with a diagonal covariance costs.
# Two latent variables are too few: even the bound of $K = 1000$ is below the mixture.
#
# How far the best possible model is above all of these, nobody knows. For that the truth must be known.
#
# ## A known truth
#
# Probabilistic principal component analysis is a VAE whose decoder is linear:
#
# $$z \sim N(0, I_3), \qquad x \sim N(W z,\ \sigma^2 I_{10}), \qquad p(x) = N(x;\ 0,\ W W^\top + \sigma^2 I),$$
#
# $$p(z \mid x) = N\big(z;\ M^{-1} W^\top x,\ \sigma^2 M^{-1}\big), \qquad M = W^\top W + \sigma^2 I .$$
#
# A rotation of $z$ changes neither prior nor $p(x)$, and one makes the columns of $W$ orthogonal. Then $M$ is
# diagonal, and linear networks (`hidden=()`) can be exact in all: model, posterior and bound. Trained, they
# leave two errors,
#
# $$E_{p^*} \big[\log p^*(x) - L_K(x)\big] = KL\big(p^*\,\|\,p\big) + E_{p^*} \big[\log p(x) - L_K(x)\big],$$
#
# that of the model and that of the bound. Here both can be seen, because $p(x)$ of a linear decoder is normal
# too, with weights that the decoder tells.

# %%
from scipy.stats import multivariate_normal

truth = tfgen.datasets.ProbabilisticPCA()
steps, batch_size = 1500, 512
keras.utils.set_random_seed(0)
linear = tfgen.VAE(event_shape=(10,), latent_dim=3, likelihood="gaussian", hidden=())
rate = keras.optimizers.schedules.CosineDecay(1e-2, steps)
linear.compile(keras.optimizers.Adam(rate), steps_per_execution=50)
linear.fit(truth.sample(steps * batch_size, seed=1)["x"], batch_size=batch_size, epochs=1, verbose=0)

x = truth.sample(20_000, seed=2)["x"]
offset = linear.decode(np.zeros((1, 3))).numpy()
weights = linear.decode(np.eye(3)).numpy() - offset  # [3, 10]
deviation = linear.build_likelihood(np.zeros((1, 3), np.float32)).stddev().numpy()[0]
model = multivariate_normal(offset[0], weights.T @ weights + np.diag(deviation**2))
true_log_prob, model_log_prob = truth.log_prob(x), model.logpdf(x)

print(f"entropy of the truth: {truth.entropy:.4f} nats;  held-out rows: {len(x):,}")
print(f"model, KL(p* to p):   {paired_gap(true_log_prob, model_log_prob)}")
for count in (1, 64):
    bound = linear.bound(x, num_samples=count, seed=0).numpy()
    print(f"K = {count}")
    print(f"  truth above bound:  {paired_gap(true_log_prob, bound)}")
    print(f"  model above bound:  {paired_gap(model_log_prob, bound)}")

# %% [markdown]
# The whole gap is the sum of the model's and the bound's, row by row. With $K = 1$ one draw of $z$ stands for
# the expectation over $q$, and its noise makes the standard errors large. Sixty-four draws average that out:
# what they leave of the gap is nearly all the model's own divergence, and the bound tells $\log p(x)$.
#
# ## Out of Python
#
# A bundle holds the model for TensorFlow Serving and ONNX Runtime. `Scorer` runs it without TensorFlow. What
# is exported is the bound of `num_samples` draws, by default 64, whose noise comes from a recorded seed: a
# score is a function of its image alone, the same wherever it is computed but for rounding in float32.

# %%
from tfgen_serving import Scorer


def largest_difference(a, b):
    return f"{np.abs(np.asarray(a) - np.asarray(b)).max():.1e}"


with tempfile.TemporaryDirectory() as folder:
    vae.export(Path(folder) / "digits", format="bundle")
    scorer = Scorer(Path(folder) / "digits")
    served = {"scores, nats": scorer.score(test), "reconstructions": scorer.reconstruct(test)}
    served_samples = scorer.sample(100, seed=7)

print("endpoints:", ", ".join(scorer.endpoints))
print("score_kind:", scorer.score_kind)
print("largest difference of ONNX Runtime and Keras")
for (name, values), expected in zip(served.items(), (vae.score(test), vae.reconstruct(test)), strict=True):
    print(f"  {name}: {largest_difference(values, expected)}")
print(f"  sampled pixels: {largest_difference(served_samples, vae.sample(100, seed=7))}")
