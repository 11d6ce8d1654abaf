"""What models are measured by: their log-densities, and draws from those, by ways that are not the model's own."""

import numpy as np
import tensorflow as tf
from laws.line import from_line
from laws.registry import whole_shape

import tfgen


def true_log_prob(
    model: tfgen.GenerativeModel, x: np.ndarray, context: np.ndarray | None = None, *, within: bool = False
) -> np.ndarray:
    """log p(x | context) in float64: the model's own where it is exact, else by sums over what it has integrated out.

    The rectangle rule on smooth functions that vanish at the ends: a few hundred points leave no error to see.

    Args:
        model: the model.
        x: [rows, *event_shape].
        context: [rows, *context_shape], or None.
        within: of a dequantised flow, whether cells at the edges end where the levels do.
    """
    if model.score_kind == "exact":
        return model.log_prob(x, context).numpy().astype(np.float64)
    if isinstance(model, tfgen.Dequantized):
        table = cell_log_probs(model, within=within)
        return table[tuple(x.astype(int).reshape(len(x), -1).T)]
    if isinstance(model, tfgen.VRNN | tfgen.STORN):
        return _trajectories_log_prob(model, x, context)
    if isinstance(model, tfgen.VRAE):
        return _one_latent_log_prob(model, x)
    if isinstance(model, tfgen.M1M2):
        return _stacked_log_prob(model, x)
    if isinstance(model, tfgen.M2):
        return _labelled_log_prob(model, x)
    if context is None:
        return _latent_log_prob(model, x)
    truth = np.empty(len(x))
    _, first, of = np.unique(context.reshape(len(x), -1), axis=0, return_index=True, return_inverse=True)
    for number, row in enumerate(first):
        chosen = of.ravel() == number
        truth[chosen] = _latent_log_prob(model, x[chosen], context[row : row + 1])
    return truth


def _latent_log_prob(model: tfgen.VAE, x: np.ndarray, context: np.ndarray | None = None) -> np.ndarray:
    """Σ over a grid of z, which reaches beyond all of the prior; of one context."""
    points = 2001 if model.latent_dim == 1 else 121
    axis = np.linspace(-9, 9, points)
    z = np.stack(np.meshgrid(*[axis] * model.latent_dim, indexing="ij"), axis=-1).reshape(-1, model.latent_dim)
    z = z.astype(np.float32)
    prior = model.build_prior(None if context is None else tf.constant(context))
    mass = prior.log_prob(z).numpy().astype(np.float64) + model.latent_dim * np.log(axis[1] - axis[0])
    assert abs(np.logaddexp.reduce(mass)) < 1e-3  # else the grid is too short, or too coarse
    likelihood = model.build_likelihood(z, None if context is None else np.repeat(context, len(z), axis=0))
    parts = []
    for start in range(0, len(x), 500):
        conditional = likelihood.log_prob(x[start : start + 500, None]).numpy().astype(np.float64)
        parts.append(np.logaddexp.reduce(conditional + mass, axis=1))
    return np.concatenate(parts)


def _trajectories_log_prob(model: tfgen.SequenceModel, x: np.ndarray, context: np.ndarray | None) -> np.ndarray:
    """Σ over all z_1 … z_T of a grid, of models with one z in each step."""
    axis = np.linspace(-6, 6, 41, dtype=np.float32)
    parts = []
    for start in range(0, len(x), 500):
        rows = x[start : start + 500]
        inputs = {"x": tf.constant(rows)}
        if context is not None:
            inputs["context"] = tf.constant(context[start : start + 500])
        parts.append(_sum_over_trajectories(model, model.ready(inputs), axis))
    return np.concatenate(parts)


