"""What is known of a model's shapes."""

from collections.abc import Sequence

import onnx

__all__ = ["Shapes", "known_shapes"]

Shapes = dict[str, list[int | None]]
"""Sizes along each axis by tensor, None where they vary; tensors of unknown rank are not in it."""


def known_shapes(model: onnx.ModelProto) -> Shapes:
    """Shapes of a model's tensors, as ONNX infers them.

    Args:
        model: a valid model.
    """
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    values: Sequence[onnx.ValueInfoProto] = [*inferred.value_info, *inferred.input, *inferred.output]
    known = {value.name: value.type.tensor_type.shape for value in values if value.type.tensor_type.HasField("shape")}
    return {
        name: [size.dim_value if size.HasField("dim_value") else None for size in shape.dim]
        for name, shape in known.items()
    }
