"""What a picture shows, and that all of it can be seen."""

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg


def pictures(*shape: int, seed: int = 0) -> np.ndarray:
    """Values from 0 to 1, both of which occur."""
    images = np.random.default_rng(seed).uniform(size=shape)
    images.flat[0], images.flat[-1] = 0.0, 1.0
    return images


def pixels(figure: Any) -> np.ndarray:
    """The one mosaic of a figure, without a frame."""
    (axis,) = figure.axes
    (image,) = axis.images
    array = np.asarray(image.get_array())
    assert array.shape[2:] == (3,)
    assert image.origin == "upper"
    assert not any(spine.get_visible() for spine in axis.spines.values())
    return array


def texts(labels: Any) -> list[str]:
    return [label.get_text() for label in labels]


def assert_all_can_be_read(figure: Any) -> None:
    """Nothing leaves the figure; no title lies on axes or their labels, and no label on its neighbour."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    box = figure.get_tightbbox(renderer)  # inches
    width, height = figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= width
    assert box.y1 <= height
    titles = [text.get_window_extent(renderer) for text in figure.texts]
    for axis in figure.axes:
        if not axis.get_visible():
            continue
        assert not any(title.overlaps(axis.get_tightbbox(renderer)) for title in titles)
        for labels in (axis.get_xticklabels(), axis.get_yticklabels(), axis.texts):
            boxes = [label.get_window_extent(renderer) for label in labels]
            assert not any(first.overlaps(second) for first, second in pairwise(boxes)), texts(labels)
