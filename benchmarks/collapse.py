"""Posterior collapse and its cures, on data whose likelihood is known.

Eight Gaussians (B1) by VAEs with two decoders: a perceptron, which needs z, and an autoregressive one, which does not:
given z, masked autoregressive splines say the second number by the first.
`--picture FILE` draws the KL of each dimension.
"""

import dataclasses
import functools
import math
import time
from pathlib import Path
from typing import Any

import click
import keras

import tfgen
from tfgen import datasets, plots
from tfgen.demo.experiments import warm_adam
from tfgen.judging import latent_usage, paired_gap

BATCH, TRAINING_SEED, TEST_SEED, TEST_ROWS = 512, 1, 2, 20_000


@dataclasses.dataclass(frozen=True)
class Case:
    """A decoder and a cure."""

    name: str
    autoregressive: bool = True
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    warm_up: float = 0.0
    """The share of the steps in which the KL is let in."""


CASES = (
    Case("perceptron", autoregressive=False),
    Case("autoregressive"),
    Case("autoregressive, KL warm-up", arguments={"beta": 1.0}, warm_up=0.5),
    Case("autoregressive, β = 0.5", arguments={"beta": 0.5}),
    Case("autoregressive, free bits", arguments={"free_bits": 0.5}),
    Case("autoregressive, free bits and warm-up", arguments={"free_bits": 0.5}, warm_up=0.5),
)


@click.command()
@click.option("--steps", default=6000, help="Of each training.")
@click.option("--picture", type=click.Path(path_type=Path), help="A file for the picture.")
def main(steps: int, picture: Path | None) -> None:
    truth = datasets.EightGaussians()
    data = truth.sample(steps * BATCH, seed=TRAINING_SEED)
    test = truth.sample(TEST_ROWS, seed=TEST_SEED)
    true_log_prob = truth.log_prob(**test)
    print(f"entropy {truth.entropy:.4f} nats; {steps} steps of {BATCH} fresh rows, {TEST_ROWS} held out")
    usages = {}
    for case in CASES:
        keras.utils.set_random_seed(0)
        model = make(case)
        model.compile(warm_adam(steps, rate=2e-3), jit_compile=True, steps_per_execution=50)
        callbacks = [tfgen.callbacks.KLWarmUp(math.ceil(case.warm_up * steps))] if case.warm_up else []
        start = time.perf_counter()
        model.fit(data, batch_size=BATCH, epochs=1, verbose=0, callbacks=callbacks)
        seconds = time.perf_counter() - start
        usage = latent_usage(functools.partial(model.run, "encode"), **test)
        bounds = {count: model.bound(**test, num_samples=count, seed=0).numpy() for count in (1, 64)}
        gaps = "; ".join(f"K = {count} gap {paired_gap(true_log_prob, bound)}" for count, bound in bounds.items())
        each = ", ".join(f"{kl:.3f}" for kl in sorted(usage.kl, reverse=True))
        print(f"{case.name}: KL {each}; {usage.active_units} active units; {gaps}; {seconds:.0f} s", flush=True)
        usages[case.name] = usage.kl
    if picture is not None:
        plots.save_figure(plots.kl_per_dimension(usages, title="Nats that each latent dimension tells"), picture)


def make(case: Case) -> tfgen.VAE:
    """The model of a case."""
    likelihood: Any = "gaussian"
    if case.autoregressive:
        flow = tfgen.MAF(
            event_shape=(2,),
            context_shape=(16,),
            transforms=2,
            transformer="rational_quadratic_spline",
            bins=16,
            hidden=(64, 64),
            standardize=False,
        )
        likelihood = tfgen.FlowDistribution(flow=flow)
    return tfgen.VAE(
        event_shape=(2,), latent_dim=2, likelihood=likelihood, hidden=(64, 64), activation="tanh", **case.arguments
    )


if __name__ == "__main__":
    main()
