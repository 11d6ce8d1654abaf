"""Whether a classifier can tell two samples apart."""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from tfgen.judging.samples import checked_samples

__all__ = ["ClassifierTest", "classifier_two_sample_test"]


@dataclasses.dataclass(frozen=True)
class ClassifierTest:
    """How well held-out rows were told apart.

    Attributes:
        accuracy: the share of held-out rows that were assigned to the right sample: ½ where nothing tells them apart.
        rows: how many were held out.
        p_value: how probable as many are where each is a fair guess.
    """

    accuracy: float
    rows: int
    p_value: float

    def __str__(self) -> str:
        return f"{self.accuracy:.1%} of {self.rows} held-out rows told apart, p = {self.p_value:.3g}"


def classifier_two_sample_test(x: ArrayLike, y: ArrayLike, *, seed: int = 0) -> ClassifierTest:
    """Trains nearest neighbours to tell two samples apart, and counts how often they are right about others.

    Half of the rows, as many of x as of y, are trained on, and the rest is held out; the larger sample is cut to the
    smaller one's size. Entries are standardised by the pooled training rows, and √n neighbours of n training rows vote.
    Where both samples are of one distribution each held-out row is a fair coin, whatever the classifier: the p-value is
    the binomial distribution's.

    Args:
        x: [n, ...], such as a model's samples.
        y: [m, ...], such as held-out data.
        seed: of the split.

    Raises:
        ValueError: for samples of other shapes than each other's, of fewer than 8 rows, or not finite.

    Reference:
        Lopez-Paz and Oquab, *Revisiting classifier two-sample tests*, ICLR 2017, section 3; C2ST-KNN.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, same, other = (rng.normal(size=(400, 2)) + shift for shift in (0, 0, 1))
        >>> found = classifier_two_sample_test(one, same), classifier_two_sample_test(one, other)
        >>> found[0].p_value > 0.01 > found[1].p_value, found[1].rows
        (True, 400)
    """
    # Imported here: scikit-learn comes with the training extra, the rest of this package needs NumPy alone.
    from sklearn.neighbors import KNeighborsClassifier

    first, second = checked_samples(x, y)
    size = min(len(first), len(second))
    if size < 8:
        raise ValueError(f"`x` and `y` must have at least 8 rows each. Received: {len(first)} and {len(second)}")
    rng = np.random.default_rng(seed)
    chosen = [rows[rng.permutation(len(rows))[:size]] for rows in (first, second)]
    half = size // 2
    train, test = (np.concatenate([rows[part] for rows in chosen]) for part in (slice(half), slice(half, None)))
    mean, scale = train.mean(axis=0), train.std(axis=0)
    scale[scale == 0] = 1.0
    neighbours = int(math.sqrt(2 * half)) | 1  # an odd number: no ties
    classifier = KNeighborsClassifier(n_neighbors=neighbours)
    classifier.fit((train - mean) / scale, np.repeat([0, 1], half))
    said = classifier.predict((test - mean) / scale)
    right = int((said == np.repeat([0, 1], size - half)).sum())
    rows = len(test)
    return ClassifierTest(right / rows, rows, _at_least(right, rows))


def _at_least(heads: int, tosses: int) -> float:
    """P(so many heads or more) of fair coins."""
    log_all = math.lgamma(tosses + 1) - tosses * math.log(2)
    parts = [
        math.exp(log_all - math.lgamma(count + 1) - math.lgamma(tosses - count + 1))
        for count in range(heads, tosses + 1)
    ]
    return min(1.0, math.fsum(parts))
