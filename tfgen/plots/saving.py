"""Figures to files."""

import os
from pathlib import Path

from matplotlib.figure import Figure

from tfgen_serving.atomic import atomic_file

__all__ = ["save_figure"]


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 110) -> Path:
    """Writes a figure, whole or not at all.

    Args:
        figure: the figure.
        path: where to; its ending tells the format.
        dpi: dots an inch.

    Returns:
        The path.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(target) as partial:
        figure.savefig(partial, dpi=dpi)
    return target
