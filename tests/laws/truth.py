"""What models are measured by: their log-densities, and draws from those, by ways that are not the model's own."""

import numpy as np
import tensorflow as tf
from laws.line import from_line

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
    size = model.event_shape[0]
    axis, step = np.linspace(-8, 8, 4001 if size == 1 else 241, retstep=True)
    line = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1).reshape(-1, size)
    x, log_slope = from_line(model.inputs_spec.support, line)
    log_density = log_slope + true_log_prob(
        model, x.astype(np.float32), None if context is None else np.repeat(context, len(x), axis=0)
    )
    rng = np.random.default_rng(9)
    chosen = rng.choice(len(line), count, p=np.exp(log_density) / np.exp(log_density).sum())
    return line[chosen] + step * rng.uniform(-0.5, 0.5, size=(count, size))
