"""What a model of real series must beat: the last season's value, and a linear autoregression."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.arguments import integer_at_least
from tfgen.judging.baselines import centred_log_prob, linear_gaussian

__all__ = ["autoregressive", "autoregressive_order", "seasonal_naive"]

_MAX_ORDER = 15


def seasonal_naive(train: ArrayLike, x: ArrayLike, scored: ArrayLike, *, period: int) -> NDArray[np.float64]:
    r"""log p(x_t | past) of the scored steps where each repeats the one a period before it, with Gaussian errors.

    $$x_t \sim N(x_{t-p}, \Sigma), \qquad \Sigma = \frac{1}{N} \sum_t (x_t - x_{t-p})(x_t - x_{t-p})^\top$$

    Σ is the maximum-likelihood estimate from the N training steps that have one a period before them.

    Args:
        train: [n, T, size], training sequences without padding, T greater than `period`.
        x: [m, T', size], of which steps are scored, with what was before them.
        scored: bool [m, T'], which they are; each with `period` steps before it.
        period: p, at least 1: 12 for the months of a year, 1 for a random walk.

    Returns:
        [number of scored steps], in nats, sequence by sequence in the order of time: as ``steps[scored]`` of
        [m, T'].

    Raises:
        TypeError: where `period` is no integer.
        ValueError: where an argument does not fit, or Σ is singular.

    Example:
        >>> from tfgen.datasets import sunspots
        >>> series = sunspots()
        >>> x, scored = series.until("test")
        >>> seasonal_naive(series.train["x"], x, scored, period=11).mean().round(2)
        np.float64(-1.6)
    """
    period = integer_at_least(period, 1, name="period")
    train, x = _sequences("train", train), _sequences("x", x)
    if train.shape[1] <= period:
        raise ValueError(f"`period` must be less than {train.shape[1]}, the steps of `train`. Received: {period}")
    chosen = _checked_scored(scored, train, x, period, name="period")
    residuals = (train[:, period:] - train[:, :-period]).reshape(-1, train.shape[2])
    errors = x[:, period:] - x[:, :-period]
    return centred_log_prob(errors[chosen], residuals.T @ residuals / len(residuals))


def autoregressive(
    train: ArrayLike, x: ArrayLike, scored: ArrayLike, *, order: int | None = None
) -> NDArray[np.float64]:
    r"""log p(x_t | past) of the scored steps under a Gaussian autoregression, fitted by least squares.

    $$x_t \sim N\Big(c + \sum_{k=1}^{p} A_k x_{t-k}, \Sigma\Big)$$

    c, A_k and Σ are the maximum-likelihood estimates from the training steps that have p steps before them, given
    those. Scores are one step ahead: each is given the p observed steps before it, whichever part they are of, but
    nothing is fitted anew.

    Args:
        train: [n, T, size], training sequences without padding.
        x: [m, T', size], of which steps are scored, with what was before them.
        scored: bool [m, T'], which they are; each with `order` steps before it.
        order: p, at least 0; where it is None, what `autoregressive_order` chooses by the training sequences.

    Returns:
        [number of scored steps], in nats, sequence by sequence in the order of time: as ``steps[scored]`` of
        [m, T'].

    Raises:
        TypeError: where `order` is no integer.
        ValueError: where an argument does not fit, or Σ is singular.

    Example:
        >>> from tfgen.datasets import sunspots
        >>> series = sunspots()
        >>> x, scored = series.until("test")
        >>> autoregressive(series.train["x"], x, scored).mean().round(2)
        np.float64(-0.99)
    """
    train, x = _sequences("train", train), _sequences("x", x)
    order = autoregressive_order(train) if order is None else integer_at_least(order, 0, name="order")
    _check_enough(train, order, name="order")
    chosen = _checked_scored(scored, train, x, order, name="order")
    targets = train[:, order:].reshape(-1, train.shape[2])
    context = _lagged(train, order).reshape(len(targets), -1)
    return linear_gaussian(context, targets, _lagged(x, order)[chosen], x[:, order:][chosen])


def autoregressive_order(train: ArrayLike, *, max_order: int = _MAX_ORDER, criterion: str = "aic") -> int:
    r"""The order p of a Gaussian autoregression with the least AIC or BIC on training sequences.

    $$-2 \log L_p + w\,k_p, \qquad k_p = \mathrm{size}\,(1 + p\,\mathrm{size}) + \mathrm{size}\,(\mathrm{size} + 1)/2$$

    w is 2 (AIC) or log N (BIC); all orders are fitted to, and judged by, the same N steps: those with `max_order` steps
    before them.

    Args:
        train: [n, T, size], training sequences without padding.
        max_order: The greatest order that is tried, at least 0. Fifteen is more than a period of `tfgen.datasets`'s
            series. AIC is prone to choose orders near a greatest one that is large beside the number of steps.
        criterion: ``"aic"``, which is meant for prediction, or ``"bic"``, which finds the order of data that have one.

    Returns:
        The order, from 0, independent steps, to `max_order`.

    Raises:
        TypeError: where `max_order` is no integer.
        ValueError: where an argument does not fit, or residuals have a singular covariance.

    Source: Akaike 1974, "A new look at the statistical model identification"; Schwarz 1978, "Estimating the dimension
    of a model".

    Example:
        >>> from tfgen.datasets import sunspots
        >>> train = sunspots().train["x"]
        >>> autoregressive_order(train), autoregressive_order(train, criterion="bic")
        (9, 2)
    """
    train = _sequences("train", train)
    max_order = integer_at_least(max_order, 0, name="max_order")
    if criterion not in ("aic", "bic"):
        raise ValueError(f"`criterion` must be 'aic' or 'bic'. Received: {criterion!r}")
    _check_enough(train, max_order, name="max_order")
    size = train.shape[2]
    targets = train[:, max_order:].reshape(-1, size)
    lags = _lagged(train, max_order).reshape(len(targets), -1)
    weight = 2.0 if criterion == "aic" else np.log(len(targets))
    scores = []
    for order in range(max_order + 1):
        context = lags[:, : order * size]
        parameters = size * (1 + order * size) + size * (size + 1) / 2
        scores.append(-2 * linear_gaussian(context, targets, context, targets).sum() + weight * parameters)
    return int(np.argmin(scores))


def _lagged(x: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """The steps before each one that has so many, the last one first: [n, T − order, order · size]."""
    steps = x.shape[1] - order
    lags = [x[:, order - lag :][:, :steps] for lag in range(1, order + 1)]
    return np.concatenate([np.empty((len(x), steps, 0)), *lags], axis=2)


def _sequences(name: str, value: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(value, np.float64)
    if x.ndim != 3 or not x.size:
        raise ValueError(f"`{name}` must have shape [n, T, size]. Received: shape={x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"`{name}` must be finite. Received: {x[~np.isfinite(x)][0]}")
    return x


def _check_enough(train: NDArray[np.float64], order: int, *, name: str) -> None:
    """Whether residuals can have a covariance of full rank: by rounding, too few may seem to."""
    n, steps, size = train.shape
    targets, needed = n * (steps - order), 1 + order * size + size
    if steps <= order or targets < needed:
        raise ValueError(
            f"`{name}` must leave {needed} training steps at least that have so many before them, in `train` of shape "
            f"{train.shape}. Received: {name}={order}, which leaves {max(targets, 0)}"
        )


def _checked_scored(
    scored: ArrayLike, train: NDArray[np.float64], x: NDArray[np.float64], before: int, *, name: str
) -> NDArray[np.bool_]:
    """Those of [m, T' − before] that are scored."""
    if x.shape[2] != train.shape[2]:
        raise ValueError(f"`x` must have the size of `train`, {train.shape[2]}. Received: shape={x.shape}")
    chosen = np.asarray(scored)
    if chosen.dtype != bool or chosen.shape != x.shape[:2]:
        raise ValueError(
            f"`scored` must be bool of shape {x.shape[:2]}, that of `x` without its last axis. "
            f"Received: dtype={chosen.dtype.name}, shape={chosen.shape}"
        )
    if not chosen.any():
        raise ValueError(f"`scored` must be True somewhere. Received: none of {chosen.size}")
    early = np.argwhere(chosen[:, :before])
    if len(early):
        row, step = (int(index) for index in early[0])
        raise ValueError(
            f"`scored` must be True only where {before} steps, the {name}, are before. "
            f"Received: scored[{row}, {step}]=True"
        )
    return chosen[:, before:]
