"""TFP distributions that TFP lacks: pure mathematics, no weights."""

import tfgen._training  # noqa: F401
from tfgen.distributions.discretised_logistic import DiscretisedLogistic

__all__ = ["DiscretisedLogistic"]
