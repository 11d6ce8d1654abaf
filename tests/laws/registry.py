"""The models that every law is tried on. Adding a model is one entry."""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np
from laws.line import from_line

import tfgen

STEPS = 2
"""How long the laws' sequences are."""


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


def _flows_of_z() -> tfgen.GenerativeModel:
    small = {"event_shape": (2,), "hidden": (4,), "activation": "tanh", "standardize": False}
    return tfgen.VAE(
        event_shape=(2,),
        latent_dim=2,
        likelihood="gaussian",
        hidden=(8,),
        activation="tanh",
        prior=tfgen.RealNVP(couplings=2, name="prior_flow", **small),
        posterior=tfgen.IAF(context_shape=(3,), transforms=2, name="posterior_flow", **small),
        free_bits=0.1,
        num_samples=8,
    )


def _m2(event_shape: tuple[int, ...] = (2, 2, 1), likelihood: str = "bernoulli", **arguments) -> tfgen.M2:
    vae = _vae(event_shape, latent_dim=1, context_shape=(3,), likelihood=likelihood, name="vae")()
    return tfgen.M2(vae, hidden=(4,), class_prior=[0.5, 0.3, 0.2], **arguments)


def _m1m2() -> tfgen.GenerativeModel:
    m1 = _vae((2,), latent_dim=1, likelihood="gaussian", name="m1")()
    return tfgen.M1M2(m1, _m2((1,), "gaussian", name="m2"), num_samples=16)


