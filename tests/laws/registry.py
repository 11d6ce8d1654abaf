"""The models that every law is tried on. Adding a model is one entry."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import tfgen


@dataclasses.dataclass(frozen=True)
class Entry:
    """A small model, what its score is, and where its density is worth integrating."""

    make: Callable[[], tfgen.GenerativeModel]
    score_kind: str = "exact"
    half_width: float = 12.0
    moved: float = 0.3
    """How far `build` moves the weights: less for splines, whose steepest pieces lose digits in single precision."""


def _flow(size: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: tfgen.RealNVP(event_shape=(size,), hidden=(8,), activation="tanh", **arguments)


def _mdn(size: int, *, components: int = 3, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: tfgen.MDN(
        event_shape=(size,),
        context_shape=(2,),
        hidden=(8,),
        activation="tanh",
        components=components,
        **arguments,
    )


def _vae(event_shape: tuple[int, ...], **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: tfgen.VAE(event_shape=event_shape, hidden=(8,), activation="tanh", **arguments)


def _small(model: type, size: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: model(event_shape=(size,), hidden=(8,), activation="tanh", **arguments)


MODELS: dict[str, Entry] = {
    "iaf-2d-conditional": Entry(_small(tfgen.IAF, 2, transforms=2, context_shape=(2,))),
    "maf-2d": Entry(_small(tfgen.MAF, 2, transforms=3)),
    "maf-3d-spline-conditional": Entry(
        _small(tfgen.MAF, 3, transforms=2, transformer="rational_quadratic_spline", bins=4, context_shape=(2,)),
        moved=0.1,
    ),
    "mdn-1d": Entry(_mdn(1)),
    "mdn-1d-one-component": Entry(_mdn(1, components=1)),
    "mdn-2d-diagonal": Entry(_mdn(2)),
    "mdn-2d-full": Entry(_mdn(2, covariance="full")),
    "mdn-3d-full": Entry(_mdn(3, covariance="full")),
    "nice-2d": Entry(_small(tfgen.NICE, 2, couplings=3)),
    "real-nvp-1d": Entry(_flow(1, couplings=2)),
    "real-nvp-2d": Entry(_flow(2, couplings=4)),
    "real-nvp-5d": Entry(_flow(5, couplings=4)),
    "real-nvp-1d-conditional": Entry(_flow(1, couplings=2, context_shape=(3,))),
    "real-nvp-2d-conditional": Entry(_flow(2, couplings=4, context_shape=(2,))),
    "real-nvp-2d-spline": Entry(
        _flow(2, couplings=3, transformer="rational_quadratic_spline", standardize=False), moved=0.1
    ),
    "spline-flow-3d-conditional": Entry(
        _small(tfgen.SplineFlow, 3, transforms=2, bins=4, context_shape=(2,)), moved=0.1
    ),
    "spline-flow-2d-autoregressive": Entry(
        _small(tfgen.SplineFlow, 2, transforms=2, bins=4, kind="autoregressive"), moved=0.1
    ),
    "vae-bernoulli": Entry(_vae((2, 2, 1), latent_dim=1, num_samples=8), "bound"),
    "vae-categorical": Entry(_vae((2,), latent_dim=1, likelihood="categorical", levels=5, num_samples=1), "bound"),
    "vae-discretised-logistic": Entry(
        _vae((2,), latent_dim=1, likelihood="discretised_logistic", levels=9, num_samples=20), "bound"
    ),
    "vae-gaussian": Entry(_vae((2,), latent_dim=2, likelihood="gaussian", num_samples=24), "bound"),
}
EXACT = sorted(name for name, entry in MODELS.items() if entry.score_kind == "exact")
BOUND = sorted(name for name, entry in MODELS.items() if entry.score_kind == "bound")


def build(name: str) -> tfgen.GenerativeModel:
    """The same model each time, every weight moved: no law shall hold because a layer begins at zero."""
    keras.utils.set_random_seed(0)
    model = MODELS[name].make()
    rng = np.random.default_rng(0)
    moved = MODELS[name].moved
    model.set_weights([value + moved * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def rows(model: tfgen.GenerativeModel, count: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Named inputs of the right shapes, x within its support."""
    rng = np.random.default_rng(seed)
    levels = model.inputs_spec.support.levels
    x = rng.normal(size=(count, *model.event_shape)) if levels is None else _digits(rng, levels, count, model)
    named = {"x": x.astype(np.float32)}
    if model.context_shape is not None:
        named["context"] = rng.normal(size=(count, *model.context_shape)).astype(np.float32)
    return named


def _digits(rng: np.random.Generator, levels: int, count: int, model: tfgen.GenerativeModel) -> np.ndarray:
    return rng.integers(levels, size=(count, *model.event_shape))


def true_log_prob(model: tfgen.GenerativeModel, x: np.ndarray, context: np.ndarray | None = None) -> np.ndarray:
    """log p(x | context) in float64: the model's own where it is exact, else by a sum over its latent space.

    The rectangle rule on smooth functions that vanish at the ends: a few hundred points leave no error to see.
    """
    if model.score_kind == "exact":
        return model.log_prob(x, context).numpy().astype(np.float64)
    points = 601 if model.latent_dim == 1 else 61
    axis = np.linspace(-7, 7, points)
    z = np.stack(np.meshgrid(*[axis] * model.latent_dim, indexing="ij"), axis=-1).reshape(-1, model.latent_dim)
    prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(axis=-1) + model.latent_dim * np.log(axis[1] - axis[0])
    likelihood = model.build_likelihood(z.astype(np.float32))
    parts = []
    for start in range(0, len(x), 500):
        conditional = likelihood.log_prob(x[start : start + 500, None]).numpy().astype(np.float64)
        parts.append(np.logaddexp.reduce(conditional + prior, axis=1))
    return np.concatenate(parts)


def all_events(model: tfgen.GenerativeModel) -> np.ndarray:
    """Every event of a model of few levels and few numbers."""
    levels, size = model.inputs_spec.support.levels, int(np.prod(model.event_shape))
    grid = np.stack(np.meshgrid(*[np.arange(levels)] * size, indexing="ij"), axis=-1)
    return grid.reshape(-1, *model.event_shape).astype(np.float32)
