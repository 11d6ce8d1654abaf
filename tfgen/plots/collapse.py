"""Pictures of which latent dimensions a model uses."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from tfgen.plots.arguments import by_name, checked_numbers
from tfgen.plots.labels import fitted, text_width

__all__ = ["kl_per_dimension"]

_ACTIVE, _COLLAPSED = "C0", "#9198a6"


def kl_per_dimension(kl: ArrayLike | Mapping[str, ArrayLike], *, threshold: float = 0.01, title: str = "") -> Figure:
    """The KL of each latent dimension, in descending order: how many a model uses, and how much they say.

    A dimension whose posterior has collapsed on the prior has a KL of nought, and its bar is not to be seen; the number
    below it is then as pale as the bar would be. `judging.latent_usage` measures the KL; what it calls an active unit
    goes by the variance of the posterior's mean instead, so that the two counts can differ.

    Args:
        kl: [latent_dim], the mean over data of KL(q(z_j | x) ‖ p(z_j)) in nats; or several by name, such as those of
            one model trained with and without a cure, drawn side by side on one scale.
        threshold: the KL, in nats, below which a dimension counts as collapsed.
        title: over all.

    Returns:
        The figure, above each panel the total and the number of active dimensions.

    Raises:
        ValueError: where an argument does not fit.

    Example:
        >>> figure = kl_per_dimension([0.001, 2.0, 0.5])
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()], figure.axes[0].get_title()
        (['1', '2', '0'], '2.50 nats, 2 of 3 dimensions active')
    """
    panels = {}
    for name, (which, value) in by_name("kl", kl).items():
        each = panels[name] = checked_numbers(which, value)
        if each.ndim != 1:
            raise ValueError(
                f"`{which}` must have shape [latent_dim], the mean over examples. Received: shape={each.shape}"
            )
    bound = checked_numbers("threshold", threshold)
    if bound.ndim or bound < 0:
        raise ValueError(f"`threshold` must be a number of at least 0. Received: threshold={threshold!r}")
    # Wide enough for the words above, and for the numbers of 64 dimensions where several panels fit on a page.
    widths = [
        max(3.6, text_width([name]) * 10 / 72 + 0.3, min(0.17 * len(each) + 0.6, 14 / len(panels)))
        for name, each in panels.items()
    ]
    figure = Figure(figsize=(sum(widths) + 0.5, 4.2), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False, width_ratios=widths)[0]
    for axis, width, (name, each) in zip(axes, widths, panels.items(), strict=True):
        order = np.argsort(-each, kind="stable")
        active = each[order] >= bound
        places = np.arange(len(order))
        axis.bar(places, each[order], color=np.where(active, _ACTIVE, _COLLAPSED))
        axis.set_xlim(-0.7, len(order) - 0.3)
        texts = [str(dimension) for dimension in order]
        size, upright, step = fitted(texts, (width - 0.3) / (len(order) + 0.4))
        axis.set_xticks(places[::step], texts[::step], fontsize=size, rotation=90 if upright else 0)
        axis.tick_params(axis="x", length=0)
        for label, shown in zip(axis.get_xticklabels(), active[::step], strict=True):
            label.set_color("black" if shown else _COLLAPSED)
        summary = f"{each.sum():.2f} nats, {active.sum()} of {len(each)} dimensions active"
        axis.set_title(f"{name}\n{summary}" if name else summary, fontsize=10)
        axis.set_xlabel("latent dimension")
        axis.grid(axis="y", alpha=0.3)
        axis.set_axisbelow(True)
    axes[0].set_ylabel("KL, nats")
    handles = [
        Patch(color=_ACTIVE, label="active"),
        Patch(color=_COLLAPSED, label=f"collapsed: below {float(bound):g} nats"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(title, wrap=True)
    return figure
