"""Smaller graphs of the same numbers."""

from typing import Any

import onnx
import onnxslim
from onnxslim.core.shape_inference import ShapeInferencer

from tfgen_export.products import narrow_products
from tfgen_export.shapes import known_shapes
from tfgen_export.slices import forward_slices
from tfgen_export.totals import join_sums

__all__ = ["simplify"]

_ROUNDS = 20
_infer = ShapeInferencer._infer_impl


def _infer_boundedly(inferencer: Any, context: Any, *arguments: Any) -> Any:
    """onnxslim infers shapes until nothing is new: of some graphs of unknown sizes, for ever."""
    context.rounds = getattr(context, "rounds", 0) + 1
    if context.rounds > _ROUNDS:
        raise RuntimeError(f"shapes are not inferred after {_ROUNDS} rounds")
    return _infer(inferencer, context, *arguments)


ShapeInferencer._infer_impl = _infer_boundedly


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Folds constants, removes dead and repeated nodes, and keeps one of equal initialisers, by onnxslim.

    It infers shapes, of which tf2onnx's own optimisers know little: TFP's densities lose up to two fifths of their
    nodes, and flows half of their work (see `forward_slices`). The names of inputs, outputs and of the nodes that
    stay are kept; dynamic dimensions stay dynamic.

    Args:
        model: a valid model, which stays as it is.

    Returns:
        The smaller model, not checked.

    Raises:
        Exception: whatever onnxslim runs into; the model itself is then as good as before.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for output in copy.graph.output:
        # Where TensorFlow's trace knows no rank, the model promises that of one trial, from which nothing may follow.
        output.type.tensor_type.ClearField("shape")
    shapes = known_shapes(copy)
    forward_slices(copy, shapes)
    join_sums(copy, shapes)
    narrow_products(copy, shapes)
    try:
        slimmed = onnxslim.slim(copy)
    except RuntimeError:
        slimmed = onnxslim.slim(copy, no_shape_infer=True)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.graph.CopyFrom(slimmed.graph)
    # The shapes of inner tensors are half of the file, and every runtime infers them.
    del result.graph.value_info[:]
    # What was inferred of inputs and outputs says more than was promised.
    for found, promised in ((result.graph.input, model.graph.input), (result.graph.output, model.graph.output)):
        del found[:]
        found.extend(promised)
    return result
