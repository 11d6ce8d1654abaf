"""Deep generative models in Keras 3, with the same likelihoods in Python, TensorFlow Serving and ONNX.

Everything is imported on first use: `import tfgen` alone loads neither TensorFlow nor Keras.
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfgen._requirements import check_training_requirements

if TYPE_CHECKING:
    from tfgen import callbacks, datasets, distributions, judging, layers, losses, noise, plots
    from tfgen.bundles import verify_bundle
    from tfgen.losses import NegativeLogLikelihood
    from tfgen.models import (
        IAF,
        M1M2,
        M2,
        MAF,
        MDN,
        NICE,
        STORN,
        VAE,
        VRAE,
        VRNN,
        BoundModel,
        Dequantized,
        ExactModel,
        FlowDistribution,
        FlowModel,
        GenerativeModel,
        Glow,
        RealNVP,
        RNNDensity,
        SequenceModel,
        SplineFlow,
        load_model,
    )

__all__ = [
    "IAF",
    "M1M2",
    "M2",
    "MAF",
    "MDN",
    "NICE",
    "STORN",
    "VAE",
    "VRAE",
    "VRNN",
    "BoundModel",
    "Dequantized",
    "ExactModel",
    "FlowDistribution",
    "FlowModel",
    "GenerativeModel",
    "Glow",
    "NegativeLogLikelihood",
    "RNNDensity",
    "RealNVP",
    "SequenceModel",
    "SplineFlow",
    "callbacks",
    "datasets",
    "distributions",
    "judging",
    "layers",
    "load_model",
    "losses",
    "noise",
    "plots",
    "verify_bundle",
]

# Where each name lives; an empty attribute is the module itself.
_TRAINING = {
    "SplineFlow": "tfgen.models:SplineFlow",
    "NICE": "tfgen.models:NICE",
    "MAF": "tfgen.models:MAF",
    "M1M2": "tfgen.models:M1M2",
    "M2": "tfgen.models:M2",
    "IAF": "tfgen.models:IAF",
    "FlowDistribution": "tfgen.models:FlowDistribution",
    "FlowModel": "tfgen.models:FlowModel",
    "BoundModel": "tfgen.models:BoundModel",
    "Dequantized": "tfgen.models:Dequantized",
    "ExactModel": "tfgen.models:ExactModel",
    "GenerativeModel": "tfgen.models:GenerativeModel",
    "Glow": "tfgen.models:Glow",
    "MDN": "tfgen.models:MDN",
    "NegativeLogLikelihood": "tfgen.losses:NegativeLogLikelihood",
    "RNNDensity": "tfgen.models:RNNDensity",
    "RealNVP": "tfgen.models:RealNVP",
    "STORN": "tfgen.models:STORN",
    "SequenceModel": "tfgen.models:SequenceModel",
    "VRAE": "tfgen.models:VRAE",
    "VRNN": "tfgen.models:VRNN",
    "VAE": "tfgen.models:VAE",
    "callbacks": "tfgen.callbacks:",
    "distributions": "tfgen.distributions:",
    "layers": "tfgen.layers:",
    "load_model": "tfgen.models:load_model",
    "losses": "tfgen.losses:",
    "noise": "tfgen.noise:",
    "plots": "tfgen.plots:",
    "verify_bundle": "tfgen.bundles:verify_bundle",
}
_LIGHT = {"datasets": "tfgen.datasets:", "judging": "tfgen.judging:"}


def __getattr__(name: str) -> Any:
    if name in _TRAINING:
        check_training_requirements(f"tfgen.{name}")
    elif name not in _LIGHT:
        raise AttributeError(f"module 'tfgen' has no attribute {name!r}")
    module, _, attribute = {**_TRAINING, **_LIGHT}[name].partition(":")
    loaded = importlib.import_module(module)
    value = getattr(loaded, attribute) if attribute else loaded
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
