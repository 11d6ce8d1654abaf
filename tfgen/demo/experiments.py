"""The demo's experiments with an exact likelihood.

Their settings were chosen on validation rows, never on the held-out ones.
"""

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from tfgen import datasets, plots
from tfgen.datasets import KnownDensity, Table
from tfgen.demo.experiment import Experiment
from tfgen.judging import full_gaussian, linear_gaussian
from tfgen.models import MDN, ExactModel, RealNVP

__all__ = ["bishop", "breast_cancer", "diabetes", "two_moons", "warm_adam"]

_HELD_OUT_SEED, _TRAINING_SEED = 2, 1


def two_moons(*, quick: bool) -> Experiment:
    """RealNVP on two moons, whose density is known."""
    truth = datasets.TwoMoons()

    def pictures(model: ExactModel) -> dict[str, Figure]:
        figure = plots.density_beside_truth(
            lambda x: truth.log_prob(x),
            lambda x: model.log_prob(x),
            model.sample(4000, seed=0),
            limits=((-1.6, 2.6), (-1.1, 1.6)),
            title="RealNVP on two moons",
        )
        return {"moons": figure}

    return _known(
        truth,
        name="moons",
        title="RealNVP: two moons",
        model=lambda: RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64), standardize=False, name="moons"),
        steps=1500 if quick else 12_000,
        pictures=pictures,
    )


def bishop(*, quick: bool) -> Experiment:
    """MDN on Bishop's inverse problem, whose conditional density is known."""
    truth = datasets.SmoothBishopInverse()

    def pictures(model: ExactModel) -> dict[str, Figure]:
        figure = plots.conditional_density(
            lambda x, context: truth.log_prob(x, context),
            lambda x, context: model.log_prob(x, context),
            x_limits=(-0.3, 1.3),
            context_limits=(-0.2, 1.2),
            title="MDN on Bishop's inverse problem",
        )
        return {"bishop": figure}

    return _known(
        truth,
        name="bishop",
        title="MDN: Bishop's inverse",
        model=lambda: MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64), name="bishop"),
        steps=2000 if quick else 16_000,
        pictures=pictures,
    )


def breast_cancer(*, quick: bool) -> Experiment:
    """RealNVP on the 30 measurements of the breast-cancer table."""
    table = datasets.breast_cancer()

    def pictures(model: ExactModel) -> dict[str, Figure]:
        figure = plots.sample_pairs(
            table.test["x"],
            model.sample(1000, seed=0),
            pairs=((0, 3), (5, 7), (20, 27)),
            names=table.feature_names,
            title="RealNVP on breast cancer (standardised)",
        )
        return {"breast_cancer": figure}

    def model() -> RealNVP:
        return RealNVP(
            event_shape=table.event_shape,
            couplings=10,
            hidden=(32,),
            activation="tanh",
            max_log_scale=1.0,
            kernel_regularizer=keras.regularizers.L2(1e-2),
            standardize=False,  # the table is
            name="breast_cancer",
        )

    return _table(
        table,
        name="breast_cancer",
        title="RealNVP: breast cancer",
        model=model,
        reference="Gaussian",
        reference_log_prob=full_gaussian(table.train["x"], table.test["x"]),
        batch_size=64,
        epochs=40 if quick else 300,
        pictures=pictures,
    )


def diabetes(*, quick: bool) -> Experiment:
    """MDN on the progression of diabetes given ten measurements."""
    table = datasets.diabetes()

    def pictures(model: ExactModel) -> dict[str, Figure]:
        figure = plots.predictive_bands(
            table.test["x"],
            model.sample(1000, context=table.test["context"], seed=0),
            title="MDN on diabetes (standardised)",
            label="progression after a year",
        )
        return {"diabetes": figure}

    def model() -> MDN:
        return MDN(
            event_shape=table.event_shape,
            context_shape=(len(table.context_names),),
            components=3,
            hidden=(32,),
            activation="tanh",
            kernel_regularizer=keras.regularizers.L2(3e-2),
            name="diabetes",
        )

    train, test = table.train, table.test
    return _table(
        table,
        name="diabetes",
        title="MDN: diabetes",
        model=model,
        reference="linear",
        reference_log_prob=linear_gaussian(train["context"], train["x"], test["context"], test["x"]),
        batch_size=32,
        epochs=60 if quick else 300,
        pictures=pictures,
    )


def _known(truth: KnownDensity, *, steps: int, batch_size: int = 512, **arguments: Any) -> Experiment:
    """An experiment on a known density: as many training rows as it uses steps, up to 400 000."""
    rows = min(steps * batch_size, 400_000)
    test = truth.sample(10_000, seed=_HELD_OUT_SEED)
    return Experiment(
        train=truth.sample(rows, seed=_TRAINING_SEED),
        test=test,
        reference="truth",
        reference_log_prob=np.asarray(truth.log_prob(**test)),
        batch_size=batch_size,
        epochs=-(-steps * batch_size // rows),
        optimizer=warm_adam,
        **arguments,
    )


def warm_adam(steps: int, *, rate: float = 5e-3) -> keras.optimizers.Optimizer:
    """Adam whose rate rises over the first twelfth of the steps, then falls along a cosine to nought.

    A flow settles early on where its modes are torn apart; a slow start makes that choice a good one more often.
    """
    warmup = steps // 12
    schedule = keras.optimizers.schedules.CosineDecay(0.0, steps - warmup, warmup_target=rate, warmup_steps=warmup)
    return keras.optimizers.Adam(schedule)


def _table(table: Table, **arguments: Any) -> Experiment:
    """An experiment on a real table, with early stopping on its validation rows."""
    return Experiment(
        train=table.train,
        validation=table.validation,
        test=table.test,
        optimizer=lambda count: keras.optimizers.AdamW(1e-3, weight_decay=1e-3, clipnorm=10.0),
        **arguments,
    )
