"""Keys and counters from seeds."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.philox import scramble

__all__ = ["StatelessRandomGetAlg", "StatelessRandomGetKeyCounter"]

_PHILOX = 1


@tf_op(["StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg"])
class StatelessRandomGetKeyCounter:
    """The key and the counter that TensorFlow's CPU kernel makes of a seed (see `scramble`): equal bit for bit."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        results = scramble(b, b.inputs[0])
        b.finish(*results, *(b.constant(_PHILOX, np.int32) for _ in node.output[2:]))


@tf_op("StatelessRandomGetAlg")
class StatelessRandomGetAlg:
    """The generator that TensorFlow takes on a CPU: Philox."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.constant(_PHILOX, np.int32))
