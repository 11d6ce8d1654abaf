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
# # TFP to ONNX
#
# `tfgen_export.convert` turns a TensorFlow function into an ONNX model of standard operators (opset 18). It
# is made for what TensorFlow Probability (TFP) computes: densities, distribution functions, samples,
# bijectors. Before it returns, it loads the model in ONNX Runtime and compares it with TensorFlow at two
# batch sizes. A model that you get is one that agreed; otherwise there is an error that says why.
#
# It needs nothing else of tfgen. The truth beside its numbers is SciPy's, or a sum over all cases.

# %%
import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow reads it when it is imported

import itertools
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
import scipy
import tensorflow as tf
import tensorflow_probability as tfp
import tf2onnx

import tfgen_export

logging.getLogger("tensorflow").setLevel(logging.ERROR)
plt.rcParams.update({"figure.dpi": 80, "figure.constrained_layout.use": True, "legend.frameon": False})
tfd, tfb = tfp.distributions, tfp.bijectors

# %% [markdown]
# ## Ten lines
#
# A function, the form of what it takes, a file. None is the batch: the model takes any number of rows. The
# parameters are constants of the model.


# %%
def log_prob(x):
    return tfd.StudentT(df=4.0, loc=1.0, scale=2.0).log_prob(x)


model = tfgen_export.convert(log_prob, [tf.TensorSpec([None], tf.float32, name="x")])
tfgen_export.save(model, "student.onnx")

session = onnxruntime.InferenceSession("student.onnx")
x = np.linspace(-30, 30, 601, dtype="float32")
(values,) = session.run(None, {"x": x})
difference = np.abs(values - scipy.stats.t(df=4, loc=1, scale=2).logpdf(x)).max()
print(f"{len(x)} rows, ONNX Runtime and SciPy: largest difference {difference:.1e} nats")

# %% [markdown]
# What depends on the inputs is computed by the model; what does not is a number in it. So where parameters
# shall be chosen later, they are inputs, too: here one for each row. `convert` compares on standard normals
# unless told otherwise. A scale must be positive, so that it is told what to compare on: `inputs` gives
# arrays for any batch size.


# %%
def log_prob_of(x, df, loc, scale):
    return tfd.StudentT(df, loc, scale).log_prob(x)


def positive_parameters(batch):
    grid = np.linspace(0.5, 3, batch)
    return [grid - 1, grid, grid**2, 2 * grid]  # x, df, loc, scale


def reals(*names):
    return [tf.TensorSpec([None], tf.float64, name=name) for name in names]


model = tfgen_export.convert(log_prob_of, reals("x", "df", "loc", "scale"), inputs=positive_parameters)
session = onnxruntime.InferenceSession(model.SerializeToString())

rng = np.random.default_rng(1)
rows = {"x": rng.normal(size=1000), "df": rng.uniform(0.5, 50, 1000)}
rows |= {"loc": rng.normal(size=1000), "scale": rng.uniform(0.1, 3, 1000)}
(values,) = session.run(None, rows)
difference = np.abs(values - scipy.stats.t(rows["df"], rows["loc"], rows["scale"]).logpdf(rows["x"])).max()
print("inputs: ", ", ".join(value.name for value in session.get_inputs()))
print(f"float64, ONNX Runtime and SciPy: largest difference {difference:.1e} nats")

# %% [markdown]
# ## Sampling
#
# A sample is a function of its seed: an input, `int32[2]`, as of `tf.random.stateless_uniform`. The number
# of draws may be one as well. The model holds TensorFlow's generator, Philox, in integer operators, so that
# ONNX Runtime does not only draw from the same distribution: it draws the same numbers. (The same as
# TensorFlow on a CPU without XLA. Under XLA, TensorFlow itself draws others.)


