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
    if context is None:
        return _latent_log_prob(model, x)
    return np.concatenate([_latent_log_prob(model, x[i : i + 1], context[i : i + 1]) for i in range(len(x))])


def _latent_log_prob(model: tfgen.VAE, x: np.ndarray, context: np.ndarray | None = None) -> np.ndarray:
    """Σ over a grid of z, 7 of the prior's standard deviations to each side; of one context."""
    points = 601 if model.latent_dim == 1 else 61
    axis = np.linspace(-7, 7, points)
    unit = np.stack(np.meshgrid(*[axis] * model.latent_dim, indexing="ij"), axis=-1).reshape(-1, model.latent_dim)
    mass = -0.5 * (unit**2 + np.log(2 * np.pi)).sum(axis=-1) + model.latent_dim * np.log(axis[1] - axis[0])
    prior = model.build_prior(None if context is None else tf.constant(context))
    z = (prior.mean().numpy() + prior.stddev().numpy() * unit).astype(np.float32)
    likelihood = model.build_likelihood(z, None if context is None else np.repeat(context, len(z), axis=0))
    parts = []
    for start in range(0, len(x), 500):
        conditional = likelihood.log_prob(x[start : start + 500, None]).numpy().astype(np.float64)
        parts.append(np.logaddexp.reduce(conditional + mass, axis=1))
    return np.concatenate(parts)


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
