"""M2 on digits with a hundred labels, beside the same classifier trained on these alone.

Of the 1200 binarised training digits ten of each class keep their labels, chosen by the seed; all else is the same for
both: the classifier, the optimiser, the batch. The classifier alone stops where its loss on the 200 validation digits,
whose labels M2 never sees, is least. Settings were chosen by validation errors; `--validation` prints those and leaves
the test digits alone. `--picture FILE` draws styles held while classes vary.
"""

from pathlib import Path

import click
import keras
import numpy as np
from numpy.typing import NDArray

import tfgen
from tfgen import datasets, plots
from tfgen.datasets import Images

PER_CLASS, CLASSES, BATCH, EPOCHS, RATE = 10, 10, 100, 600, 3e-3
WIDTH, DROPOUT, WEIGHT_DECAY = 256, 0.3, 1e-2
LATENT, HIDDEN, CLASSIFICATION_WEIGHT = 6, (256,), 100.0


@click.command()
@click.option("--seeds", default=5, help="How many choices of the labels.")
@click.option("--validation", is_flag=True, help="Print errors of validation digits, not of test digits.")
@click.option("--picture", type=click.Path(path_type=Path), help="A file for the picture, of the first seed.")
def main(seeds: int, validation: bool, picture: Path | None) -> None:
    images = datasets.digits()
    split = "validation" if validation else "test"
    x, label = (images.validation if validation else images.test)["x"], images.labels[split]
    errors = []
    for seed in range(seeds):
        kept = labelled_rows(images.labels["train"], seed)
        alone = _alone(images, kept, seed).predict(x, verbose=0).argmax(axis=1)
        m2 = _m2(images, kept, seed)
        errors.append([100 * np.mean(found != label) for found in (alone, m2.predict_label(x).numpy())])
        print("seed {}: {:.1f} % wrong with the labels alone, {:.1f} % by M2".format(seed, *errors[-1]), flush=True)
        if picture is not None and seed == 0:
            _draw(m2, x, label, picture)
    alone_error, m2_error = np.mean(errors, axis=0)
    difference = np.subtract(*np.transpose(errors))
    deviation = difference.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else float("nan")
    print(
        f"{split}, mean of {seeds}: {alone_error:.2f} % and {m2_error:.2f} %; "
        f"{difference.mean():.2f} ± {deviation:.2f} points fewer by M2"
    )


def labelled_rows(label: NDArray[np.int32], seed: int) -> NDArray[np.int64]:
    """Ten rows of each class."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.choice(np.flatnonzero(label == k), PER_CLASS, replace=False) for k in range(CLASSES)])


def _classifier() -> keras.Sequential:
    layers = [keras.layers.Flatten(), keras.layers.Dense(WIDTH, "relu"), keras.layers.Dropout(DROPOUT)]
    return keras.Sequential(layers)


def _alone(images: Images, kept: NDArray[np.int64], seed: int) -> keras.Sequential:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([_classifier(), keras.layers.Dense(CLASSES)])
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=WEIGHT_DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(
        images.train["x"][kept],
        images.labels["train"][kept],
        validation_data=(images.validation["x"], images.labels["validation"]),
        batch_size=BATCH,
        epochs=600,
        verbose=0,
        callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=60, restore_best_weights=True)],
    )
    return model


def _m2(images: Images, kept: NDArray[np.int64], seed: int) -> tfgen.M2:
    keras.utils.set_random_seed(seed)
    vae = tfgen.VAE(event_shape=images.event_shape, latent_dim=LATENT, context_shape=(CLASSES,), hidden=HIDDEN)
    m2 = tfgen.M2(vae, classifier=_classifier(), classification_weight=CLASSIFICATION_WEIGHT)
    label = np.full(len(images.labels["train"]), -1)
    label[kept] = images.labels["train"][kept]
    steps = EPOCHS * -(-len(label) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY)
    m2.compile(optimizer, jit_compile=True, steps_per_execution=12)
    m2.fit({**images.train, "label": label}, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return m2


def _draw(m2: tfgen.M2, x: NDArray[np.float32], label: NDArray[np.int32], path: Path) -> None:
    chosen = [int(np.flatnonzero(label == k)[0]) for k in range(CLASSES)]
    decoded = m2.analogies(x[chosen]).numpy()
    names = [str(k) for k in range(CLASSES)]
    figure = plots.analogies(x[chosen], decoded, class_names=names, limits=(0, 1), title="Style held, class varied")
    plots.save_figure(figure, path)


if __name__ == "__main__":
    main()
