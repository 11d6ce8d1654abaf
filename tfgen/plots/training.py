"""Pictures of training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = ["training_curves"]

_OTHER_UNITS = frozenset({"bits_per_dim", "learning_rate"})
_TWIN = "val_"


def training_curves(
    history: Any, *, terms: Sequence[str] | None = None, title: str = "", ylabel: str = "nats an example"
) -> Figure:
    """The loss and its terms epoch by epoch: solid in training, dashed in validation.

    Args:
        history: what `fit` returns, or its `.history`: for each name one value an epoch. A name's values in
            validation go by `val_` and the name.
        terms: the names to draw, without `val_`; by default all but those that are in other units than the loss,
            `bits_per_dim` and `learning_rate`.
        title: over all.
        ylabel: of the vertical axis.

    Returns:
        The figure, on linear axes; epochs count from 1, as in Keras's report.

    Raises:
        ValueError: where `history` holds no epoch or curves of unequal length (as with `validation_freq`), or `terms`
            names what it does not hold.

    Example:
        >>> figure = training_curves({"loss": [3.0, 2.0, 1.5], "val_loss": [3.1, 2.2, 1.9]})
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['loss', 'loss, validation']
    """
    curves = getattr(history, "history", history)
    if not isinstance(curves, Mapping):
        raise ValueError(f"`history` must be a Keras History or its `.history`. Received: {type(history).__name__}")
    known = list(dict.fromkeys(name.removeprefix(_TWIN) for name in curves))
    if isinstance(terms, str):
        raise ValueError(f"`terms` must be a sequence of names. Received: terms={terms!r}")
    chosen = [name for name in known if name not in _OTHER_UNITS] if terms is None else list(terms)
    if not chosen or not set(chosen) <= set(known):
        raise ValueError(f"`terms` must name some of {known}. Received: {chosen}")
    lengths = {name: len(curves[name]) for term in chosen for name in (term, _TWIN + term) if name in curves}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"`history` must hold one value an epoch for each term. Received: lengths {lengths}")
    count = next(iter(lengths.values()))
    # A fit that goes on from an earlier one says which epochs it did.
    epochs = np.asarray(getattr(history, "epoch", range(count))) + 1
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axis = figure.subplots()
    marker = "." if count <= 20 else ""  # a line through one epoch cannot be seen
    for index, term in enumerate(chosen):
        for name, style, label in ((term, "-", term), (_TWIN + term, "--", f"{term}, validation")):
            if name in curves:
                axis.plot(epochs, curves[name], style, color=f"C{index}", marker=marker, label=label)
    axis.set(xlabel="epoch", ylabel=ylabel)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axis.grid(alpha=0.3)
    axis.legend()
    figure.suptitle(title, wrap=True)
    return figure
