"""The models that every law is tried on. Adding a model is one entry."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

import tfgen


@dataclasses.dataclass(frozen=True)
class Entry:
    """A small model, and where its density is worth integrating."""

    make: Callable[[], tfgen.GenerativeModel]
    half_width: float = 12.0


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


MODELS: dict[str, Entry] = {
    "mdn-1d": Entry(_mdn(1)),
    "mdn-1d-one-component": Entry(_mdn(1, components=1)),
    "mdn-2d-diagonal": Entry(_mdn(2)),
    "mdn-2d-full": Entry(_mdn(2, covariance="full")),
    "mdn-3d-full": Entry(_mdn(3, covariance="full")),
    "real-nvp-1d": Entry(_flow(1, couplings=2)),
    "real-nvp-2d": Entry(_flow(2, couplings=4)),
    "real-nvp-5d": Entry(_flow(5, couplings=4)),
    "real-nvp-1d-conditional": Entry(_flow(1, couplings=2, context_shape=(3,))),
    "real-nvp-2d-conditional": Entry(_flow(2, couplings=4, context_shape=(2,))),
}


def build(name: str) -> tfgen.GenerativeModel:
    """The same model each time, every weight moved: no law shall hold because a layer begins at zero."""
    keras.utils.set_random_seed(0)
    model = MODELS[name].make()
    rng = np.random.default_rng(0)
    model.set_weights([value + 0.3 * rng.normal(size=value.shape) for value in model.get_weights()])
    return model


def rows(model: tfgen.GenerativeModel, count: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Named inputs of the right shapes."""
    rng = np.random.default_rng(seed)
    named = {"x": rng.normal(size=(count, *model.event_shape)).astype(np.float32)}
    if model.context_shape is not None:
        named["context"] = rng.normal(size=(count, *model.context_shape)).astype(np.float32)
    return named
