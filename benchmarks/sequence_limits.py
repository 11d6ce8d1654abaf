"""Models of sequences against exact filters, and on real series against baselines; all in nats a step.

`python -m benchmarks.sequence_limits` runs all; with numbers, such as `B9 B10`, or names of series, only these.
"""

import dataclasses
import functools
import time
from collections.abc import Callable

import click
import keras
import numpy as np

import tfgen
from tfgen import datasets, judging
from tfgen.datasets import KnownSequence, Series
from tfgen.demo.experiments import warm_adam

BATCH, TEST_ROWS, TRAINING_SEED, TEST_SEED = 128, 20_000, 1, 2


@dataclasses.dataclass(frozen=True)
class Run:
    """One model on sequences whose density a filter knows; no row is seen twice."""

    name: str
    truth: KnownSequence
    make: Callable[[], tfgen.SequenceModel]
    steps: int
    rate: float = 3e-3
    bounds: tuple[tuple[str, int], ...] = (("iwae", 1), ("iwae", 64))
    test_rows: int = TEST_ROWS


def _rnn(size: int, likelihood: str = "gaussian", **arguments: object) -> Callable[[], tfgen.RNNDensity]:
    return lambda: tfgen.RNNDensity(event_shape=(size,), units=32, likelihood=likelihood, **arguments)


def _vrnn(size: int, latent_dim: int, **arguments: object) -> Callable[[], tfgen.VRNN]:
    small = {"units": 32, "hidden": (64,), "feature_units": (32,), "latent_units": (32,), **arguments}
    return functools.partial(tfgen.VRNN, event_shape=(size,), latent_dim=latent_dim, **small)


RUNS = (
    Run("B9 noisy autoregression, RNN-Gauss", datasets.NoisyAutoregression(), _rnn(1), 4000),
    Run("B10 common factor, RNN-Gauss", datasets.CommonFactor(), _rnn(8), 1500),
    Run("B10 common factor, RNN-GMM, 10 components", datasets.CommonFactor(), _rnn(8, "mixture"), 3000),
    Run("B10 common factor, RNN, autoregressive outputs", datasets.CommonFactor(), _rnn(8, "autoregressive"), 3000),
    Run("B10 common factor, VRNN-Gauss", datasets.CommonFactor(), _vrnn(8, 2), 4000, 8e-3),
    Run("B10 common factor, VRNN-I", datasets.CommonFactor(), _vrnn(8, 2, prior="standard"), 4000, 8e-3),
    Run(
        "B10 common factor, STORN",
        datasets.CommonFactor(),
        lambda: tfgen.STORN(event_shape=(8,), latent_dim=2, units=32, hidden=(64,), feature_units=(32,)),
        4000,
        8e-3,
    ),
    Run("B11 even process, LSTM", datasets.EvenProcess(), _rnn(1, "categorical", levels=2, cell="lstm"), 4000, 5e-3),
    Run(
        "B12 stochastic volatility, VRNN-Gauss",
        datasets.StochasticVolatility(),
        _vrnn(1, 1),
        4000,
        bounds=(("iwae", 1), ("iwae", 128), ("fivo", 128)),
        test_rows=1000,
    ),
)


def _scores(run: Run, model: tfgen.SequenceModel, test: np.ndarray) -> dict[str, np.ndarray]:
    parts = np.array_split(test, max(1, len(test) // 500))
    if model.score_kind == "exact":
        return {"": np.concatenate([model.log_prob(part).numpy() for part in parts])}
    found = {}
    for kind, count in run.bounds:
        name = " of the ELBO" if count == 1 else f" of {kind.upper()}-{count}"
        found[name] = np.concatenate(
            [model.bound(part, num_samples=count, kind=kind, seed=seed).numpy() for seed, part in enumerate(parts)]
        )
    return found


def _measure(run: Run) -> None:
    keras.utils.set_random_seed(0)
    model = run.make()
    model.compile(warm_adam(run.steps, rate=run.rate), jit_compile=True, steps_per_execution=50)
    data = run.truth.sample(run.steps * BATCH, seed=TRAINING_SEED)["x"].astype("float32")
    start = time.perf_counter()
    model.fit(data, batch_size=BATCH, verbose=0)
    seconds = time.perf_counter() - start
    test = run.truth.sample(run.test_rows, seed=TEST_SEED)["x"].astype("float32")
    truth = run.truth.log_prob(test)
    for kind, score in _scores(run, model, test).items():
        gap = (truth - score) / run.truth.length
        error = gap.std() / np.sqrt(len(gap))
        print(f"{run.name}: gap{kind} {gap.mean():.6f} ± {error:.6f} nats a step, {seconds:.0f} s", flush=True)


def _series(series: Series, period: int) -> None:
    """A small recurrent network, stopped by the validation part, beside two baselines on the test part."""
    train, (x, scored) = series.train["x"], series.until("test")
    linear = judging.autoregressive(train, x, scored)
    scores = {
        "autoregression, order by AIC": linear,
        f"seasonal naive, period {period}": judging.seasonal_naive(train, x, scored, period=period),
    }
    for likelihood in ("gaussian", "mixture"):
        keras.utils.set_random_seed(0)
        model = tfgen.RNNDensity(event_shape=(series.size,), units=16, likelihood=likelihood, components=3)
        model.compile(keras.optimizers.Adam(3e-3, global_clipnorm=1.0))
        seen, counted = series.until("validation")
        steps = np.flatnonzero(counted[0])
        best = _Best(seen, steps)
        model.fit(series.windows(60)["x"], batch_size=32, epochs=150, verbose=0, callbacks=[best])
        scores[f"RNNDensity, GRU of 16, {likelihood}"] = model.log_prob_steps(x).numpy()[scored]
    for name, score in scores.items():
        more = "" if score is linear else f"; more than the autoregression's by {judging.paired_gap(score, linear)}"
        print(f"{series.name}, {name}: log p {score.mean():.4f} nats a step (standardised){more}", flush=True)


class _Best(keras.callbacks.Callback):
    """Keeps the weights that score the validation part best, all steps before it given."""

    def __init__(self, x: np.ndarray, steps: np.ndarray) -> None:
        super().__init__()
        self.x, self.steps, self.best, self.weights = x, steps, -np.inf, None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        score = self.model.log_prob_steps(self.x).numpy()[0, self.steps].mean()
        if score > self.best:
            self.best, self.weights = score, self.model.get_weights()

    def on_train_end(self, logs: dict | None = None) -> None:
        self.model.set_weights(self.weights)


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    for run in RUNS:
        if not names or run.name.split()[0] in names:
            _measure(run)
    for name, period in (("sunspots", 11), ("co2", 12)):
        if not names or name in names:
            _series(getattr(datasets, name)(), period)


if __name__ == "__main__":
    main()
