"""What the tests of the conversion share: a function through it, and into ONNX Runtime."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from tfgen_export import convert


class Converted:
    """A converted function, to be called with arrays in the order of its inputs."""

    def __init__(self, function: Callable[..., Any], signature: Sequence[tf.TensorSpec], **options: Any) -> None:
        self.model: onnx.ModelProto = convert(function, signature, **options)
        self.session = onnxruntime.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])

    def __call__(self, *arrays: np.ndarray) -> dict[str, np.ndarray]:
        names = [entry.name for entry in self.session.get_inputs()]
        found = self.session.run(None, dict(zip(names, map(np.asarray, arrays), strict=True)))
        return dict(zip([entry.name for entry in self.session.get_outputs()], found, strict=True))

    @property
    def operators(self) -> set[str]:
        return {node.op_type for node in self.model.graph.node}


@pytest.fixture
def converted() -> type[Converted]:
    return Converted
