"""One experiment's training."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest

from tfgen.judging import paired_gap


def _silent(share: float, note: str) -> None:
    pass


def test_training_takes_the_steps_that_the_optimizer_was_told(experiment: Any) -> None:
    told = []

    def optimizer(steps: int) -> Any:
        told.append(steps)
        return keras.optimizers.Adam(0.05)

    model = experiment(optimizer=optimizer, epochs=7).fit(_silent)
    assert told == [7 * 11], "1030 rows are eleven batches of 100, the last one of 30"
    assert int(model.optimizer.iterations) == 77


def test_training_closes_the_gap_to_the_truth(experiment: Any) -> None:
    gaussian = experiment()
    model = gaussian.fit(_silent)
    gap = paired_gap(gaussian.reference_log_prob, model.log_prob(**gaussian.test))
    untrained = paired_gap(gaussian.reference_log_prob, gaussian.model().log_prob(**gaussian.test))
    assert untrained.mean > 1
    assert abs(gap.mean) < 0.01


def test_training_is_repeatable(experiment: Any) -> None:
    first, again = (experiment(epochs=2).fit(_silent).get_weights() for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("validation", [False, True])
def test_progress_is_told_up_to_the_end(experiment: Any, validation: bool) -> None:
    told: list[tuple[float, str]] = []
    experiment(validation=validation, batch_size=103, epochs=20).fit(lambda share, note: told.append((share, note)))
    shares = [share for share, _ in told]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1.0]), "200 steps, told every fifty"
    losses = [float(note.removesuffix(" nats")) for _, note in told]
    assert losses[-1] < losses[0]
    assert losses[-1] == pytest.approx(0.5 * np.log(2 * np.pi * np.e) + np.log(0.5), abs=0.1)


def test_early_stopping_looks_at_the_validation_rows_and_restores_the_best(experiment: Any) -> None:
    """Validation rows that contradict the training rows: an early epoch is the best, and forty more are tried."""
    far = {"x": np.full((50, 1), -2.0, "float32")}
    few = {"x": experiment().train["x"][:200]}
    stopped = dataclasses.replace(experiment(train=few, epochs=200), validation=far)
    model = stopped.fit(_silent)
    best = int(model.optimizer.iterations) // 2 - 40
    assert 1 <= best < 10
    twin = dataclasses.replace(stopped, epochs=best).fit(_silent)
    for one, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    beyond = dataclasses.replace(stopped, epochs=best + 5).fit(_silent)
    assert model.score(far["x"]).numpy().mean() >= beyond.score(far["x"]).numpy().mean()


def test_what_is_known(experiment: Any) -> None:
    assert experiment().known
    assert not experiment(validation=True).known
