"""Data whose limit is known, and small real tables; imports NumPy only.

A `KnownDensity` samples data and knows their exact log-density and entropy, so a model's gap to the truth
can be stated in nats. A `Table` is a real data set with a fixed split, good for ranking models only. All
data come as dictionaries with the keys that ``fit`` takes: ``"x"`` and, for conditional data, ``"context"``.
"""

from tfgen.datasets.base import KnownDensity
from tfgen.datasets.bishop_inverse import SmoothBishopInverse
from tfgen.datasets.eight_gaussians import EightGaussians
from tfgen.datasets.registry import DATASET_NAMES, by_name
from tfgen.datasets.tables import Table, breast_cancer, diabetes
from tfgen.datasets.two_moons import TwoMoons

__all__ = [
    "DATASET_NAMES",
    "EightGaussians",
    "KnownDensity",
    "SmoothBishopInverse",
    "Table",
    "TwoMoons",
    "breast_cancer",
    "by_name",
    "diabetes",
]
