"""Pictures of when a model of sequences uses its latent variables."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from tfgen.plots.arguments import by_name, checked_sequences
from tfgen.plots.labels import whole_steps

__all__ = ["kl_over_time"]

_LOW, _HIGH = 0.1, 0.9


def kl_over_time(kl: ArrayLike | Mapping[str, ArrayLike], mask: ArrayLike | None = None, *, title: str = "") -> Figure:
    """The KL of each step: when a model of sequences uses its latent variables, and where they have collapsed.

    Args:
        kl: [batch, time], KL(q(z_t | …) ‖ p(z_t | …)) of each sequence's steps in nats; or several by name, such as
            those of models to be compared, drawn in one panel.
        mask: bool [batch, time], True at valid steps; of all of `kl`.
        title: over all.

    Returns:
        The figure: the mean over the sequences that have a step, and the range from their tenth to their ninetieth
        percentile; with each mean the nats of a whole sequence.

    Raises:
        ValueError: where an argument does not fit, or a KL at a valid step is not finite.

    Example:
        >>> figure = kl_over_time([[1.0, 0.0], [3.0, 7.0]], mask=[[True, False], [True, True]])
        >>> figure.axes[0].lines[0].get_ydata().tolist()
        [2.0, 7.0]
    """
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axis = figure.subplots()
    several = isinstance(kl, Mapping)
    for index, (name, (which, value)) in enumerate(by_name("kl", kl).items()):
        steps, valid = checked_sequences(which, value, mask, event=())
        length = int(valid.any(axis=0).sum())
        columns = [steps[valid[:, step], step] for step in range(length)]
        time = np.arange(1, length + 1)
        # Of one step, neither a line nor a band could be seen.
        marker, across = ("", time) if length > 1 else (".", time + np.array([-0.3, 0.3]))
        label = f"{name or 'mean'}: {steps[valid].sum() / valid.any(axis=1).sum():.2f} nats a sequence"
        axis.plot(time, [column.mean() for column in columns], color=f"C{index}", marker=marker, label=label)
        edges = np.array([np.quantile(column, [_LOW, _HIGH]) for column in columns]).T
        axis.fill_between(across, *edges, color=f"C{index}", alpha=0.15 if several else 0.25, linewidth=0)
    axis.set(xlabel="step", ylabel="KL, nats a step")
    low, high = axis.get_ylim()
    edge = 0.02 * max(high, -low)  # at the frame's very edge, a line at nought would not be seen
    axis.set_ylim(min(low, -edge), max(high, edge))
    axis.margins(x=0.02)
    whole_steps(axis)
    axis.grid(alpha=0.3)
    band = Patch(facecolor="grey" if several else "C0", alpha=0.25, label=f"{_LOW:.0%} to {_HIGH:.0%} of the sequences")
    axis.legend(handles=[*axis.lines, band])
    figure.suptitle(title, wrap=True)
    return figure