def _dequantized(levels: int, dequantizer: dict | None = None, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    def make() -> tfgen.GenerativeModel:
        tiny = {"couplings": 2, "hidden": (4,), "activation": "tanh", "event_shape": (2,)}
        own = dequantizer and tfgen.RealNVP(context_shape=(2,), low=0, high=1, **tiny, **dequantizer)
        return tfgen.Dequantized(tfgen.RealNVP(**tiny, **arguments), levels=levels, dequantizer=own, num_samples=8)

    return make


def _image(model: type, *shape: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: model(event_shape=shape, hidden=(4,), activation="tanh", **arguments)


def _sequence(model: type, size: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: model(event_shape=(size,), activation="tanh", **arguments)


def _latent_sequence(model: type, size: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return _sequence(model, size, units=3, latent_dim=1, latent_units=(2,), hidden=(3,), num_samples=8, **arguments)


def _small(model: type, size: int, **arguments) -> Callable[[], tfgen.GenerativeModel]:
    return lambda: model(event_shape=(size,), hidden=(8,), activation="tanh", **arguments)


MODELS: dict[str, Entry] = {
    # A flow of all real numbers, whose edge cells have tails, and one that ends where the levels do.
    "dequantized-uniform": Entry(_dequantized(5), "bound"),
    "dequantized-variational": Entry(_dequantized(4, {"name": "dequantizer"}, low=0, high=1), "bound"),
    "iaf-2d-conditional-positive": Entry(_small(tfgen.IAF, 2, transforms=2, context_shape=(2,), low=0)),
    "glow-4x4x1": Entry(_image(tfgen.Glow, 4, 4, 1, scales=2, depth=1), moved=0.1),
    "glow-2x2x1-conditional": Entry(_image(tfgen.Glow, 2, 2, 1, scales=1, depth=1, context_shape=(2,)), moved=0.1),
    "m1m2": Entry(_m1m2, "bound"),
    "m2": Entry(lambda: _m2(num_samples=8), "bound"),
    "maf-2d": Entry(_small(tfgen.MAF, 2, transforms=3), half_width=20.0),
    "mdn-1d": Entry(_mdn(1)),
    "mdn-1d-one-component": Entry(_mdn(1, components=1)),
    "mdn-2d-full": Entry(_mdn(2, covariance="full")),
    "nice-2d": Entry(_small(tfgen.NICE, 2, couplings=3)),
    "nice-2x2x1": Entry(_image(tfgen.NICE, 2, 2, 1, couplings=3)),
    "real-nvp-4x4x2-of-images": Entry(_image(tfgen.RealNVP, 4, 4, 2, couplings=3, context_shape=(4, 4, 1)), moved=0.1),
    "real-nvp-1d": Entry(_flow(1, couplings=2)),
    "real-nvp-2d": Entry(_flow(2, couplings=4)),
    "real-nvp-2d-conditional": Entry(_flow(2, couplings=4, context_shape=(2,))),
    "real-nvp-2d-spline-bounded": Entry(
        _flow(2, couplings=3, transformer="rational_quadratic_spline", standardize=False, low=-1, high=3), moved=0.1
    ),
    "rnn-density": Entry(_sequence(tfgen.RNNDensity, 1, units=3, gradient_clip=100.0)),
    "rnn-density-mixture-conditional": Entry(
        lambda: _sequence(
            tfgen.RNNDensity,
            2,
            cell=[keras.layers.LSTMCell(3), keras.layers.SimpleRNNCell(2)],
            likelihood="mixture",
            components=2,
            hidden=(4,),
            context_shape=(2,),
        )()
    ),
    "storn": Entry(_latent_sequence(tfgen.STORN, 1), "bound"),
    "vrae": Entry(
        _sequence(
            tfgen.VRAE, 1, units=3, latent_dim=1, hidden=(3,), num_samples=8, free_bits=0.1, context_as="initial_state"
        ),
        "bound",
    ),
    "vrnn-fivo-bernoulli-conditional": Entry(
        _latent_sequence(
            tfgen.VRNN,
            1,
            feature_units=(),
            cell="lstm",
            likelihood="bernoulli",
            bound_kind="fivo",
            context_shape=(2,),
        ),
        "bound",
    ),
    "spline-flow-3d-conditional": Entry(
        _small(tfgen.SplineFlow, 3, transforms=2, bins=4, context_shape=(2,)), moved=0.1
    ),
    "spline-flow-2d-autoregressive": Entry(
        _small(tfgen.SplineFlow, 2, transforms=2, bins=4, kind="autoregressive"), moved=0.1
    ),
    "vae-categorical": Entry(_vae((2,), latent_dim=1, likelihood="categorical", levels=5, num_samples=1), "bound"),
    "vae-discretised-logistic": Entry(
        _vae((2,), latent_dim=1, likelihood="discretised_logistic", levels=9, num_samples=20), "bound"
    ),
    "vae-conditional": Entry(
        _vae(
            (2,), latent_dim=1, likelihood="gaussian", context_shape=(2,), prior="conditional", beta=0.5, num_samples=24
        ),
        "bound",
    ),
    "vae-dreg-full-posterior": Entry(
        _vae(
            (2,),
            latent_dim=2,
            likelihood="gaussian",
            posterior="full",
            training_samples=3,
            gradient_estimator="dreg",
            num_samples=8,
        ),
        "bound",
    ),
    "vae-flows": Entry(_flows_of_z, "bound"),
    "vae-vamp": Entry(_vae((2, 2, 1), latent_dim=1, prior="vamp", prior_components=3, num_samples=8), "bound"),
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


def shared(name: str) -> tfgen.GenerativeModel:
    """What `build` gives, built and its endpoints traced once, for all who only ask it."""
    return _SHARED[name]


@functools.cache
def shared_compiled(name: str) -> tfgen.GenerativeModel:
    """The same for `fit`, `evaluate` and `predict` that are to refuse."""
    model = build(name)
    model.compile()
    return model


def forget_graphs() -> None:
    """Lets go of all graphs that shared models have been traced to."""
    shared_compiled.cache_clear()
    for model in _SHARED.values():
        model._functions.clear()


def rows(model: tfgen.GenerativeModel, count: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Named inputs of the right shapes, x within its support."""
    rng = np.random.default_rng(seed)
    levels = model.inputs_spec.support.levels
    if levels is None:
        x, _ = from_line(model.inputs_spec.support, rng.normal(size=(count, *whole_shape(model))))
    else:
        x = _digits(rng, levels, count, model)
    named = {"x": x.astype(np.float32)}
    if model.context_shape is not None:
        named["context"] = rng.normal(size=(count, *model.context_shape)).astype(np.float32)
    return named


def _digits(rng: np.random.Generator, levels: int, count: int, model: tfgen.GenerativeModel) -> np.ndarray:
    return rng.integers(levels, size=(count, *whole_shape(model)))


def whole_shape(model: tfgen.GenerativeModel) -> tuple[int, ...]:
    """Of what has a density: an event, or a sequence of them."""
    return (*((STEPS,) if isinstance(model, tfgen.SequenceModel) else ()), *model.event_shape)


def steps_of(model: tfgen.GenerativeModel) -> dict[str, int]:
    """What `sample` wants to know beside the seed: of sequences how long they are."""
    return {"steps": STEPS} if isinstance(model, tfgen.SequenceModel) else {}


def run_sample(model: tfgen.GenerativeModel, seed: np.ndarray, context: np.ndarray | None = None) -> np.ndarray:
    """x of the endpoint `sample`."""
    steps = {name: np.full(len(seed), value, np.int32) for name, value in steps_of(model).items()}
    return model.run("sample", seed=seed, context=context, **steps)["x"].numpy()


def all_events(model: tfgen.GenerativeModel) -> np.ndarray:
    """Every event of a model of few levels and few numbers."""
    levels, size = model.inputs_spec.support.levels, int(np.prod(whole_shape(model)))
    grid = np.stack(np.meshgrid(*[np.arange(levels)] * size, indexing="ij"), axis=-1)
    return grid.reshape(-1, *whole_shape(model)).astype(np.float32)


_SHARED = {name: build(name) for name in MODELS}
QUANTISED = sorted(name for name, model in _SHARED.items() if model.inputs_spec.support.levels is not None)
INTEGRABLE = sorted(
    name
    for name, model in _SHARED.items()
    if np.prod(whole_shape(model)) <= 2 and len(model.event_shape) == 1 and not model.inputs_spec.support.integer
)
