"""Every distribution layer beside its density in NumPy and SciPy, written from the raw parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

from tfgen import layers

Array = NDArray[Any]
MIN_SCALE = 1e-3


def positive(raw: Array, minimum: float = MIN_SCALE) -> Array:
    return np.logaddexp(0, raw + np.log(np.e - 1)) + minimum


@dataclass(frozen=True)
class Case:
    """A layer's constructor arguments, and its oracle for one raw vector: float64, no leading dimensions.

    Attributes:
        kind: the layer's class.
        arguments: the constructor's.
        event: from a generator to one event.
        log_density: from the raw parameters and an event to nats.
        point: from the raw parameters to what `predict` gives.
        continuous: whether events may be any numbers.
        point_is_mean: whether that is the distribution's mean, everywhere and exactly.
        bounded: whether the layer promises finite densities for all parameters.
    """

    kind: type[layers.DistributionLayer]
    arguments: dict[str, Any]
    event: Callable[[np.random.Generator], Array]
    log_density: Callable[[Array, Array], float]
    point: Callable[[Array], Array]
    continuous: bool = field(default=True)
    point_is_mean: bool = field(default=True)
    bounded: bool = field(default=True)

    def layer(self, **more: Any) -> layers.DistributionLayer:
        """With a bias and a kernel of which no entry is nought."""
        return self.kind(**{"bias_initializer": "random_normal", **self.arguments, **more})

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.arguments.get("event_shape", ()))

    def events(self, *leading: int, seed: int = 0) -> Array:
        rng = np.random.default_rng(seed)
        flat = [self.event(rng) for _ in range(int(np.prod(leading)))]
        return np.array(flat, np.float64).reshape(*leading, *self.event_shape)

    @staticmethod
    def raw(layer: layers.DistributionLayer, features: Array) -> Array:
        """The projection in float64."""
        kernel, bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
        return np.asarray(features, np.float64) @ kernel + bias

    def log_prob(self, raw: Array, x: Array) -> Array:
        leading = raw.shape[:-1]
        pairs = zip(raw.reshape(-1, raw.shape[-1]), x.reshape(-1, *self.event_shape), strict=True)
        return np.array([self.log_density(parameters, event) for parameters, event in pairs]).reshape(leading)

    def points(self, raw: Array) -> Array:
        values = np.array([self.point(parameters) for parameters in raw.reshape(-1, raw.shape[-1])])
        return values.reshape(*raw.shape[:-1], *values.shape[1:])


def normal(shape: tuple[int, ...], minimum: float = MIN_SCALE) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        location, scale = (half.reshape(shape) for half in np.split(raw, 2))
        return float(stats.norm.logpdf(x, location, positive(scale, minimum)).sum())

    arguments = {"event_shape": shape} | ({} if minimum == MIN_SCALE else {"min_scale": minimum})
    return Case(
        layers.IndependentNormal,
        arguments,
        lambda rng: rng.normal(1, 2, shape),
        log_density,
        lambda raw: raw[: raw.size // 2].reshape(shape),
    )


def triangle(size: int, minimum: float = MIN_SCALE) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        location, diagonal, below = np.split(raw, [size, 2 * size])
        factor = np.diag(positive(diagonal, minimum))
        factor[np.tril_indices(size, -1)] = below
        return float(stats.multivariate_normal.logpdf(x, location, factor @ factor.T))

    return Case(
        layers.MultivariateNormalTriL,
        {"event_shape": (size,)} | ({} if minimum == MIN_SCALE else {"min_scale": minimum}),
        lambda rng: rng.normal(1, 2, size),
        log_density,
        lambda raw: raw[:size],
        bounded=size < 3,
    )


def entries(raw: Array, shape: tuple[int, ...], components: int) -> tuple[Array, Array, Array]:
    """Weights, locations and raw scales, each [*shape, components]."""
    parts = np.split(raw, 2 if components == 1 else 3)
    location, scale = (part.reshape(*shape, components) for part in parts[:2])
    weights = special.softmax(parts[2].reshape(*shape, components), axis=-1) if components > 1 else 1.0
    return np.broadcast_to(weights, location.shape), location, scale


def logistic(shape: tuple[int, ...], components: int = 1) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        weights, location, scale = entries(raw, shape, components)
        each = stats.logistic.logpdf(x[..., None], location, positive(scale))
        return float(special.logsumexp(each, b=weights, axis=-1).sum())

    def point(raw: Array) -> Array:
        weights, location, _ = entries(raw, shape, components)
        return (weights * location).sum(-1)

    arguments = {"event_shape": shape} | ({"components": components} if components > 1 else {})
    return Case(layers.IndependentLogistic, arguments, lambda rng: rng.normal(1, 2, shape), log_density, point)


def discretised(shape: tuple[int, ...], levels: int, components: int = 1) -> Case:
    half = (levels - 1) / 2

    def parameters(raw: Array) -> tuple[Array, Array, Array]:
        weights, location, scale = entries(raw, shape, components)
        return weights, half + half * location, 0.5 * half * positive(scale, 0.0) + 1e-2

    def log_density(raw: Array, x: Array) -> float:
        weights, location, scale = parameters(raw)
        edges = np.concatenate([[-np.inf], np.arange(levels - 1) + 0.5, [np.inf]])
        below = stats.logistic.cdf(edges, location[..., None], scale[..., None])
        mass = (weights[..., None] * np.diff(below)).sum(-2)
        return float(np.log(np.take_along_axis(mass, x.astype(int)[..., None], -1)).sum())

    def point(raw: Array) -> Array:
        """The mean of the clipped variable: the integral of its survival function."""
        weights, location, scale = parameters(raw)
        grid = np.linspace(0, levels - 1, 20_001)
        survival = stats.logistic.sf(grid, location[..., None], scale[..., None])
        return (weights * np.trapezoid(survival, grid)).sum(-1)

    return Case(
        layers.IndependentDiscretisedLogistic,
        {"event_shape": shape, "levels": levels} | ({"components": components} if components > 1 else {}),
        lambda rng: rng.integers(0, levels, shape),
        log_density,
        point,
        continuous=False,
        point_is_mean=False,
    )


def student(shape: tuple[int, ...]) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        freedom, location, scale = (part.reshape(shape) for part in np.split(raw, 3))
        return float(stats.t.logpdf(x, positive(freedom, 0.5), location, positive(scale)).sum())

    return Case(
        layers.IndependentStudentT,
        {"event_shape": shape},
        lambda rng: rng.normal(1, 2, shape),
        log_density,
        lambda raw: np.split(raw, 3)[1].reshape(shape),
        point_is_mean=False,
    )


def bounded(values: Array) -> Array:
    return values - np.logaddexp(0, values - 16.0)


def poisson(shape: tuple[int, ...]) -> Case:
    return Case(
        layers.IndependentPoisson,
        {"event_shape": shape},
        lambda rng: rng.poisson(2.0, shape),
        lambda raw, x: float(stats.poisson.logpmf(x, np.exp(bounded(raw.reshape(shape)))).sum()),
        lambda raw: np.exp(bounded(raw.reshape(shape))),
        continuous=False,
    )


def negative_binomial(shape: tuple[int, ...]) -> Case:
    def parameters(raw: Array) -> tuple[Array, Array]:
        total, logits = (part.reshape(shape) for part in np.split(raw, 2))
        return positive(total, 1e-3), bounded(logits)

    def log_density(raw: Array, x: Array) -> float:
        total, logits = parameters(raw)
        return float(stats.nbinom.logpmf(x, total, special.expit(-logits)).sum())

    def point(raw: Array) -> Array:
        total, logits = parameters(raw)
        return total * np.exp(logits)

    return Case(
        layers.IndependentNegativeBinomial,
        {"event_shape": shape},
        lambda rng: rng.poisson(2.0, shape),
        log_density,
        point,
        continuous=False,
    )


def weibull(shape: tuple[int, ...]) -> Case:
    def parameters(raw: Array) -> tuple[Array, Array]:
        concentration, scale = (np.logaddexp(0, part.reshape(shape)) for part in np.split(raw, 2))
        return concentration, scale

    def log_density(raw: Array, x: Array) -> float:
        concentration, scale = parameters(raw)
        return float(stats.weibull_min.logpdf(x, concentration, scale=scale).sum())

    def point(raw: Array) -> Array:
        concentration, scale = parameters(raw)
        return scale * special.gamma(1 + 1 / concentration)

    return Case(
        layers.TFPDistribution,
        {"family": "Weibull", "event_shape": shape},
        lambda rng: rng.gamma(2.0, 1.0, shape),
        log_density,
        point,
        bounded=False,
    )


def dirichlet(size: int) -> Case:
    return Case(
        layers.TFPDistribution,
        {"family": "Dirichlet", "event_shape": (size,)},
        lambda rng: rng.dirichlet(np.full(size, 2.0)),
        lambda raw, x: float(stats.dirichlet.logpdf(x / x.sum(), np.logaddexp(0, raw))),
        lambda raw: np.logaddexp(0, raw) / np.logaddexp(0, raw).sum(),
        bounded=False,
    )


def fixed_student(shape: tuple[int, ...]) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        location, scale = (part.reshape(shape) for part in np.split(raw, 2))
        return float(stats.t.logpdf(x, 5.0, location, np.logaddexp(0, scale)).sum())

    return Case(
        layers.TFPDistribution,
        {"family": "StudentT", "event_shape": shape, "fixed": {"df": 5.0}},
        lambda rng: rng.normal(1, 2, shape),
        log_density,
        lambda raw: np.split(raw, 2)[0].reshape(shape),
        bounded=False,
    )


def bernoulli(shape: tuple[int, ...]) -> Case:
    def log_density(raw: Array, x: Array) -> float:
        return float(stats.bernoulli.logpmf(x, special.expit(raw.reshape(shape))).sum())

    return Case(
        layers.IndependentBernoulli,
        {"event_shape": shape},
        lambda rng: rng.integers(0, 2, shape),
        log_density,
        lambda raw: special.expit(raw.reshape(shape)),
        continuous=False,
    )


def categorical(shape: tuple[int, ...], classes: int = 4) -> Case:
    def point(raw: Array) -> Array:
        return special.softmax(raw.reshape(*shape, classes), axis=-1)

    def log_density(raw: Array, x: Array) -> float:
        chosen = np.take_along_axis(point(raw), x.astype(int)[..., None], axis=-1)
        return float(np.log(chosen).sum())

    return Case(
        layers.IndependentCategorical,
        {"event_shape": shape, "classes": classes},
        lambda rng: rng.integers(0, classes, shape),
        log_density,
        point,
        continuous=False,
    )


def mixture(shape: tuple[int, ...], count: int, *, full: bool = False, minimum: float = MIN_SCALE) -> Case:
    size = int(np.prod(shape))

    def parameters(raw: Array) -> tuple[Array, Array, Array]:
        """Weights [count], locations [count, size] and covariances [count, size, size]."""
        sizes = np.cumsum([count, count * size, count * size])
        logits, location, diagonal, below = np.split(raw, sizes)
        triangles = np.zeros((count, size, size))
        triangles[:, np.arange(size), np.arange(size)] = positive(diagonal.reshape(count, size), minimum)
        rows, columns = np.tril_indices(size, -1)
        if full:
            triangles[:, rows, columns] = below.reshape(count, -1)
        else:
            assert below.size == 0
        return (
            special.softmax(logits),
            location.reshape(count, size),
            triangles @ triangles.transpose(0, 2, 1),
        )

    def log_density(raw: Array, x: Array) -> float:
        weights, locations, covariances = parameters(raw)
        each = [
            stats.multivariate_normal.logpdf(x.ravel(), location, covariance)
            for location, covariance in zip(locations, covariances, strict=True)
        ]
        return float(special.logsumexp(each, b=weights))

    def point(raw: Array) -> Array:
        weights, locations, _ = parameters(raw)
        return (weights @ locations).reshape(shape)

    return Case(
        layers.MixtureNormal,
        {"event_shape": shape, "components": count}
        | ({"covariance": "full"} if full else {})
        | ({} if minimum == MIN_SCALE else {"min_scale": minimum}),
        lambda rng: rng.normal(1, 2, shape),
        log_density,
        point,
    )


CASES = {
    "normal scalar": normal(()),
    "normal vector": normal((3,)),
    "normal matrix": normal((2, 3)),
    "normal wide": normal((2,), minimum=0.5),
    "bernoulli scalar": bernoulli(()),
    "bernoulli vector": bernoulli((3,)),
    "bernoulli matrix": bernoulli((2, 3)),
    "categorical scalar": categorical(()),
    "categorical vector": categorical((3,)),
    "categorical matrix": categorical((2, 3)),
    "mixture scalar": mixture((), 3),
    "mixture vector": mixture((2,), 3),
    "mixture matrix": mixture((2, 2), 2),
    "mixture full": mixture((3,), 2, full=True),
    "mixture full of one": mixture((1,), 2, full=True),
    "mixture of one": mixture((2,), 1),
    "mixture wide": mixture((2,), 2, minimum=0.5),
    "triangle": triangle(3),
    "triangle of one": triangle(1),
    "triangle wide": triangle(2, minimum=0.5),
    "logistic scalar": logistic(()),
    "logistic matrix": logistic((2, 3)),
    "logistic mixture": logistic((2,), 3),
    "discretised scalar": discretised((), 256),
    "discretised bits": discretised((3,), 2),
    "discretised mixture": discretised((2, 2), 16, 3),
    "student scalar": student(()),
    "student vector": student((3,)),
    "poisson scalar": poisson(()),
    "poisson matrix": poisson((2, 3)),
    "negative binomial scalar": negative_binomial(()),
    "negative binomial vector": negative_binomial((3,)),
    "family weibull": weibull((2,)),
    "family dirichlet": dirichlet(3),
    "family fixed": fixed_student((2,)),
}
FEW = [
    "normal vector",
    "bernoulli matrix",
    "categorical scalar",
    "mixture scalar",
    "mixture full",
    "discretised mixture",
    "student scalar",
    "negative binomial vector",
    "family weibull",
]

FAMILIES = [
    "normal vector",
    "bernoulli matrix",
    "categorical scalar",
    "mixture full",
    "triangle",
    "logistic mixture",
    "discretised scalar",
    "discretised mixture",
    "student vector",
    "poisson scalar",
    "negative binomial vector",
    "family weibull",
    "family fixed",
]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each layer at each rank."""
    return CASES[request.param]


@pytest.fixture(params=FEW)
def few(request: pytest.FixtureRequest) -> Case:
    """Some families, for what takes long."""
    return CASES[request.param]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Case:
    """One of each family."""
    return CASES[request.param]


@pytest.fixture
def features() -> Callable[..., Array]:
    return lambda *shape: np.random.default_rng(7).normal(size=shape).astype(np.float32)
