"""Which latent dimensions a model uses."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LatentUsage", "latent_usage"]


@dataclasses.dataclass(frozen=True)
class LatentUsage:
    """What data say of each latent dimension j.

    Attributes:
        kl: [latent_dim], the mean KL(q(z_j | x) ‖ p(z_j)) over the data, in nats, of each dimension's marginal normals;
            NaN of posteriors whose standard deviation is not told.
        variance: [latent_dim], Var_x (E_q[z_j | x] − E_p[z_j]): how far the posterior's mean follows the data.
        active_units: how many dimensions have a variance above the threshold.
    """

    kl: NDArray[np.float64]
    variance: NDArray[np.float64]
    active_units: int


def latent_usage(
    encode: Callable[..., dict[str, Any]],
    x: ArrayLike,
    context: ArrayLike | None = None,
    *,
    prior: Callable[..., dict[str, Any]] | None = None,
    threshold: float = 0.01,
    batch_size: int = 4096,
) -> LatentUsage:
    """Measures collapse: of a dimension that is not used, KL and variance are nought.

    Args:
        encode: from arrays to the posterior's mean `z` and, where it has one in closed form, standard deviation
            `scale`, both [batch, latent_dim], such as `functools.partial(vae.run, "encode")` or a scorer's `run`.
        x: [rows, *event_shape], two rows at least.
        context: [rows, *context_shape], for conditional models.
        prior: from a context, where there is one, to the prior's `z` and `scale` likewise, such as a conditional VAE's
            `prior_moments`; N(0, I) where it is None.
        threshold: of the variance of a unit that is active.
        batch_size: rows at a time.

    Returns:
        The usage.

    Raises:
        ValueError: for fewer rows than two.

    Reference:
        Burda et al., *Importance weighted autoencoders*, ICLR 2016, section 5.2 (active units).

    Example:
        >>> def encode(x):  # the first dimension follows x, the second says nothing
        ...     return {"z": np.stack([x, 0 * x], axis=1), "scale": np.ones([len(x), 2])}
        >>> latent_usage(encode, np.array([-1.0, 1.0])).active_units
        1
    """
    inputs = {"x": np.asarray(x)} | ({} if context is None else {"context": np.asarray(context)})
    rows = len(inputs["x"])
    if rows < 2:
        raise ValueError(f"`x` must have at least two rows. Received: shape={inputs['x'].shape}")
    differences, divergences = [], []
    for start in range(0, rows, batch_size):
        batch = {name: value[start : start + batch_size] for name, value in inputs.items()}
        mean, scale = _moments(encode(**batch))
        own = {name: value for name, value in batch.items() if name == "context"}
        prior_mean, prior_scale = (np.float64(0), np.float64(1)) if prior is None else _moments(prior(**own))
        difference, ratio = mean - prior_mean, scale / prior_scale
        differences.append(difference)
        divergences.append(0.5 * ((difference / prior_scale) ** 2 + ratio**2 - 1) - np.log(ratio))
    kl, variance = np.concatenate(divergences), np.concatenate(differences).var(axis=0, ddof=1)
    return LatentUsage(kl.mean(axis=0), variance, int((variance > threshold).sum()))


def _moments(named: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = np.asarray(named["z"], np.float64)
    return mean, np.asarray(named.get("scale", np.full_like(mean, np.nan)), np.float64)
