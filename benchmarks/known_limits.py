"""The paired gap to data whose density is known.

`python -m benchmarks.known_limits` runs all; with numbers, such as `B8 B13`, only these. `--pictures FOLDER` draws the
spline flows of two entries beside the truth.
"""

import dataclasses
import functools
import time
from collections.abc import Callable
from pathlib import Path

import click
import keras
import numpy as np

import tfgen
from tfgen import datasets, plots
from tfgen.datasets import KnownDensity
from tfgen.demo.experiments import warm_adam
from tfgen.judging import paired_gap

BATCH = 512
TRAINING_ROWS, TEST_ROWS, TRAINING_SEED, TEST_SEED = 400_000, 100_000, 1, 2


@dataclasses.dataclass(frozen=True)
class Run:
    """One model on one density."""

    name: str
    truth: KnownDensity
    make: Callable[[], tfgen.GenerativeModel]
    steps: int
    rate: float = 5e-3
    fresh: bool = False
    """Whether no row is seen twice: of as many parameters as a spline flow has, 400 000 rows are learned by heart. Such
    runs are compiled, too."""


def _vae(event_shape: tuple[int, ...], latent_dim: int, **arguments: object) -> Callable[[], tfgen.VAE]:
    return lambda: tfgen.VAE(event_shape=event_shape, latent_dim=latent_dim, **arguments)


def _affine(name: str, truth: KnownDensity) -> Run:
    """RealNVP, as the demo's; data whose scales differ by far are standardised."""
    shape = truth.event_shape
    make = functools.partial(tfgen.RealNVP, event_shape=shape, couplings=8, hidden=(64, 64), standardize=shape[0] > 2)
    return Run(f"{name}, RealNVP", truth, make, 16_000)


def _mdn() -> tfgen.MDN:
    return tfgen.MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64))


def _spline(name: str, truth: KnownDensity) -> Run:
    """A preset, untouched."""
    make = functools.partial(tfgen.SplineFlow, event_shape=truth.event_shape)
    return Run(f"{name}, SplineFlow", truth, make, 40_000, 7e-3, fresh=True)


_DENSITIES = {
    "B1 eight Gaussians": datasets.EightGaussians(),
    "B2 checkerboard": datasets.Checkerboard(),
    "B3 two moons": datasets.TwoMoons(),
    "B4 pinwheel": datasets.Pinwheel(),
    "B5 rings": datasets.Rings(),
    "B6a sine curve": datasets.SineCurve(),
    "B6b funnel": datasets.Funnel(),
}

RUNS = (
    *(run(name, truth) for name, truth in _DENSITIES.items() for run in (_affine, _spline)),
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


@click.command()
@click.argument("numbers", nargs=-1)
@click.option("--pictures", type=click.Path(path_type=Path), help="A folder for pictures.")
def main(numbers: tuple[str, ...], pictures: Path | None) -> None:
    for run in RUNS:
        if numbers and run.name.split()[0] not in numbers:
            continue
        keras.utils.set_random_seed(0)
        model = run.make()
        model.compile(warm_adam(run.steps, rate=run.rate), steps_per_execution=50, jit_compile=run.fresh)
        rows = run.steps * BATCH if run.fresh else TRAINING_ROWS
        data = run.truth.sample(rows, seed=TRAINING_SEED)
        epochs = round(run.steps * BATCH / rows)
        start = time.perf_counter()
        model.fit(data, batch_size=BATCH, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - start
        test = run.truth.sample(TEST_ROWS, seed=TEST_SEED)
        truth = run.truth.log_prob(**test)
        for kind, log_prob in _scores(model, test).items():
            gap = paired_gap(truth, log_prob)
            print(f"{run.name}: gap{kind} {gap} to entropy {run.truth.entropy:.5f}, {seconds:.0f} s", flush=True)
        if pictures is not None and run.fresh and run.truth.event_shape == (2,):
            _draw(run, model, test["x"], pictures / f"{run.truth.name.replace('-', '_')}.png")


def _draw(run: Run, model: tfgen.GenerativeModel, test: np.ndarray, path: Path) -> None:
    low, high = test.min(axis=0), test.max(axis=0)
    limits = tuple(zip((low - 0.1 * (high - low)).tolist(), (high + 0.1 * (high - low)).tolist(), strict=True))
    log_probs = (run.truth.log_prob, lambda x: model.predict(x, batch_size=8192, verbose=0))
    figure = plots.density_beside_truth(*log_probs, model.sample(5000, seed=0), limits=limits, title=run.name)
    plots.save_figure(figure, path)


def _scores(model: tfgen.GenerativeModel, test: dict) -> dict:
    if not isinstance(model, tfgen.BoundModel):
        return {"": model.predict(test, batch_size=8192, verbose=0)}
    bounds = {"ELBO": 1, "IWAE-64": 64, "IWAE-1000": 1000}
    return {f" of {name}": model.bound(**test, num_samples=count, seed=0).numpy() for name, count in bounds.items()}


if __name__ == "__main__":
    main()
