"""Every public class of TFP's distributions and bijectors, and which of them the catalogue tries."""

import inspect
from collections.abc import Iterable
from types import ModuleType

import tensorflow_probability as tfp

from benchmarks.coverage.case import Case

__all__ = ["EXCLUDED", "public_classes", "unlisted"]

_MODULES: dict[str, ModuleType] = {"tfd": tfp.distributions, "tfb": tfp.bijectors}

EXCLUDED: dict[str, str] = {
    "tfd.AutoCompositeTensorDistribution": "a base class, with no density of its own",
    "tfd.Distribution": "a base class, with no density of its own",
    "tfd.JointDistribution": "a base class: tfd.JointDistributionSequential, Named and Coroutine are tried",
    "tfd.RegisterKL": "no distribution: a decorator that registers a divergence",
    "tfd.ReparameterizationType": "no distribution: a constant that says whether samples have gradients",
    "tfb.AutoCompositeTensorBijector": "a base class, with no mapping of its own",
    "tfb.AutoregressiveNetwork": "no bijector: a Keras 2 layer, tried in tfb.MaskedAutoregressiveFlow",
    "tfb.Bijector": "a base class, with no mapping of its own",
    "tfb.Composition": "a base class: tfb.Chain, tfb.JointMap and tfb.Blockwise are tried",
    "tfb.GlowDefaultExitNetwork": "no bijector: a Keras 2 network, tried in tfb.Glow",
    "tfb.GlowDefaultNetwork": "no bijector: a Keras 2 network, tried in tfb.Glow",
}
"""Classes that no case tries, and why."""


def public_classes() -> list[str]:
    """What `dir(tfd)` and `dir(tfb)` list, by names such as `tfd.Normal`."""
    return [
        f"{prefix}.{name}"
        for prefix, module in _MODULES.items()
        for name in dir(module)
        if not name.startswith("_") and inspect.isclass(getattr(module, name))
    ]


def unlisted(cases: Iterable[Case]) -> list[str]:
    """Public classes that neither a case tries nor the exclusions name."""
    tried = {case.covers for case in cases}
    return [name for name in public_classes() if name not in tried and name not in EXCLUDED]
