"""One thing that a user may want in ONNX."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # the command's --help does without TensorFlow
    import tensorflow as tf

__all__ = ["BIJECTOR_KINDS", "DISTRIBUTION_KINDS", "Case"]

DISTRIBUTION_KINDS = ("log_prob", "sample", "cdf", "mean", "entropy", "stddev", "mode", "quantile")
BIJECTOR_KINDS = ("forward", "inverse", "forward_log_det_jacobian", "inverse_log_det_jacobian")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One method of one distribution or bijector, as a TensorFlow function.

    Attributes:
        subject: `tfd.Normal`, or a short expression that begins with the class that is tried.
        kind: the method.
        given: whether the parameters are `inputs` of the function or `constants` in it.
        variant: what else tells the case from the subject's others of the kind: `float64`, `n dynamic`.
        function: of tensors; returns a tensor or a tuple of them. It makes TFP's object when it is traced.
        signature: of the function, each with a name.
        inputs: from a batch size to arrays in the method's domain, the same ones each time.
        discrete: the names of outputs that are rounded or picked.
    """

    subject: str
    kind: str
    given: str
    variant: str = "float32"
    function: Callable[..., Any]
    signature: Sequence[tf.TensorSpec]
    inputs: Callable[[int], list[np.ndarray]]
    discrete: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.subject} {self.kind}, {self.given}, {self.variant}"

    @property
    def covers(self) -> str:
        """The class that the case tries, such as `tfd.Normal`."""
        return self.subject.split("(")[0]
