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
    """

    kind: type[layers.DistributionLayer]
    arguments: dict[str, Any]
    event: Callable[[np.random.Generator], Array]
    log_density: Callable[[Array, Array], float]
    point: Callable[[Array], Array]
    continuous: bool = field(default=True)

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
}
FEW = ["normal vector", "bernoulli matrix", "categorical scalar", "mixture scalar", "mixture full"]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each layer at each rank."""
    return CASES[request.param]


@pytest.fixture(params=FEW)
def few(request: pytest.FixtureRequest) -> Case:
    """One of each family, for what takes long."""
    return CASES[request.param]


@pytest.fixture
def features() -> Callable[..., Array]:
    return lambda *shape: np.random.default_rng(7).normal(size=shape).astype(np.float32)
