"""Bounds of held-out data by many samples, and whether these were enough."""

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:  # importing tfgen.judging does not load TensorFlow
    from tfgen.models.bound import BoundModel

__all__ = ["BoundEvaluation", "evaluate_bound"]


@dataclasses.dataclass(frozen=True)
class BoundEvaluation:
    """Importance-weighted bounds of log p(x), row by row.

    Attributes:
        bound: [rows], in nats.
        effective_sample_size: [rows], from 1 to K, or nought where no sample has any weight: how many equal weights
            would be as good as the K that there are. Where it is near 1 one sample decides the bound, which then
            probably lies far below log p(x).
        num_samples: K.
    """

    bound: NDArray[np.float64]
    effective_sample_size: NDArray[np.float64]
    num_samples: int

    @property
    def mean(self) -> float:
        """Of the bounds, in nats an example."""
        return float(self.bound.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean, over the rows, in nats; NaN where there is one row only, or a bound is not finite."""
        if len(self.bound) < 2 or not np.isfinite(self.bound).all():
            return math.nan
        return float(self.bound.std(ddof=1) / math.sqrt(len(self.bound)))

    def __str__(self) -> str:
        median, least = np.median(self.effective_sample_size), self.effective_sample_size.min()
        return (
            f"{self.mean:.4f} ± {self.standard_error:.4f} nats "
            f"(K = {self.num_samples}, ESS median {median:.0f}, least {least:.0f})"
        )


def evaluate_bound(
    model: "BoundModel",
    x: ArrayLike,
    context: ArrayLike | None = None,
    *,
    num_samples: int = 5000,
    seed: int = 0,
    batch_size: int = 256,
) -> BoundEvaluation:
    r"""The importance-weighted bound of each row, as test likelihoods of models with latent variables are given.

    $$\log p(x) \ge E\,\log \frac{1}{K} \sum_{k=1}^{K} w_k, \qquad w_k = \frac{p(x, z_k)}{q(z_k \mid x)},
    \quad z_k \sim q(z \mid x); \qquad \mathrm{ESS} = \frac{(\sum_k w_k)^2}{\sum_k w_k^2}$$

    The bound never falls with K, and log p(x) is its limit: how near it is, the effective sample sizes hint at, and
    a larger K tells. Row i has the noise of the seed row (seed, i), whatever the batches are; `batch_size` rows are in
    the model at a time, and a few samples of each: memory grows neither with K nor, beyond the data, with the rows.

    Args:
        model: a model with a bound, such as a `tfgen.VAE`.
        x: [rows, *event_shape].
        context: [rows, *context_shape], for conditional models.
        num_samples: K. Of one sample the bound is its log-weight.
        seed: a 32-bit integer.
        batch_size: rows at a time.

    Raises:
        ValueError: for bad input, in whichever row, before anything is computed; naming the argument.

    Reference:
        Burda et al., *Importance weighted autoencoders*, ICLR 2016, equation 8, and section 5 for K = 5000; Wu et al.,
        *On the quantitative analysis of decoder-based generative models*, ICLR 2017, for how far below the truth it
        may stay; Kong, *A note on importance sampling using standardized weights*, 1992, for the ESS.

    Example:
        >>> import tfgen
        >>> vae = tfgen.VAE(event_shape=(3,), latent_dim=2, likelihood="gaussian", hidden=(8,))
        >>> found = evaluate_bound(vae, vae.sample(10, seed=0), num_samples=64)
        >>> found.bound.shape, bool((found.effective_sample_size <= 64).all())
        ((10,), True)
    """
    # Imported here: they load TensorFlow, which a model has loaded already.
    from tfgen.layers.arguments import checked_count
    from tfgen.models.bound import BoundModel

    if not isinstance(model, BoundModel):
        raise ValueError(
            "`model` must be one with a bound; where log p(x) is exact, `score` gives it. "
            f"Received: a {type(model).__name__}"
        )
    num_samples = checked_count("num_samples", num_samples)
    batch_size = checked_count("batch_size", batch_size)
    # All rows now, in the words of `bound`: a bad one must not come up after hours.
    specs = model.inputs_spec.specs(model.density_dtype, "x", "context")
    inputs = model.inputs_spec.values(specs, {"x": x, "context": context})
    starts = range(0, len(inputs["x"]), batch_size)
    batches = [
        model.importance(
            **{name: value[start : start + batch_size] for name, value in inputs.items()},
            num_samples=num_samples,
            seed=seed,
            first_row=start,
        )
        for start in starts
    ]
    bound, size = (
        np.concatenate([np.asarray(batch[name], np.float64) for batch in batches])
        for name in ("bound", "effective_sample_size")
    )
    return BoundEvaluation(bound, size, num_samples)
