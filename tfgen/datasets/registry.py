"""Data sets by name, for the command line and benchmarks."""

from __future__ import annotations

from collections.abc import Callable

from tfgen.datasets.bars import Bars
from tfgen.datasets.base import KnownDensity
from tfgen.datasets.bishop_inverse import SmoothBishopInverse
from tfgen.datasets.checkerboard import Checkerboard
from tfgen.datasets.conditional_normals import Funnel, SineCurve
from tfgen.datasets.digits import digits
from tfgen.datasets.eight_gaussians import EightGaussians
from tfgen.datasets.even_process import EvenProcess
from tfgen.datasets.images import Images
from tfgen.datasets.linear_gaussian import CommonFactor, NoisyAutoregression
from tfgen.datasets.pinwheel import Pinwheel
from tfgen.datasets.probabilistic_pca import ProbabilisticPCA
from tfgen.datasets.real_series import co2, sunspots
from tfgen.datasets.rings import Rings
from tfgen.datasets.series import Series
from tfgen.datasets.stochastic_volatility import StochasticVolatility
from tfgen.datasets.tables import Table, breast_cancer, diabetes
from tfgen.datasets.tfds_images import cifar10, fashion_mnist, mnist
from tfgen.datasets.two_moons import TwoMoons

__all__ = ["DATASET_NAMES", "by_name"]

_FACTORIES: dict[str, Callable[[], KnownDensity | Table | Series | Images]] = {
    EightGaussians.name: EightGaussians,
    TwoMoons.name: TwoMoons,
    Checkerboard.name: Checkerboard,
    Pinwheel.name: Pinwheel,
    Rings.name: Rings,
    SineCurve.name: SineCurve,
    Funnel.name: Funnel,
    SmoothBishopInverse.name: SmoothBishopInverse,
    ProbabilisticPCA.name: ProbabilisticPCA,
    Bars.name: Bars,
    NoisyAutoregression.name: NoisyAutoregression,
    CommonFactor.name: CommonFactor,
    EvenProcess.name: EvenProcess,
    StochasticVolatility.name: StochasticVolatility,
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
    "sunspots": sunspots,
    "co2": co2,
    "digits": digits,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
}

DATASET_NAMES: tuple[str, ...] = tuple(_FACTORIES)
"""Every name that `by_name` knows."""


def by_name(name: str) -> KnownDensity | Table | Series | Images:
    """Returns the generator, or loads the table, the series or the images, of that name, with default arguments.

    Args:
        name: One of `DATASET_NAMES`.

    Raises:
        ValueError: If there is no such name.
        ImportError: If the name is that of real data and scikit-learn, statsmodels or TensorFlow Datasets, whichever
            has them, is not installed.
        ConnectionError: If the data are to be downloaded first and cannot be.

    Example:
        >>> by_name("two-moons")
        TwoMoons()
    """
    if name not in _FACTORIES:
        raise ValueError(f"`name` must be one of {', '.join(DATASET_NAMES)}. Received: {name!r}")
    return _FACTORIES[name]()
