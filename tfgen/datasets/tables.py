"""Real tables from scikit-learn, split once and for all and standardised by their training rows."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

__all__ = ["Table", "breast_cancer", "diabetes", "split_indices"]

_SPLIT_SEED = 0
_MISSING = "The tables need scikit-learn: pip install 'tfgen[train]'"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    r"""A standardised table in three fixed splits.

    Every column is standardised by its training rows, $x = (\mathrm{raw} - \mathrm{mean}) / \mathrm{scale}$,
    with the population standard deviation as scale; the context likewise, by its own.

    Attributes:
        name: The name that `tfgen.datasets.by_name` knows.
        train: ``{"x": float32[n, d]}``, with ``"context": float32[n, k]`` for a conditional table. 70 % of
            the rows.
        validation: The same keys, 15 % of the rows.
        test: The same keys, the remaining 15 %.
        feature_names: The d columns of ``x``.
        mean: float64[d], in raw units.
        scale: float64[d], in raw units, positive.
        context_names: The k columns of ``context``; empty when the table is unconditional.
        context_mean: float64[k], in raw units; empty when the table is unconditional.
        context_scale: float64[k], in raw units; empty when the table is unconditional.

    Example:
        >>> table = diabetes()
        >>> table.event_shape, table.context_shape
        ((1,), (10,))
    """

    name: str
    train: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    validation: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    test: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    feature_names: tuple[str, ...] = dataclasses.field(repr=False)
    mean: NDArray[np.float64] = dataclasses.field(repr=False)
    scale: NDArray[np.float64] = dataclasses.field(repr=False)
    context_names: tuple[str, ...] = dataclasses.field(repr=False)
    context_mean: NDArray[np.float64] = dataclasses.field(repr=False)
    context_scale: NDArray[np.float64] = dataclasses.field(repr=False)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one ``x``."""
        return (len(self.feature_names),)

    @property
    def context_shape(self) -> tuple[int, ...] | None:
        """Shape of one ``context``; None when the table is unconditional."""
        return (len(self.context_names),) if self.context_names else None

    @property
    def log_det_scale(self) -> float:
        r"""What raw units cost, in nats per row: $\sum_j \log \mathrm{scale}_j$ over the columns of ``x``.

        A change of variables: log p(raw) = log p(x) − `log_det_scale`. The context's scale plays no part.
        """
        return float(np.log(self.scale).sum())


def split_indices(n: int) -> dict[str, NDArray[np.int64]]:
    """Returns which of n rows go to which split: 70, 15 and 15 percent of one fixed permutation.

    Args:
        n: How many rows the table has, at least 4.

    Returns:
        The row numbers of ``"train"``, ``"validation"`` and ``"test"``: disjoint, none empty, and together
        all n.

    Raises:
        ValueError: If `n` is less than 4.

    Example:
        >>> {split: len(rows) for split, rows in split_indices(100).items()}
        {'train': 70, 'validation': 15, 'test': 15}
    """
    if n < 4:
        raise ValueError(f"`n` must be at least 4, for a row in every split. Received: {n}")
    order = np.random.default_rng(_SPLIT_SEED).permutation(n)
    first, second = n * 70 // 100, n * 85 // 100
    return {"train": order[:first], "validation": order[first:second], "test": order[second:]}


def breast_cancer() -> Table:
    """Loads 30 measurements of the cell nuclei in 569 breast masses as an unconditional 30-dimensional ``x``.

    The diagnosis is left out. No limit is known: good for ranking models only. The six columns on concavity
    hold 13 exact zeros each, so part of the data has no density: a model can gain likelihood without bound
    there.

    Raises:
        ImportError: If scikit-learn is not installed.

    Source: scikit-learn's copy of the Breast Cancer Wisconsin (Diagnostic) data, Street, Wolberg and
    Mangasarian 1993.

    Example:
        >>> breast_cancer().train["x"].shape
        (398, 30)
    """
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError as error:
        raise ImportError(_MISSING) from error
    data = load_breast_cancer()
    return _standardised("breast-cancer", x=data.data, feature_names=tuple(map(str, data.feature_names)))


def diabetes() -> Table:
    """Loads disease progression (``x``, 1-dimensional) given ten measurements (``context``).

    442 patients; the progression is that after one year. No limit is known: good for ranking models only. The
    target takes whole numbers from 25 to 346, so a density model with very narrow components could exploit
    the lattice.

    Raises:
        ImportError: If scikit-learn is not installed.

    Source: scikit-learn's copy of the data of Efron et al. 2004, "Least Angle Regression".

    Example:
        >>> {key: values.shape for key, values in diabetes().test.items()}
        {'x': (67, 1), 'context': (67, 10)}
    """
    try:
        from sklearn.datasets import load_diabetes
    except ImportError as error:
        raise ImportError(_MISSING) from error
    # Raw units: the default is already scaled, by all rows.
    data = load_diabetes(scaled=False)
    return _standardised(
        "diabetes",
        x=data.target[:, None],
        feature_names=("progression",),
        context=data.data,
        context_names=tuple(map(str, data.feature_names)),
    )


def _standardised(
    name: str,
    *,
    x: NDArray[np.float64],
    feature_names: tuple[str, ...],
    context: NDArray[np.float64] | None = None,
    context_names: tuple[str, ...] = (),
) -> Table:
    raw = {"x": x} if context is None else {"x": x, "context": context}
    rows = split_indices(len(x))
    moments = {key: (v[rows["train"]].mean(axis=0), v[rows["train"]].std(axis=0)) for key, v in raw.items()}

    def split(which: str) -> dict[str, NDArray[np.float32]]:
        return {
            key: ((values[rows[which]] - moments[key][0]) / moments[key][1]).astype(np.float32)
            for key, values in raw.items()
        }

    context_mean, context_scale = moments.get("context", (np.empty(0), np.empty(0)))
    return Table(
        name=name,
        train=split("train"),
        validation=split("validation"),
        test=split("test"),
        feature_names=feature_names,
        mean=moments["x"][0],
        scale=moments["x"][1],
        context_names=context_names,
        context_mean=context_mean,
        context_scale=context_scale,
    )
