"""VAEs of binarised digits (8×8, black where the grey value is 8 at least), by the bound of 5000 samples.

All train on the 1200 training digits and stop where the loss of the 200 validation digits is least; settings were
chosen by validation bounds. `--validation` prints those and leaves the test digits alone. `--picture FILE` draws
samples of the last model beside their nearest training images.
"""

import time
from pathlib import Path
from typing import Any

import click
import keras

import tfgen
from tfgen import datasets, plots
from tfgen.judging import (
    bernoulli_independent,
    bernoulli_mixture,
    evaluate_bound,
    memorisation,
    nearest_neighbours,
    paired_gap,
)

BATCH, EPOCHS, PATIENCE, WIDTH, DROPOUT = 64, 1000, 60, 256, 0.2

MODELS: dict[str, dict[str, Any]] = {
    "ELBO": {},
    "IWAE-8": {"training_samples": 8},
    "IWAE-8, DReG": {"training_samples": 8, "gradient_estimator": "dreg"},
    "IWAE-8, flow posterior (IAF)": {"training_samples": 8, "posterior": "iaf"},
    "IWAE-8, flow prior (RealNVP)": {"training_samples": 8, "prior": "flow"},
    "IWAE-8, VampPrior": {"training_samples": 8, "prior": "vamp", "prior_components": 100},
    "IWAE-8, DReG, VampPrior": {
        "training_samples": 8,
        "gradient_estimator": "dreg",
        "prior": "vamp",
        "prior_components": 100,
    },
}
LATENT = 16


@click.command()
@click.argument("names", nargs=-1)
@click.option("--samples", default=5000, help="K of the bound.")
@click.option("--validation", is_flag=True, help="Judge by validation digits, not by test digits.")
@click.option("--picture", type=click.Path(path_type=Path), help="A file for the picture.")
def main(names: tuple[str, ...], samples: int, validation: bool, picture: Path | None) -> None:
    images = datasets.digits()
    held_out = (images.validation if validation else images.test)["x"]
    train = images.train["x"]
    independent, mixture = bernoulli_independent(train, held_out), bernoulli_mixture(train, held_out)
    for name, log_prob in {"independent": independent, "mixture of 60": mixture}.items():
        print(f"Bernoulli, {name}: {-log_prob.mean():.4f} nats")
    for name, arguments in MODELS.items():
        if names and name not in names:
            continue
        keras.utils.set_random_seed(0)
        start = time.perf_counter()
        model = train_model(images, dict(arguments))
        seconds = time.perf_counter() - start
        found = evaluate_bound(model, held_out, num_samples=samples)
        print(f"{name}: log p ≥ {found}; mixture behind by {paired_gap(found.bound, mixture)}; {seconds:.0f} s")
        print(f"  samples: {memorisation(model.sample(len(held_out), seed=0), held_out, train)}", flush=True)
    if picture is not None:
        drawn = model.sample(12, seed=0).numpy()
        near = nearest_neighbours(drawn, train, count=3)
        title = "Draws of the VAE, and their nearest training images"
        figure = plots.nearest_neighbours(drawn, train[near.index], distances=near.distance, title=title)
        plots.save_figure(figure, picture)


def train_model(images: datasets.Images, arguments: dict[str, Any]) -> tfgen.VAE:
    """A VAE of those arguments, trained."""
    latent = {"event_shape": (LATENT,), "hidden": (64,), "standardize": False}
    if arguments.get("prior") == "flow":
        arguments["prior"] = tfgen.RealNVP(couplings=4, **latent)
    if arguments.get("posterior") == "iaf":
        arguments["posterior"] = tfgen.IAF(context_shape=(64,), transforms=2, **latent)
    decoder = []
    for _ in range(2):
        decoder += [keras.layers.Dense(WIDTH, "relu"), keras.layers.Dropout(DROPOUT)]
    model = tfgen.VAE(
        event_shape=images.event_shape,
        latent_dim=LATENT,
        hidden=(WIDTH, WIDTH),
        decoder=keras.Sequential(decoder),
        **arguments,
    )
    steps = -(-len(images.train["x"]) // BATCH)
    model.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.1), jit_compile=True, steps_per_execution=steps)
    stop = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=PATIENCE, restore_best_weights=True)
    model.fit(
        images.train,
        validation_data=(images.validation,),
        batch_size=BATCH,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[stop],
    )
    return model


if __name__ == "__main__":
    main()