# %%
def draw(n, seed):
    die_seed, uniform_seed, normal_seed = tf.unstack(tfp.random.split_seed(seed, n=3))
    return {
        "die": tf.random.stateless_uniform([n], die_seed, minval=1, maxval=7, dtype=tf.int32),
        "uniform": tfd.Uniform(0.0, 1.0).sample(n, seed=uniform_seed),
        "normal": tfd.Normal(0.0, 1.0).sample(n, seed=normal_seed),
    }


def in_both(function, signature, **inputs):
    """What a function and its ONNX model give: two dictionaries."""
    model = tfgen_export.convert(function, signature)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    names = [output.name for output in session.get_outputs()]
    by_tensorflow = {name: tensor.numpy() for name, tensor in function(**inputs).items()}
    return by_tensorflow, dict(zip(names, session.run(names, inputs), strict=True))


n_and_seed = [tf.TensorSpec([], tf.int32, name="n"), tf.TensorSpec([2], tf.int32, name="seed")]
seed = np.array([2024, -7], np.int32)
tensorflow_draws, onnx_draws = in_both(draw, n_and_seed, n=np.array(100_000, np.int32), seed=seed)
for name, drawn in tensorflow_draws.items():
    same = "equal bit for bit" if np.array_equal(drawn, onnx_draws[name]) else "equal to rounding"
    print(f"{name:<8} {len(drawn)} draws, {same}: largest difference {np.abs(drawn - onnx_draws[name]).max():.1e}")

# %% [markdown]
# ONNX Runtime takes arrays: a number is an array without dimensions.
#
# Whole numbers and uniforms are made of bits alone, and are the same bits. Normals take a logarithm and a
# sine of them, and two libraries' sines differ in the last digit. Now a mixture of five correlated normals
# in the plane. Its density is a second model: in the picture on the right, the dots and the contour lines are
# ONNX Runtime's.


# %%
def petals():
    angle = np.linspace(0, 2 * np.pi, 5, endpoint=False)
    outwards = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    along, across = outwards[:, :, None], (outwards[:, ::-1] * [-1, 1])[:, :, None]
    covariance = 0.4 * along * np.swapaxes(along, 1, 2) + 0.06 * across * np.swapaxes(across, 1, 2)
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=np.zeros(5, np.float32)),
        tfd.MultivariateNormalTriL(
            np.float32(2 * outwards), scale_tril=np.linalg.cholesky(covariance).astype("float32")
        ),
    )


tensorflow_petals, onnx_petals = in_both(
    lambda n, seed: {"x": petals().sample(n, seed=seed)}, n_and_seed, n=np.array(400, np.int32), seed=seed
)
difference = np.abs(tensorflow_petals["x"] - onnx_petals["x"]).max()
print(f"petals: {len(onnx_petals['x'])} draws, largest difference {difference:.1e}")

