"""The curves of training are the history's."""

from typing import Any

import keras
import numpy as np
import pytest

from tfgen.plots import training_curves

HISTORY = {
    "bits_per_dim": [1.2, 1.1, 1.0],
    "kl": [1.0, 2.0, 3.0],
    "loss": [9.0, 8.0, 7.5],
    "reconstruction": [8.0, 6.0, 4.5],
    "val_bits_per_dim": [1.3, 1.2, 1.1],
    "val_kl": [1.1, 2.1, 3.1],
    "val_loss": [9.5, 8.5, 8.0],
    "val_reconstruction": [8.4, 6.4, 4.9],
    "learning_rate": [0.1, 0.1, 0.01],
}


def _curves(figure: Any) -> dict[str, tuple[list[float], list[float], str, str]]:
    (axis,) = figure.axes
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata()), line.get_linestyle(), line.get_color())
        for line in axis.lines
    }


def test_each_term_and_its_twin_in_one_colour() -> None:
    figure: Any = training_curves(HISTORY, title="training")
    curves = _curves(figure)
    for index, name in enumerate(("kl", "loss", "reconstruction")):
        assert curves.pop(name) == ([1, 2, 3], HISTORY[name], "-", f"C{index}")
        assert curves.pop(f"{name}, validation") == ([1, 2, 3], HISTORY[f"val_{name}"], "--", f"C{index}")
    assert not curves, "terms in other units are left out"
    (axis,) = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_yscale()) == ("epoch", "nats an example", "linear")
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [line.get_label() for line in axis.lines]
    assert figure.get_suptitle() == "training"


def test_terms_that_are_named_are_drawn() -> None:
    figure: Any = training_curves(HISTORY, terms=["learning_rate", "bits_per_dim"], ylabel="other")
    assert list(_curves(figure)) == ["learning_rate", "bits_per_dim", "bits_per_dim, validation"]
    assert figure.axes[0].get_ylabel() == "other"


def test_keras_says_which_epochs_it_did() -> None:
    history = keras.callbacks.History()
    history.set_model(keras.Sequential())
    history.on_train_begin()
    for epoch in (4, 5):  # as in fit(initial_epoch=4, epochs=6)
        history.on_epoch_end(epoch, {"loss": 1.0 / epoch})
    assert _curves(training_curves(history)) == {"loss": ([5, 6], [1 / 4, 1 / 5], "-", "C0")}


def test_one_epoch_can_be_seen() -> None:
    figure: Any = training_curves({"loss": [1.0]})
    assert figure.axes[0].lines[0].get_marker() == "."
    many: Any = training_curves({"loss": np.ones(100)})
    assert many.axes[0].lines[0].get_marker() in ("", "None")


def test_a_term_of_validation_alone() -> None:
    assert list(_curves(training_curves({"loss": [1.0], "val_loss": [1.0], "val_gap": [0.1]}))) == [
        "loss",
        "loss, validation",
        "gap, validation",
    ]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: training_curves([1.0, 2.0]), "`history` must be a Keras History.*Received: list"),
        (lambda: training_curves({"loss": []}), r"`history` must hold one value an epoch.*Received: .*'loss': 0"),
        (
            lambda: training_curves({"loss": [1.0, 2.0], "val_loss": [1.0]}),
            r"`history` .*Received: lengths \{'loss': 2, 'val_loss': 1\}",
        ),
        (lambda: training_curves({}), r"`terms` must name some of \[\]. Received: \[\]"),
        (lambda: training_curves(HISTORY, terms=["nll"]), r"`terms` must name some of .*Received: \['nll'\]"),
        (lambda: training_curves(HISTORY, terms=[]), r"`terms` must name some of .*Received: \[\]"),
        (lambda: training_curves(HISTORY, terms="loss"), "`terms` must be a sequence.*Received: terms='loss'"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
