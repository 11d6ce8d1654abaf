"""The paired gap to data whose density is known.

`python -m benchmarks.known_limits` runs all; with numbers, such as `B8 B13`, only these.
"""

import dataclasses
import sys
import time
from collections.abc import Callable

import keras

import tfgen
from tfgen import datasets
from tfgen.datasets import KnownDensity
from tfgen.demo.experiments import warm_adam
from tfgen.judging import paired_gap

BATCH = 512
TRAINING_ROWS, TEST_ROWS, TRAINING_SEED, TEST_SEED = 400_000, 20_000, 1, 2


@dataclasses.dataclass(frozen=True)
class Run:
    """One model on one density."""

    name: str
    truth: KnownDensity
    make: Callable[[], tfgen.GenerativeModel]
    steps: int
    rate: float = 5e-3


def _vae(event_shape: tuple[int, ...], latent_dim: int, **arguments: object) -> Callable[[], tfgen.VAE]:
    return lambda: tfgen.VAE(event_shape=event_shape, latent_dim=latent_dim, **arguments)


def _flow() -> tfgen.RealNVP:
    return tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False)


def _mdn() -> tfgen.MDN:
    return tfgen.MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64))


def _spline_flow() -> tfgen.SplineFlow:
    return tfgen.SplineFlow(event_shape=(2,))


RUNS = (
    Run("B1 eight Gaussians, RealNVP", datasets.EightGaussians(), _flow, 16_000),
    Run("B1 eight Gaussians, SplineFlow", datasets.EightGaussians(), _spline_flow, 16_000),
    Run("B3 two moons, RealNVP", datasets.TwoMoons(), _flow, 16_000),
    Run("B3 two moons, SplineFlow", datasets.TwoMoons(), _spline_flow, 16_000),
    Run("B2 checkerboard, SplineFlow", datasets.Checkerboard(), _spline_flow, 16_000),
    Run("B4 pinwheel, SplineFlow", datasets.Pinwheel(), _spline_flow, 16_000),
    Run("B5 rings, SplineFlow", datasets.Rings(), _spline_flow, 16_000),
    Run("B6a sine curve, SplineFlow", datasets.SineCurve(), _spline_flow, 16_000),
    Run("B6b funnel, SplineFlow", datasets.Funnel(), lambda: tfgen.SplineFlow(event_shape=(10,)), 16_000),
    Run("B7b Bishop's inverse problem, MDN", datasets.SmoothBishopInverse(), _mdn, 16_000),
    Run(
        "B8 probabilistic PCA, linear VAE",
        datasets.ProbabilisticPCA(),
        _vae((10,), 3, likelihood="gaussian", hidden=()),
        8_000,
        1e-2,
    ),
    Run(
        "B8 probabilistic PCA, MLP VAE",
        datasets.ProbabilisticPCA(),
        _vae((10,), 3, likelihood="gaussian", hidden=(64, 64), activation="tanh"),
        8_000,
        2e-3,
    ),
    *(
        Run(
            f"B13 bars, p={flip}, VAE, {samples} training sample{'s' * (samples > 1)}",
            datasets.Bars(flip=flip),
            _vae((4, 4, 1), 2, hidden=(64, 64), training_samples=samples),
            8_000,
            2e-3,
        )
        for flip in (0.05, 0.1)
        for samples in (1, 8)
    ),
)


def main(numbers: list[str]) -> None:
    for run in RUNS:
        if numbers and run.name.split()[0] not in numbers:
            continue
        keras.utils.set_random_seed(0)
        model = run.make()
        model.compile(warm_adam(run.steps, rate=run.rate), steps_per_execution=50)
        data = run.truth.sample(TRAINING_ROWS, seed=TRAINING_SEED)
        epochs = round(run.steps * BATCH / TRAINING_ROWS)
        start = time.perf_counter()
        model.fit(data, batch_size=BATCH, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - start
        test = run.truth.sample(TEST_ROWS, seed=TEST_SEED)
        truth = run.truth.log_prob(**test)
        for kind, log_prob in _scores(model, test).items():
            gap = paired_gap(truth, log_prob)
            print(f"{run.name}: gap{kind} {gap} to entropy {run.truth.entropy:.5f}, {seconds:.0f} s", flush=True)


def _scores(model: tfgen.GenerativeModel, test: dict) -> dict:
    if not isinstance(model, tfgen.BoundModel):
        return {"": model.score(**test).numpy()}
    bounds = {"ELBO": 1, "IWAE-64": 64, "IWAE-1000": 1000}
    return {f" of {name}": model.bound(**test, num_samples=count, seed=0).numpy() for name, count in bounds.items()}


if __name__ == "__main__":
    main(sys.argv[1:])