model = tfgen_export.convert(lambda x: petals().log_prob(x), [tf.TensorSpec([None, 2], tf.float32, name="x")])
session = onnxruntime.InferenceSession(model.SerializeToString())
line = np.linspace(-4.5, 4.5, 181, dtype="float32")
plane = np.stack(np.meshgrid(line, line), axis=-1)
density = np.exp(session.run(None, {"x": plane.reshape(-1, 2)})[0]).reshape(181, 181)

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), width_ratios=(1.2, 1))
bins = np.linspace(-4.5, 4.5, 61)
axes[0].hist(tensorflow_draws["normal"], bins, density=True, alpha=0.4, label="TensorFlow's draws")
axes[0].hist(
    onnx_draws["normal"], bins, density=True, histtype="step", color="C3", linewidth=1.3, label="ONNX Runtime's draws"
)
axes[0].plot(line, scipy.stats.norm.pdf(line), color="black", linestyle="--", label="density")
axes[0].set(title="100 000 normals", xlabel="x", ylabel="density", ylim=(0, 0.5))
axes[0].legend(loc="upper left")
axes[1].contour(line, line, density, levels=density.max() * np.array([0.02, 0.2, 0.5, 0.8]), colors="0.6")
axes[1].scatter(*tensorflow_petals["x"].T, s=34, facecolors="none", edgecolors="C0", label="TensorFlow's")
axes[1].scatter(*onnx_petals["x"].T, s=4, color="C3", label="ONNX Runtime's")
axes[1].set(title="400 draws of the mixture: a dot in each circle", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
axes[1].legend(loc="upper left")
plt.show()

# %% [markdown]
# ## A bijector: one model, several outputs
#
# A dictionary of tensors becomes a model whose outputs have its names. Here are the forward transformation,
# the inverse, and the log-determinant of the Jacobian, $\log f'(x)$. TFP's bijectors keep the type of their
# parameters, so that this one computes in float64; the derivative beside it is a difference quotient.

# %%
bijector = tfb.Chain([tfb.Softplus(), tfb.SinhArcsinh(skewness=np.float64(0.5), tailweight=np.float64(1.2))])


def transform(x, y):
    return {
        "forward": bijector.forward(x),
        "inverse": bijector.inverse(y),
        "log_det": bijector.forward_log_det_jacobian(x),
    }


model = tfgen_export.convert(transform, reals("x", "y"), inputs=lambda batch: [np.linspace(0.1, 3, batch)] * 2)
session = onnxruntime.InferenceSession(model.SerializeToString())

x, step = np.linspace(-3, 3, 601), 1e-5
forward, log_det = session.run(["forward", "log_det"], {"x": x, "y": np.ones(1)})
(back,) = session.run(["inverse"], {"x": x, "y": forward})
right, left = (session.run(["forward"], {"x": x + shift, "y": forward})[0] for shift in (step, -step))
slope = np.log((right - left) / (2 * step))
print("outputs:", ", ".join(output.name for output in session.get_outputs()))
print(f"inverse of forward, largest difference from x: {np.abs(back - x).max():.1e}")
print(f"log_det, largest difference from log f'(x): {np.abs(log_det - slope).max():.1e}")

# %% [markdown]
# ## What else converts
#
# ONNX has no $\log \Gamma$ and no incomplete gamma function; the translations here write them with what it has.
# Of these three functions tf2onnx alone, which does the bulk of the work here, makes no valid model. Each is
# computed by ONNX Runtime, with the truth beside it:
#
# - Beta densities, whose parameters are inputs: three $\log \Gamma$;
# - the distribution function of a mixture of gammas: an incomplete gamma function for each component;
# - the likelihood of a hidden Markov model of two states, a loop over steps. The truth is the sum over all
#   $2^8$ paths of the states.


# %%
def hidden_markov_log_prob(x, transition, loc, scale):
    start = tfd.Categorical(probs=np.float64([0.5, 0.5]))
    return tfd.HiddenMarkovModel(start, tfd.Categorical(probs=transition), tfd.Normal(loc, scale), 8).log_prob(x)


def sum_over_paths(x, transition, loc, scale):
    terms = []
    for path in itertools.product((0, 1), repeat=8):
        states = np.array(path)
        emissions = scipy.stats.norm.logpdf(x, loc[states], scale[states]).sum()
        terms.append(np.log(0.5) + np.log(transition[states[:-1], states[1:]]).sum() + emissions)
    return scipy.special.logsumexp(terms)


def gammas():
    components = tfd.Gamma(concentration=np.float64([2, 9]), rate=np.float64([3, 2]))
    return tfd.MixtureSameFamily(tfd.Categorical(probs=np.float64([0.3, 0.7])), components)


def staying(probability):
    return np.array([[probability, 1 - probability], [1 - probability, probability]])


loc, scale = np.array([0.0, 2.0]), np.array([1.0, 0.5])
beta_model = tfgen_export.convert(
    lambda x, a, b: tfd.Beta(a, b).log_prob(x),
    reals("x", "a", "b"),
    inputs=lambda batch: [np.linspace(0.1, 0.9, batch)] * 3,
)
gamma_model = tfgen_export.convert(
    lambda x: gammas().cdf(x), reals("x"), inputs=lambda batch: [np.linspace(0.1, 9, batch)]
)
markov_model = tfgen_export.convert(
    hidden_markov_log_prob,
    [
        tf.TensorSpec(shape, tf.float64, name=name)
        for name, shape in {"x": [None, 8], "transition": [2, 2], "loc": [2], "scale": [2]}.items()
    ],
    inputs=lambda batch: [np.random.default_rng(0).normal(size=(batch, 8)), staying(0.7), loc, scale],
)

# %%
models = {"beta": beta_model, "gammas": gamma_model, "hidden Markov": markov_model}
sessions = {name: onnxruntime.InferenceSession(each.SerializeToString()) for name, each in models.items()}
off = dict.fromkeys(models, 0.0)


def in_onnx(name, truth, **inputs):
    """The model's output; how far it is from the truth is kept."""
    (values,) = sessions[name].run(None, inputs)
    off[name] = max(off[name], np.abs(values - truth).max())
    return values


figure, axes = plt.subplots(1, 3, figsize=(13, 3.8))
x = np.linspace(0.01, 0.99, 99)
for color, (a, b) in zip(("C0", "C1", "C2"), ((0.5, 0.5), (2, 5), (20, 8)), strict=True):
    truth = scipy.stats.beta.logpdf(x, a, b)
    found = in_onnx("beta", truth, x=x, a=np.full(99, float(a)), b=np.full(99, float(b)))
    axes[0].plot(x, np.exp(truth), color=color, linewidth=1)
    axes[0].scatter(x[::3], np.exp(found[::3]), s=10, color=color, label=f"a = {a}, b = {b}")
axes[0].set(title="Beta densities", xlabel="x", ylabel="density", ylim=(0, 6))
axes[0].legend(loc="upper left")

x = np.linspace(0, 9, 181)
truth = 0.3 * scipy.stats.gamma.cdf(3 * x, 2) + 0.7 * scipy.stats.gamma.cdf(2 * x, 9)
found = in_onnx("gammas", truth, x=x)
axes[1].plot(x, truth, color="black", linewidth=1, label="SciPy")
axes[1].scatter(x[::5], found[::5], s=10, color="C3", label="ONNX Runtime")
axes[1].set(title="A mixture of two gammas", xlabel="x", ylabel="distribution function")
axes[1].legend(loc="lower right")

seen = np.array([0.3, -0.8, 0.1, 2.2, 1.7, 2.4, 1.9, -0.4])
stay = np.linspace(0.02, 0.98, 33)
truth = [sum_over_paths(seen, staying(p), loc, scale) for p in stay]
found = [
    in_onnx("hidden Markov", exact, x=seen[None], transition=staying(p), loc=loc, scale=scale)[0]
    for p, exact in zip(stay, truth, strict=True)
]
axes[2].plot(stay, truth, color="black", linewidth=1, label="sum over all paths")
axes[2].scatter(stay, found, s=10, color="C3", label="ONNX Runtime")
axes[2].set(title="A hidden Markov model", xlabel="probability to stay in a state", ylabel="log-likelihood, nats")
axes[2].legend(loc="lower right")
plt.show()

print("largest difference from the truth")
for name, difference in off.items():
    print(f"  {name:<14} {difference:.1e}")

# %% [markdown]
# ## What goes wrong says so
#
# A model that cannot be the function is not made. The error names the line, and what to do instead:
#
# - a Python seed: TFP then draws from a generator that keeps state, which a model has not. Converted all the
#   same, it would replay one stream in each session;
# - a seed that is a constant: every call of the model would return the same draw;
# - an operator without a translation, such as a singular value decomposition;
# - a batch size that is built in: the model would work for one size only.


# %%
def refused(function, shape=(None,)):
    try:
        tfgen_export.convert(function, [tf.TensorSpec(shape, tf.float32, name="x")])
    except tfgen_export.ConversionError as error:
        message = re.sub(r"\S*ipykernel\S*?\.py", "this cell", str(error)).partition(" TensorFlow says")[0]
        print(textwrap.fill(" ".join([f"{type(error).__name__}:", *message.split()]), 100, subsequent_indent="    "))
        print()


refused(lambda x: tfd.Normal(x, 1.0).sample(seed=42))
refused(lambda x: tfd.Normal(x, 1.0).sample(seed=(1, 2)))
refused(lambda x: tf.linalg.svd(x, compute_uv=False), shape=(None, 3, 3))
refused(lambda x: tf.reshape(x, [7, 1]))

# %% [markdown]
# ## Accuracy
#
# A translation can be valid and still be wrong. Beside the truth stand what tf2onnx makes at its default
# opset, where it knows nothing of the translations here, and what `convert` makes.
#
# - $\log(1 + x)$ near 0: tf2onnx has no `Log1p`. Who writes `log(1 + x)` in its place gets 0, in TensorFlow
#   just as well, because $1 + 10^{-8}$ is 1 in float32.
# - A log-sum-exp of nothing but $-\infty$, the log-likelihood of what is impossible, is $-\infty$. It is
#   NaN where $-\infty$ is subtracted from itself.
# - float64: tf2onnx takes logarithms in float32, and half of the digits are gone.
# - $-1 \bmod 7$ is 6 in TensorFlow and Python. ONNX's integer division truncates.


# %%
def by_tf2onnx(function, signature):
    return tf2onnx.convert.from_function(tf.function(function), input_signature=signature)[0]


def shown(value):
    return (
        f"{value:#.7g}"
        if isinstance(value, np.float32)
        else f"{value:#.12g}"
        if isinstance(value, float)
        else str(value)
    )


def value_of(converter, function, x):
    try:
        model = converter(function, [tf.TensorSpec([None], x.dtype, name="x")])
        session = onnxruntime.InferenceSession(model.SerializeToString())
    except Exception:  # ONNX Runtime raises kinds of its own
        return "no model"
    return shown(session.run(None, {"x": x})[0].reshape(-1)[0])


logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
onnxruntime.set_default_logger_severity(4)
tiny, impossible, three = np.float32([1e-8]), np.float32([-np.inf, -np.inf]), np.float64([3])
cases = {
    "log1p(1e-8)": (tf.math.log1p, tiny, np.float32(1e-8)),
    "log(1 + 1e-8)": (lambda x: tf.math.log(1 + x), tiny, np.float32(1e-8)),
    "log-sum-exp of −∞, −∞": (tf.reduce_logsumexp, impossible, -np.inf),
    "log 3, float64": (tf.math.log, three, np.log(3)),
    "log-normal at 3, float64": (
        lambda x: tfd.LogNormal(np.float64(0), np.float64(1)).log_prob(x),
        three,
        scipy.stats.lognorm.logpdf(3, 1),
    ),
    "−1 modulo 7": (lambda x: x % 7, np.int32([-1]), -1 % 7),
}
print(f"{'':<26}{'truth':>18}{'tf2onnx':>18}{'tfgen_export':>18}")
for name, (function, x, truth) in cases.items():
    found = [value_of(converter, function, x) for converter in (by_tf2onnx, tfgen_export.convert)]
    print(f"{name:<26}{shown(truth):>18}{found[0]:>18}{found[1]:>18}")

# %% [markdown]
# `convert` holds its models to this: integers and truth values equal, NaN and infinities in the same places,
# and $|\text{onnx} - \text{tf}| \le a + r\,|\text{tf}|$ with $r = 10^{-9}$, $a = 10^{-10}$ in float64 (so that
# no part can have been computed in float32) and $r = 10^{-4}$, $a = 10^{-5}$ in float32, unless told otherwise.
#
# ## Where things stand
#
# [The table of coverage](../docs/onnx_coverage.md) says of each distribution and bijector of TFP what
# converts; [the recipe](../docs/onnx.md) is the short form of this notebook. What is not in the table is
# soon tried: `convert` a function, and it works as TensorFlow does, or it says what is in the way.
