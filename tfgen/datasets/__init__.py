"""Data whose limit is known, small real tables, series, and images; imports NumPy only.

A `KnownDensity` samples data and knows their exact log-density and entropy, so a model's gap to the truth
can be stated in nats. A `Table` is a real data set with a fixed split, a `Series` one long real sequence that is
split in time, and `Images` are real images with a fixed split: good for ranking models only. All data come as
dictionaries with the keys that ``fit`` takes: ``"x"``, for conditional data ``"context"``, and for sequences of
unequal lengths ``"mask"``.
"""

from tfgen.datasets.bars import Bars
from tfgen.datasets.base import KnownDensity
from tfgen.datasets.binarisation import binarise, dynamic_binarisation
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
from tfgen.datasets.ragged import length_mask, pad_sequences
from tfgen.datasets.real_series import co2, sunspots
from tfgen.datasets.registry import DATASET_NAMES, by_name
from tfgen.datasets.rings import Rings
from tfgen.datasets.sequence import KnownSequence
from tfgen.datasets.series import Series
from tfgen.datasets.stochastic_volatility import StochasticVolatility
from tfgen.datasets.tables import Table, breast_cancer, diabetes
from tfgen.datasets.tfds_images import cifar10, fashion_mnist, mnist
from tfgen.datasets.two_moons import TwoMoons

__all__ = [
    "DATASET_NAMES",
    "Bars",
    "Checkerboard",
    "CommonFactor",
    "EightGaussians",
    "EvenProcess",
    "Funnel",
    "Images",
    "KnownDensity",
    "KnownSequence",
    "NoisyAutoregression",
    "Pinwheel",
    "ProbabilisticPCA",
    "Rings",
    "Series",
    "SineCurve",
    "SmoothBishopInverse",
    "StochasticVolatility",
    "Table",
    "TwoMoons",
    "binarise",
    "breast_cancer",
    "by_name",
    "cifar10",
    "co2",
    "diabetes",
    "digits",
    "dynamic_binarisation",
    "fashion_mnist",
    "length_mask",
    "mnist",
    "pad_sequences",
    "sunspots",
]