def _one_latent_log_prob(model: tfgen.VRAE, x: np.ndarray) -> np.ndarray:
    """Σ over a grid of the one z of each sequence."""
    axis = np.linspace(-6, 6, 121, dtype=np.float32)
    mass = -0.5 * axis.astype(np.float64) ** 2 - 0.5 * np.log(2 * np.pi) + np.log(axis[1] - axis[0])
    parts = []
    for start in range(0, len(x), 1000):
        rows = tf.repeat(tf.constant(x[start : start + 1000]), len(axis), axis=0)
        z = tf.tile(tf.constant(axis)[:, tf.newaxis], [len(rows) // len(axis), 1])
        found = model.log_likelihood(model.ready({"x": rows}), z).numpy().reshape(-1, len(axis))
        parts.append(np.logaddexp.reduce(found + mass, axis=1))
    return np.concatenate(parts)


@tf.function(autograph=False, reduce_retracing=True)
def _one_step_further(model, state, known, x, z):
    """States and log p(x_t, z_t | …) for each z of a grid, of rows that are the trajectories so far."""
    count = tf.shape(z)[0]
    rows = tf.shape(state[0])[0]
    state = tuple(tf.repeat(value, count, axis=0) for value in state)
    known = [tf.repeat(value, count, axis=0) for value in known]
    z = tf.tile(z, [rows])[:, tf.newaxis]
    move, weigh = model.mover(False), model.weigher(False)
    # z = μ + σε: of ε = 0 it is μ, of ε = 1 it is μ + σ, whatever the posterior.
    location = move(state, known, tf.zeros_like(z))[1][-1]
    scale = move(state, known, tf.ones_like(z))[1][-1] - location
    normal = (z - location) / scale
    following, record = move(state, known, normal)
    log_posterior = -0.5 * tf.square(normal) - tf.math.log(scale) - 0.5 * np.log(2 * np.pi)
    found = weigh(record, tf.repeat(x, count, axis=0))
    return following, found["log_weight"] + log_posterior[:, 0]


def _sum_over_trajectories(model, inputs, axis):
    rows, steps = inputs["x"].shape[:2]
    known = model.infer(inputs, False)
    state = model.begin(tf.constant(rows), inputs.get("context"))
    mass = np.zeros(rows)
    for step in range(steps):
        repeats = len(mass) // rows
        given = [tf.repeat(value[step], repeats, axis=0) for value in known]
        x = tf.repeat(inputs["x"][:, step], repeats, axis=0)
        state, log_joint = _one_step_further(model, state, given, x, tf.constant(axis))
        mass = np.repeat(mass, len(axis)) + log_joint.numpy() + np.log(axis[1] - axis[0])
    return np.logaddexp.reduce(mass.reshape(rows, -1), axis=1)


def _labelled_log_prob(model: tfgen.M2, x: np.ndarray) -> np.ndarray:
    """log Σ_y p(y) p(x | y)."""
    prior = model.class_prior or [1 / model.classes] * model.classes
    labels = np.eye(model.classes, dtype=np.float32)
    each = [np.log(p) + _latent_log_prob(model.vae, x, labels[i : i + 1]) for i, p in enumerate(prior)]
    return np.logaddexp.reduce(each, axis=0)


def _stacked_log_prob(model: tfgen.M1M2, x: np.ndarray) -> np.ndarray:
    """Σ over a grid of z₁ of M2's p(z₁) p(x | z₁)."""
    axis = np.linspace(-12, 12, 1001)
    z = axis[:, None].astype(np.float32)
    mass = _labelled_log_prob(model.m2, z) + np.log(axis[1] - axis[0])
    likelihood = model.m1.build_likelihood(tf.constant(z))
    return np.logaddexp.reduce(likelihood.log_prob(x[:, None]).numpy().astype(np.float64) + mass, axis=1)


def cell_log_probs(model: tfgen.Dequantized, *, within: bool) -> np.ndarray:
    """log P of every event, [levels, levels]: Gauss-Legendre quadrature of the flow's density on panels of the plane.

    A cell is a panel, but for those at the edges: they are cut where a bounded flow's density may be steep, and tails
    beyond them are panels of their own.
    """
    ends = 10.0 ** np.arange(-6, 0)
    tails = np.array([]) if within else model.levels * 2.0 ** np.arange(-2, 5)
    if model.flow.low is not None:
        tails = np.array([])
    below = np.concatenate([-tails[::-1], [0], ends])
    edges = np.concatenate([below, np.arange(1, model.levels), model.levels - below[::-1]])
    nodes, weights = np.polynomial.legendre.leggauss(10)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    axis, mass = (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()
    y = np.float32(axis / model.levels)
    if model.flow.high is not None:
        y = np.minimum(y, np.nextafter(np.float32(model.flow.high), np.float32(0)))  # no node is rounded to the end
    y = np.stack(np.meshgrid(y, y, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(model.flow.log_prob(y).numpy().astype(np.float64)).reshape(len(axis), -1)
    cell = np.clip(np.floor(axis), 0, model.levels - 1)
    summed = (cell == np.arange(model.levels)[:, None]) * mass / model.levels
    return np.log(summed @ density @ summed.T)


def draws_from_density(model: tfgen.GenerativeModel, count: int, context: np.ndarray | None) -> np.ndarray:
    """Draws on the line, or the plane, from the density alone: a cell of a fine grid by its probability, a point in it.

    Args:
        model: an exact one, of events of one or two numbers.
        count: how many.
        context: one row, or None.
    """
    size = int(np.prod(whole_shape(model)))
    axis, step = np.linspace(-8, 8, 4001 if size == 1 else 241, retstep=True)
    line = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1).reshape(-1, size)
    x, log_slope = from_line(model.inputs_spec.support, line)
    x = x.reshape(-1, *whole_shape(model)).astype(np.float32)
    log_density = log_slope + true_log_prob(model, x, None if context is None else np.repeat(context, len(x), axis=0))
    rng = np.random.default_rng(9)
    chosen = rng.choice(len(line), count, p=np.exp(log_density) / np.exp(log_density).sum())
    return line[chosen] + step * rng.uniform(-0.5, 0.5, size=(count, size))
